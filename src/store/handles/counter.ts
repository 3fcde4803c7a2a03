/**
 * Counter: integers that are added to everywhere at once and lose nothing (crdt/counter.ts). One with a `scale` counts in units of
 * 10^-scale, cents for instance, so that sums of decimals are exact; which scale a key has is kept beside it and replicated.
 */
import { unitsOf } from '../../base/decimal.js';
import { checkOptions, checkWhole, described, wrongArgument } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import { MAX_SCALE } from '../../base/limits.js';
import * as type from '../../crdt/counter.js';
import type { Access } from '../access.js';
import { LIVE } from '../cells.js';
import { Handle } from './handle.js';
import { Register } from './register.js';

export interface CounterOptions {
  /** Digits after the point, 0 to 9; the same in every region and for ever. A handle without it counts in units. */
  readonly scale?: number;
}

export class Counter extends Handle {
  readonly #scale: number;
  /** The counter is known to have this scale. */
  #agreed: boolean;

  /** Errors: BAD_ARGUMENT. */
  constructor(access: Access, key: string, options: CounterOptions = {}) {
    super(access, key, type.counter.tag);
    const { scale = 0 } = checkOptions(options);
    this.#scale = checkWhole('scale', scale, 0, MAX_SCALE);
    this.#agreed = scale === 0;
  }

  /**
   * Add a number with no more digits than the scale. Errors: BAD_ARGUMENT, COUNTER_OVERFLOW, CONFIG_CONFLICT (another scale),
   * TYPE_CONFLICT; nothing changed.
   */
  increment(n = 1): void {
    this.incrementUnits(this.#scale === 0 ? n : unitsOf(n, this.#scale));
  }

  decrement(n = 1): void {
    this.incrementUnits(-(this.#scale === 0 ? checkUnits(n) : unitsOf(n, this.#scale)));
  }

  /** Add so many of the smallest unit, a safe integer: what travels. Errors: as `increment`. */
  incrementUnits(n: number): void {
    if (this.#agreed && this.access.addAtOnce(this.kept, n)) return;
    checkUnits(n);
    const cell = this.writable();
    if (!this.#agreed) this.#agree(true);
    this.access.incrementCell(cell, n);
  }

  value(): number {
    if (!this.#agreed) this.#agree(false);
    return type.value(this.access.replica.slots, this.head) / 10 ** this.#scale;
  }

  /** Back to zero as far as this replica has seen; increments made elsewhere at the same time survive exactly. */
  reset(): void {
    const cell = this.readable();
    const { cells, slots, self } = this.access.replica;
    if (cell === 0 || (cells.flags(cell) & LIVE) === 0) return;
    this.access.mutate(cell, (head, dot) => type.reset(slots, head, self, dot));
  }

  /** As `reset`: a counter that nobody has added to since does not exist. */
  delete(): void {
    this.reset();
  }

  /** Errors: CONFIG_CONFLICT. */
  #agree(declare: boolean): void {
    const register = new Register<number>(this.access, `\u0000scale/${this.key}`);
    const scale = register.get();
    if (scale === undefined && !declare) return;
    if (scale === undefined) register.set(this.#scale);
    else if (scale !== this.#scale)
      throw new MerganserError('CONFIG_CONFLICT', `${described(this.key)} has the scale ${scale}, not ${this.#scale}`);
    this.#agreed = true;
  }
}

/** Errors: BAD_ARGUMENT. */
function checkUnits(n: number): number {
  if (Number.isSafeInteger(n)) return n;
  throw wrongArgument('a counter takes safe integers', n);
}
