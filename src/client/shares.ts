/**
 * This session's share of every gauge it has touched. A share lives in the process that holds the session and goes with it;
 * a client that meets another process says its shares again, and that is what this remembers.
 *
 * Invariant: `#shares` holds the effect of exactly those gauge writes that the node has executed. Writes are executed in the
 * order of their numbers, so one number, the highest executed, settles which.
 */
import { Op } from '../sync/client-operation.js';
import type { Write } from './pending.js';
import type { Target } from './target.js';

export class GaugeShares {
  readonly #shares = new Map<string, { readonly target: Target; share: number }>();
  /** Gauge writes not known to be executed, oldest first. */
  #waiting: Write[] = [];

  static concerns(code: number): boolean {
    return code === Op.gaugeAdd || code === Op.gaugeSet;
  }

  asked(write: Write): void {
    this.#waiting.push(write);
  }

  /** A refused write has no effect. */
  refused(seq: number): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((write) => write.seq !== seq);
  }

  /** Everything up to `seq` has been executed. */
  executed(seq: number): void {
    let taken = 0;
    for (const write of this.#waiting) {
      if (write.seq > seq) break;
      this.#apply(write);
      taken += 1;
    }
    if (taken > 0) this.#waiting = this.#waiting.slice(taken);
  }

  /** What a node that does not know the session must be told. */
  entries(): Iterable<{ readonly target: Target; readonly share: number }> {
    return this.#shares.values();
  }

  #apply(write: Write): void {
    const { key } = write.target;
    const share = write.code === Op.gaugeSet ? write.n : (this.#shares.get(key)?.share ?? 0) + write.n;
    if (share === 0) this.#shares.delete(key);
    else this.#shares.set(key, { target: write.target, share });
  }
}
