/**
 * One member of a sorted set, declared: of the scores that no visible set or remove had seen, the one with the largest (time, actor),
 * plus what was added and not seen by such either. The member is there if any of these is.
 */
import * as type from '../../crdt/sorted.js';
import type { Store } from '../../store/store.js';
import { dotted } from '../simple.js';
import type { Deed, Scene, Subject } from '../subject.js';
import { type ActorOrder, type Event, unobserved } from './event.js';

export type SortedOp =
  | { readonly kind: 'set'; readonly time: number; readonly score: number }
  | { readonly kind: 'increment'; readonly n: number }
  | { readonly kind: 'remove' };

/** The member's score; undefined: it is not there. */
export function memberModel(events: readonly Event<SortedOp>[], order: ActorOrder): number | undefined {
  const cuts = events.filter(({ op }) => op.kind !== 'increment');
  const left = unobserved(events, cuts).filter(({ op }) => op.kind !== 'remove');
  if (left.length === 0) return undefined;
  let base = 0;
  let last: { readonly actor: number; readonly time: number } | undefined;
  let sum = 0;
  for (const { actor, op } of left) {
    if (op.kind === 'increment') sum += op.n;
    else if (op.kind === 'set') {
      if (last !== undefined && (op.time - last.time || order(actor, last.actor)) < 0) continue;
      last = { actor, time: op.time };
      base = op.score;
    }
  }
  return base + sum;
}

export const sortedSubject: Subject<SortedOp> = {
  crdt: type.sorted,
  draw(random) {
    const what = random.below(100);
    if (what < 50) return { kind: 'increment', n: random.pick([1, 2, 5, -3, 0, 0.5]) };
    if (what < 80) return { kind: 'set', time: random.between(1, 5), score: random.pick([10, 20, 0, -7, 2.5]) };
    return { kind: 'remove' };
  },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'increment') return type.add(slots, head, self, dot, op.n, slots.lost);
    if (op.kind === 'set') return type.assign(slots, head, self, dot, op.time, op.score);
    return head === 0 ? undefined : type.remove(slots, head, self, dot);
  },
  value: (slots, head) => (type.sorted.live(slots, head) ? type.score(slots, head) : undefined),
  model: memberModel,
  onStore: {
    // One member.
    perform(store, key, op) {
      const sorted = store.sorted(key);
      if (op.kind === 'set') sorted.set('m', op.score);
      else if (op.kind === 'increment') sorted.increment('m', op.n);
      else sorted.delete('m');
    },
    value(store, key) {
      const sorted = store.sorted(key);
      const all = sorted.range(0, Number.MAX_SAFE_INTEGER);
      const ranked = all.every(({ member, score }, i) => sorted.rank(member) === i && sorted.score(member) === score);
      const best = sorted.top(1)[0]?.member === all.at(-1)?.member;
      return ranked && best && sorted.size() === all.length
        ? all.map(({ member, score }) => [member, score])
        : 'astray';
    },
    removed: removals,
    lives: (members) => (members as unknown[]).length > 0,
    whole: (members) =>
      [...members]
        .filter((entry): entry is [string, number] => entry[1] !== undefined)
        .sort(([a, one], [b, other]) => one - other || (a < b ? -1 : 1)),
    kinds: ['set', 'increment', 'remove', 'clear'],
    act: actOnOne,
  },
  simple: dotted<SortedOp, SortedOp>(
    (dots, op, mark) => {
      if (op.kind === 'increment') return [...dots, { ...mark, value: op }];
      return op.kind === 'set' ? [{ ...mark, value: op }] : [];
    },
    (dots, order) => {
      if (dots.length === 0) return undefined;
      const times = dots.flatMap(({ life, value }) => (value.kind === 'set' ? [{ life, ...value }] : []));
      const last = times.sort((a, b) => b.time - a.time || order(b.life, a.life))[0];
      const added = dots.reduce((sum, { value }) => sum + (value.kind === 'increment' ? value.n : 0), 0);
      return (last?.score ?? 0) + added;
    },
  ),
};

function actOnOne({ store, random, elements, has }: Scene, key: string): readonly Deed<SortedOp>[] {
  const sorted = store.sorted(key);
  const element = `m${random.below(elements)}`;
  const what = random.below(100);
  if (what < 7 && has('clear')) {
    const gone = removals(store, key);
    sorted.clear();
    return gone;
  }
  if (what < 25 && has('remove')) {
    sorted.delete(element);
    return [{ op: { kind: 'remove' }, element }];
  }
  if (what < 50 && has('set')) {
    const score = random.between(-3, 9) * 1.5;
    sorted.set(element, score);
    return [{ op: { kind: 'set', time: store.replica.clock.last, score }, element }];
  }
  if (!has('increment')) return [];
  const n = random.pick([0, 1, 2, -3, 0.5]);
  sorted.increment(element, n);
  return [{ op: { kind: 'increment', n }, element }];
}

/** What clearing is, in the order in which it is done. */
function removals({ replica }: Store, key: string): Deed<SortedOp>[] {
  const { cells, collections, slots } = replica;
  const root = cells.find(type.sorted.tag, cells.encode(key, 0), 0);
  replica.resolveTree(root);
  const live = collections.elements(root).filter((cell) => type.sorted.live(slots, cells.head(cell)));
  return live.map((cell) => ({ op: { kind: 'remove' }, element: cells.name(cell) }));
}
