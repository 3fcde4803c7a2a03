/**
 * Capped log, declared: of the visible appends above the highest visible floor, the N with the largest ids, N being the least
 * cap that a visible append declared. The floor of a clear is the largest id that its maker had seen.
 */
import type { Value } from '../../base/value.js';
import { toMilliseconds } from '../../base/hlc.js';
import * as type from '../../crdt/log.js';
import { configured } from '../configured.js';
import { type Dotted, has, type Mark, type Simple } from '../simple.js';
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
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'append') store.log(key, capped(op.cap)).append(op.value, { at: op.time });
      else store.log(key).clear();
    },
    value: (store, key) =>
      store
        .log(key)
        .last(1000)
        .map(({ at, value }) => [at, value]),
    removed: () => [{ op: { kind: 'clear' } }],
    lives: (entries) => (entries as unknown[]).length > 0,
    kinds: ['append', 'clear'],
    act({ store, random, looks, now, has, unique }, key) {
      if (random.chance(10) && has('clear')) {
        store.log(key).clear();
        return [{ op: { kind: 'clear' } }];
      }
      if (!has('append')) return [];
      const value = unique();
      const at = random.chance(40) ? undefined : now + random.between(-60, 20);
      const cap = random.chance(85) ? 3 : random.pick([2, 5, undefined]);
      const existing = looks.cap(store, key);
      const append = (declared: number | undefined): void => store.log(key, capped(declared)).append(value, { at });
      const declared = configured(cap, existing, append);
      append(declared);
      const time = at ?? toMilliseconds(store.replica.clock.last);
      return [{ op: { kind: 'append', value, cap: declared ?? (existing === undefined ? 100 : undefined), time } }];
    },
  },
  simple: simpleLog(),
};

function capped(cap: number | undefined): { cap?: number } {
  return cap === undefined ? {} : { cap };
}

interface Entry extends Dotted<Value> {
  readonly time: number;
}

interface Entries {
  readonly entries: readonly Entry[];
  /** The largest entry that a clear had seen: nothing else removes. */
  readonly floor: Entry | undefined;
  /** The least that was declared. */
  readonly cap: number;
}

function simpleLog(): Simple<LogOp, Entries> {
  const compare = (a: Entry, b: Entry, order: ActorOrder): number =>
    a.time - b.time || order(a.life, b.life) || a.n - b.n;
  const later = (a: Entry | undefined, b: Entry, order: ActorOrder): Entry =>
    a === undefined || compare(b, a, order) > 0 ? b : a;
  const above = (entry: Entry, floor: Entry | undefined, order: ActorOrder): boolean =>
    floor === undefined || compare(entry, floor, order) > 0;
  return {
    nothing: { entries: [], floor: undefined, cap: Infinity },
    perform({ entries, floor, cap }, op, mark: Mark, order) {
      if (op.kind === 'clear') {
        return { entries: [], floor: entries.reduce((most, entry) => later(most, entry, order), floor), cap };
      }
      const entry = { ...mark, time: op.time, value: op.value };
      const kept = above(entry, floor, order) ? [...entries, entry] : entries;
      return { entries: kept, floor, cap: Math.min(cap, op.cap ?? Infinity) };
    },
    merge(one, two, _seenByOne, _seenByTwo, order) {
      const floor = two.floor === undefined ? one.floor : later(one.floor, two.floor, order);
      const all = [...one.entries, ...two.entries.filter((entry) => !has(one.entries, entry))];
      return { entries: all.filter((entry) => above(entry, floor, order)), floor, cap: Math.min(one.cap, two.cap) };
    },
    shown({ entries, cap }, order) {
      const sorted = entries.toSorted((a, b) => compare(a, b, order));
      return sorted.slice(Math.max(0, sorted.length - cap)).map(({ time, value }) => [time, value]);
    },
  };
}
