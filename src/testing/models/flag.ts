/** Flag, declared: on if some visible enable was not seen by a visible enable or disable. */
import * as type from '../../crdt/flag.js';
import { dotted } from '../simple.js';
import type { Subject } from '../subject.js';
import { unobserved } from './event.js';

interface FlagOp {
  readonly kind: 'enable' | 'disable';
}

export const flagSubject: Subject<FlagOp> = {
  crdt: type.flag,
  draw: (random) => ({ kind: random.chance(60) ? 'enable' : 'disable' }),
  perform(slots, head, self, dot, op) {
    if (op.kind === 'enable') return type.enable(slots, head, self, dot);
    return head === 0 ? undefined : type.disable(slots, head, self, dot);
  },
  value: (slots, head) => type.flag.live(slots, head),
  model: (events) => unobserved(events, events).some(({ op }) => op.kind === 'enable'),
  onStore: {
    perform: (store, key, op) => store.flag(key)[op.kind](),
    value: (store, key) => store.flag(key).enabled(),
    removed: () => [{ op: { kind: 'disable' } }],
    lives: (on) => on === true,
    kinds: ['enable', 'disable'],
  },
  simple: dotted<FlagOp, true>(
    (_dots, op, mark) => (op.kind === 'enable' ? [{ ...mark, value: true }] : []),
    (dots) => dots.length > 0,
  ),
};
