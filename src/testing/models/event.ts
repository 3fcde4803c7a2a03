/**
 * What a model is told: the operations themselves, each with the version vector under which it was made. A model computes the
 * value from nothing but the events that are visible, so it cannot share a mistake with states, merges and codecs.
 */

/** One operation: dot `dot` of actor number `actor` of a roster. */
export interface Event<Op> {
  readonly actor: number;
  readonly dot: number;
  /** By actor number: what its maker had seen just before, its own earlier operations included. */
  readonly context: readonly number[];
  readonly op: Op;
}

/** The order of actors that every replica agrees on. */
export type ActorOrder = (a: number, b: number) => number;

/** Whether the maker of `later` had seen `earlier`. */
export function sees(later: Event<unknown>, earlier: Event<unknown>): boolean {
  return (later.context[earlier.actor] ?? 0) >= earlier.dot;
}

/** By actor: the last dot that any of these had seen. */
export function observed(events: readonly Event<unknown>[]): number[] {
  const last: number[] = [];
  for (const { context } of events) {
    for (let actor = 0; actor < context.length; actor++) {
      const dot = context[actor] as number;
      if (dot > (last[actor] ?? 0)) last[actor] = dot;
    }
  }
  return last;
}

/** Those that none of `others` had seen. */
export function unobserved<Op>(events: readonly Event<Op>[], others: readonly Event<unknown>[]): Event<Op>[] {
  const last = observed(others);
  return events.filter(({ actor, dot }) => dot > (last[actor] ?? 0));
}
