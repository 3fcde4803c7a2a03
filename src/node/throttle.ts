/**
 * A bound on what one link sends: a token bucket. Tokens are bytes; they come in at the rate of the bound, up to a burst. Whatever
 * is sent takes its bytes out, also what the bucket does not have: nothing that exists is held back, so heartbeats,
 * acknowledgements and the rest of a frame pass at once, in order. But an empty bucket closes the link to new frames until it is half
 * full again, and what is written meanwhile is one frame later on. So over any time t a link sends at most rate × t, one burst, and
 * what was made in the step in which the bucket became empty.
 */
import type { Timers } from './timers.js';

/** The bucket holds as much as comes in in this time. */
const BURST_MS = 100;

export class Throttle {
  readonly #perMs: number;
  readonly #most: number;
  readonly #timers: Timers;
  readonly #clock: () => number;
  readonly #changed: (open: boolean) => void;
  #tokens: number;
  #at: number;
  #callOff: (() => void) | undefined;

  /**
   * @param rate bytes per second
   * @param clock milliseconds, never backwards
   * @param changed whether there is room for new frames
   */
  constructor(rate: number, timers: Timers, clock: () => number, changed: (open: boolean) => void) {
    this.#perMs = rate / 1000;
    this.#most = this.#perMs * BURST_MS;
    this.#timers = timers;
    this.#clock = clock;
    this.#changed = changed;
    this.#tokens = this.#most;
    this.#at = clock();
  }

  /** So many bytes were sent. */
  spend(bytes: number): void {
    this.#refill();
    this.#tokens -= bytes;
    if (this.#tokens > 0 || this.#callOff !== undefined) return;
    this.#wait();
    this.#changed(false);
  }

  /** The link is gone. */
  stop(): void {
    this.#callOff?.();
  }

  #wait(): void {
    const ms = Math.ceil((this.#most / 2 - this.#tokens) / this.#perMs);
    this.#callOff = this.#timers.after(ms, () => {
      this.#refill();
      // What passes in any case has taken of it meanwhile, or the timer was early.
      if (this.#tokens < this.#most / 2) return this.#wait();
      this.#callOff = undefined;
      this.#changed(true);
    });
  }

  #refill(): void {
    const now = this.#clock();
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
