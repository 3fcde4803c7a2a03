/**
 * Capped log: (floor, the N entries with the largest ids above it), an id being (time, actor, n). `time` is given by the
 * writer or taken from the hybrid clock. Every replica shows exactly the N largest visible ids.
 *
 * The floor is one scalar id: clear raises it to the largest observed one. Tombstones per entry or floors per actor do not
 * associate with the cut to N; a scalar does. N is a lattice too: the least cap that any visible append declared, so the
 * kept entries can only become fewer. An append older than the N newest may never be shown; one that is concurrent with a
 * clear and below its floor is lost, one causally after it never:
 *
 * Who appends with an earlier time than what was cleared has that floor, and whatever state the entry is in has it or a higher
 * one. So an entry that stands below the floor of its own state was made after that clear, and stays until the floor rises; in a
 * state with a higher floor it is gone. The order of merges does not matter: a floor that rises leaves only ids above it, and no
 * cut to N of a state with a lower floor can have lost one of these for the sake of one that is not.
 *
 * Whoever follows the log says which dots it has been told of, and is given the entries of all others (`since`), in the order in which
 * they became visible here (`arrival`). What the cap cut off before it was asked for is missed, unless a clear has seen it: of that
 * are kept, per actor, the last dot that was cut here (`lost`), and the last of those that came when a cap full of entries came at once, all
 * new, before which there may have been more (`flood`). These three are local and not part of the replicated state.
 *
 * Cost: an append at the end is constant, whatever the cap; one that is late O(log N). What a peer lacks is found without a look at the
 * others (log-entries.ts).
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_LOG_CAP } from '../base/limits.js';
import { readValue, type Value, writeValue } from '../base/value.js';
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
import { joinMods, newerThan, readDot, writeActor } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { compare, Entries, type Entry, type Id } from './log-entries.js';
import { CELL, type Slots } from './slots.js';
import { VersionVector } from './version-vector.js';

export type { Entry };

interface LogState {
  cap: number;
  floor: Id | undefined;
  entries: Entries;
  arrivals: number;
  readonly lost: VersionVector;
  readonly flood: VersionVector;
}

function empty(cap: number): LogState {
  const entries = new Entries();
  return { cap, floor: undefined, entries, arrivals: 0, lost: new VersionVector(), flood: new VersionVector() };
}

function insert(slots: Slots, state: LogState, id: Id, value: Value): void {
  const { entries, cap } = state;
  if (entries.length >= cap && compare(slots, id, entries.first as Entry) < 0) return state.lost.raise(id.actor, id.n);
  entries.add(slots, { time: id.time, actor: id.actor, n: id.n, value, arrival: ++state.arrivals });
  cutTo(state, cap);
}

function cutTo(state: LogState, cap: number): void {
  state.cap = Math.min(state.cap, cap);
  while (state.entries.length > state.cap) {
    const { actor, n } = state.entries.shift();
    state.lost.raise(actor, n);
  }
}

function isAbove(slots: Slots, id: Id, floor: Id | undefined): boolean {
  return floor === undefined || compare(slots, id, floor) > 0;
}

function raise(slots: Slots, state: LogState, floor: Id | undefined): void {
  if (floor === undefined || !isAbove(slots, floor, state.floor)) return;
  state.floor = { time: floor.time, actor: floor.actor, n: floor.n };
  const before = state.entries.length;
  while (state.entries.length > 0 && !isAbove(slots, state.entries.first as Entry, floor)) state.entries.shift();
  if (state.entries.length === before) return;
  // What the cap had cut stood before these.
  state.lost.dots.length = 0;
  state.flood.dots.length = 0;
}

/** @param time milliseconds since 1970, may have a fraction; @param cap entries to keep, settings checked by the caller */
export function append(
  slots: Slots,
  head: number,
  actor: number,
  dot: number,
  time: number,
  value: Value,
  cap: number,
): number {
  let result = mark(slots, head, actor, dot);
  let state = cellObject<LogState>(slots, result);
  if (state === undefined) {
    state = empty(cap);
    result = withObject(slots, result, state);
    if (result !== 0) result = toFront(slots, result, actor);
  }
  cutTo(state, cap);
  insert(slots, state, { time, actor, n: dot }, value);
  return result;
}

/** Keep the actor's own slot first in the chain. */
function toFront(slots: Slots, head: number, actor: number): number {
  const own = slots.find(head, actor);
  const dot = slots.dot(own);
  return slots.push(slots.remove(head, own), actor, dot, 0);
}

export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  const state = cellObject<LogState>(slots, head);
  const newest = state?.entries.last;
  if (state === undefined || newest === undefined) return head;
  const { floor } = state;
  const isLate = floor !== undefined && !isAbove(slots, newest, floor);
  const above = (): Id => ({ time: Math.min(nextTime(floor?.time ?? 0), Number.MAX_VALUE), actor, n: dot });
  raise(slots, state, isLate ? above() : newest);
  return mark(slots, head, actor, dot);
}

/** The least time after this one that there is. */
export function nextTime(time: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  // Of equal sign, floats are ordered as the integers of the same bits.
  bits.setFloat64(0, time + 0);
  bits.setBigInt64(0, bits.getBigInt64(0) + (time < 0 ? -1n : 1n));
  return bits.getFloat64(0);
}

/** The newest `n` entries, all by default, ascending by id. */
export function entries(slots: Slots, head: number, n: number = Infinity): Entry[] {
  return cellObject<LogState>(slots, head)?.entries.newest(n) ?? [];
}

export function size(slots: Slots, head: number): number {
  return cellObject<LogState>(slots, head)?.entries.length ?? 0;
}

export function capOf(slots: Slots, head: number): number | undefined {
  return cellObject<LogState>(slots, head)?.cap;
}

/** The entries that are not covered, in the order in which they became visible here. */
export function since(slots: Slots, head: number, covered: VersionVector): Entry[] {
  if (!newerThan(slots, head, covered)) return [];
  const news = cellObject<LogState>(slots, head)?.entries.newerThan(covered) ?? [];
  return news.sort((a, b) => a.arrival - b.arrival);
}

/** Whether the cap has cut off, or may have, what is not covered. */
export function misses(slots: Slots, head: number, covered: VersionVector): boolean {
  const state = cellObject<LogState>(slots, head);
  if (state === undefined) return false;
  if (!covered.covers(state.lost)) return true;
  return !covered.covers(state.flood) && state.entries.allNewerThan(covered);
}

function merge(slots: Slots, head: number, lctx: VersionVector, from: Slots, other: number): number {
  let result = mergeMods(slots, head, lctx, from, other);
  const theirs = cellObject<LogState>(from, other);
  if (theirs === undefined) return result;
  let mine = cellObject<LogState>(slots, result);
  if (mine === undefined) {
    mine = empty(theirs.cap);
    result = slots.insert(result, CELL, 0, slots.hold(mine));
  }
  cutTo(mine, theirs.cap);
  raise(slots, mine, theirs.floor);
  const { floor } = mine;
  const lower = theirs.floor === undefined ? floor !== undefined : isAbove(slots, floor as Id, theirs.floor);
  const all = theirs.entries.all();
  const above = lower ? all.filter((entry) => isAbove(slots, entry, floor)) : all;
  if (above.length >= mine.cap && above.every(({ actor, n }) => n > lctx.get(actor))) joinMods(from, other, mine.flood);
  mine.arrivals = mine.entries.addAll(slots, above, mine.arrivals);
  cutTo(mine, mine.cap);
  return result;
}

function writeId(id: Id, w: Writer, top: VersionVector): void {
  w.float(id.time);
  w.uint(id.actor);
  w.uint(top.get(id.actor) - id.n);
}

function readId(r: Reader, context: WireContext): Id {
  const time = r.float();
  if (!Number.isFinite(time)) throw new MerganserError('MALFORMED_MESSAGE', 'a log entry has no time');
  const actor = context.actor(r.uint());
  return { time, actor, n: readDot(r, actor, context) };
}

function write(slots: Slots, head: number, w: Writer, top: VersionVector, since: VersionVector | undefined): void {
  writeMods(slots, head, w, top);
  const state = cellObject<LogState>(slots, head);
  w.uint(state === undefined ? 0 : state.cap);
  if (state === undefined) return;
  w.byte(state.floor === undefined ? 0 : 1);
  if (state.floor !== undefined) writeId(state.floor, w, top);
  const news = since === undefined ? state.entries.all() : state.entries.newerThan(since);
  w.uint(news.length);
  for (const entry of news) {
    writeId(entry, w, top);
    writeValue(w, entry.value);
  }
}

function read(slots: Slots, r: Reader, context: WireContext): number {
  const head = readMods(slots, r, context);
  const cap = r.uint();
  if (cap === 0) return head;
  if (cap > MAX_LOG_CAP) throw new MerganserError('MALFORMED_MESSAGE', `a log of ${cap} entries is over the limit`);
  const floor = r.byte() === 0 ? undefined : readId(r, context);
  const count = r.count(11);
  const found: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const entry = { ...readId(r, context), value: readValue(r), arrival: 0 };
    const before = found.at(-1);
    if (before !== undefined && compare(slots, before, entry) >= 0)
      throw new MerganserError('MALFORMED_MESSAGE', 'the entries of a log are out of order');
    found.push(entry);
  }
  const state: LogState = { ...empty(cap), floor, entries: Entries.of(found) };
  return withObject(slots, head, state);
}

function canonicalId(slots: Slots, id: Id, w: Writer): void {
  w.float(id.time);
  writeActor(slots, id.actor, w);
  w.uint(id.n);
}

export const log: Crdt = {
  tag: 5,
  name: 'log',
  fields: false,
  causal: false,
  objects: 'in the cell',
  live: (slots, head) => size(slots, head) > 0,
  // The floor must outlive the entries: a concurrent append below it may still be under way.
  ghost: (_slots, head) => head === 0,
  merge: (slots, head, lctx, from, other) => merge(slots, head, lctx, from, other),
  forget: (_slots, head) => head,
  write,
  read,
  canonical(slots, head, w) {
    const state = cellObject<LogState>(slots, head);
    if (state === undefined) return;
    w.uint(state.cap);
    if (state.floor !== undefined) canonicalId(slots, state.floor, w);
    for (const entry of state.entries.all()) {
      canonicalId(slots, entry, w);
      writeValue(w, entry.value);
    }
  },
  clone: (slots, head) =>
    cloneWithObject<LogState>(slots, head, (state) => ({
      ...state,
      entries: state.entries.clone(),
      lost: state.lost.clone(),
      flood: state.flood.clone(),
    })),
  free: freeWithObject,
};
