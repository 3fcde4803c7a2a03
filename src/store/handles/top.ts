/** Top: what is counted most often (crdt/top.ts). */
import { checkElement } from '../../base/element.js';
import { checkWhole, wrongArgument } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import { DEFAULT_TOP_ITEMS } from '../../base/limits.js';
import { LARGE_SUM } from '../../crdt/counter.js';
import type { Counted } from '../../crdt/space-saving.js';
import { itemsIn } from '../../crdt/settings.js';
import * as type from '../../crdt/top.js';
import type { Access } from '../access.js';
import { Handle } from './handle.js';

export interface TopOptions {
  /** How many items this region watches, 1 to 10,000: its counts are off by (all that it counted) ÷ this at most. Default 1,000. */
  readonly items?: number;
}

export class Top extends Handle {
  readonly #items: number;

  constructor(access: Access, key: string, options: TopOptions) {
    super(access, key, type.top.tag);
    this.#items = itemsIn(options) ?? DEFAULT_TOP_ITEMS;
  }

  /** Count an item `n` times more. Errors: BAD_ARGUMENT, KEY_TOO_LONG, COUNTER_OVERFLOW, TYPE_CONFLICT; nothing changed. */
  add(item: string, n = 1): void {
    const text = checkElement(item);
    if (!(Number.isSafeInteger(n) && n > 0)) throw wrongArgument('an item is counted a whole number of times', n);
    // Refused before there is a cell for it.
    if (n > LARGE_SUM) throw new MerganserError('COUNTER_OVERFLOW', `a region can count up to ${LARGE_SUM}`);
    const { slots, self } = this.access.replica;
    this.access.mutate(this.writable(), (head, dot) => type.add(slots, head, self, dot, text, n, this.#items));
  }

  /** The `n` items that were counted most often, the first of them first: at most `count` times, at least `count − error`. */
  largest(n: number): Counted[] {
    return type.largest(this.access.replica.slots, this.head, checkWhole('n', n, 0));
  }

  /** All that was counted, of every item, watched or not. */
  total(): number {
    return type.total(this.access.replica.slots, this.head);
  }

  /** Drop all of it; what is counted elsewhere at the same time goes with it. */
  clear(): void {
    const { slots, self } = this.access.replica;
    const { liveCell } = this;
    if (liveCell !== 0) this.access.mutate(liveCell, (head, dot) => type.clear(slots, head, self, dot));
  }
}
