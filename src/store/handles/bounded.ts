/** Bounded counter: a number that stays within its bounds in every region (crdt/bounded.ts). */
import { described, wrongArgument } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import * as type from '../../crdt/bounded.js';
import {
  type Bounds,
  giving,
  initialRights,
  isBounded,
  moved,
  position,
  recovering,
  type Row,
  sameBounds,
  type Side,
  taking,
  using,
} from '../../crdt/escrow.js';
import { boundsIn, textOfBounds } from '../../crdt/settings.js';
import type { Access } from '../access.js';
import { Handle } from './handle.js';

/** The same wherever the key is used. */
export interface BoundedOptions {
  /** The value never falls below this. One of the two at least; needed for writing to a key that has none yet. */
  readonly min?: number;
  /** The value never rises above this. */
  readonly max?: number;
  /** What it begins with. Default: `min`, else 0. */
  readonly initial?: number;
}

/** Rights that crashes may have spent: to take away, and to add. */
export interface Lost {
  readonly down: number;
  readonly up: number;
}

const STRANGER =
  'This node cannot tell a new cluster from one that it has forgotten: it has to meet a node of it, or be told that it is new (merganser bootstrap)';

export class Bounded extends Handle {
  readonly #declared: Bounds | undefined;

  /** Errors: BAD_ARGUMENT (the options). */
  constructor(access: Access, key: string, options: BoundedOptions) {
    super(access, key, type.bounded.tag);
    this.#declared = boundsIn(options);
  }

  /**
   * Add `n`, a whole number above zero. Errors: INSUFFICIENT_RIGHTS (more than `availableUp` here; it is asked for),
   * COUNTER_OVERFLOW, CONFIG_CONFLICT, BAD_ARGUMENT, TYPE_CONFLICT; nothing changed.
   */
  increment(n = 1): void {
    this.#move('up', n);
  }

  /** Take `n` away. Errors: as `increment`, with `available`. */
  decrement(n = 1): void {
    this.#move('down', n);
  }

  /** As far as is known here. */
  value(): number {
    return type.value(this.access.replica.slots, this.head, this.#declared?.initial ?? 0);
  }

  /** How much can be taken away here and now; 2^53 − 1 without a `min`. */
  available(): number {
    return this.#available('down');
  }

  /** How much can be added here and now; 2^53 − 1 without a `max`. */
  availableUp(): number {
    return this.#available('up');
  }

  /**
   * Give a node the right to take `n` away, of those that this node has. Errors: INSUFFICIENT_RIGHTS, BAD_ARGUMENT (also for a
   * node that has written nothing, or has left), CONFIG_CONFLICT, TYPE_CONFLICT; nothing changed.
   */
  transfer(node: string, n: number): void {
    this.#give('down', node, n);
  }

  /** Give a node the right to add `n`. Errors: as `transfer`. */
  transferUp(node: string, n: number): void {
    this.#give('up', node, n);
  }

  /** How many rights crashes of this node may have spent without anybody knowing; they are in no `available`. */
  lost(): Lost {
    const { head } = this;
    return { down: this.#lost(head, 'down'), up: this.#lost(head, 'up') };
  }

  /**
   * Somebody has found out that `n` of the lost rights to take away were not spent: this node has them again. What was spent
   * and forgotten has to be taken away once more. Errors: INSUFFICIENT_RIGHTS (so many were not lost), as `transfer`.
   */
  recover(n: number): void {
    this.#recover('down', n);
  }

  /** As `recover`, for rights to add. */
  recoverUp(n: number): void {
    this.#recover('up', n);
  }

  /** Back to what it begins with. What is done elsewhere at the same time is gone with it: the bound holds from delete to delete. */
  delete(): void {
    const cell = this.readable();
    const { cells, slots, self } = this.access.replica;
    if (cell === 0 || type.boundsOf(slots, cells.head(cell)) === undefined) return;
    this.access.mutate(cell, (head, dot) => type.clear(slots, head, self, dot));
  }

  #move(side: Side, n: number): void {
    const { cell, bounds } = this.#begin(n);
    const { slots, self } = this.access.replica;
    if (isBounded(bounds, side)) {
      if (n > this.#left(cell, side) && this.#isAlone) {
        this.access.rights.refused(cell, bounds, side, n);
        this.access.rights.attend(cell);
      }
      if (n > this.#left(cell, side)) this.#refuse(cell, bounds, side, n);
    }
    const change = side === 'up' ? n : -n;
    this.#checkRange(cell, bounds, change);
    this.access.mutate(cell, (head, dot) => type.update(slots, head, self, dot, bounds, (row) => moved(row, change)));
    this.access.rights.spent(cell, side, n);
  }

  #give(side: Side, node: string, n: number): void {
    const { actors, slots, self, cells, vv } = this.access.replica;
    const incarnation = typeof node === 'string' ? actors.newest(node) : undefined;
    const to = incarnation === undefined ? undefined : actors.find(node, incarnation);
    if (to === undefined || to === self || vv.get(to) === 0 || (incarnation as number) <= actors.overUpTo(node))
      throw new MerganserError('BAD_ARGUMENT', `there is no other node ${described(node)} that has written anything`);
    const { cell, bounds } = this.#begin(n);
    if (!isBounded(bounds, side))
      throw this.#wrong(cell, 'BAD_ARGUMENT', 'rights are needed only where there is a bound');
    if (type.isInherited(slots, cells.head(cell), self)) this.access.rights.attend(cell);
    const head = cells.head(cell);
    const row = type.rowsOf(slots, head).get(self);
    const rights = type.rights(slots, head, self, side);
    if (row === undefined || rights - position(row, side) < n) throw this.#insufficient(cell, bounds, side, n);
    this.access.mutate(cell, (start, dot) =>
      type.update(slots, start, self, dot, bounds, (before) => giving(using(before), side, to, n, rights)),
    );
  }

  #recover(side: Side, n: number): void {
    const { cell, bounds } = this.#begin(n);
    const { slots, self, cells } = this.access.replica;
    const isHeir = this.access.rights.forebears(cells.head(cell)).size > 0;
    if (isHeir || type.isInherited(slots, cells.head(cell), self)) this.access.rights.attend(cell);
    const lost = this.#lost(cells.head(cell), side);
    if (n > lost) throw this.#wrong(cell, 'INSUFFICIENT_RIGHTS', `only ${lost} rights of this node were lost`);
    const recovered = (head: number, row: Row): Row => {
      let left = n - Math.min(n, row[side].lost);
      let next = recovering(row, side, n - left);
      for (const actor of this.access.rights.forebears(head)) {
        const found = Math.min(left, type.estate(slots, head, actor, side).lost);
        if (found > 0) next = taking(next, side, actor, found);
        left -= found;
      }
      return next;
    };
    this.access.mutate(cell, (head, dot) => type.update(slots, head, self, dot, bounds, (row) => recovered(head, row)));
    this.access.replica.changes.tended.add(cell);
  }

  /** By crashes of the actor that this node goes on as, and of those that it does not. */
  #lost(head: number, side: Side): number {
    const { slots, self } = this.access.replica;
    const bounds = type.boundsOf(slots, head);
    if (bounds === undefined || !isBounded(bounds, side)) return 0;
    let sum = type.rowsOf(slots, head).get(self)?.[side].lost ?? 0;
    for (const actor of this.access.rights.forebears(head)) sum += type.estate(slots, head, actor, side).lost;
    return sum;
  }

  /** The cell, and what is declared. */
  #begin(n: number): { cell: number; bounds: Bounds } {
    if (!Number.isSafeInteger(n) || n <= 0) throw wrongArgument('an amount is a whole number above zero', n);
    const cell = this.writable();
    const existing = type.boundsOf(this.access.replica.slots, this.access.replica.cells.head(cell));
    const declared = this.#declared;
    if (existing !== undefined && declared !== undefined && !sameBounds(existing, declared))
      throw this.#wrong(
        cell,
        'CONFIG_CONFLICT',
        `${described(this.key)} has ${textOfBounds(existing)}, not ${textOfBounds(declared)}`,
      );
    const bounds = existing ?? declared;
    if (bounds === undefined)
      throw this.#wrong(cell, 'BAD_ARGUMENT', `${described(this.key)} has no bounds yet: declare a min or a max`);
    return { cell, bounds };
  }

  /** How far the node may go from where it is. */
  #left(cell: number, side: Side): number {
    const { cells, slots, self, others } = this.access.replica;
    const head = cells.head(cell);
    const row = type.rowsOf(slots, head).get(self);
    return row === undefined
      ? 0
      : type.reach(slots, head, self, side, (dot) => others.isBacked(dot)) - position(row, side);
  }

  #available(side: Side): number {
    const cell = this.readable();
    const { cells, slots, self } = this.access.replica;
    const head = cell === 0 ? 0 : cells.head(cell);
    const bounds = type.boundsOf(slots, head) ?? this.#declared;
    if (bounds === undefined) return 0;
    if (!isBounded(bounds, side)) return Number.MAX_SAFE_INTEGER;
    let left = head === 0 ? 0 : this.#left(cell, side);
    if (this.#isAlone) {
      const row = type.rowsOf(slots, head).get(self);
      const unclaimed = type.holderOf(slots, head) === undefined ? initialRights(bounds, side) : 0;
      const has = type.rights(slots, head, self, side) + unclaimed - (row === undefined ? 0 : position(row, side));
      left = Math.max(left, has);
    }
    return Math.max(0, left);
  }

  /** Whatever this node says counts at once. */
  get #isAlone(): boolean {
    return this.access.replica.others.isBacked(Number.MAX_SAFE_INTEGER);
  }

  #checkRange(cell: number, bounds: Bounds, change: number): void {
    const { cells, slots } = this.access.replica;
    const { min = 0, max = 0, initial } = bounds;
    const next = type.value(slots, cells.head(cell), initial) + change;
    // The rights on both sides as well.
    if ([next, next - min, max - next].every(Number.isSafeInteger)) return;
    throw this.#wrong(cell, 'COUNTER_OVERFLOW', `changing it by ${change} would leave the safe integers`);
  }

  #refuse(cell: number, bounds: Bounds, side: Side, n: number): never {
    this.access.rights.refused(cell, bounds, side, n);
    throw this.#insufficient(cell, bounds, side, n);
  }

  #insufficient(cell: number, bounds: Bounds, side: Side, n: number): MerganserError {
    const left = this.#available(side);
    const value = type.value(this.access.replica.slots, this.access.replica.cells.head(cell), bounds.initial);
    const what = side === 'down' ? 'taken from' : 'added to';
    const here = `${n} cannot be ${what} ${described(this.key)} here now, only ${left}`;
    // The first time that somebody sees this he has to learn what to do.
    const why = this.access.replica.others.isComplete() ? '' : `. ${STRANGER}`;
    const message = `${here}; its value is ${value}, its bounds ${textOfBounds(bounds)}${why}`;
    return this.#wrong(cell, 'INSUFFICIENT_RIGHTS', message);
  }

  /** What is refused leaves no cell behind. */
  #wrong(
    cell: number,
    code: 'BAD_ARGUMENT' | 'CONFIG_CONFLICT' | 'COUNTER_OVERFLOW' | 'INSUFFICIENT_RIGHTS',
    message: string,
  ): MerganserError {
    this.access.replica.settle(cell);
    return new MerganserError(code, message);
  }
}
