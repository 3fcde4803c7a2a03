/** Register, declared: the visible writes that no visible write or delete had seen; the one with the largest (time, actor) is shown. */
import type { Value } from '../../base/value.js';
import * as type from '../../crdt/register.js';
import { dotted } from '../simple.js';
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
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'set') store.register(key).set(op.value);
      else store.register(key).delete();
    },
    value: (store, key) => store.register(key).values(),
    removed: () => [{ op: { kind: 'delete' } }],
    lives: (values) => (values as unknown[]).length > 0,
    kinds: ['assign', 'remove'],
    act({ store, random, has, unique }, key) {
      const register = store.register<Value>(key);
      if (random.chance(20) && has('remove')) {
        register.delete();
        return [{ op: { kind: 'delete' } }];
      }
      if (!has('assign')) return [];
      const value = unique();
      register.set(value);
      return [{ op: { kind: 'set', time: store.replica.clock.last, value } }];
    },
  },
  simple: dotted<RegisterOp, { readonly time: number; readonly value: Value }>(
    (_dots, op, mark) => (op.kind === 'set' ? [{ ...mark, value: { time: op.time, value: op.value } }] : []),
    (dots, order) =>
      dots.toSorted((a, b) => b.value.time - a.value.time || order(b.life, a.life)).map(({ value }) => value.value),
  ),
};
