/**
 * Document: a Yjs document, kept as the updates that made it. Yjs updates merge in any order, as often as one likes, so the state is
 * a log of updates per actor that wrote them down, each known by its dot; what a peer lacks is the updates with later dots. Diffs
 * against a Yjs state vector are not used for that: each of them repeats all deletions there ever were (yjs #374).
 *
 * The newest updates of an actor stand one by one, so that a peer that is a little behind gets only them; older ones are merged,
 * small ones into larger, so an actor with n bytes has about log n of them. How they are cut up is no part of the state: replicas agree on
 * the ranges of Yjs operations that are there, and on what is deleted.
 *
 * Deletion begins a new generation: the larger one wins and has nothing of the earlier ones, so an edit that is concurrent with
 * a deletion of its document goes with it; an edit that has seen it stays.
 *
 * Cost: what Yjs encodes, some thirty bytes for a keystroke that is sent alone and about one when it has been merged with its
 * neighbours; one that was typed and deleted again is kept. Source: YATA (Nicolaescu et al., GROUP 2016), yjs.
 */
import * as Y from 'yjs';
import type { Reader, Writer } from '../base/bytes.js';
import { isBytes, wrongArgument } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
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
import { readDot } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { checkGeneration } from './generation.js';
import { CELL, type Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

/** One or more updates as one. */
export interface Written {
  /** The first dot that is in it, and the last. */
  readonly from: number;
  readonly dot: number;
  /** A Yjs update, version 1 of its encoding. */
  readonly bytes: Uint8Array;
}

interface DocState {
  generation: number;
  /** actor → what it wrote, ascending by dot */
  readonly logs: Map<number, Written[]>;
}

/** Updates of an actor that stand alone. */
const ALONE = 32;

/** Write an update down. `checkUpdate` has seen it. */
export function append(slots: Slots, head: number, actor: number, dot: number, bytes: Uint8Array): number {
  let result = mark(slots, head, actor, dot);
  let state = cellObject<DocState>(slots, result);
  if (state === undefined) {
    state = { generation: 0, logs: new Map() };
    result = slots.insert(result, CELL, 0, slots.hold(state));
  }
  put(state, actor, { from: dot, dot, bytes });
  return result;
}

/** Begin a new generation. */
export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  const state = cellObject<DocState>(slots, head);
  if (state === undefined) return head;
  state.generation++;
  state.logs.clear();
  return mark(slots, head, actor, dot);
}

export function generation(slots: Slots, head: number): number {
  return cellObject<DocState>(slots, head)?.generation ?? 0;
}

/** What is there, by actor; not to be changed. */
export function logs(slots: Slots, head: number): ReadonlyMap<number, readonly Written[]> {
  return cellObject<DocState>(slots, head)?.logs ?? new Map();
}

/** The whole of it as one update; not to be changed. */
export function update(slots: Slots, head: number): Uint8Array {
  const all = [...logs(slots, head).values()].flat().map(({ bytes }) => bytes);
  const [only] = all;
  return only !== undefined && all.length === 1 ? only : Y.mergeUpdates(all);
}

/** Whether these bytes are an update that every replica can merge and apply. Errors: BAD_VALUE. */
export function checkUpdate(bytes: Uint8Array): void {
  try {
    const { structs, ds } = Y.decodeUpdate(bytes);
    for (const struct of structs) {
      checkRange(struct.id.clock, struct.length);
      if (struct instanceof Y.Item) checkOrder(struct);
    }
    // Yjs reads deletions of nothing, and throws when it passes them on.
    for (const ranges of ds.clients.values()) for (const { clock, len } of ranges) checkRange(clock, len);
  } catch (error) {
    throw new MerganserError('BAD_VALUE', `this is not an update of a Yjs document: ${(error as Error).message}`);
  }
}

/** Whether these bytes are what a Yjs client says that it has. Errors: BAD_ARGUMENT. */
export function checkStateVector(bytes: Uint8Array): void {
  try {
    if (isBytes(bytes)) return void Y.decodeStateVector(bytes);
  } catch {
    // As what is no bytes at all.
  }
  throw wrongArgument('the state vector of a Yjs client is expected', bytes);
}

/** What an operation stands beside was made before it: of other clients Yjs waits for it, of its own it takes it for granted. */
function checkOrder({ id, origin, rightOrigin, parent }: Y.Item): void {
  for (const beside of [origin, rightOrigin, parent])
    if (beside instanceof Y.ID && beside.client === id.client && beside.clock >= id.clock)
      throw new MerganserError('BAD_VALUE', `operation ${id.clock} stands beside ${beside.clock}, which is later`);
}

function checkRange(clock: number, length: number): void {
  if (length > 0 && Number.isSafeInteger(clock + length)) return;
  throw new MerganserError('BAD_VALUE', `it speaks of ${length} operations after ${clock}`);
}

function put(state: DocState, actor: number, written: Written): void {
  const log = state.logs.get(actor);
  if (log === undefined) {
    state.logs.set(actor, [written]);
    return;
  }
  if (written.dot <= (log.at(-1) as Written).dot) return;
  // What stands in it as well is not kept twice.
  while (log.length > 0 && (log.at(-1) as Written).from >= written.from) log.pop();
  log.push(written);
  // The youngest that need not stand alone is merged with the one before, as long as that is not much larger.
  let at = log.length - 1 - ALONE;
  while (at > 0) {
    const [older, younger] = [log[at - 1] as Written, log[at] as Written];
    if (older.bytes.length > 2 * younger.bytes.length) return;
    const bytes = Y.mergeUpdates([older.bytes, younger.bytes]);
    log.splice(--at, 2, { from: older.from, dot: younger.dot, bytes });
  }
}

function merge(slots: Slots, head: number, lctx: VersionVector, from: Slots, other: number): number {
  let result = mergeMods(slots, head, lctx, from, other);
  const theirs = cellObject<DocState>(from, other);
  if (theirs === undefined) return result;
  let mine = cellObject<DocState>(slots, result);
  if (mine === undefined) {
    mine = { generation: theirs.generation, logs: new Map() };
    result = slots.insert(result, CELL, 0, slots.hold(mine));
  }
  if (theirs.generation < mine.generation) return result;
  if (theirs.generation > mine.generation) {
    mine.generation = theirs.generation;
    mine.logs.clear();
  }
  for (const [actor, log] of theirs.logs) for (const written of log) put(mine, actor, written);
  return result;
}

function write(slots: Slots, head: number, w: Writer, top: VersionVector, since: VersionVector | undefined): void {
  writeMods(slots, head, w, top);
  const state = cellObject<DocState>(slots, head);
  w.byte(state === undefined ? 0 : 1);
  if (state === undefined) return;
  w.uint(state.generation);
  w.uint(state.logs.size);
  for (const [actor, log] of state.logs) {
    const known = since?.get(actor) ?? 0;
    const first = log.findIndex(({ dot }) => dot > known);
    const news = first < 0 ? [] : log.slice(first);
    w.uint(actor);
    w.uint(news.length);
    for (const { from, dot, bytes } of news) {
      w.uint(top.get(actor) - dot);
      w.uint(dot - from);
      w.bytes(bytes);
    }
  }
}

function read(slots: Slots, r: Reader, context: WireContext): number {
  const head = readMods(slots, r, context);
  if (r.byte() === 0) return head;
  const state: DocState = { generation: checkGeneration(r.uint()), logs: new Map() };
  for (let left = r.count(2); left > 0; left--) {
    const actor = context.actor(r.uint());
    const log: Written[] = [];
    for (let more = r.count(4); more > 0; more--) log.push(readWritten(r, actor, context, log.at(-1)?.dot ?? 0));
    if (state.logs.has(actor)) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a document');
    if (log.length > 0) state.logs.set(actor, log);
  }
  return withObject(slots, head, state);
}

function readWritten(r: Reader, actor: number, context: WireContext, before: number): Written {
  const dot = readDot(r, actor, context);
  const from = dot - r.uint();
  if (dot <= before || from <= 0)
    throw new MerganserError('MALFORMED_MESSAGE', 'the updates of a document are not in order');
  // A copy: the message that it stands in is not kept.
  const bytes = r.bytes(r.left).slice();
  try {
    checkUpdate(bytes);
  } catch (error) {
    throw new MerganserError('MALFORMED_MESSAGE', (error as Error).message);
  }
  return { from, dot, bytes };
}

interface Range {
  readonly clock: number;
  readonly len: number;
}

/** What operations are there, by the client that made them, and which are deleted: however they are cut into updates. */
function canonical(slots: Slots, head: number, w: Writer): void {
  const state = cellObject<DocState>(slots, head);
  if (state === undefined) return;
  w.uint(state.generation);
  if (state.logs.size === 0) return;
  const { structs, ds } = Y.decodeUpdate(update(slots, head));
  const there = new Map<number, Range[]>();
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue;
    const { client, clock } = struct.id;
    const ranges = there.get(client);
    if (ranges === undefined) there.set(client, [{ clock, len: struct.length }]);
    else ranges.push({ clock, len: struct.length });
  }
  writeRanges(there, w);
  writeRanges(ds.clients, w);
}

function writeRanges(byClient: ReadonlyMap<number, readonly Range[]>, w: Writer): void {
  w.uint(byClient.size);
  for (const [client, ranges] of [...byClient].sort(([a], [b]) => a - b)) {
    w.uint(client);
    let end = -1;
    let from = -1;
    for (const { clock, len } of [...ranges].sort((a, b) => a.clock - b.clock)) {
      if (clock > end) {
        if (from >= 0) w.uint(end - from);
        w.uint(clock);
        from = clock;
      }
      end = Math.max(end, clock + len);
    }
    w.uint(end - from);
  }
}

export const doc: Crdt = {
  tag: 12,
  name: 'doc',
  fields: false,
  causal: false,
  objects: 'in the cell',
  live: (slots, head) => (cellObject<DocState>(slots, head)?.logs.size ?? 0) > 0,
  // The generation must outlive what was written: an edit of an earlier one may still be under way.
  ghost: (_slots, head) => head === 0,
  merge,
  forget: (_slots, head) => head,
  write,
  read,
  canonical,
  clone: (slots, head) =>
    cloneWithObject<DocState>(slots, head, ({ generation: n, logs: written }) => ({
      generation: n,
      logs: new Map([...written].map(([actor, log]) => [actor, log.slice()])),
    })),
  free: freeWithObject,
};
