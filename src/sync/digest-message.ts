/**
 * DIGEST: what two nodes say to each other to find out whether they hold the same (scrub.ts). The first byte after the kind
 * says which; then comes the number of the comparison, which its beginner chose.
 *
 *   ASK      compare with me: what I have; in how many buckets, by which seed      CUT     then as of this version vector
 *   LATER    not now                                                             TOTAL   all my buckets in one digest
 *   MARKS    in these buckets I see newer things: groups of the others?            GROUPS  mine, with a digest per group
 *   OPEN     the buckets of these groups?                                        BUCKETS a digest per bucket of a group
 *   LIST     the cells of these buckets?                                         CELLS   their names and digests
 * *   MEND     this is my state of a cell; an answer to the other side's says so
 *   END      what came of it
 */
import type { ActorTable } from '../base/actor.js';
import { type Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_ELEMENT_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../base/limits.js';
import { printable } from '../base/name.js';
import type { VersionVector } from '../crdt/version-vector.js';
import type { CellName, Digest, ListedCell } from '../store/digest.js';
import { DIGEST, readVector, writeVector } from './message.js';
import { type Told, type WireActors, writeActors } from './wire-actors.js';

export const MIN_BITS = 8;
export const MAX_BITS = 16;
/** Groups are the same for every number of buckets: the first eight bits. */
export const GROUPS = 256;

export const DIGEST_KINDS = [
  'ask',
  'cut',
  'later',
  'total',
  'marks',
  'groups',
  'open',
  'buckets',
  'list',
  'cells',
  'mend',
  'end',
] as const;

/** A cell's state, encoded by its type; undefined where there is none. */
export interface Mending {
  readonly name: CellName;
  readonly state: Uint8Array | undefined;
  /** It answers one of the other side. */
  readonly answer: boolean;
  readonly guess: boolean;
}

export type DigestMessage = { readonly id: number } & (
  | {
      readonly kind: 'ask';
      readonly urgent: boolean;
      readonly bits: number;
      readonly seed: number;
      readonly vv: VersionVector;
    }
  | { readonly kind: 'cut'; readonly vv: VersionVector }
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'total'; readonly total: Digest; readonly marked: boolean }
  | { readonly kind: 'marks'; readonly marks: Uint8Array }
  | { readonly kind: 'groups'; readonly marks: Uint8Array; readonly sums: Int32Array }
  | { readonly kind: 'open' | 'list'; readonly numbers: readonly number[] }
  | { readonly kind: 'buckets'; readonly group: number; readonly sums: Int32Array }
  | { readonly kind: 'cells'; readonly cells: readonly ListedCell[]; readonly last: boolean }
  | { readonly kind: 'mend'; readonly mending: Mending }
  | {
      readonly kind: 'end';
      readonly compared: boolean;
      readonly differing: number;
      readonly names: readonly CellName[];
    }
);

export function writeDigest(message: DigestMessage, table: ActorTable, told: Told): Uint8Array {
  const w = new Writer();
  w.byte(DIGEST);
  w.byte(DIGEST_KINDS.indexOf(message.kind));
  w.uint(message.id);
  writeActors(w, table, told);
  switch (message.kind) {
    case 'ask':
      w.byte((message.urgent ? 0x80 : 0) | message.bits);
      w.uint(message.seed);
      writeVector(w, message.vv);
      break;
    case 'cut':
      writeVector(w, message.vv);
      break;
    case 'later':
      w.string(message.reason);
      break;
    case 'total':
      writeInts(w, Int32Array.of(message.total.high, message.total.low));
      w.byte(message.marked ? 1 : 0);
      break;
    case 'marks':
      w.bytes(message.marks);
      break;
    case 'groups':
      w.bytes(message.marks);
      writeInts(w, message.sums);
      break;
    case 'open':
    case 'list':
      w.uint(message.numbers.length);
      for (const n of message.numbers) w.uint(n);
      break;
    case 'buckets':
      w.uint(message.group);
      writeInts(w, message.sums);
      break;
    case 'cells':
      w.byte(message.last ? 1 : 0);
      w.uint(message.cells.length);
      for (const cell of message.cells) {
        writeName(w, cell);
        writeInts(w, Int32Array.of(cell.high, cell.low));
        w.byte(cell.newer ? 1 : 0);
      }
      break;
    case 'mend':
      writeName(w, message.mending.name);
      w.byte((message.mending.answer ? 1 : 0) | (message.mending.guess ? 2 : 0) | (message.mending.state ? 4 : 0));
      if (message.mending.state !== undefined) w.bytes(message.mending.state);
      break;
    case 'end':
      w.byte(message.compared ? 1 : 0);
      w.uint(message.differing);
      w.uint(message.names.length);
      for (const name of message.names) writeName(w, name);
      break;
  }
  return w.finish();
}

/** Errors: MALFORMED_MESSAGE. */
export function readDigest(r: Reader, actors: WireActors): DigestMessage {
  const kind = DIGEST_KINDS[r.byte()];
  const id = r.uint();
  actors.read(r);
  switch (kind) {
    case 'ask': {
      const flags = r.byte();
      const bits = flags & 0x7f;
      if (bits < MIN_BITS || bits > MAX_BITS) malformed(`2^${bits} buckets`);
      return { kind, id, urgent: flags >= 0x80, bits, seed: r.uint(), vv: readVector(r, actors) };
    }
    case 'cut':
      return { kind, id, vv: readVector(r, actors) };
    case 'later':
      return { kind, id, reason: printable(r.string(1024)) };
    case 'total': {
      const [high, low] = readInts(r, 2);
      return { kind, id, total: { high: high as number, low: low as number }, marked: r.byte() !== 0 };
    }
    case 'marks':
      return { kind, id, marks: r.bytes(2 ** MAX_BITS / 8).slice() };
    case 'groups':
      return { kind, id, marks: r.bytes(2 ** MAX_BITS / 8).slice(), sums: readInts(r, 2 * GROUPS) };
    case 'open':
    case 'list': {
      const numbers: number[] = [];
      const count = r.count(1);
      if (count > GROUPS) malformed(`${count} numbers`);
      for (let left = count; left > 0; left--) numbers.push(r.uint());
      return { kind, id, numbers };
    }
    case 'buckets': {
      const group = r.uint();
      if (group >= GROUPS) malformed(`group ${group}`);
      return { kind, id, group, sums: readInts(r, Math.floor(r.left / 4)) };
    }
    case 'cells':
      return { kind, id, ...readCells(r) };
    case 'mend': {
      const name = readName(r);
      const flags = r.byte();
      const state = (flags & 4) === 0 ? undefined : r.bytes(2 * MAX_VALUE_BYTES).slice();
      return { kind, id, mending: { name, state, answer: (flags & 1) !== 0, guess: (flags & 2) !== 0 } };
    }
    case 'end': {
      const compared = r.byte() !== 0;
      const differing = r.uint();
      const names: CellName[] = [];
      for (let left = r.count(3); left > 0; left--) names.push(readName(r));
      return { kind, id, compared, differing, names };
    }
    default:
      return malformed('a message of no kind');
  }
}

/** Only one of the two sides says these. */
const TO_ASKER: ReadonlySet<string> = new Set(['cut', 'later', 'total', 'groups', 'buckets', 'cells']);
const TO_ANSWERER: ReadonlySet<string> = new Set(['ask', 'marks', 'open', 'list', 'end']);

/** Whether it is for the peer to say this. Errors: MALFORMED_MESSAGE. */
export function checkSide(kind: DigestMessage['kind'], asks: boolean): void {
  if ((asks ? TO_ANSWERER : TO_ASKER).has(kind)) malformed(`${kind} from the wrong side`);
}

function readCells(r: Reader): { cells: ListedCell[]; last: boolean } {
  const last = r.byte() !== 0;
  const cells: ListedCell[] = [];
  for (let left = r.count(12); left > 0; left--) {
    const name = readName(r);
    const [high, low] = readInts(r, 2);
    cells.push({ ...name, high: high as number, low: low as number, newer: r.byte() !== 0 });
  }
  return { cells, last };
}

/** How the cell above is told: there is none; a key of the same type, by its bytes alone; by its name. */
const NO_PARENT = 0;
const SAME_TYPE = 1;
const BY_NAME = 2;
/** A map, a set in a field of it, an element of that. */
const MAX_ABOVE = 2;

function writeName(w: Writer, { tag, parent, key }: CellName): void {
  w.byte(tag);
  if (parent === undefined) w.byte(NO_PARENT);
  else if (parent.tag === tag && parent.parent === undefined) {
    w.byte(SAME_TYPE);
    w.bytes(parent.key);
  } else {
    w.byte(BY_NAME);
    writeName(w, parent);
  }
  w.bytes(key);
}

function readName(r: Reader, above: number = MAX_ABOVE): CellName {
  const tag = r.byte();
  const how = r.byte();
  if (how > BY_NAME || (how !== NO_PARENT && above === 0)) malformed('a cell that is too deep');
  let parent: CellName | undefined;
  if (how === SAME_TYPE) parent = { tag, parent: undefined, key: r.bytes(MAX_KEY_BYTES).slice() };
  else if (how === BY_NAME) parent = readName(r, above - 1);
  return { tag, parent, key: r.bytes(MAX_ELEMENT_BYTES).slice() };
}

function writeInts(w: Writer, ints: Int32Array): void {
  w.rest(new Uint8Array(ints.buffer, ints.byteOffset, ints.byteLength));
}

function readInts(r: Reader, count: number): Int32Array {
  const bytes = new Uint8Array(count * 4);
  for (let i = 0; i < bytes.length; i++) bytes[i] = r.byte();
  return new Int32Array(bytes.buffer);
}

function malformed(what: string): never {
  throw new MerganserError('MALFORMED_MESSAGE', `${what} in a DIGEST`);
}
