/**
 * Seeded chance for the synthetic day: the same seed gives the same day on every machine.
 *
 * The generator is Mulberry32 (Tommy Ettinger's, in the public domain): 32 bits of state, more than good enough for
 * shapes that are drawn a few thousand times.
 */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Evenly in [0, 1). */
  even(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.even() < probability;
  }

  /** Time until the next of events that come independently, `mean` apart. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.even());
  }

  /** A length whose logarithm is normal: most are short, some are very long. */
  logNormal(logMean: number, logDeviation: number): number {
    const angle = 2 * Math.PI * this.even();
    const radius = Math.sqrt(-2 * Math.log(1 - this.even()));
    return Math.exp(logMean + logDeviation * radius * Math.cos(angle));
  }

  /** One of the names, as often as its weight says. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.even() * total;
    for (const [choice, weight] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    const last = choices.at(-1);
    if (last === undefined) throw new RangeError('nothing to choose from');
    return last[0];
  }

  /** By a table of quantiles at even steps from 0 to 1, straight between them. */
  quantile(table: readonly number[]): number {
    const at = this.even() * (table.length - 1);
    const low = table[Math.floor(at)] ?? 0;
    const high = table[Math.floor(at) + 1] ?? low;
    return low + (high - low) * (at - Math.floor(at));
  }
}
