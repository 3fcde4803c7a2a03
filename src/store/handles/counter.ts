/**
 * Counter: integers that are added to everywhere at once and lose nothing (crdt/counter.ts). One with a `scale` counts in units of
 * 10^-scale, cents for instance, so that sums of decimals are exact; which scale a key has is kept beside it and replicated.
 */
import { unitsOf } from '../../base/decimal.js';
import { described } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import * as type from '../../crdt/counter.js';
import { scaleIn } from '../../crdt/settings.js';
import { type Access, checkCount } from '../access.js';
import { LIVE } from '../cells.js';
import { scaleName } from '../scales.js';
import { Handle } from './handle.js';
import { Register } from './register.js';

/** Nothing is known of the scale. */
const NEVER = -1;

export interface CounterOptions {
  /** Digits after the point, 0 to 9; the same in every region and for ever. A handle without it counts in units. */
  readonly scale?: number;
}

export class Counter extends Handle {
  readonly #scale: number;
  /** The counter is known to have this scale, if none has changed since. */
  #agreedAt = NEVER;

  /** Errors: BAD_ARGUMENT. */
  constructor(access: Access, key: string, options: CounterOptions = {}) {
    super(access, key, type.counter.tag);
    this.#scale = scaleIn(options) ?? 0;
  }

  /**
   * Add a number with no more digits than the scale. Errors: BAD_ARGUMENT, COUNTER_OVERFLOW, CONFIG_CONFLICT (another scale, or several),
   * TYPE_CONFLICT; nothing changed.
   */
  increment(n = 1): void {
    this.incrementUnits(this.#scale === 0 ? n : unitsOf(n, this.#scale));
  }

  decrement(n = 1): void {
    this.incrementUnits(-(this.#scale === 0 ? checkCount(n) : unitsOf(n, this.#scale)));
  }

  /** Add so many of the smallest unit, a safe integer: what travels. Errors: as `increment`. */
  incrementUnits(n: number): void {
    if (this.#isAgreed && this.access.addAtOnce(this.kept, n)) return;
    checkCount(n);
    if (!this.#isAgreed) this.#agree();
    this.access.incrementCell(this.writable(), n);
    if (!this.#isAgreed) this.#declare();
  }

  /** The nearest safe integer of units, where the sum of all regions lies beyond. Errors: CONFIG_CONFLICT (another scale, or several). */
  value(): number {
    if (!this.#isAgreed) this.#agree();
    return type.value(this.access.replica.slots, this.head) / 10 ** this.#scale;
  }

  /**
   * Back to zero as far as this replica has seen; increments made elsewhere at the same time survive exactly. Of a counter that has
   * several scales, as one that has this scale.
   */
  reset(): void {
    const cell = this.readable();
    const { cells, scales, slots, self } = this.access.replica;
    if (this.#scale !== 0 && scales.disputed.has(this.key)) this.#declared.set(this.#scale);
    if (cell === 0 || (cells.flags(cell) & LIVE) === 0) return;
    this.access.mutate(cell, (head, dot) => type.reset(slots, head, self, dot));
  }

  /** As `reset`: a counter that nobody has added to since does not exist. */
  delete(): void {
    this.reset();
  }

  get #isAgreed(): boolean {
    return this.#scale === 0 || this.#agreedAt === this.access.replica.scales.changes;
  }

  /** Where the scale is kept. */
  get #declared(): Register<number> {
    return new Register<number>(this.access, scaleName(this.key));
  }

  /** Errors: CONFIG_CONFLICT, KEY_TOO_LONG. */
  #agree(): void {
    const { scales } = this.access.replica;
    const scale = this.#declared.get();
    const several = scales.disputed.get(this.key);
    if (several !== undefined) {
      const message = `${described(this.key)} was counted with the scales ${several.join(' and ')} at the same time: reset it`;
      throw new MerganserError('CONFIG_CONFLICT', message);
    }
    if (scale === undefined) return;
    if (scale !== this.#scale)
      throw new MerganserError('CONFIG_CONFLICT', `${described(this.key)} has the scale ${scale}, not ${this.#scale}`);
    this.#agreedAt = scales.changes;
  }

  /** After the counter itself: what was refused declares nothing. */
  #declare(): void {
    this.#declared.set(this.#scale);
    this.#agreedAt = this.access.replica.scales.changes;
  }
}
