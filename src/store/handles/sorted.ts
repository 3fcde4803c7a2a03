/**
 * Sorted set: members with scores, in order. Of a score that is set and one that is added to at the same time, both count
 * (crdt/sorted.ts); ranks come from an index of this replica (store/order.ts). Equal scores are ordered by the bytes of the members.
 */
import { checkWhole, wrongArgument } from '../../base/argument.js';
import * as type from '../../crdt/sorted.js';
import type { Access } from '../access.js';
import { CollectionHandle } from './collection.js';

export interface Scored {
  readonly member: string;
  readonly score: number;
}

export class Sorted extends CollectionHandle {
  constructor(access: Access, key: string) {
    super(access, key, type.sorted.tag);
  }

  /**
   * The member's score becomes `score`, a number within ±2^53; what others add meanwhile stays.
   * Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT; nothing changed.
   */
  set(member: string, score: number): void {
    const { slots, self, clock } = this.access.replica;
    const kept = checkScore(score);
    this.#change(member, (head, dot) => type.assign(slots, head, self, dot, clock.next(), kept));
  }

  /** Add to the member's score, which is 0 if it is not there. Errors: as `set`, COUNTER_OVERFLOW; nothing changed. */
  increment(member: string, n = 1): void {
    const { slots, self } = this.access.replica;
    const kept = checkScore(n);
    this.#change(member, (head, dot) => type.add(slots, head, self, dot, kept, slots.lost));
  }

  /** Remove what is visible here; what others set or add meanwhile survives. Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT. */
  delete(member: string): void {
    const cell = this.part(member);
    if (cell !== 0) this.erase(cell);
  }

  has(member: string): boolean {
    return this.score(member) !== undefined;
  }

  /** The member's score; undefined: it is not there. */
  score(member: string): number | undefined {
    const cell = this.part(member);
    const { cells, slots } = this.access.replica;
    return cell === 0 || !this.isLive(cell) ? undefined : type.score(slots, cells.head(cell));
  }

  /** How many have a smaller score, or the same and a smaller name; undefined: it is not there. */
  rank(member: string): number | undefined {
    const { orders } = this.access.replica;
    const parent = this.whole();
    const cell = this.part(member);
    return cell === 0 ? undefined : orders.of(parent)?.rank(cell);
  }

  /** The `n` with the largest scores, the largest first. */
  top(n: number): Scored[] {
    const size = this.size();
    return this.range(Math.max(0, size - checkRank(n)), size).reverse();
  }

  /** Those with ranks in [from, to), the smallest score first. */
  range(from: number, to: number): Scored[] {
    return this.#ranked(checkRank(from), checkRank(to));
  }

  /** Those with scores in [from, to], at most `limit`, the smallest score first. */
  rangeByScore(from: number, to: number, limit: number = Number.MAX_SAFE_INTEGER): Scored[] {
    const [first, end] = this.#span(from, to);
    return this.#ranked(first, Math.min(end, first + checkRank(limit)));
  }

  /** How many have a score in [from, to]. */
  count(from: number, to: number): number {
    const [first, end] = this.#span(from, to);
    return Math.max(0, end - first);
  }

  protected override erase(cell: number): void {
    if (!this.isLive(cell)) return;
    const { slots, self } = this.access.replica;
    this.access.mutate(cell, (head, dot) => type.remove(slots, head, self, dot));
  }

  #change(member: string, change: (head: number, dot: number) => number): void {
    this.access.mutate(this.writablePart(member), change);
  }

  /** Ranks of those with scores in [from, to]. */
  #span(from: number, to: number): [number, number] {
    if (typeof from !== 'number' || typeof to !== 'number' || Number.isNaN(from) || Number.isNaN(to))
      throw wrongArgument('from and to are numbers', typeof from !== 'number' || Number.isNaN(from) ? from : to);
    const order = this.access.replica.orders.of(this.whole());
    return order === undefined ? [0, 0] : [order.below(from, false), order.below(to, true)];
  }

  #ranked(from: number, to: number): Scored[] {
    const { cells, orders } = this.access.replica;
    const found: Scored[] = [];
    orders.of(this.whole())?.range(from, to, (cell, score) => found.push({ member: cells.name(cell), score }));
    return found;
  }
}

function checkScore(n: number): number {
  if (typeof n === 'number' && Math.abs(n) <= type.MAX_SCORE) return n === 0 ? 0 : n;
  throw wrongArgument('a score is a number within ±2^53', n);
}

function checkRank(n: number): number {
  return checkWhole('a rank or a count', n, 0);
}
