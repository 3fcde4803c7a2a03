/**
 * Digests: two replicas that have seen the same must hold the same, and anything else is a bug or corruption. A 64-bit hash of
 * each cell's canonical bytes (type, name, state), combined by XOR, so that order does not matter.
 *
 * Nothing is kept per cell, and nothing is done when a cell changes: a digest that is remembered says what a cell was when it was
 * written, and could not tell that its memory has gone bad since. Whoever asks has every state read again, in slices.
 *
 * `DigestWalk` computes digests as of a cut, a version vector, while the store goes on being written: a cell that nothing newer than
 * the cut has touched is what it was at the cut. The others mark their bucket, of which then nothing is said. Buckets are chosen
 * by a seeded hash of the name, so that another cut marks other neighbours of what is always busy.
 *
 * Cost: about 1 µs a cell for whoever asks, 8 bytes a bucket while it is asked, nothing otherwise.
 */
import { Writer } from '../base/bytes.js';
import type { TypeName } from '../crdt/crdt.js';
import { newerThan } from '../crdt/chain.js';
import { typeOfTag } from '../crdt/registry.js';
import type { VersionVector } from '../crdt/version-vector.js';
import { hashBytes } from './key-index.js';
import type { Replica } from './replica.js';

/** A cell that every replica knows by the same name. */
export interface CellName {
  readonly tag: number;
  /** The cell that it stands below; undefined for a key of its own. */
  readonly parent: CellName | undefined;
  readonly key: Uint8Array;
}

/** What users call it. */
export interface Named {
  readonly type: TypeName;
  readonly key: string;
  readonly element?: string;
}

const HIGH = 0x6d657267;
const LOW = 0x616e7365;

/** 64 bits. 0: there is nothing that counts. */
export interface Digest {
  high: number;
  low: number;
}

export function nameOf(replica: Replica, cell: number): CellName {
  const { cells } = replica;
  const parent = cells.parent(cell);
  return {
    tag: cells.tag(cell),
    parent: parent === 0 ? undefined : nameOf(replica, parent),
    key: cells.keyBytes(cell).slice(),
  };
}

export function named({ tag, parent, key }: CellName, text: (bytes: Uint8Array) => string): Named {
  const type = typeOfTag(tag)?.name as TypeName;
  if (parent === undefined) return { type, key: text(key) };
  const above = named(parent, text);
  return { ...above, element: above.element === undefined ? text(key) : `${above.element}[${text(key)}]` };
}

/** The cell here, or 0. */
export function cellNamed(replica: Replica, { tag, parent, key }: CellName): number {
  const { cells } = replica;
  const root = parent === undefined ? 0 : cellNamed(replica, parent);
  return parent !== undefined && root === 0 ? 0 : cells.find(tag, cells.encodeBytes(key, root), root);
}

/** Stands before what is no plain key: no UTF-8 has it. */
const NESTED = 0xff;
const NO_KEY = new Uint8Array(0);

function writeName(replica: Replica, cell: number, w: Writer): void {
  const { cells } = replica;
  const parent = cells.parent(cell);
  const plain = parent === 0 || (cells.tag(parent) === cells.tag(cell) && !cells.isField(parent));
  if (!plain) {
    writeCellName(nameOf(replica, cell), w);
    return;
  }
  w.byte(cells.tag(cell));
  w.bytes(parent === 0 ? NO_KEY : cells.keyBytes(parent));
  w.bytes(cells.keyBytes(cell));
}

/** The same of a name. */
function writeCellName({ tag, parent, key }: CellName, w: Writer): void {
  w.byte(tag);
  if (parent === undefined) w.bytes(NO_KEY);
  else if (parent.tag === tag && parent.parent === undefined) w.bytes(parent.key);
  else {
    const above = new Writer();
    above.byte(NESTED);
    writeCellName(parent, above);
    w.bytes(above.finish());
  }
  w.bytes(key);
}

/** The digest of one cell, by its name and state; 0 of one that shows nothing. */
export function cellDigest(replica: Replica, cell: number): Digest {
  const head = replica.cells.head(cell);
  const state = new Writer();
  if (head !== 0) replica.type(cell).canonical(replica.slots, head, state);
  if (state.length === 0) return { high: 0, low: 0 };
  const w = new Writer();
  writeName(replica, cell, w);
  w.bytes(state.finish());
  const bytes = w.finish();
  return { high: hashBytes(bytes, 0, bytes.length, HIGH), low: hashBytes(bytes, 0, bytes.length, LOW) };
}

/** Of the whole replica, 16 hexadecimal digits. Cost: all of it in one step; exact-digest.ts does it in slices. */
export function digest(replica: Replica): string {
  replica.finish();
  let high = 0;
  let low = 0;
  replica.cells.forEach((cell) => {
    const one = cellDigest(replica, cell);
    high ^= one.high;
    low ^= one.low;
  });
  return hex(high) + hex(low);
}

export function hex(n: number): string {
  return (n >>> 0).toString(16).padStart(8, '0');
}

/** Whether something touched the cell after `cut`. What lies beyond everything seen is no news: nobody can have written it. */
export function touchedAfter({ cells, slots, vv }: Replica, cell: number, cut: VersionVector): boolean {
  const head = cells.head(cell);
  return head !== 0 && newerThan(slots, head, cut) && !newerThan(slots, head, vv);
}

/** What a walk is for: digests of all buckets, or the cells of some. */
export class DigestWalk {
  readonly cut: VersionVector;
  readonly bits: number;
  /** Per bucket two halves. */
  readonly sums: Int32Array;
  /** One bit a bucket: something in it is newer than the cut. */
  readonly marks: Uint8Array;
  done = false;
  readonly #replica: Replica;
  readonly #seed: number;
  #next = 1;

  /** @param cut covered by the replica's version vector @param bits log2 of how many buckets there are */
  constructor(replica: Replica, cut: VersionVector, seed: number, bits: number) {
    this.#replica = replica;
    this.cut = cut;
    this.bits = bits;
    this.#seed = seed;
    this.sums = new Int32Array(2 ** bits * 2);
    this.marks = new Uint8Array(2 ** bits / 8);
  }

  /** Look at up to so many cells. */
  step(cells: number): void {
    const replica = this.#replica;
    const end = Math.min(replica.cells.end, this.#next + cells);
    for (; this.#next < end; this.#next++) if (replica.cells.exists(this.#next)) this.#visit(this.#next);
    this.done = this.#next >= replica.cells.end;
  }

  bucketOf(cell: number): number {
    const w = new Writer();
    writeName(this.#replica, cell, w);
    return this.#bucket(w.finish());
  }

  bucketOfName(name: CellName): number {
    const w = new Writer();
    writeCellName(name, w);
    return this.#bucket(w.finish());
  }

  isMarked(bucket: number): boolean {
    return ((this.marks[bucket >>> 3] as number) & (1 << (bucket & 7))) !== 0;
  }

  /** To be told of cells that are about to be given back: whether something newer touched them can be seen no more. */
  mark(cell: number): void {
    const bucket = this.bucketOf(cell);
    this.marks[bucket >>> 3] = (this.marks[bucket >>> 3] as number) | (1 << (bucket & 7));
  }

  #bucket(name: Uint8Array): number {
    return hashBytes(name, 0, name.length, this.#seed) >>> (32 - this.bits);
  }

  #visit(cell: number): void {
    if (touchedAfter(this.#replica, cell, this.cut)) {
      this.mark(cell);
      return;
    }
    const { high, low } = cellDigest(this.#replica, cell);
    if (high === 0 && low === 0) return;
    const bucket = this.bucketOf(cell);
    this.sums[2 * bucket] = (this.sums[2 * bucket] as number) ^ high;
    this.sums[2 * bucket + 1] = (this.sums[2 * bucket + 1] as number) ^ low;
  }
}

/** One cell of a bucket, for comparing names. */
export interface ListedCell extends CellName, Digest {
  /** Something touched it after the cut: nothing can be said of it. */
  readonly newer: boolean;
}

/** The cells of some buckets of a walk, found in slices. */
export class CellList {
  readonly found: ListedCell[] = [];
  done = false;
  readonly #replica: Replica;
  readonly #walk: DigestWalk;
  readonly #buckets: ReadonlySet<number>;
  #next = 1;

  constructor(replica: Replica, walk: DigestWalk, buckets: readonly number[]) {
    this.#replica = replica;
    this.#walk = walk;
    this.#buckets = new Set(buckets);
  }

  /** Whether a cell of this name would be listed. */
  has(name: CellName): boolean {
    return this.#buckets.has(this.#walk.bucketOfName(name));
  }

  step(count: number): void {
    const { cells } = this.#replica;
    const end = Math.min(cells.end, this.#next + count);
    for (; this.#next < end; this.#next++) {
      const cell = this.#next;
      if (!cells.exists(cell) || cells.head(cell) === 0 || !this.#buckets.has(this.#walk.bucketOf(cell))) continue;
      const newer = touchedAfter(this.#replica, cell, this.#walk.cut);
      this.found.push({ ...nameOf(this.#replica, cell), ...cellDigest(this.#replica, cell), newer });
    }
    this.done = this.#next >= cells.end;
  }
}
