/**
 * Window, declared. Of each actor and bucket the sum that its last visible add left behind; it counts unless the bucket starts
 * before (the largest newest that a visible add said − least visible keep), or a visible clear had seen that add. An add continues the sum
 * of the one before it unless its maker knew of a clear that had seen that one.
 */
import { DEFAULT_KEEP_MS, WINDOW_GRACE_MS } from '../../base/limits.js';
import * as type from '../../crdt/window.js';
import type { WindowOptions } from '../../store/handles/window.js';
import { configured } from '../configured.js';
import { joinSeen, type Seen, type Simple } from '../simple.js';
import type { Subject } from '../subject.js';
import { type Event, sees } from './event.js';

/** Width of a bucket in worlds. */
const BUCKET_MS = 10;

export type WindowOp =
  | {
      readonly kind: 'add';
      readonly start: number;
      readonly n: number;
      /** At most its start. */
      readonly newest: number;
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
    newest = Math.max(newest, event.op.newest);
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
  draw(random) {
    if (random.chance(15)) return { kind: 'clear' };
    const start = random.below(8);
    const newest = random.chance(70) ? start : start - random.below(6);
    const keep = random.chance(80) ? 6 : random.pick([3, 9]);
    return { kind: 'add', start, newest, n: random.between(-2, 9), keep };
  },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'add') return type.add(slots, head, self, dot, op.start, op.n, op.keep ?? 6, op.newest);
    return head === 0 ? undefined : type.clear(slots, head, self, dot);
  },
  value: (slots, head) => [...type.buckets(slots, head, -Infinity, Infinity)].sort((a, b) => a[0] - b[0]),
  model: windowModel,
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'add') store.window(key, opened(op.keep)).add(op.n, op.start);
      else store.window(key, opened()).clear();
    },
    value(store, key, expected) {
      const window = store.window(key, opened());
      return (expected as [number, number][]).map(([start]) => [start, window.sum(start, start + BUCKET_MS)]);
    },
    removed: () => [{ op: { kind: 'clear' } }],
    lives: (buckets) => (buckets as unknown[]).length > 0,
    kinds: ['sum', 'clear'],
    act({ store, random, looks, now, has }, key) {
      if (random.chance(10) && has('clear')) {
        store.window(key).clear();
        return [{ op: { kind: 'clear' } }];
      }
      if (!has('sum')) return [];
      const n = random.between(-3, 9);
      const wall = looks.wall?.(store);
      const at = Math.min(now + random.between(-80, 20), (wall ?? now) + 20);
      const keep = random.chance(85) ? 60 : random.pick([30, 90]);
      const existing = looks.keep(store, key);
      const add = (declared: number | undefined): void => store.window(key, opened(declared)).add(n, at);
      const declared = configured(keep, existing, add);
      add(declared);
      const start = Math.floor(at / BUCKET_MS) * BUCKET_MS;
      const kept = existing ?? declared ?? DEFAULT_KEEP_MS;
      const newest = wall === undefined ? start : Math.min(start, Math.floor(wall) - Math.min(kept, WINDOW_GRACE_MS));
      return [{ op: { kind: 'add', start, newest, n, keep: declared } }];
    },
  },
  simple: simpleWindow(),
};

function opened(keep?: number): WindowOptions {
  return keep === undefined ? { bucket: BUCKET_MS } : { bucket: BUCKET_MS, keep };
}

interface LifeSum {
  readonly life: number;
  readonly start: number;
  readonly n: number;
  readonly sum: number;
}

interface Sums {
  readonly sums: readonly LifeSum[];
  /** By life, the last dot whose sums a clear had seen. */
  readonly cleared: Seen;
  readonly newest: number;
  /** The least that was declared. */
  readonly keep: number;
}

function simpleWindow(): Simple<WindowOp, Sums> {
  const counts = ({ life, n }: LifeSum, cleared: Seen): boolean => n > (cleared[life] ?? 0);
  return {
    nothing: { sums: [], cleared: [], newest: -Infinity, keep: Infinity },
    perform(state, op, { life, n }) {
      const { sums, cleared, newest, keep } = state;
      if (op.kind === 'clear') {
        const last: number[] = [];
        for (const sum of sums) last[sum.life] = Math.max(last[sum.life] ?? 0, sum.n);
        return { ...state, cleared: joinSeen(cleared, last) };
      }
      const { start } = op;
      const before = sums.find((sum) => sum.life === life && sum.start === start);
      const sum = op.n + (before !== undefined && counts(before, cleared) ? before.sum : 0);
      return {
        sums: [...sums.filter((other) => other !== before), { life, start, n, sum }],
        cleared,
        newest: Math.max(newest, op.newest),
        keep: Math.min(keep, op.keep ?? Infinity),
      };
    },
    merge: (one, two) => ({
      sums: newestSums([...one.sums, ...two.sums]),
      cleared: joinSeen(one.cleared, two.cleared),
      newest: Math.max(one.newest, two.newest),
      keep: Math.min(one.keep, two.keep),
    }),
    shown({ sums, cleared, newest, keep }) {
      const buckets = new Map<number, number>();
      for (const one of sums) {
        if (one.start >= newest - keep && counts(one, cleared))
          buckets.set(one.start, (buckets.get(one.start) ?? 0) + one.sum);
      }
      return [...buckets].sort((a, b) => a[0] - b[0]);
    },
  };
}

/** Of each life and bucket the sum with the latest dot. */
function newestSums(sums: readonly LifeSum[]): LifeSum[] {
  const newest = new Map<string, LifeSum>();
  for (const sum of sums) {
    const id = `${sum.life} ${sum.start}`;
    if (sum.n > (newest.get(id)?.n ?? 0)) newest.set(id, sum);
  }
  return [...newest.values()];
}
