/** One element of a set, declared: there if some visible add was not seen by a visible add or remove of the element. */
import * as type from '../../crdt/set.js';
import type { Subject } from '../subject.js';
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
};
