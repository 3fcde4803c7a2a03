/**
 * Capped log, declared: of the visible appends above the highest visible floor, the N with the largest ids, N being the least
 * cap that a visible append declared. The floor of a clear is the largest id that its maker had seen.
 */
import type { Value } from '../../base/value.js';
import * as type from '../../crdt/log.js';
import type { Subject } from '../subject.js';
import { type ActorOrder, type Event, sees } from './event.js';

export type LogOp =
  | {
      readonly kind: 'append';
      readonly time: number;
      readonly value: Value;
      /** Undefined: whatever the log has. */
      readonly cap: number | undefined;
    }
  | { readonly kind: 'clear' };

interface Appended {
  readonly event: Event<LogOp>;
  readonly time: number;
  readonly value: Value;
}

/** (time, value), ascending by id. */
export function logModel(events: readonly Event<LogOp>[], order: ActorOrder): [number, Value][] {
  const compare = (a: Appended, b: Appended): number =>
    a.time - b.time || order(a.event.actor, b.event.actor) || a.event.dot - b.event.dot;
  const appended: Appended[] = [];
  let cap = Infinity;
  for (const event of events) {
    if (event.op.kind !== 'append') continue;
    appended.push({ event, time: event.op.time, value: event.op.value });
    cap = Math.min(cap, event.op.cap ?? Infinity);
  }
  appended.sort(compare);
  let floor = -1;
  for (const clear of events) {
    if (clear.op.kind !== 'clear') continue;
    floor = Math.max(
      floor,
      appended.findLastIndex(({ event }) => sees(clear, event)),
    );
  }
  const above = appended.slice(floor + 1);
  return above.slice(Math.max(0, above.length - cap)).map(({ time, value }) => [time, value]);
}

export const logSubject: Subject<LogOp> = {
  crdt: type.log,
  draw: (random) =>
    random.chance(20)
      ? { kind: 'clear' }
      : {
          kind: 'append',
          time: random.between(1, 6),
          value: random.below(100),
          cap: random.chance(80) ? 3 : random.between(1, 5),
        },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'append') return type.append(slots, head, self, dot, op.time, op.value, op.cap ?? 3);
    return type.entries(slots, head).length === 0 ? undefined : type.clear(slots, head, self, dot);
  },
  value: (slots, head) => type.entries(slots, head).map(({ time, value }) => [time, value]),
  model: logModel,
};
