/**
 * Unique, declared: of the elements that were added in the last generation each register's largest rank. Adding one that changes no
 * register is no operation.
 */
import { indexOf, placeOf, rankOf, Registers } from '../../crdt/hyperloglog.js';
import * as type from '../../crdt/unique.js';
import type { Subject } from '../subject.js';
import type { Event } from './event.js';
import { lastGeneration, simpleGenerations } from './generation.js';

export type UniqueOp =
  | {
      readonly kind: 'note';
      /** So many elements, from this number on. */
      readonly first: number;
      readonly many: number;
    }
  | { readonly kind: 'clear' };

export function elementNamed(n: number): string {
  return `caller ${n}`;
}

/** By number, once they were needed. */
const PLACES: number[] = [];

export function uniqueModel(events: readonly Event<UniqueOp>[]): number {
  const ranks = new Map<number, number>();
  for (const { op } of lastGeneration(events)) {
    for (let n = op.first; n < op.first + op.many; n++) {
      const place = (PLACES[n] ??= placeOf(elementNamed(n)));
      ranks.set(indexOf(place), Math.max(ranks.get(indexOf(place)) ?? 0, rankOf(place)));
    }
  }
  const registers = new Registers();
  for (const [index, rank] of ranks) registers.raise(index * 64 + rank);
  return registers.estimate();
}

export const uniqueSubject: Subject<UniqueOp> = {
  crdt: type.unique,
  draw(random) {
    if (random.chance(12)) return { kind: 'clear' };
    // Enough of them are too many for a list of registers, and others for what is remembered of changes.
    const many = random.chance(2) ? 2600 : random.chance(3) ? 600 : random.between(1, 3);
    return { kind: 'note', first: random.below(12) * (many > 3 ? 100 : 1), many };
  },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'clear') return type.unique.live(slots, head) ? type.clear(slots, head, self, dot) : undefined;
    let result = head;
    let news = false;
    for (let n = op.first; n < op.first + op.many; n++) {
      if (!type.isNews(slots, result, elementNamed(n))) continue;
      result = type.add(slots, result, self, dot, elementNamed(n));
      news = true;
    }
    return news ? result : undefined;
  },
  value: (slots, head) => type.count(slots, head),
  model: uniqueModel,
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'clear') store.unique(key).clear();
      else for (let n = op.first; n < op.first + op.many; n++) store.unique(key).add(elementNamed(n));
    },
    value: (store, key) => store.unique(key).count(),
    removed: () => [{ op: { kind: 'clear' } }],
    lives: (count) => (count as number) > 0,
    kinds: ['note', 'clear'],
    act({ store, random, has }, key) {
      const unique = store.unique(key);
      if (random.chance(10) && has('clear')) {
        unique.clear();
        return [{ op: { kind: 'clear' } }];
      }
      if (!has('note')) return [];
      const n = random.below(50);
      unique.add(elementNamed(n));
      return [{ op: { kind: 'note', first: n, many: 1 } }];
    },
  },
  simple: simpleGenerations(uniqueModel),
};
