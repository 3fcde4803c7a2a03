/**
 * Types that are deleted as a whole, declared: an operation belongs to the generation that its maker saw, a clear begins the next
 * one, and only the last generation counts.
 */
import type { Dotted, Simple } from '../simple.js';
import type { ActorOrder } from './event.js';
import { type Event, sees } from './event.js';

interface Op {
  readonly kind: string;
}

interface Cleared {
  readonly kind: 'clear';
}

/** The operations of the last generation, clears left out. */
export function lastGeneration<Any extends Op>(events: readonly Event<Any>[]): Event<Exclude<Any, Cleared>>[] {
  const clears: { readonly event: Event<Any>; readonly begins: number }[] = [];
  const before = (event: Event<Any>): number =>
    clears.reduce((last, { event: seen, begins }) => (sees(event, seen) ? Math.max(last, begins) : last), 0);
  const all = events.filter(({ op }) => op.kind === 'clear');
  // Whoever sees more of them comes later: what it sees has its number by then.
  const seen = new Map(all.map((event) => [event, all.filter((other) => sees(event, other)).length]));
  for (const event of all.toSorted((a, b) => (seen.get(a) as number) - (seen.get(b) as number))) {
    clears.push({ event, begins: before(event) + 1 });
  }
  const last = Math.max(0, ...clears.map(({ begins }) => begins));
  return events.filter(
    (event): event is Event<Exclude<Any, Cleared>> => event.op.kind !== 'clear' && before(event) === last,
  );
}

/** In the order of their actors, each actor's in the order in which they were made; lives that go on as one actor are one. */
export function byActor<Any>(events: readonly Event<Any>[], order: ActorOrder): Event<Any>[][] {
  const groups: Event<Any>[][] = [];
  for (const event of events.toSorted((a, b) => order(a.actor, b.actor) || a.dot - b.dot)) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && order(group[0].actor, event.actor) === 0) group.push(event);
    else groups.push([event]);
  }
  return groups;
}

interface State<Any> {
  readonly generation: number;
  readonly done: readonly Dotted<Any>[];
}

/** Every operation of a generation is kept, and shown by the model. */
export function simpleGenerations<Any extends Op>(
  model: (events: readonly Event<Any>[], order: ActorOrder) => unknown,
): Simple<Any, State<Any>> {
  return {
    nothing: { generation: 0, done: [] },
    perform: ({ generation, done }, op, mark) =>
      op.kind === 'clear'
        ? { generation: generation + 1, done: [] }
        : { generation, done: [...done, { ...mark, value: op }] },
    merge(one, two) {
      if (one.generation !== two.generation) return one.generation > two.generation ? one : two;
      const isNew = ({ life, n }: Dotted<Any>): boolean => !one.done.some((mark) => mark.life === life && mark.n === n);
      return { generation: one.generation, done: [...one.done, ...two.done.filter(isNew)] };
    },
    shown: ({ done }, order) =>
      model(
        done.map(({ life, n, value }) => ({ actor: life, dot: n, context: [], op: value })),
        order,
      ),
  };
}
