/**
 * Bounded counter: a number that never leaves its bounds, whoever changes it where, though nobody asks anybody first. Each actor
 * has a row (escrow.ts) that only it writes, so of two versions of a row the one with the later dot is the newer, and merging is
 * taking that. value = initial + Σ net over the rows.
 *
 * A delete begins a new generation, and rows of an earlier one count for nothing: what was done elsewhere at the same time is gone
 * with it. So the bound holds per generation. The bounds are declared with every operation and belong to the generation; of
 * several the tightest counts.
 *
 * An actor's own edges are kept as `marks`, with the dots at which it said them: it may go as far as the least of those that could
 * turn out to be its last word, which are the newest that others are known to have and all later ones (`reach`). Marks are local,
 * and not part of the replicated state. A row of this actor without marks is an earlier life's: see `inherited`.
 *
 * Guaranteed: the bounds hold for all that is visible anywhere, and for all that was ever acknowledged to anybody, under partitions,
 * crashes and restarts, as long as one node lives of those that knew an actor's last word. Not guaranteed: that what could be spent
 * somewhere can be spent here.
 * Cost: some 200 bytes of the heap a row; an operation replaces a row.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { cellObject, cloneWithObject, freeWithObject, mark as markDot, mergeMods, withObject } from './cell-object.js';
import { readDot, writeActor } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { BLANK, type Bounds, inherited, initialRights, position, type Row, type Side, tightest } from './escrow.js';
import { flagsOf, readBounds, readRow, writeBounds, writeRow } from './escrow-codec.js';
import { CELL, type Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

/** Edges as they were said at a dot. */
interface Mark {
  readonly dot: number;
  readonly down: number;
  readonly up: number;
}

interface BoundedState {
  generation: number;
  /** Undefined: nothing was done in this generation. */
  bounds: Bounds | undefined;
  readonly rows: Map<number, Row>;
  /** Ascending by dot. */
  marks: Mark[];
}

/** Edges that may be under way at the same time; of more the oldest are taken together. */
const MAX_MARKS = 32;
const NO_ROWS: ReadonlyMap<number, Row> = new Map();

function stateOf(slots: Slots, head: number): BoundedState | undefined {
  return cellObject<BoundedState>(slots, head);
}

/**
 * The actor's row becomes what `change` makes of it, which is called before anything has changed. The first thing that a new life
 * does with the row of an earlier one is to count what that may have spent.
 */
export function update(
  slots: Slots,
  head: number,
  actor: number,
  dot: number,
  bounds: Bounds,
  change: (row: Row) => Row,
): number {
  let state = stateOf(slots, head);
  const declared = state?.bounds === undefined ? bounds : tightest(state.bounds, bounds);
  const before = state?.rows.get(actor);
  const takenOver = before !== undefined && state?.marks.length === 0;
  const own = takenOver ? inherited(before, declared) : (before ?? BLANK);
  const row = change(own);
  let result = markDot(slots, head, actor, dot);
  if (state === undefined) {
    state = { generation: 0, bounds: declared, rows: new Map(), marks: [] };
    result = slots.insert(result, CELL, 0, slots.hold(state));
  }
  state.bounds = declared;
  state.rows.set(actor, row);
  if (state.marks.length === 0) state.marks.push({ dot: 0, down: own.down.edge, up: own.up.edge });
  note(state.marks, dot, row);
  return result;
}

function note(marks: Mark[], dot: number, row: Row): void {
  const last = marks.at(-1) as Mark;
  if (last.down === row.down.edge && last.up === row.up.edge) return;
  marks.push({ dot, down: row.down.edge, up: row.up.edge });
  if (marks.length <= MAX_MARKS) return;
  const [one, two] = marks.splice(1, 2) as [Mark, Mark];
  const both = { dot: two.dot, down: Math.min(one.down, two.down), up: Math.min(one.up, two.up) };
  marks.splice(1, 0, both);
}

/** A new generation: nothing was done yet. Errors: COUNTER_OVERFLOW. */
export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  const state = stateOf(slots, head);
  if (state === undefined) return head;
  if (state.generation >= Number.MAX_SAFE_INTEGER)
    throw new MerganserError('COUNTER_OVERFLOW', 'there is no further generation');
  begin(state, state.generation + 1, undefined);
  return markDot(slots, head, actor, dot);
}

function begin(state: BoundedState, generation: number, bounds: Bounds | undefined): void {
  state.generation = generation;
  state.bounds = bounds;
  state.rows.clear();
  state.marks = [];
}

/** What was declared; undefined while nothing was done. */
export function boundsOf(slots: Slots, head: number): Bounds | undefined {
  return stateOf(slots, head)?.bounds;
}

/** Which generation it is: they begin with 0, and deletes count on. */
export function generationOf(slots: Slots, head: number): number {
  return stateOf(slots, head)?.generation ?? 0;
}

/** Whether anything was done in this generation, beside asking for rights. */
export function isUsed(slots: Slots, head: number): boolean {
  for (const { used } of rowsOf(slots, head).values()) if (used) return true;
  return false;
}

/** By actor; not to be changed. */
export function rowsOf(slots: Slots, head: number): ReadonlyMap<number, Row> {
  return stateOf(slots, head)?.rows ?? NO_ROWS;
}

/** `initial`, for a counter on which nothing was done, else what it began with, and all that was added since. */
export function value(slots: Slots, head: number, initial: number): number {
  const state = stateOf(slots, head);
  let sum = state?.bounds?.initial ?? initial;
  if (state !== undefined) for (const { net } of state.rows.values()) sum += net;
  return sum;
}

/** Whose the initial rights are; undefined: nobody's yet. */
export function holderOf(slots: Slots, head: number): number | undefined {
  let holder: number | undefined;
  let claim = Number.POSITIVE_INFINITY;
  for (const [actor, row] of rowsOf(slots, head)) {
    if (!row.holds || row.claim > claim) continue;
    if (row.claim === claim && slots.actors.compare(actor, holder as number) > 0) continue;
    holder = actor;
    claim = row.claim;
  }
  return holder;
}

/** How far the actor could go on a bounded side, as far as it is known here: for the own actor a limit that others can only raise. */
export function rights(slots: Slots, head: number, actor: number, side: Side): number {
  const state = stateOf(slots, head);
  if (state?.bounds === undefined) return 0;
  const own = state.rows.get(actor)?.[side];
  let sum = received(slots, head, actor, side) - (own?.lost ?? 0);
  for (const n of own?.given.values() ?? []) sum -= n;
  for (const n of own?.taken.values() ?? []) sum += n;
  for (const row of state.rows.values()) sum -= row[side].taken.get(actor) ?? 0;
  if (initialRights(state.bounds, side) > 0 && holderOf(slots, head) === actor)
    sum += initialRights(state.bounds, side);
  return sum;
}

/**
 * What the crash of an actor that is over may have spent on a bounded side, less what was recovered of it; and beyond that, what it
 * had for certain.
 */
export function estate(slots: Slots, head: number, actor: number, side: Side): { lost: number; left: number } {
  const row = rowsOf(slots, head).get(actor) ?? BLANK;
  const rest = rights(slots, head, actor, side) - position(row, side);
  const ahead = Math.max(0, row[side].edge - position(row, side));
  return { lost: Math.max(0, row[side].lost + Math.min(ahead, rest)), left: Math.max(0, rest - ahead) };
}

/** What others gave it, all in all. */
export function received(slots: Slots, head: number, actor: number, side: Side): number {
  let sum = 0;
  for (const row of rowsOf(slots, head).values()) sum += row[side].given.get(actor) ?? 0;
  return sum;
}

/**
 * How far the own actor may go on a bounded side now: to the least edge of those of its words that may be the last one that is
 * left of it, should it crash. `isBacked`: whether another node is known to have a dot of this one.
 */
export function reach(
  slots: Slots,
  head: number,
  actor: number,
  side: Side,
  isBacked: (dot: number) => boolean,
): number {
  const state = stateOf(slots, head);
  const row = state?.rows.get(actor);
  if (state === undefined || row === undefined) return 0;
  const { marks } = state;
  // An earlier life's: nothing until it was taken over.
  if (marks.length === 0) return position(row, side);
  let last = marks.length - 1;
  let least = (marks[last] as Mark)[side];
  while (last > 0 && !isBacked((marks[last] as Mark).dot)) {
    last--;
    least = Math.min(least, (marks[last] as Mark)[side]);
  }
  marks.splice(0, last);
  return least;
}

/** Whether the own actor's row is what an earlier life of it left. */
export function isInherited(slots: Slots, head: number, actor: number): boolean {
  const state = stateOf(slots, head);
  return state !== undefined && state.marks.length === 0 && state.rows.has(actor);
}

/** Whether all edges that were said are known to others. */
export function isSettled(slots: Slots, head: number): boolean {
  return (stateOf(slots, head)?.marks.length ?? 0) <= 1;
}

function merge(slots: Slots, head: number, lctx: VersionVector, from: Slots, other: number): number {
  const theirs = stateOf(from, other);
  let mine = stateOf(slots, head);
  const isNewer: number[] = [];
  if (theirs !== undefined && (mine === undefined || theirs.generation >= mine.generation)) {
    const begun = mine === undefined || theirs.generation > mine.generation;
    for (const actor of theirs.rows.keys()) {
      const slot = slots.find(head, actor);
      if (begun || slot === 0 || from.dot(from.find(other, actor)) > slots.dot(slot)) isNewer.push(actor);
    }
  }
  let result = mergeMods(slots, head, lctx, from, other);
  if (theirs === undefined) return result;
  if (mine === undefined) {
    mine = { generation: theirs.generation, bounds: theirs.bounds, rows: new Map(), marks: [] };
    result = slots.insert(result, CELL, 0, slots.hold(mine));
  }
  if (theirs.generation > mine.generation) begin(mine, theirs.generation, theirs.bounds);
  else if (theirs.generation === mine.generation && theirs.bounds !== undefined)
    mine.bounds = mine.bounds === undefined ? theirs.bounds : tightest(mine.bounds, theirs.bounds);
  for (const actor of isNewer) mine.rows.set(actor, theirs.rows.get(actor) as Row);
  return result;
}

/** Beside the flags of the bounds. */
const HAS_STATE = 1;

/** FLAGS, [bounds, generation,] count, then per actor: number·2 + whether a row follows, distance of the dot from `top`, row. */
function write(slots: Slots, head: number, w: Writer, top: VersionVector, since: VersionVector | undefined): void {
  const state = stateOf(slots, head);
  if (state === undefined) w.byte(0);
  else {
    w.byte(HAS_STATE + flagsOf(state.bounds));
    writeBounds(state.bounds, w);
    w.uint(state.generation);
  }
  const news: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor !== CELL && (since === undefined || slots.dot(slot) > since.get(actor))) news.push(slot);
  }
  w.uint(news.length);
  for (const slot of news) {
    const actor = slots.actor(slot);
    const row = state?.rows.get(actor);
    w.uint(actor * 2 + (row === undefined ? 0 : 1));
    w.uint(top.get(actor) - slots.dot(slot));
    if (row === undefined) continue;
    writeRow(row, w, (shares) => {
      for (const [other, n] of shares) {
        w.uint(other);
        w.uint(n);
      }
    });
  }
}

function read(slots: Slots, r: Reader, context: WireContext): number {
  const flags = r.byte();
  const bounds = readBounds(r, flags);
  const generation = flags === 0 ? 0 : r.uint();
  const rows = new Map<number, Row>();
  let head = 0;
  for (let left = r.count(2); left > 0; left--) {
    const wire = r.uint();
    const actor = context.actor(Math.floor(wire / 2));
    if (slots.find(head, actor) !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a cell');
    head = slots.push(head, actor, readDot(r, actor, context), 0);
    if (wire % 2 === 1) rows.set(actor, readRow(r, context));
  }
  const state: BoundedState = { generation, bounds, rows, marks: [] };
  if (flags === 0 && rows.size === 0) return head;
  if (bounds === undefined && rows.size > 0) throw new MerganserError('MALFORMED_MESSAGE', 'a counter has no bounds');
  return withObject(slots, head, state);
}

function canonical(slots: Slots, head: number, w: Writer): void {
  const state = stateOf(slots, head);
  if (state === undefined) return;
  w.byte(HAS_STATE + flagsOf(state.bounds));
  writeBounds(state.bounds, w);
  w.uint(state.generation);
  const inOrder = (actors: Iterable<number>): number[] => [...actors].sort((a, b) => slots.actors.compare(a, b));
  for (const actor of inOrder(state.rows.keys())) {
    writeActor(slots, actor, w);
    w.uint(slots.dot(slots.find(head, actor)));
    writeRow(state.rows.get(actor) as Row, w, (shares) => {
      for (const other of inOrder(shares.keys())) {
        writeActor(slots, other, w);
        w.uint(shares.get(other) as number);
      }
    });
  }
}

export const bounded: Crdt = {
  tag: 10,
  name: 'bounded',
  fields: false,
  causal: false,
  objects: 'in the cell',
  tended: true,
  live: isUsed,
  // The generation must outlive its rows: those of an earlier one may still be under way.
  ghost: (_slots, head) => head === 0,
  merge,
  forget: (_slots, head) => head,
  write,
  read,
  canonical,
  clone: (slots, head) =>
    cloneWithObject<BoundedState>(slots, head, (state) => ({
      ...state,
      rows: new Map(state.rows),
      marks: state.marks.slice(),
    })),
  free: freeWithObject,
};
