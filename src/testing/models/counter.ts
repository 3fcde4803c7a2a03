/** Counter, declared: the sum of the visible increments that no visible reset had seen. */
import * as type from '../../crdt/counter.js';
import { type Dotted, dotted } from '../simple.js';
import type { Subject } from '../subject.js';
import { type Event, unobserved } from './event.js';

export type CounterOp = { readonly kind: 'increment'; readonly n: number } | { readonly kind: 'reset' };

export interface CounterValue {
  readonly value: number;
  readonly live: boolean;
}

export function counterModel(events: readonly Event<CounterOp>[]): CounterValue {
  const resets = events.filter(({ op }) => op.kind === 'reset');
  const increments = events.filter(({ op }) => op.kind === 'increment');
  const left = unobserved(increments, resets);
  const value = left.reduce((sum, { op }) => sum + (op.kind === 'increment' ? op.n : 0), 0);
  return { value, live: left.length > 0 };
}

export const counterSubject: Subject<CounterOp> = {
  crdt: type.counter,
  draw: (random) =>
    random.chance(25) ? { kind: 'reset' } : { kind: 'increment', n: random.chance(5) ? 0 : random.between(-3, 9) },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'increment') return type.increment(slots, head, self, dot, op.n, slots.lost);
    return head === 0 ? undefined : type.reset(slots, head, self, dot);
  },
  value: (slots, head) => ({ value: type.value(slots, head), live: type.counter.live(slots, head) }),
  model: counterModel,
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'increment') store.counter(key).increment(op.n);
      else store.counter(key).reset();
    },
    value: (store, key) => ({ value: store.counter(key).value(), live: store.type(key) === 'counter' }),
    removed: () => [{ op: { kind: 'reset' } }],
    lives: (value) => (value as CounterValue).live,
    kinds: ['increment', 'reset'],
    act({ store, random, has, kept }, key) {
      if (random.chance(20) && has('reset')) {
        store.counter(key).reset();
        return [{ op: { kind: 'reset' } }];
      }
      if (!has('increment')) return [];
      const n = random.chance(5) ? 0 : random.between(-3, 9);
      const handle = kept(() => store.counter(key));
      if (random.chance(50)) handle.increment(n);
      else store.increment(key, n);
      return [{ op: { kind: 'increment', n } }];
    },
  },
  simple: dotted<CounterOp, number>(
    (dots, op, mark) => (op.kind === 'reset' ? [] : [...dots, { ...mark, value: op.n }]),
    (dots) => ({ value: total(dots), live: dots.length > 0 }),
  ),
};

function total(dots: readonly Dotted<number>[]): number {
  return dots.reduce((sum, { value }) => sum + value, 0);
}
