/**
 * Hybrid logical clock (Kulkarni et al. 2014) in one safe integer: milliseconds since 2020 times 4096, plus a counter.
 * Always ahead of everything seen, near the wall clock when that is sane; 4,096 events in a millisecond borrow from the next.
 * 53 bits last until 2089. Cost: one call of the clock per event.
 */
const EPOCH_MS = 1_577_836_800_000;
const TICKS_PER_MS = 4096;

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

  observe(timestamp: number): void {
    if (timestamp > this.#last) this.#last = timestamp;
  }
}

/** Milliseconds since 1970 of a timestamp, with the counter as a fraction: it orders as the timestamp does. */
export function toMilliseconds(timestamp: number): number {
  return timestamp / TICKS_PER_MS + EPOCH_MS;
}
