/**
 * The state of one cell as simply as it can be kept: plain objects, whole states, nothing forgotten, and no line shared with the
 * types under test. A replica's version vector is the context of all it holds; of what carries dots, two replicas keep what both
 * have and what the other one cannot have seen.
 *
 * Source: the state-based definitions in Shapiro et al. (SSS 2011) and Almeida et al. (JPDC 2018), taken literally.
 */
import type { ActorOrder } from './models/event.js';

/** By number of the life: the last dot that is covered. */
export type Seen = readonly number[];

/** Which operation: dot `n` of a life. */
export interface Mark {
  readonly life: number;
  readonly n: number;
}

export interface Simple<Op, State = unknown> {
  readonly nothing: State;
  /** One operation, where everything that the cell holds has been seen by its maker. */
  perform(state: State, op: Op, mark: Mark, order: ActorOrder): State;
  merge(one: State, two: State, seenByOne: Seen, seenByTwo: Seen, order: ActorOrder): State;
  /** @param hidden whether a life is left out, where that matters */
  shown(state: State, order: ActorOrder, hidden: (life: number) => boolean): unknown;
}

/** Something that was written, and not seen by a removal. */
export interface Dotted<Value = unknown> extends Mark {
  readonly value: Value;
}

/** A type of which nothing is kept but what was written and not removed. */
export function dotted<Op, Value>(
  change: (dots: readonly Dotted<Value>[], op: Op, mark: Mark) => readonly Dotted<Value>[],
  shown: (dots: readonly Dotted<Value>[], order: ActorOrder, hidden: (life: number) => boolean) => unknown,
): Simple<Op, readonly Dotted<Value>[]> {
  return { nothing: [], perform: change, merge: mergeDotted, shown };
}

function mergeDotted<Value>(
  one: readonly Dotted<Value>[],
  two: readonly Dotted<Value>[],
  seenByOne: Seen,
  seenByTwo: Seen,
): readonly Dotted<Value>[] {
  const kept = one.filter((dot) => has(two, dot) || !knew(seenByTwo, dot));
  return [...kept, ...two.filter((dot) => !has(one, dot) && !knew(seenByOne, dot))];
}

export function has(marks: readonly Mark[], { life, n }: Mark): boolean {
  return marks.some((mark) => mark.life === life && mark.n === n);
}

function knew(seen: Seen, { life, n }: Mark): boolean {
  return n <= (seen[life] ?? 0);
}

export function joinSeen(one: Seen, two: Seen): number[] {
  return Array.from({ length: Math.max(one.length, two.length) }, (_, i) => Math.max(one[i] ?? 0, two[i] ?? 0));
}
