/** One element of a set, declared: there if some visible add was not seen by a visible add or remove of the element. */
import * as type from '../../crdt/set.js';
import type { Store } from '../../store/store.js';
import { dotted } from '../simple.js';
import type { Deed, Subject } from '../subject.js';
import { type Event, unobserved } from './event.js';

export interface SetOp {
  readonly kind: 'add' | 'remove';
}

export function elementModel(events: readonly Event<SetOp>[]): boolean {
  return unobserved(events, events).some(({ op }) => op.kind === 'add');
}

export const setSubject: Subject<SetOp> = {
  crdt: type.set,
  draw: (random) => ({ kind: random.chance(60) ? 'add' : 'remove' }),
  perform(slots, head, self, dot, op) {
    if (op.kind === 'add') return type.add(slots, head, self, dot);
    return head === 0 ? undefined : type.remove(slots, head, self, dot);
  },
  value: (slots, head) => type.set.live(slots, head),
  model: elementModel,
  onStore: {
    // One element of a set.
    perform(store, key, op) {
      if (op.kind === 'add') store.set(key).add('e');
      else store.set(key).delete('e');
    },
    value(store, key) {
      const elements = store.set(key).values();
      return store.set(key).size() === elements.length ? elements.sort() : 'miscounted';
    },
    removed: removals,
    lives: (elements) => (elements as unknown[]).length > 0,
    whole: (elements) => [...elements].flatMap(([element, there]) => (there === true ? [element] : [])).sort(),
    kinds: ['add', 'remove', 'clear'],
    act({ store, random, elements, has }, key) {
      const set = store.set(key);
      const element = `e${random.below(elements)}`;
      const what = random.below(100);
      if (what < 10 && has('clear')) {
        const removed = removals(store, key);
        set.clear();
        return removed;
      }
      if (what < 40 && has('remove')) {
        set.delete(element);
        return [{ op: { kind: 'remove' }, element }];
      }
      if (!has('add')) return [];
      set.add(element);
      return [{ op: { kind: 'add' }, element }];
    },
  },
  simple: dotted<SetOp, true>(
    (_dots, op, mark) => (op.kind === 'add' ? [{ ...mark, value: true }] : []),
    (dots) => dots.length > 0,
  ),
};

function removals(store: Store, key: string): Deed<SetOp>[] {
  return store
    .set(key)
    .values()
    .map((element) => ({ op: { kind: 'remove' }, element }));
}
