/**
 * Windowed counter: bucket → actor → sum. Calls per minute over the last hour, money made today. Each actor's sums belong to
 * it alone and are known by the dot that last changed them, so the later dot is the newer sum. A bucket is its start in
 * milliseconds; a query sums the buckets that start in its range and reads nothing else.
 *
 * Old buckets are dropped everywhere by the same rule: what starts before (newest − keep). Both are lattices (newest: the largest
 * that an add has said, keep: the least that anyone declared), so the kept buckets can only become fewer, on every replica
 * alike. What an add says is its own start, but at most its node's clock less a grace (`newestBy`): so no bucket of the future drops
 * anything, nor does a clock that is wrong by less than the grace, and what lies within `keep` of now counts. The price is that buckets
 * are kept for the grace longer, at most twice as long. A clear records per actor the last dot that it observed; sums not changed since are gone, and a bucket that is
 * added to at the same time stays whole.
 *
 * Source: a map of single-writer sums under pointwise max. Cost: a Map entry per bucket and actor.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { WINDOW_GRACE_MS } from '../base/limits.js';
import {
  cellObject,
  cloneWithObject,
  freeWithObject,
  mark,
  mergeMods,
  readMods,
  withObject,
  writeMods,
} from './cell-object.js';
import { readDot, writeActor } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { CELL, type Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

interface Sum {
  readonly dot: number;
  readonly n: number;
}

interface WindowState {
  newest: number;
  keep: number;
  /** actor → the last of its dots that a clear observed */
  readonly cleared: Map<number, number>;
  /** actor → start of bucket → sum */
  readonly sums: Map<number, Map<number, Sum>>;
}

function floorOf(state: WindowState): number {
  return state.newest - state.keep;
}

function prune(state: WindowState, newest: number, keep: number): void {
  const before = floorOf(state);
  state.newest = Math.max(state.newest, newest);
  state.keep = Math.min(state.keep, keep);
  const floor = floorOf(state);
  if (floor <= before) return;
  for (const sums of state.sums.values()) {
    for (const start of sums.keys()) if (start < floor) sums.delete(start);
  }
}

function cleared(state: WindowState, actor: number, dot: number): void {
  if (dot <= (state.cleared.get(actor) ?? 0)) return;
  state.cleared.set(actor, dot);
  const sums = state.sums.get(actor);
  if (sums === undefined) return;
  for (const [start, sum] of sums) if (sum.dot <= dot) sums.delete(start);
}

function put(state: WindowState, actor: number, start: number, sum: Sum): void {
  if (start < floorOf(state) || sum.dot <= (state.cleared.get(actor) ?? 0)) return;
  let sums = state.sums.get(actor);
  if (sums === undefined) {
    sums = new Map();
    state.sums.set(actor, sums);
  }
  if (sum.dot > (sums.get(start)?.dot ?? 0)) sums.set(start, sum);
}

/** What an add to the bucket at `start` says of the newest, where the clock shows `now`; all in milliseconds since 1970. */
export function newestBy(start: number, now: number, keep: number): number {
  return Math.min(start, Math.floor(now) - Math.min(keep, WINDOW_GRACE_MS));
}

/**
 * Add `n` to the bucket starting at `start` (both safe integers); `keep` in milliseconds, `newest` from `newestBy`.
 * Errors: COUNTER_OVERFLOW, and then nothing changed.
 */
export function add(
  slots: Slots,
  head: number,
  actor: number,
  dot: number,
  start: number,
  n: number,
  keep: number,
  newest: number,
): number {
  let state = cellObject<WindowState>(slots, head);
  const sum = (state?.sums.get(actor)?.get(start)?.n ?? 0) + n;
  if (!Number.isSafeInteger(sum))
    throw new MerganserError('COUNTER_OVERFLOW', 'the bucket would leave the safe integers');
  let result = mark(slots, head, actor, dot);
  if (state === undefined) {
    state = { newest, keep, cleared: new Map(), sums: new Map() };
    result = slots.insert(result, CELL, 0, slots.hold(state));
  }
  prune(state, newest, keep);
  put(state, actor, start, { dot, n: sum });
  return result;
}

export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  const state = cellObject<WindowState>(slots, head);
  if (state === undefined) return head;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.actor(slot) !== CELL) cleared(state, slots.actor(slot), slots.dot(slot));
  }
  return mark(slots, head, actor, dot);
}

export function keepOf(slots: Slots, head: number): number | undefined {
  return cellObject<WindowState>(slots, head)?.keep;
}

/** Sums per bucket start in [from, to), unordered. */
export function buckets(slots: Slots, head: number, from: number, to: number): Map<number, number> {
  const found = new Map<number, number>();
  for (const sums of cellObject<WindowState>(slots, head)?.sums.values() ?? []) {
    for (const [start, sum] of sums) {
      if (start >= from && start < to) found.set(start, (found.get(start) ?? 0) + sum.n);
    }
  }
  return found;
}

function merge(slots: Slots, head: number, lctx: VersionVector, from: Slots, other: number): number {
  let result = mergeMods(slots, head, lctx, from, other);
  const theirs = cellObject<WindowState>(from, other);
  if (theirs === undefined) return result;
  let mine = cellObject<WindowState>(slots, result);
  if (mine === undefined) {
    mine = { newest: theirs.newest, keep: theirs.keep, cleared: new Map(), sums: new Map() };
    result = slots.insert(result, CELL, 0, slots.hold(mine));
  }
  prune(mine, theirs.newest, theirs.keep);
  for (const [actor, dot] of theirs.cleared) cleared(mine, actor, dot);
  for (const [actor, sums] of theirs.sums) {
    for (const [start, sum] of sums) put(mine, actor, start, sum);
  }
  return result;
}

function write(slots: Slots, head: number, w: Writer, top: VersionVector, since: VersionVector | undefined): void {
  writeMods(slots, head, w, top);
  const state = cellObject<WindowState>(slots, head);
  w.byte(state === undefined ? 0 : 1);
  if (state === undefined) return;
  w.float(state.newest);
  w.float(state.keep);
  w.uint(state.cleared.size);
  for (const [actor, dot] of state.cleared) {
    w.uint(actor);
    w.uint(top.get(actor) - dot);
  }
  w.uint(state.sums.size);
  for (const [actor, sums] of state.sums) {
    const known = since?.get(actor) ?? 0;
    const news = [...sums].filter(([, sum]) => sum.dot > known);
    w.uint(actor);
    w.uint(news.length);
    for (const [start, sum] of news) {
      w.int(start);
      w.uint(top.get(actor) - sum.dot);
      w.int(sum.n);
    }
  }
}

function read(slots: Slots, r: Reader, context: WireContext): number {
  const head = readMods(slots, r, context);
  if (r.byte() === 0) return head;
  const newest = r.float();
  const keep = r.float();
  if (!Number.isSafeInteger(newest) || !Number.isSafeInteger(keep) || keep <= 0) {
    throw new MerganserError('MALFORMED_MESSAGE', 'a window has no span');
  }
  const state: WindowState = { newest, keep, cleared: new Map(), sums: new Map() };
  for (let left = r.count(2); left > 0; left--) {
    const actor = context.actor(r.uint());
    state.cleared.set(actor, readDot(r, actor, context));
  }
  for (let left = r.count(2); left > 0; left--) {
    const actor = context.actor(r.uint());
    const sums = new Map<number, Sum>();
    for (let more = r.count(3); more > 0; more--) {
      const start = r.int();
      sums.set(start, { dot: readDot(r, actor, context), n: r.int() });
    }
    state.sums.set(actor, sums);
  }
  return withObject(slots, head, state);
}

function live(slots: Slots, head: number): boolean {
  for (const sums of cellObject<WindowState>(slots, head)?.sums.values() ?? []) if (sums.size > 0) return true;
  return false;
}

function canonical(slots: Slots, head: number, w: Writer): void {
  const state = cellObject<WindowState>(slots, head);
  if (state === undefined) return;
  w.float(state.newest);
  w.float(state.keep);
  const inOrder = (actors: Iterable<number>): number[] => [...actors].sort((a, b) => slots.actors.compare(a, b));
  for (const actor of inOrder(state.cleared.keys())) {
    writeActor(slots, actor, w);
    w.uint(state.cleared.get(actor) as number);
  }
  for (const actor of inOrder(state.sums.keys())) {
    const sums = state.sums.get(actor) as Map<number, Sum>;
    if (sums.size === 0) continue;
    writeActor(slots, actor, w);
    for (const [start, sum] of [...sums].sort((a, b) => a[0] - b[0])) {
      w.int(start);
      w.uint(sum.dot);
      w.int(sum.n);
    }
  }
}

export const window: Crdt = {
  tag: 6,
  name: 'window',
  fields: false,
  causal: false,
  objects: 'in the cell',
  live,
  // `newest` must outlive the sums: a concurrent add below the floor may still be under way.
  ghost: (_slots, head) => head === 0,
  merge,
  forget: (_slots, head) => head,
  write,
  read,
  canonical,
  clone: (slots, head) =>
    cloneWithObject<WindowState>(slots, head, (state) => ({
      ...state,
      cleared: new Map(state.cleared),
      sums: new Map([...state.sums].map(([actor, sums]) => [actor, new Map(sums)])),
    })),
  free: freeWithObject,
};
