/** Quantiles: how values are distributed, to 1 % of each value (crdt/quantiles.ts). */
import { checkArray, wrongArgument } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import { MAX_QUANTILES } from '../../base/limits.js';
import { LARGE_SUM } from '../../crdt/counter.js';
import { LARGEST } from '../../crdt/ddsketch.js';
import * as type from '../../crdt/quantiles.js';
import type { Access } from '../access.js';
import { Handle } from './handle.js';

export class Quantiles extends Handle {
  constructor(access: Access, key: string) {
    super(access, key, type.quantiles.tag);
  }

  /**
   * Add a value of any sign, up to 1e15 in size (what is smaller than 1e-9 counts as 0), `n` times.
   * Errors: BAD_ARGUMENT, COUNTER_OVERFLOW, TYPE_CONFLICT; nothing changed.
   */
  add(value: number, n = 1): void {
    if (!(typeof value === 'number' && Math.abs(value) <= LARGEST))
      throw wrongArgument('a value is a number from -1e15 to 1e15', value);
    if (!(Number.isSafeInteger(n) && n > 0)) throw wrongArgument('a value is added a whole number of times', n);
    // Refused before there is a cell for it.
    if (n > LARGE_SUM) throw new MerganserError('COUNTER_OVERFLOW', `a region can count up to ${LARGE_SUM}`);
    const { slots, self } = this.access.replica;
    this.access.mutate(this.writable(), (head, dot) => type.add(slots, head, self, dot, value, n));
  }

  /**
   * The value below which so large a share of the values lies: 0.5 is the median, 0 the minimum, 1 the maximum. Undefined if
   * there are no values. Errors: BAD_ARGUMENT.
   */
  quantile(share: number): number | undefined {
    return this.quantiles([share])?.[0];
  }

  /** As `quantile`, of several shares in one walk. */
  quantiles(shares: readonly number[]): number[] | undefined {
    checkArray(`an array of up to ${MAX_QUANTILES} quantiles is asked for at once`, shares, MAX_QUANTILES);
    // By its index: `undefined` may be what is wrong.
    const wrong = shares.findIndex((share) => !(typeof share === 'number' && share >= 0 && share <= 1));
    if (wrong !== -1) throw wrongArgument('a quantile is a number from 0 to 1', shares[wrong]);
    const ascending = [...new Set(shares)].sort((a, b) => a - b);
    const found = type.valuesAt(this.access.replica.slots, this.head, ascending);
    return found && shares.map((share) => found[ascending.indexOf(share)] as number);
  }

  /** Count, sum, minimum and maximum, all exact but for the rounding of the sum. Undefined if there are no values. */
  summary(): type.Summary | undefined {
    return type.summary(this.access.replica.slots, this.head);
  }

  /** Drop all of it; what is added elsewhere at the same time goes with it. */
  clear(): void {
    const { slots, self } = this.access.replica;
    const { liveCell } = this;
    if (liveCell !== 0) this.access.mutate(liveCell, (head, dot) => type.clear(slots, head, self, dot));
  }
}
