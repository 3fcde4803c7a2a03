/**
 * The codec of a FRAME: everything that a replica covering `base` needs to cover `top`, as whole cells or as a smaller form
 * that merges to the same result.
 *
 *   FRAME = partition, epoch, seq, hlc, flags, actor definitions,
 *           version vector: per actor that changed since the last frame (actor, top − last top, top − base),
 *           ghost floor if full, cells
 *   cell  = (zigzag of number − the previous number)·4 + bare·2 + defined, [type, parent + 1, key], [state]
 *
 * Cells travel under the sender's cell numbers; a number is defined (type, parent, key) when it is first used in an epoch.
 * Within an epoch frames are numbered and taken in order only, so both sides agree on what was defined and on the last top.
 * A counter that changed costs about nine bytes, whatever was added how often.
 */
import { isUtf8, type Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_CELLS, MAX_DOT, MAX_ELEMENT_BYTES, MAX_KEY_BYTES } from '../base/limits.js';
import { newerThan } from '../crdt/chain.js';
import type { Crdt } from '../crdt/crdt.js';
import { isRoot, mayStand } from '../crdt/nesting.js';
import { typeOfTag } from '../crdt/registry.js';
import type { Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import { checkRoom } from '../store/room.js';
import type { Staged } from '../store/staging.js';
import { checkOwn } from './handshake.js';
import type { CellMap, KnownCells } from './cell-numbers.js';
import { FRAME } from './message.js';
import { type Told, type WireActors, writeActors } from './wire-actors.js';

const DEFINED = 1;
const BARE = 2;
const FULL = 1;

/** What a sender remembers of one direction of a link within an epoch. */
export interface FrameSender {
  readonly known: KnownCells;
  /** The top of the frame before. */
  readonly lastTop: VersionVector;
  /** Where in the changes feed the frame before ended. */
  scan: number;
}

export interface FrameHeader {
  readonly epoch: number;
  readonly seq: number;
  readonly full: boolean;
  /** What the other side knows of our actors. */
  readonly told: Told;
  /** What the other side must have; without meaning if the frame is full. */
  readonly base: VersionVector;
}

/** Cut a frame: one synchronous step, valid at the replica's present version vector. Does not change what counts as sent. */
export function encodeFrame(replica: Replica, sender: FrameSender, header: FrameHeader): Uint8Array {
  const w = new Writer();
  w.byte(FRAME);
  writeFrameStart(w, replica, sender.lastTop, header);
  const order = replica.changes.seal();
  const writer = new CellWriter(replica, w, sender.known);
  const since = header.full ? undefined : header.base;
  if (header.full) replica.cells.forEach((cell) => writer.write(cell, since));
  else replica.changes.scan(sender.scan, (cell) => writer.write(cell, since));
  sender.scan = order;
  return w.finish();
}

/** Everything of a frame but its kind and its cells. */
export function writeFrameStart(w: Writer, replica: Replica, lastTop: VersionVector, header: FrameHeader): void {
  w.uint(0);
  w.uint(header.epoch);
  w.uint(header.seq);
  w.uint(replica.clock.last);
  w.byte(header.full ? FULL : 0);
  writeActors(w, replica.actors, header.told);
  writeTop(w, replica.vv, lastTop, header);
  if (header.full) writeFloor(w, replica.ghostFloor);
}

/** The cells of one message, one after the other. */
export class CellWriter {
  readonly #replica: Replica;
  readonly #w: Writer;
  readonly #known: KnownCells;
  #previous = 0;

  constructor(replica: Replica, w: Writer, known: KnownCells) {
    this.#replica = replica;
    this.#w = w;
    this.#known = known;
  }

  /**
   * What a replica that covers `since` can lack of a cell, or all of it. Returns whether that is anything. `anyhow`: also if it
   * is nothing.
   */
  write(cell: number, since: VersionVector | undefined, anyhow = false): boolean {
    const { cells, collections, slots, vv } = this.#replica;
    const head = cells.head(cell);
    if (head === 0 || (since !== undefined && !anyhow && !newerThan(slots, head, since))) return false;
    this.#put(cell, false);
    const type = this.#replica.type(cell);
    type.write(slots, head, this.#w, vv, since);
    // The other side may forget a ghost at any time, and with it what its number stands for.
    if (!type.ghost(slots, head)) return true;
    this.#known.delete(cell);
    for (let above = cells.parent(cell); above !== 0 && collections.live(above) === 0; above = cells.parent(above))
      this.#known.delete(above);
    return true;
  }

  #put(cell: number, bare: boolean): void {
    const { cells } = this.#replica;
    const w = this.#w;
    const parent = cells.parent(cell);
    const define = !this.#known.has(cell);
    if (define && parent !== 0 && !this.#known.has(parent)) this.#put(parent, true);
    w.uint(zigzag(cell - this.#previous) * 4 + (bare ? BARE : 0) + (define ? DEFINED : 0));
    this.#previous = cell;
    if (!define) return;
    w.byte(cells.tag(cell));
    w.uint(parent === 0 ? 0 : parent + 1);
    w.bytes(cells.keyBytes(cell));
    this.#known.add(cell);
  }
}

function writeTop(w: Writer, vv: VersionVector, lastTop: VersionVector, { full, base }: FrameHeader): void {
  const changed: number[] = [];
  for (let actor = 0; actor < vv.dots.length; actor++) {
    const top = vv.get(actor);
    if (top > lastTop.get(actor) || top > base.get(actor)) changed.push(actor);
  }
  w.uint(changed.length);
  for (const actor of changed) {
    const top = vv.get(actor);
    w.uint(actor);
    w.uint(top - lastTop.get(actor));
    w.uint(full ? top : Math.max(0, top - base.get(actor)));
    lastTop.set(actor, top);
  }
}

function writeFloor(w: Writer, floor: VersionVector): void {
  w.uint(floor.dots.length);
  for (const n of floor.dots) w.uint(n);
}

function zigzag(n: number): number {
  return n < 0 ? -2 * n - 1 : 2 * n;
}

function unzigzag(n: number): number {
  return n % 2 === 1 ? -(n + 1) / 2 : n / 2;
}

/** What the sender's numbers stand for here. */
export interface NumberedCells {
  readonly actors: WireActors;
  readonly cells: CellMap;
}

/** What a receiver remembers of one direction of a link within an epoch. */
export interface FrameReceiver extends NumberedCells {
  /** The sender's version vector as of the last frame. */
  readonly top: VersionVector;
}

export interface FrameStart {
  readonly epoch: number;
  readonly seq: number;
  readonly hlc: number;
  readonly full: boolean;
}

/** The beginning of a frame, actor definitions taken in: enough to see whether the rest can be used. */
export function readFrameStart(r: Reader, actors: WireActors): FrameStart {
  const partition = r.uint();
  if (partition !== 0) throw new MerganserError('MALFORMED_MESSAGE', `partition ${partition} was not announced`);
  const epoch = r.uint();
  const seq = r.uint();
  const hlc = r.uint();
  const full = (r.byte() & FULL) !== 0;
  actors.read(r);
  return { epoch, seq, hlc, full };
}

interface Definition {
  readonly wire: number;
  readonly type: Crdt;
  readonly parent: number;
  readonly key: Uint8Array;
}

/** What a frame needs and brings: what changed in the sender's version vector, and all of it. */
export interface FrameVectors {
  readonly entries: readonly { readonly actor: number; readonly base: number; readonly top: number }[];
  readonly top: VersionVector;
  readonly ghostFloor: VersionVector;
}

/** The version vectors of a frame. Changes nothing. Errors: MALFORMED_MESSAGE. */
export function readFrameVectors(replica: Replica, receiver: FrameReceiver, r: Reader, full: boolean): FrameVectors {
  const { actors } = receiver;
  const top = receiver.top.clone();
  const entries = [];
  const said = new Set<number>();
  for (let left = r.count(3); left > 0; left--) {
    const wire = r.uint();
    if (said.has(wire)) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a version vector');
    said.add(wire);
    const actor = actors.actor(wire);
    const value = top.get(actor) + r.uint();
    const base = value - r.uint();
    if (base < 0 || value > MAX_DOT)
      throw new MerganserError('MALFORMED_MESSAGE', 'a version vector entry is out of range');
    actors.claimed(wire, value);
    top.set(actor, value);
    entries.push({ actor, base, top: value });
  }
  checkOwn(top, replica);
  const ghostFloor = new VersionVector();
  if (full) {
    const count = r.count(1);
    for (let wire = 0; wire < count; wire++) ghostFloor.set(actors.actor(wire), r.uint());
  }
  if (!top.covers(ghostFloor))
    throw new MerganserError('MALFORMED_MESSAGE', 'a ghost floor lies above what the peer has');
  return { entries, top, ghostFloor };
}

/**
 * The cells of a frame, decoded into `staging`. Nothing of the replica's state changes; cells are made only when all of it was
 * read. Undefined: it uses a number that stands for nothing (any more). Errors: MALFORMED_MESSAGE, UNKNOWN_TYPE, TOO_MANY_KEYS.
 */
export function decodeCells(
  replica: Replica,
  receiver: FrameReceiver,
  r: Reader,
  { top, ghostFloor }: FrameVectors,
  full: boolean,
  staging: Slots,
): Staged | undefined {
  staging.clear();
  const listed = stageCells(replica, receiver, r, top, staging);
  return listed && { slots: staging, cells: listed.cells, heads: listed.heads, top, full, ghostFloor };
}

/**
 * Cells until the end of the message, whose dots are distances from `top`; each stands there once. `made` may have been made for
 * it. Undefined, and no cell made: a number stands for nothing.
 */
export function stageCells(
  replica: Replica,
  receiver: NumberedCells,
  r: Reader,
  top: VersionVector,
  staging: Slots,
):
  | { readonly cells: readonly number[]; readonly heads: readonly number[]; readonly made: readonly number[] }
  | undefined {
  const body = readCells(replica, receiver, r, top, staging);
  if (body === undefined) return undefined;
  const made = resolve(replica, receiver, body);
  return { cells: body.wires.map((wire) => receiver.cells.get(wire)), heads: body.heads, made };
}

interface Body {
  readonly definitions: Definition[];
  readonly wires: number[];
  readonly heads: number[];
}

function readCells(
  replica: Replica,
  receiver: NumberedCells,
  r: Reader,
  top: VersionVector,
  staging: Slots,
): Body | undefined {
  const body: Body = { definitions: [], wires: [], heads: [] };
  const defined = new Map<number, Place>();
  const context = { top, actor: (wire: number): number => receiver.actors.actor(wire) };
  const listed = new Set<number>();
  let previous = 0;
  let childless = 0;
  while (!r.done) {
    const code = r.uint();
    const wire = previous + unzigzag(Math.floor(code / 4));
    if (wire <= 0 || wire > MAX_CELLS)
      throw new MerganserError('MALFORMED_MESSAGE', `cell number ${wire} is out of range`);
    previous = wire;
    const bare = (code & BARE) !== 0;
    const definition = code % 2 === DEFINED ? readDefinition(r, wire) : undefined;
    if (childless !== 0 && definition?.parent !== childless)
      throw new MerganserError('MALFORMED_MESSAGE', 'a parent without a child');
    childless = bare ? wire : 0;
    if (definition !== undefined) {
      const above = placeOf(replica, receiver, defined, definition.parent);
      if (definition.parent !== 0 && above === undefined) return undefined;
      const place = { type: definition.type, root: isRoot(definition.type, above?.type) };
      if (above?.root === false || !mayStand(place.type, above?.type) || place.root !== bare) misplaced(place.type);
      body.definitions.push(definition);
      defined.set(wire, place);
    }
    if (bare) continue;
    if (listed.has(wire)) throw new MerganserError('MALFORMED_MESSAGE', 'a cell stands twice in a frame');
    listed.add(wire);
    const type = typeNumbered(replica, receiver, defined, wire);
    if (type === undefined) return undefined;
    body.wires.push(wire);
    body.heads.push(type.read(staging, r, context));
  }
  if (childless !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'a parent without a child');
  return body;
}

/** A cell's type, and whether it is the stateless root of others. */
interface Place {
  readonly type: Crdt;
  readonly root: boolean;
}

/** What a number stands for; undefined: nothing. */
function placeOf(
  replica: Replica,
  receiver: NumberedCells,
  defined: ReadonlyMap<number, Place>,
  wire: number,
): Place | undefined {
  const place = defined.get(wire);
  const cell = place === undefined && wire !== 0 ? receiver.cells.get(wire) : 0;
  return cell === 0 ? place : { type: replica.type(cell), root: replica.isRoot(cell) };
}

/** The type of a cell with a state; undefined: the number stands for nothing. */
function typeNumbered(
  replica: Replica,
  receiver: NumberedCells,
  defined: ReadonlyMap<number, Place>,
  wire: number,
): Crdt | undefined {
  const place = defined.get(wire);
  const cell = place === undefined ? receiver.cells.get(wire) : 0;
  const type = cell === 0 ? place?.type : replica.type(cell);
  if (type?.fields === true && (place?.root ?? replica.isRoot(cell))) misplaced(type);
  return type;
}

function misplaced(type: Crdt): never {
  throw new MerganserError('MALFORMED_MESSAGE', `a ${type.name} does not stand there`);
}

function readDefinition(r: Reader, wire: number): Definition {
  const tag = r.byte();
  const type = typeOfTag(tag);
  if (type === undefined) throw new MerganserError('UNKNOWN_TYPE', `type ${tag} is not known to this version`);
  const parentPlusOne = r.uint();
  const parent = parentPlusOne === 0 ? 0 : parentPlusOne - 1;
  const key = r.bytes(parent === 0 ? MAX_KEY_BYTES : MAX_ELEMENT_BYTES);
  if (parent === 0 && key.length === 0) throw new MerganserError('MALFORMED_MESSAGE', 'a key is empty');
  if (!isUtf8(key)) throw new MerganserError('MALFORMED_MESSAGE', 'a key is not UTF-8');
  return { wire, type, parent, key };
}

/** How many of the defined cells are to be made. */
function unknown({ cells }: Replica, receiver: NumberedCells, definitions: readonly Definition[]): number {
  return definitions.filter(({ type, parent, key }) => {
    const above = parent === 0 ? 0 : receiver.cells.get(parent);
    return (parent !== 0 && above === 0) || cells.find(type.tag, cells.encodeBytes(key, above), above) === 0;
  }).length;
}

/** Make the cells that were defined. */
function resolve(replica: Replica, receiver: NumberedCells, body: Body): number[] {
  const { definitions } = body;
  if (definitions.length >= replica.cells.room) {
    const made = unknown(replica, receiver, definitions);
    if (made > 0) checkRoom(replica.cells, made + 1);
  }
  return body.definitions.map(({ wire, type, parent, key }) => {
    const above = parent === 0 ? 0 : receiver.cells.get(parent);
    const length = replica.cells.encodeBytes(key, above);
    const cell = replica.ensure(type.tag, length, above);
    receiver.cells.set(wire, cell);
    return cell;
  });
}
