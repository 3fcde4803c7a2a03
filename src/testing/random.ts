/**
 * Where chance comes from in tests: a stream of 32-bit numbers that somebody else decides on. `seeded` makes it from one
 * number, so that a run can be repeated; `chosen` makes it from a list, so that a property test can shrink what happens.
 */
export class Random {
  readonly #next: () => number;

  constructor(next: () => number) {
    this.#next = next;
  }

  /** The same seed, the same numbers, on every machine (mulberry32). */
  static seeded(seed: number): Random {
    let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 13)) >>> 0;
    return new Random(() => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (t ^ (t >>> 14)) >>> 0;
    });
  }

  /** The numbers of a list, then zeros: what is drawn last should mean "nothing much". */
  static chosen(choices: readonly number[]): Random {
    let at = 0;
    return new Random(() => choices[at++] ?? 0);
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return this.#next() % n;
  }

  /** A whole number in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(1000) < percent * 10;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
