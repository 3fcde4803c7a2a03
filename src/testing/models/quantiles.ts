/** Quantiles, declared: the values added in the last generation, sorted; each shown as what stands for values of its size. */
import { keyOf, valueOf } from '../../crdt/ddsketch.js';
import * as type from '../../crdt/quantiles.js';
import type { Subject } from '../subject.js';
import type { ActorOrder, Event } from './event.js';
import { byActor, lastGeneration, simpleGenerations } from './generation.js';

export type QuantilesOp =
  | { readonly kind: 'measure'; readonly value: number; readonly n: number }
  | { readonly kind: 'clear' };

const SHARES = [0, 0.25, 0.5, 0.9, 1];

export interface QuantilesValue extends Partial<type.Summary> {
  readonly shown: readonly number[];
}

export function quantilesModel(events: readonly Event<QuantilesOp>[], order: ActorOrder): QuantilesValue {
  const added = byActor(lastGeneration(events), order);
  const values = added
    .flat()
    .flatMap(({ op }) => Array.from({ length: op.n }, () => op.value))
    .sort((a, b) => a - b);
  const [min, max] = [values[0], values.at(-1)];
  if (min === undefined || max === undefined) return { shown: [] };
  const sums = added.map((own) => own.reduce((sum, { op }) => sum + op.value * op.n, 0));
  const shown = SHARES.map((share) => {
    const rank = Math.floor(share * (values.length - 1));
    const exact = values[rank] as number;
    if (rank === 0 || rank === values.length - 1) return exact;
    return Math.min(max, Math.max(min, valueOf(keyOf(exact))));
  });
  return { count: values.length, sum: sums.reduce((sum, own) => sum + own, 0), min, max, shown };
}

export const quantilesSubject: Subject<QuantilesOp> = {
  crdt: type.quantiles,
  draw: (random) =>
    random.chance(12)
      ? { kind: 'clear' }
      : {
          kind: 'measure',
          value: random.pick([0, 0.1, 0.3, -0.7, 12.5, 12.6, -1e6, 3e-12, random.below(1e6) / 7]),
          n: random.chance(80) ? 1 : random.between(2, 9),
        },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'measure') return type.add(slots, head, self, dot, op.value, op.n);
    return type.quantiles.live(slots, head) ? type.clear(slots, head, self, dot) : undefined;
  },
  value: (slots, head): QuantilesValue => ({
    ...type.summary(slots, head),
    shown: type.valuesAt(slots, head, SHARES) ?? [],
  }),
  model: quantilesModel,
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'clear') store.quantiles(key).clear();
      else store.quantiles(key).add(op.value, op.n);
    },
    value: (store, key): QuantilesValue => ({
      ...store.quantiles(key).summary(),
      shown: store.quantiles(key).quantiles(SHARES) ?? [],
    }),
    removed: () => [{ op: { kind: 'clear' } }],
    lives: (value) => (value as QuantilesValue).shown.length > 0,
    kinds: ['measure', 'clear'],
  },
  simple: simpleGenerations(quantilesModel),
};
