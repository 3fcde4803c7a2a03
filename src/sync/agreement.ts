/** What a node says about whether a peer holds the same as it. */
import type { Named } from '../store/digest.js';

export interface Agreement {
  /**
   * equal: both have seen the same, and no difference is known; catching up: one has seen more; DIFFERENT: a comparison found cells
   * that are not the same though they should be; unknown: there is no link.
   */
  readonly state: 'equal' | 'catching up' | 'DIFFERENT' | 'unknown';
  /** When their states were last compared, in milliseconds ago. */
  readonly comparedAgeMs: number | undefined;
  /** Which share of the state could be compared then: what is being written is left out. */
  readonly comparedShare: number | undefined;
  /** What differs; the first hundred. */
  readonly differing: readonly Named[];
  readonly more: boolean;
}
