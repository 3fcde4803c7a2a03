/**
 * Bounded counter, declared: what it began with and the sum of the visible changes of the last generation; a delete begins one
 * after all that its maker had seen. It is there once it was changed; what was only said about rights makes no key.
 *
 * Whether an operation may be made is not the model's business: for the laws every one is made, with or without rights. Through a
 * store only those are that the rights allow; then all that were ever made, whoever has lost them, keep to the bounds (`kept`).
 */
import * as type from '../../crdt/bounded.js';
import * as escrow from '../../crdt/escrow.js';
import type { BoundedOptions } from '../../store/handles/bounded.js';
import { errorCode } from '../configured.js';
import type { Simple } from '../simple.js';
import type { Deed, Subject } from '../subject.js';
import { type Event, sees } from './event.js';

export type BoundedOp =
  | { readonly kind: 'add'; readonly n: number; readonly max: number | undefined }
  | { readonly kind: 'give'; readonly side: escrow.Side; readonly n: number }
  | { readonly kind: 'take'; readonly side: escrow.Side; readonly n: number }
  | { readonly kind: 'edge'; readonly side: escrow.Side; readonly edge: number }
  | { readonly kind: 'want'; readonly side: escrow.Side; readonly n: number }
  | { readonly kind: 'claim'; readonly time: number }
  | { readonly kind: 'hold' }
  /** Whatever the store did about its rights. */
  | { readonly kind: 'tend' }
  | { readonly kind: 'delete' };

interface BoundedValue {
  readonly value: number;
  readonly live: boolean;
}

const INITIAL = 3;
const MAX = 9;
const TEND: Deed<BoundedOp> = { op: { kind: 'tend' } };

/** By event: after how many deletes. */
function generationsOf(events: readonly Event<BoundedOp>[]): Map<Event<BoundedOp>, number> {
  const generations = new Map<Event<BoundedOp>, number>();
  const deletes = events.filter(({ op }) => op.kind === 'delete');
  const generationOf = (event: Event<BoundedOp>): number => {
    const known = generations.get(event);
    if (known !== undefined) return known;
    let generation = event.op.kind === 'delete' ? 1 : 0;
    for (const other of deletes) {
      if (other !== event && sees(event, other))
        generation = Math.max(generation, generationOf(other) + (event.op.kind === 'delete' ? 1 : 0));
    }
    generations.set(event, generation);
    return generation;
  };
  for (const event of events) generationOf(event);
  return generations;
}

function boundedModel(events: readonly Event<BoundedOp>[]): BoundedValue {
  const generations = generationsOf(events);
  const newest = Math.max(0, ...generations.values());
  let value = INITIAL;
  let live = false;
  for (const [{ op }, generation] of generations) {
    if (generation !== newest || op.kind === 'delete') continue;
    if (op.kind !== 'add') continue;
    live = true;
    value += op.n;
  }
  return { value, live };
}

function change(op: Exclude<BoundedOp, { kind: 'delete' }>, to: number): (row: escrow.Row) => escrow.Row {
  switch (op.kind) {
    case 'add':
      return (row) => escrow.moved(row, op.n);
    case 'give':
      return (row) => escrow.giving(row, op.side, to, op.n, 100);
    case 'take':
      return (row) => escrow.taking(row, op.side, to, op.n);
    case 'edge':
      return (row) => escrow.withEdge(row, op.side, op.edge);
    case 'want':
      return (row) => escrow.wanting(row, op.side, op.n);
    case 'claim':
      return (row) => escrow.claiming(row, op.time);
    case 'hold':
      return (row) => (row.claim === 0 ? row : escrow.holding(row));
    case 'tend':
      return (row) => row;
  }
}

/** The bounds that a key of a world has: by its name, so that all nodes agree. */
function boundsOf(key: string): BoundedOptions {
  const last = key.charCodeAt(key.length - 1) % 4;
  return { initial: INITIAL, ...(last !== 1 && { min: last === 2 ? INITIAL : 0 }), ...(last !== 0 && { max: MAX }) };
}

/** Of all that was acknowledged to anybody no sum ever left the bounds. */
function kept(key: string, events: readonly Event<BoundedOp>[]): string | undefined {
  const { min = -Infinity, max = Infinity } = boundsOf(key);
  const sums = new Map<number, number>();
  for (const [{ op }, generation] of generationsOf(events)) {
    if (op.kind !== 'add') continue;
    const sum = (sums.get(generation) ?? INITIAL) + op.n;
    sums.set(generation, sum);
    if (sum < min || sum > max) return `${key} was to stay between ${min} and ${max}, and was brought to ${sum}`;
  }
  return undefined;
}

export const boundedSubject: Subject<BoundedOp> = {
  crdt: type.bounded,
  draw(random) {
    const side = random.pick(escrow.SIDES);
    const said = ['give', 'take', 'edge', 'want', 'claim', 'hold', 'delete'] as const;
    const kind = random.pick(['add', 'add', 'add', 'add', ...said] as const);
    if (kind === 'add')
      return { kind, n: random.between(-4, 9), max: random.chance(80) ? 100 : random.pick([undefined, 90]) };
    if (kind === 'give' || kind === 'take' || kind === 'want') return { kind, side, n: random.below(5) };
    if (kind === 'edge') return { kind, side, edge: random.between(-9, 9) };
    if (kind === 'claim') return { kind, time: random.between(1, 4) };
    return { kind };
  },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'delete') return head === 0 ? undefined : type.clear(slots, head, self, dot);
    const others = [...type.rowsOf(slots, head).keys()];
    const to = others[dot % Math.max(1, others.length)] ?? self;
    const bounds = { min: 0, max: op.kind === 'add' ? op.max : undefined, initial: INITIAL };
    return type.update(slots, head, self, dot, bounds, change(op, to));
  },
  value: (slots, head) => ({
    value: type.value(slots, head, INITIAL),
    live: type.bounded.live(slots, head),
  }),
  model: boundedModel,
  onStore: {
    perform(store, key, op) {
      const counter = store.bounded(key, boundsOf(key));
      if (op.kind === 'delete') counter.delete();
      else if (op.kind === 'add' && op.n < 0) counter.decrement(-op.n);
      else if (op.kind === 'add') counter.increment(op.n);
    },
    value: (store, key) => ({
      value: store.bounded(key, boundsOf(key)).value(),
      live: store.type(key) === 'bounded',
    }),
    removed: () => [{ op: { kind: 'delete' } }],
    lives: (value) => (value as BoundedValue).live,
    kinds: ['add'],
    act(scene, key) {
      const { store, random, has } = scene;
      if (!has('add')) return [];
      // Towards a bound more often than away from it.
      const { min, max } = boundsOf(key);
      const up = random.chance(min === undefined ? 80 : max === undefined ? 20 : 50);
      const n = random.pick([1, 1, 1, 2, 4]) * (up ? 1 : -1);
      const dot = store.dot;
      let done: Deed<BoundedOp>[] = [];
      try {
        boundedSubject.onStore?.perform(store, key, { kind: 'add', n, max: undefined });
        done = [{ op: { kind: 'add', n, max: undefined } }];
      } catch (error) {
        if (errorCode(error) !== 'INSUFFICIENT_RIGHTS') throw error;
      }
      // A node of its own gets rights by asking itself first.
      return [...Array.from({ length: store.dot - dot - done.length }, () => TEND), ...done];
    },
    tending(store, key) {
      const { cells, slots, self } = store.replica;
      return (dot) => {
        const cell = cells.find(type.bounded.tag, cells.encode(key, 0), 0);
        store.replica.resolveTree(cell);
        return slots.dot(slots.find(cells.head(cell), self)) === dot ? TEND : undefined;
      };
    },
    kept,
  },
  simple: simpleBounded(),
};

interface Generation {
  readonly number: number;
  readonly changes: readonly { readonly life: number; readonly n: number; readonly by: number | undefined }[];
}

function simpleBounded(): Simple<BoundedOp, Generation> {
  return {
    nothing: { number: 0, changes: [] },
    perform({ number, changes }, op, { life, n }) {
      if (op.kind === 'delete') return { number: number + 1, changes: [] };
      return { number, changes: [...changes, { life, n, by: op.kind === 'add' ? op.n : undefined }] };
    },
    merge(one, two) {
      if (one.number !== two.number) return one.number > two.number ? one : two;
      const all = new Map([...one.changes, ...two.changes].map((made) => [`${made.life} ${made.n}`, made]));
      return { number: one.number, changes: [...all.values()] };
    },
    shown: ({ changes }) => ({
      value: changes.reduce((sum, { by = 0 }) => sum + by, INITIAL),
      live: changes.some(({ by }) => by !== undefined),
    }),
  };
}
