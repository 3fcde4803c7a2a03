/**
 * Top, declared: each actor's counts of the last generation, in the order in which it made them, through a list that keeps only so
 * many: what is least goes, and whatever comes in later may have had as much. Then the lists are added up.
 */
import { MAX_TOP_ITEMS } from '../../base/limits.js';
import type { Counted } from '../../crdt/space-saving.js';
import * as type from '../../crdt/top.js';
import type { Subject } from '../subject.js';
import type { ActorOrder, Event } from './event.js';
import { lastGeneration, simpleGenerations } from './generation.js';

export type TopOp =
  | { readonly kind: 'count'; readonly item: string; readonly n: number; readonly capacity: number }
  | { readonly kind: 'clear' };

interface TopValue {
  readonly total: number;
  readonly items: readonly Counted[];
}

interface List {
  /** What one that is not listed may have had. */
  gone: number;
  items: Counted[];
}

function counted({ gone, items }: List, { item, n, capacity }: Extract<TopOp, { kind: 'count' }>): List {
  const known = items.find((other) => other.item === item);
  const others = items.filter((other) => other !== known);
  const kept = known === undefined ? others : items;
  kept.sort((a, b) => a.count - b.count || (a.item < b.item ? -1 : 1));
  if (known !== undefined) {
    const raised = [...others, { ...known, count: known.count + n }];
    raised.sort((a, b) => a.count - b.count || (a.item < b.item ? -1 : 1));
    const out = raised.splice(0, Math.max(0, raised.length - capacity));
    return { gone: out.at(-1)?.count ?? gone, items: raised };
  }
  const out = kept.splice(0, Math.max(0, kept.length - capacity + 1));
  const least = out.at(-1)?.count ?? gone;
  return { gone: least, items: [...kept, { item, count: least + n, error: least }] };
}

export function topModel(events: readonly Event<TopOp>[], order: ActorOrder): TopValue {
  const lists = new Map<number, List>();
  let total = 0;
  for (const { actor, op } of lastGeneration(events).sort((a, b) => order(a.actor, b.actor) || a.dot - b.dot)) {
    total += op.n;
    lists.set(actor, counted(lists.get(actor) ?? { gone: 0, items: [] }, op));
  }
  const names = new Set([...lists.values()].flatMap(({ items }) => items.map(({ item }) => item)));
  const items = [...names].map((item) => {
    let [count, error] = [0, 0];
    for (const { gone, items: listed } of lists.values()) {
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
