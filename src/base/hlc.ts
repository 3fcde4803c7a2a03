/**
 * Hybrid logical clock (Kulkarni et al. 2014) in one safe integer: milliseconds since 2020 times 4096, plus a counter.
 * Always ahead of everything seen, near the wall clock when that is sane; 4,096 events in a millisecond borrow from the next.
 * 53 bits last until 2089. Cost: one call of the clock per event.
 */
import { DEFAULT_MAX_SKEW_MS } from './limits.js';

const EPOCH_MS = 1_577_836_800_000;
const TICKS_PER_MS = 4096;
/** Twice what clocks may differ by when a link is made. */
const MAX_AHEAD_MS: number = 2 * DEFAULT_MAX_SKEW_MS;

export class HybridClock {
  #wall: () => number;
  #last = 0;

  /** @param wall milliseconds since 1970 */
  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** The next timestamp: larger than every one given out or observed before. */
  next(): number {
    const now = (this.#wall() - EPOCH_MS) * TICKS_PER_MS;
    this.#last = now > this.#last ? Math.floor(now) : this.#last + 1;
    return this.#last;
  }

  get last(): number {
    return this.#last;
  }

  /** What the wall clock shows, milliseconds since 1970. */
  get wall(): number {
    return this.#wall();
  }

  /**
   * Be ahead of a timestamp that was seen, unless it lies further in the future than any clock that was let in can be: a peer
   * whose clock runs wild must not take ours along. Order among what was seen does not depend on it.
   */
  observe(timestamp: number): void {
    const limit = (this.#wall() - EPOCH_MS + MAX_AHEAD_MS) * TICKS_PER_MS;
    if (timestamp > this.#last && timestamp <= limit) this.#last = timestamp;
  }
}

/** Milliseconds since 1970 of a timestamp, with the counter as a fraction: it orders as the timestamp does. */
export function toMilliseconds(timestamp: number): number {
  return timestamp / TICKS_PER_MS + EPOCH_MS;
}
