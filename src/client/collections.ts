/** Handles of keys that hold much under names of its own: the fields of a map, the members of a sorted set. */
import { Op } from '../sync/client-operation.js';
import { Handle, type Unsubscribe, type WriteOptions } from './handle.js';

/** What a field of a map is; what it shows is a value, a number, or true, or the elements in order. */
export type FieldType = 'register' | 'counter' | 'flag' | 'set';

export class MapHandle extends Handle {
  /** The field is a register. */
  set(field: string, value: unknown, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapSet, options, field, value);
  }

  /** The field is a counter. */
  increment(field: string, n = 1, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapIncrement, options, field, n);
  }

  /** The field is a flag, which is on. */
  enable(field: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapEnable, options, field);
  }

  /** A flag that is off is not there. */
  disable(field: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapDisable, options, field);
  }

  /** The field is a set of strings. */
  add(field: string, element: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapAdd, options, field, element);
  }

  /** Takes an element out of a set. */
  remove(field: string, element: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapRemove, options, field, element);
  }

  /** Removes a field, whatever its type: what is seen of it. */
  delete(field: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapDelete, options, field);
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.put(Op.mapClear, options);
  }

  /** Fields that are there keep their types, new ones are registers; those that are not named stay. */
  assign(fields: Readonly<Record<string, unknown>>, options?: WriteOptions): Promise<void> {
    return this.put(Op.mapAssign, options, fields);
  }

  get<T = unknown>(field: string): Promise<T | undefined> {
    return this.fetch(Op.mapGet, field);
  }

  has(field: string): Promise<boolean> {
    return this.fetch(Op.mapHas, field);
  }

  type(field: string): Promise<FieldType | undefined> {
    return this.fetch(Op.mapType, field);
  }

  /** Names, in order. */
  fields(): Promise<string[]> {
    return this.fetch(Op.mapFields);
  }

  entries(): Promise<[string, unknown][]> {
    return this.fetch(Op.mapEntries);
  }

  /** All of it as a plain object. */
  value(): Promise<Record<string, unknown>> {
    return this.fetch(Op.mapValue);
  }

  size(): Promise<number> {
    return this.fetch(Op.mapSize);
  }

  subscribe(listener: (value: Record<string, unknown>) => void): Unsubscribe {
    return this.follow(Op.mapValue, listener);
  }

  subscribeField<T = unknown>(field: string, listener: (value: T | undefined) => void): Unsubscribe {
    return this.follow(Op.mapGet, listener, field);
  }
}

export interface Scored {
  readonly member: string;
  readonly score: number;
}

/** Scores are numbers within ±2^53. */
export class SortedHandle extends Handle {
  set(member: string, score: number, options?: WriteOptions): Promise<void> {
    return this.put(Op.sortedSet, options, member, score);
  }

  increment(member: string, n = 1, options?: WriteOptions): Promise<void> {
    return this.put(Op.sortedIncrement, options, member, n);
  }

  delete(member: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.sortedDelete, options, member);
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.put(Op.sortedClear, options);
  }

  score(member: string): Promise<number | undefined> {
    return this.fetch(Op.sortedScore, member);
  }

  has(member: string): Promise<boolean> {
    return this.fetch(Op.sortedHas, member);
  }

  /** How many stand before it, the smallest score first. */
  rank(member: string): Promise<number | undefined> {
    return this.fetch(Op.sortedRank, member);
  }

  /** The `n` with the largest scores, the largest first. */
  top(n = 10): Promise<Scored[]> {
    return this.fetch(Op.sortedTop, n);
  }

  /** Those with ranks in [from, to). */
  range(from: number, to: number): Promise<Scored[]> {
    return this.fetch(Op.sortedRange, from, to);
  }

  /** Those with scores in [from, to], at most `limit`. */
  rangeByScore(from: number, to: number, limit: number = Number.MAX_SAFE_INTEGER): Promise<Scored[]> {
    return this.fetch(Op.sortedRangeByScore, from, to, limit);
  }

  /** How many have a score in [from, to]. */
  count(from: number, to: number): Promise<number> {
    return this.fetch(Op.sortedCount, from, to);
  }

  size(): Promise<number> {
    return this.fetch(Op.sortedSize);
  }

  /** Gets the `n` largest whenever they change. */
  subscribe(listener: (top: Scored[]) => void, n = 10): Unsubscribe {
    return this.follow(Op.sortedTop, listener, n);
  }

  subscribeRank(member: string, listener: (rank: number | undefined) => void): Unsubscribe {
    return this.follow(Op.sortedRank, listener, member);
  }
}
