/**
 * Capped log, declared: of the visible appends above the highest visible floor, the N with the largest ids, N being the least
 * cap that a visible append declared. The floor of a clear is the largest id that its maker was shown, or just above the floor
 * that it had if all those are below. An append is above the floor by its id, or because its maker had that very floor.
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

/** The least time after a positive one. */
function justAfter(time: number): number {
  return time + 2 ** (Math.floor(Math.log2(time)) - 52);
}

interface Id {
  readonly time: number;
  readonly actor: number;
  readonly dot: number;
}

interface Appended extends Id {
  readonly value: Value;
  /** What its maker had. */
  readonly floor: Id | undefined;
}

interface Shown {
  readonly floor: Id | undefined;
  /** Ascending by id. */
  readonly above: readonly Appended[];
}

/** (time, value), ascending by id. */
export function logModel(events: readonly Event<LogOp>[], order: ActorOrder): [number, Value][] {
  const { above } = shown(events, order);
  const caps = events.map(({ op }) => (op.kind === 'append' ? (op.cap ?? Infinity) : Infinity));
  return above.slice(Math.max(0, above.length - Math.min(...caps))).map(({ time, value }) => [time, value]);
}

/** What there is without a cap, which takes nothing away from which a floor comes. */
function shown(events: readonly Event<LogOp>[], order: ActorOrder): Shown {
  const compare = (a: Id, b: Id): number => a.time - b.time || order(a.actor, b.actor) || a.dot - b.dot;
  const floors = new Map<Event<LogOp>, Id | undefined>();
  const highest = (seen: readonly Event<LogOp>[]): Id | undefined => {
    const all = seen.filter(({ op }) => op.kind === 'clear').map((clear) => floorOf(clear));
    return all.reduce((a, b) => (a === undefined || (b !== undefined && compare(b, a) > 0) ? b : a), undefined);
  };
  const look = (seen: readonly Event<LogOp>[]): Shown => {
    const floor = highest(seen);
    const above: Appended[] = [];
    for (const event of seen) {
      const { actor, dot, op } = event;
      if (op.kind !== 'append') continue;
      const had = highest(events.filter((other) => sees(event, other)));
      const one = { time: op.time, actor, dot, value: op.value, floor: had };
      if (floor === undefined || compare(one, floor) > 0 || (had !== undefined && compare(had, floor) === 0))
        above.push(one);
    }
    return { floor, above: above.sort(compare) };
  };
  const floorOf = (clear: Event<LogOp>): Id | undefined => {
    if (floors.has(clear)) return floors.get(clear);
    const { floor, above } = look(events.filter((event) => sees(clear, event)));
    const newest = above.at(-1);
    const { actor, dot } = clear;
    const isLate = newest !== undefined && floor !== undefined && compare(newest, floor) < 0;
    const raised = isLate ? { time: justAfter(floor.time), actor, dot } : (newest ?? floor);
    floors.set(clear, raised);
    return raised;
  };
  return look(events);
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
    return type.size(slots, head) === 0 ? undefined : type.clear(slots, head, self, dot);
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
      const latest = (looks.wall?.(store) ?? now) + 20;
      const at = random.chance(40) ? undefined : Math.min(now + random.between(-60, 20), latest);
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
  /** Of the largest entry that a clear had seen, or above the floor that it had, if that was higher: nothing else removes. */
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
        const raised = entries.reduce((most, entry) => later(most, entry, order), floor);
        const same = floor !== undefined && raised === floor && entries.length > 0;
        return { entries: [], floor: same ? { ...floor, ...mark, time: justAfter(floor.time) } : raised, cap };
      }
      const entry = { ...mark, time: op.time, value: op.value };
      return { entries: [...entries, entry], floor, cap: Math.min(cap, op.cap ?? Infinity) };
    },
    merge(one, two, _seenByOne, _seenByTwo, order) {
      const floor = two.floor === undefined ? one.floor : later(one.floor, two.floor, order);
      // Whoever has the floor that stands knows of every entry whether it came after that clear.
      const stays = (own: Entries): readonly Entry[] =>
        own.floor === floor ||
        (floor !== undefined && own.floor !== undefined && compare(own.floor, floor, order) === 0)
          ? own.entries
          : own.entries.filter((entry) => above(entry, floor, order));
      const entries = [...stays(one), ...stays(two).filter((entry) => !has(stays(one), entry))];
      return { entries, floor, cap: Math.min(one.cap, two.cap) };
    },
    shown({ entries, cap }, order) {
      const sorted = entries.toSorted((a, b) => compare(a, b, order));
      return sorted.slice(Math.max(0, sorted.length - cap)).map(({ time, value }) => [time, value]);
    },
  };
}
