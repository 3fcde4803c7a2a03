/**
 * What two nodes say to each other: one message is one WebSocket message. This is the codec of everything but the cells of a
 * frame (frame.ts). The first byte is the kind; HELLO stands alone in being readable by every version.
 *
 *   HELLO      who I am and what I have: protocol, cluster, node, incarnation, region, clock, version vector per partition
 *   FRAME      if you have everything up to `base`, then with these cells you have everything up to `top`
 *   ACK        what I have; which frame I expect next; how many of your actors I know
 *   NACK       I cannot use your frames: begin again from this version vector, under a later epoch
 *   HEARTBEAT  I am here; times for measuring the round trip; how far I am (progress.ts)
 *   GOODBYE    why I close
 *   PART       a piece of a frame that is larger than one message may be
 *   WANT       what I need to hear from you (want.ts)
 *   DIGEST     do we hold the same? (digest-message.ts)
 *   BARRIER    what do you have? and the answer (barrier.ts)
 *   BEGIN, CHUNK, COMMIT, RESUME   a frame that is too large to be cut at once (cut-message.ts)
 *   DEFLATED   one message, compressed (deflated.ts)
 *
 * Actors travel as the sender's small integers (wire-actors.ts).
 */
import type { ActorTable } from '../base/actor.js';
import { type Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_DOT } from '../base/limits.js';
import type { Lives } from '../base/lives.js';
import { printable, readName } from '../base/name.js';
import { VersionVector } from '../crdt/version-vector.js';
import { readLives, type Told, type WireActors, writeActors, writeLives } from './wire-actors.js';

/** The version this code speaks, and the oldest that it still understands. */
export const PROTOCOL = 2;
export const OLDEST_PROTOCOL = 1;

/** What a node can do beyond version 1, in HELLO: used on a link only if both ends say so. */
/** It lets frames wait whose base it does not cover, and understands WANT. */
export const GATE = 1;
/** It understands BEGIN, CHUNK, COMMIT and RESUME (cut-message.ts). */
export const CHUNKS = 2;
/** It takes compressed messages (deflated.ts); announced only by a node that can. */
export const DEFLATE = 4;
/** It gossips the table of members (table-message.ts). */
export const TABLE = 8;
/** It compares what it holds (scrub.ts). */
export const SCRUB = 16;
/** It answers barriers (barrier.ts). */
export const BARRIERS = 32;
/** It knows that a later life of a node may go on with the dots of an earlier one (succession.ts). */
export const SUCCESSION = 64;
/** Everything that this code can do. */
export const FEATURES: number = GATE | CHUNKS | DEFLATE | TABLE | SCRUB | BARRIERS | SUCCESSION;
/** It can know everybody who has written (backing.ts). Said in the table only: it is no ability. */
export const COMPLETE = 256;

export const HELLO = 1;
export const FRAME = 2;
export const ACK = 3;
export const NACK = 4;
export const HEARTBEAT = 5;
export const GOODBYE = 6;
export const PART = 7;
export const BEGIN = 8;
export const CHUNK = 9;
export const COMMIT = 10;
export const WANT = 11;
export const DIGEST = 13;
export const BARRIER = 14;
export const DEFLATED = 15;
export const RESUME = 16;

/** "MRGN": a peer that speaks something else is noticed at its first byte. */
const MAGIC = 0x4d52474e;

export interface Hello {
  readonly protocol: number;
  readonly oldest: number;
  readonly cluster: string;
  readonly node: string;
  readonly incarnation: number;
  readonly region: string;
  /** Bits of optional abilities. */
  readonly features: number;
  /** Wall clock, milliseconds since 1970. */
  readonly wall: number;
  readonly hlc: number;
  /** Per partition its id and version vector by actor name; one partition, id 0, for the time being. */
  readonly partitions: readonly { readonly id: number; readonly vv: readonly NamedDot[] }[];
}

export interface NamedDot {
  readonly node: string;
  readonly incarnation: number;
  readonly n: number;
  /** Who gave out the dots; undefined: the life that the actor is named by. */
  readonly lives?: Lives | undefined;
}

export function writeHello(hello: Hello): Uint8Array {
  const w = new Writer();
  w.byte(HELLO);
  w.uint(MAGIC);
  w.uint(hello.protocol);
  w.uint(hello.oldest);
  w.string(hello.cluster);
  w.string(hello.node);
  w.uint(hello.incarnation);
  w.string(hello.region);
  w.uint(hello.features);
  w.uint(hello.wall);
  w.uint(hello.hlc);
  w.uint(hello.partitions.length);
  for (const { id, vv } of hello.partitions) {
    w.uint(id);
    w.uint(vv.length);
    for (const { node, incarnation, n } of vv) {
      w.string(node);
      w.uint(incarnation);
      w.uint(n);
    }
  }
  // Who does not know of lives reads no further.
  for (const { vv } of hello.partitions)
    for (const { incarnation, lives } of vv) writeLives(w, incarnation, lives ?? [{ incarnation, since: 0 }]);
  return w.finish();
}

/** Errors: MALFORMED_MESSAGE; UNSUPPORTED_VERSION when the two ranges of versions do not meet. */
export function readHello(r: Reader): Hello {
  if (r.uint() !== MAGIC) throw new MerganserError('MALFORMED_MESSAGE', 'the peer does not speak this protocol');
  const protocol = r.uint();
  const oldest = r.uint();
  if (protocol < OLDEST_PROTOCOL || oldest > PROTOCOL) {
    const ours = `${OLDEST_PROTOCOL} to ${PROTOCOL}`;
    throw new MerganserError('UNSUPPORTED_VERSION', `the peer speaks ${oldest} to ${protocol}, this node ${ours}`);
  }
  const cluster = readName(r);
  const node = readName(r);
  if (node === '') throw new MerganserError('MALFORMED_MESSAGE', 'the peer has no name');
  const incarnation = r.uint();
  const region = readName(r);
  const features = r.uint();
  const wall = r.uint();
  const hlc = r.uint();
  const partitions = [];
  for (let left = r.count(2); left > 0; left--) {
    const id = r.uint();
    const vv: NamedDot[] = [];
    for (let more = r.count(3); more > 0; more--) {
      vv.push({ node: readName(r), incarnation: r.uint(), n: readDot(r) });
    }
    partitions.push({ id, vv });
  }
  if ((features & SUCCESSION) !== 0)
    for (const { vv } of partitions)
      for (const [i, entry] of vv.entries()) vv[i] = { ...entry, lives: readLives(r, entry.incarnation) };
  return { protocol, oldest, cluster, node, incarnation, region, features, wall, hlc, partitions };
}

export function writeVector(w: Writer, vv: VersionVector): void {
  w.uint(vv.dots.filter((n) => n > 0).length);
  vv.dots.forEach((n, actor) => {
    if (n === 0) return;
    w.uint(actor);
    w.uint(n);
  });
}

export function readVector(r: Reader, actors: WireActors): VersionVector {
  const vv = new VersionVector();
  for (let left = r.count(2); left > 0; left--) {
    const wire = r.uint();
    const n = readDot(r);
    vv.set(actors.claimed(wire, n), n);
  }
  return vv;
}

/** Errors: MALFORMED_MESSAGE for what no slot can hold. */
function readDot(r: Reader): number {
  const n = r.uint();
  if (n > MAX_DOT) throw new MerganserError('MALFORMED_MESSAGE', `there is no dot ${n}`);
  return n;
}

export interface Ack {
  /** How many of the receiver's definitions of actors the sender of the ACK knows. */
  readonly confirmed: number;
  readonly epoch: number;
  /** The frame expected next: all before it were taken. */
  readonly seq: number;
  /** A lower bound of what the sender has: entries that did not change may be left out. */
  readonly vv: VersionVector;
}

export function writeAck(ack: Ack, table: ActorTable, told: Told): Uint8Array {
  const w = new Writer();
  w.byte(ACK);
  writeActors(w, table, told);
  w.uint(ack.confirmed);
  w.uint(ack.epoch);
  w.uint(ack.seq);
  writeVector(w, ack.vv);
  return w.finish();
}

export function readAck(r: Reader, actors: WireActors): Ack {
  actors.read(r);
  const confirmed = r.uint();
  const epoch = r.uint();
  const seq = r.uint();
  return { confirmed, epoch, seq, vv: readVector(r, actors) };
}

export interface Nack {
  /** Frames of this epoch and earlier ones are refused. */
  readonly epoch: number;
  readonly vv: VersionVector;
}

export function writeNack(nack: Nack, table: ActorTable, told: Told): Uint8Array {
  const w = new Writer();
  w.byte(NACK);
  writeActors(w, table, told);
  w.uint(nack.epoch);
  writeVector(w, nack.vv);
  return w.finish();
}

export function readNack(r: Reader, actors: WireActors): Nack {
  actors.read(r);
  const epoch = r.uint();
  return { epoch, vv: readVector(r, actors) };
}

/** The last day that a date can say, in milliseconds since 1970. */
const MAX_WALL = 8.64e15;

/** What a heartbeat tells of its sender's progress. */
export interface Report {
  /** Its last own dot. */
  readonly dot: number;
  /** Its clock on the wall, milliseconds since 1970. */
  readonly wall: number;
  /** The most keys that it may still have to send. */
  readonly keys: number;
}

export interface Heartbeat {
  /** The sender's clock, in milliseconds of any epoch. */
  readonly sent: number;
  /** `sent` of the last heartbeat that it received, and how long it held it; 0 if there was none. */
  readonly echo: number;
  readonly held: number;
  /** How far its sender is; version 1 does not say. */
  readonly report: Report | undefined;
}

export function writeHeartbeat(beat: Heartbeat): Uint8Array {
  const w = new Writer();
  w.byte(HEARTBEAT);
  w.uint(Math.max(0, Math.floor(beat.sent)));
  w.uint(Math.max(0, Math.floor(beat.echo)));
  w.uint(Math.max(0, Math.floor(beat.held)));
  if (beat.report === undefined) return w.finish();
  w.uint(beat.report.dot);
  w.uint(beat.report.wall);
  w.uint(beat.report.keys);
  return w.finish();
}

export function readHeartbeat(r: Reader): Heartbeat {
  const [sent, echo, held] = [r.uint(), r.uint(), r.uint()];
  const report = r.done ? undefined : { dot: readDot(r), wall: r.uint(), keys: r.uint() };
  if ((report?.wall ?? 0) > MAX_WALL) throw new MerganserError('MALFORMED_MESSAGE', 'there is no such time');
  return { sent, echo, held, report };
}

export interface Goodbye {
  readonly code: string;
  readonly message: string;
  /** With STALE_INCARNATION: the newest that is known of the receiver; 0 if it is not said. */
  readonly newest: number;
}

export function writeGoodbye(goodbye: Goodbye): Uint8Array {
  const w = new Writer();
  w.byte(GOODBYE);
  w.string(goodbye.code);
  w.string(goodbye.message.slice(0, 500));
  if (goodbye.newest > 0) w.uint(goodbye.newest);
  return w.finish();
}

export function readGoodbye(r: Reader): Goodbye {
  const [code, message] = [r.string(64), r.string(4096)];
  return { code: printable(code), message: printable(message), newest: r.done ? 0 : r.uint() };
}

export interface Part {
  readonly epoch: number;
  /** Of the message that it is a part of, among all on the link; version 1 sends the number of the frame. */
  readonly seq: number;
  readonly index: number;
  /** Of the whole frame. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

export function writePart(part: Part): Uint8Array {
  const w = new Writer();
  w.byte(PART);
  w.uint(part.epoch);
  w.uint(part.seq);
  w.uint(part.index);
  w.uint(part.length);
  w.rest(part.bytes);
  return w.finish();
}

export function readPart(r: Reader): Part {
  return { epoch: r.uint(), seq: r.uint(), index: r.uint(), length: r.uint(), bytes: r.rest() };
}

/**
 * Only a whole message is heard. On a thin link one of megabytes takes longer than the silence after which the peer gives
 * the link up, and so it would for ever: a piece is small enough to arrive in time at seven kilobytes per second.
 */
export const PART_BYTES: number = 32 << 10;

/** The messages that carry an encoded frame: itself, or its parts of up to `size` bytes, in order. */
export function partsOf(frame: Uint8Array, epoch: number, seq: number, size: number): Uint8Array[] {
  if (frame.length <= size) return [frame];
  const parts: Uint8Array[] = [];
  for (let index = 0; index * size < frame.length; index++) {
    const bytes = frame.subarray(index * size, (index + 1) * size);
    parts.push(writePart({ epoch, seq, index, length: frame.length, bytes }));
  }
  return parts;
}
