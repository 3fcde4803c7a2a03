/**
 * Window, declared. Of each actor and bucket the sum that its last visible add left behind; it counts unless the bucket starts
 * before (newest start of a visible add − least visible keep), or a visible clear had seen that add. An add continues the sum
 * of the one before it unless its maker knew of a clear that had seen that one.
 */
import * as type from '../../crdt/window.js';
import type { Subject } from '../subject.js';
import { type Event, sees } from './event.js';

export type WindowOp =
  | {
      readonly kind: 'add';
      readonly start: number;
      readonly n: number;
      /** Undefined: whatever the window has. */
      readonly keep: number | undefined;
    }
  | { readonly kind: 'clear' };

interface Sum {
  readonly dot: number;
  readonly n: number;
}

/** The last dot of `actor` on this window that a clear had seen, of the clears for which `known` holds. */
function clearedUpTo(
  events: readonly Event<WindowOp>[],
  actor: number,
  known: (clear: Event<WindowOp>) => boolean,
): number {
  let last = 0;
  for (const clear of events) {
    if (clear.op.kind !== 'clear' || !known(clear)) continue;
    for (const event of events) {
      if (event.actor === actor && event.dot > last && sees(clear, event)) last = event.dot;
    }
  }
  return last;
}

/** (start, sum), ascending. */
export function windowModel(events: readonly Event<WindowOp>[]): [number, number][] {
  let newest = -Infinity;
  let keep = Infinity;
  const sums = new Map<number, Map<number, Sum>>();
  for (const event of events.toSorted((a, b) => a.dot - b.dot)) {
    if (event.op.kind !== 'add') continue;
    const { start, n } = event.op;
    newest = Math.max(newest, start);
    keep = Math.min(keep, event.op.keep ?? Infinity);
    const own = sums.get(event.actor) ?? new Map<number, Sum>();
    sums.set(event.actor, own);
    const before = own.get(start);
    const gone = before !== undefined && before.dot <= clearedUpTo(events, event.actor, (clear) => sees(event, clear));
    own.set(start, { dot: event.dot, n: n + (before === undefined || gone ? 0 : before.n) });
  }
  const shown = new Map<number, number>();
  for (const [actor, own] of sums) {
    const cleared = clearedUpTo(events, actor, () => true);
    for (const [start, { dot, n }] of own) {
      if (start >= newest - keep && dot > cleared) shown.set(start, (shown.get(start) ?? 0) + n);
    }
  }
  return [...shown].sort((a, b) => a[0] - b[0]);
}

export const windowSubject: Subject<WindowOp> = {
  crdt: type.window,
  draw: (random) =>
    random.chance(15)
      ? { kind: 'clear' }
      : {
          kind: 'add',
          start: random.below(8),
          n: random.between(-2, 9),
          keep: random.chance(80) ? 6 : random.pick([3, 9]),
        },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'add') return type.add(slots, head, self, dot, op.start, op.n, op.keep ?? 6);
    return head === 0 ? undefined : type.clear(slots, head, self, dot);
  },
  value: (slots, head) => [...type.buckets(slots, head, -Infinity, Infinity)].sort((a, b) => a[0] - b[0]),
  model: windowModel,
};
