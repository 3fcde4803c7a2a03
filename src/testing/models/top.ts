/**
 * Top, declared: each actor's counts of the last generation, in the order in which it made them, through a list that keeps only so
 * many: what is least goes, and whatever comes in later may have had as much. Then the lists are added up.
 */
import { MAX_TOP_ITEMS } from '../../base/limits.js';
import type { Counted } from '../../crdt/space-saving.js';
import * as type from '../../crdt/top.js';
import type { Subject } from '../subject.js';
import type { ActorOrder, Event } from './event.js';
import { byActor, lastGeneration, simpleGenerations } from './generation.js';

export type TopOp =
  | { readonly kind: 'count'; readonly item: string; readonly n: number; readonly capacity: number }
  | { readonly kind: 'clear' };

interface TopValue {
  readonly total: number;
  readonly items: readonly Counted[];
}

interface List {
  /** What one that is not listed may have had. */
  readonly gone: number;
  readonly items: readonly Counted[];
}

const NOTHING: List = { gone: 0, items: [] };

function counted({ gone, items }: List, { item, n, capacity }: Extract<TopOp, { kind: 'count' }>): List {
  const raised = items.map((other) => (other.item === item ? { ...other, count: other.count + n } : other));
  const isNew = !items.some((other) => other.item === item);
  const sorted = raised.toSorted((a, b) => a.count - b.count || (a.item < b.item ? -1 : 1));
  const out = sorted.splice(0, Math.max(0, sorted.length + (isNew ? 1 : 0) - capacity));
  const least = out.at(-1)?.count ?? gone;
  return { gone: least, items: isNew ? [...sorted, { item, count: least + n, error: least }] : sorted };
}

export function topModel(events: readonly Event<TopOp>[], order: ActorOrder): TopValue {
  const counts = byActor(lastGeneration(events), order);
  const lists = counts.map((own) => own.reduce((list, { op }) => counted(list, op), NOTHING));
  const total = counts.flat().reduce((sum, { op }) => sum + op.n, 0);
  const names = new Set(lists.flatMap(({ items }) => items.map(({ item }) => item)));
  const items = [...names].map((item) => {
    let [count, error] = [0, 0];
    for (const { gone, items: listed } of lists) {
      const here = listed.find((other) => other.item === item) ?? { count: gone, error: gone };
      count += here.count;
      error += here.error;
    }
    return { item, count, error };
  });
  return { total, items: items.sort((a, b) => b.count - a.count || a.error - b.error || (a.item < b.item ? -1 : 1)) };
}

export const topSubject: Subject<TopOp> = {
  crdt: type.top,
  draw: (random) =>
    random.chance(12)
      ? { kind: 'clear' }
      : {
          kind: 'count',
          item: random.pick(['ann', 'bob', 'cy', 'dee', 'eve', 'é']),
          n: random.chance(70) ? 1 : random.between(2, 5),
          capacity: random.chance(80) ? 3 : random.between(1, 5),
        },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'count') return type.add(slots, head, self, dot, op.item, op.n, op.capacity);
    return type.top.live(slots, head) ? type.clear(slots, head, self, dot) : undefined;
  },
  value: (slots, head) => ({ total: type.total(slots, head), items: type.largest(slots, head, MAX_TOP_ITEMS) }),
  model: topModel,
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'clear') store.top(key).clear();
      else store.top(key, { items: op.capacity }).add(op.item, op.n);
    },
    value: (store, key) => ({ total: store.top(key).total(), items: store.top(key).largest(MAX_TOP_ITEMS) }),
    removed: () => [{ op: { kind: 'clear' } }],
    lives: (value) => (value as TopValue).total > 0,
    kinds: ['count', 'clear'],
  },
  simple: simpleGenerations(topModel),
};
