/** Register, declared: the visible writes that no visible write or delete had seen; the one with the largest (time, actor) is shown. */
import type { Value } from '../../base/value.js';
import * as type from '../../crdt/register.js';
import type { Subject } from '../subject.js';
import { type ActorOrder, type Event, unobserved } from './event.js';

export type RegisterOp =
  | { readonly kind: 'set'; readonly time: number; readonly value: Value }
  | { readonly kind: 'delete' };

/** All concurrent values, the shown one first. */
export function registerModel(events: readonly Event<RegisterOp>[], order: ActorOrder): Value[] {
  const left: { readonly actor: number; readonly time: number; readonly value: Value }[] = [];
  for (const { actor, op } of unobserved(events, events)) if (op.kind === 'set') left.push({ actor, ...op });
  return left.sort((a, b) => b.time - a.time || order(b.actor, a.actor)).map(({ value }) => value);
}

export const registerSubject: Subject<RegisterOp> = {
  crdt: type.register,
  draw: (random) =>
    random.chance(25)
      ? { kind: 'delete' }
      : { kind: 'set', time: random.between(1, 5), value: random.pick(['a', 'b', 7, null, 'é']) },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'set') return type.assign(slots, head, self, dot, op.time, op.value);
    return head === 0 ? undefined : type.clear(slots, head, self, dot);
  },
  value: (slots, head) => type.values(slots, head),
  model: registerModel,
};
