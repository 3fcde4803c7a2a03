/** Handles of keys that hold much under names of its own: the fields of a map, the members of a sorted set. */
import { checkOptions } from '../base/argument.js';
import { Op } from '../sync/client-operation.js';
import { Handle, promised, type Unsubscribe, type WriteOptions } from './handle.js';

/** What a field of a map is; what it shows is a value, a number, or true, or the elements in order. */
export type FieldType = 'register' | 'counter' | 'flag' | 'set';

/** Members in one answer, unless told. */
const PAGE = 1000;

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

/** Somebody who is there. */
export interface Member {
  readonly member: string;
  /** What was said of it. */
  readonly meta: unknown;
  /** The node through which it is there; of several, one. */
  readonly node: string;
}

export interface MembersOptions {
  /** How many; 1,000 unless told. */
  readonly limit?: number;
  /** Only those whose names come after this one: the last of the page before. */
  readonly after?: string;
}

export class PresenceHandle extends Handle {
  /**
   * The member is there, through this session, until it leaves or the session ends; after a reconnect it is there again. Joining again
   * says something else of it. `meta`: JSON of 4 KB at most.
   */
  join(member: string, meta: unknown = {}, options?: WriteOptions): Promise<void> {
    return this.put(Op.presenceJoin, options, member, meta);
  }

  /** It is not there through this session any more. */
  leave(member: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.presenceLeave, options, member);
  }

  /** Who is there, in the order of their names. */
  members(options: MembersOptions = {}): Promise<Member[]> {
    return promised(() => this.fetch(Op.presenceMembers, ...pageIn(options)));
  }

  /** How many are there. */
  count(): Promise<number> {
    return this.fetch(Op.presenceCount);
  }

  has(member: string): Promise<boolean> {
    return this.fetch(Op.presenceHas, member);
  }

  /** What was said of a member; undefined: it is not there. */
  get<T = unknown>(member: string): Promise<T | undefined> {
    return this.fetch(Op.presenceGet, member);
  }

  /** Gets a page of the members whenever one of the members changes. */
  subscribe(listener: (members: Member[]) => void, options: MembersOptions = {}): Unsubscribe {
    return this.follow(Op.presenceMembers, listener, ...pageIn(options));
  }

  /** Gets how many there are, however many: no members are sent. */
  subscribeCount(listener: (count: number) => void): Unsubscribe {
    return this.follow(Op.presenceCount, listener);
  }
}

/** Errors: BAD_ARGUMENT. */
function pageIn(options: MembersOptions): [after: string, limit: number] {
  const { limit = PAGE, after = '' } = checkOptions(options);
  return [after, limit];
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
