/**
 * Every cell of a replica: which key it has, of which type, where its state begins and where it stands in the changes feed.
 * A cell is a number; its record is four Int32 outside the heap:
 *
 *   [ offset of the key's bytes | key length, tag, flags | place in the changes feed | head of the state ]
 *
 * A field cell (an element of a set) has a parent: its key's bytes begin with the parent's number. Cells are found by
 * (name, type) through one index over names, so the other cells of the same name are met on the way.
 *
 * Invariants: cell 0 is never used; a cell's number is used again only after `drop`, which raises `drops` so that whoever
 * kept the number looks the key up again. Cost: 16 bytes a cell, the key's bytes, 5–7.5 bytes of index, 4 of the feed.
 */
import { assert } from '../base/assert.js';
import { fromUtf8, utf8 } from '../base/bytes.js';
import { MAX_CELLS, MAX_ELEMENT_BYTES, MAX_KEY_BYTES } from '../base/limits.js';
import { KeyArena } from './key-arena.js';
import { hashBytes, KeyIndex } from './key-index.js';

/** Flags of a cell. */
export const LIVE = 1;
export const FIELD = 2;
/** Two types stand under this cell's name: operations look more closely. */
export const CONTESTED = 4;
/** In the list of cells that may be forgotten. */
export const GHOST = 8;
export const WATCHED = 16;
/** Under a reserved name: not shown to users. */
export const INTERNAL = 32;

const STRIDE = 4;
const SEGMENT_BITS = 14;
const SEGMENT = 1 << SEGMENT_BITS;
const MASK = SEGMENT - 1;
const FIRST = 64;
const KEY = 0;
const META = 1;
const PLACE = 2;
const HEAD = 3;
const PARENT_BYTES = 4;

export class Cells {
  /** Raised whenever cell numbers were given back. */
  drops = 0;
  /** After a miss of `find`: a cell of another type under the same name, or 0. */
  rival = 0;
  /** Offset of a key → key, for callers that hold bytes only: the scratch that `encode` fills. */
  readonly scratch: Uint8Array = new Uint8Array(Math.max(MAX_KEY_BYTES, MAX_ELEMENT_BYTES) * 3 + PARENT_BYTES);
  #segments: Int32Array[] = [new Int32Array(FIRST * STRIDE)];
  #capacity = FIRST;
  #used = 1;
  #free: number[] = [];
  #arena = new KeyArena();
  #index = new KeyIndex((cell) => this.#hashOf(cell));

  /** Put a name (or element) into `scratch`, behind its parent if it has one; returns its length in bytes. */
  encode(name: string, parent: number): number {
    const { scratch } = this;
    const start = parent === 0 ? 0 : PARENT_BYTES;
    if (parent !== 0) writeParent(scratch, parent);
    let ascii = 0;
    const length = name.length;
    if (length > MAX_ELEMENT_BYTES) return scratch.length + 1;
    for (let i = 0; i < length; i++) {
      const code = name.charCodeAt(i);
      ascii |= code;
      scratch[start + i] = code;
    }
    if (ascii < 128) return start + length;
    const bytes = utf8(name);
    scratch.set(bytes, start);
    return start + bytes.length;
  }

  /** As `encode`, of bytes that came from a peer. */
  encodeBytes(bytes: Uint8Array, parent: number): number {
    const start = parent === 0 ? 0 : PARENT_BYTES;
    if (parent !== 0) writeParent(this.scratch, parent);
    this.scratch.set(bytes, start);
    return start + bytes.length;
  }

  /** The cell of the key in `scratch`, or 0; then `rival` tells of another type under the name. */
  find(tag: number, length: number, parent: number): number {
    const hash = hashBytes(this.scratch, 0, length, parent);
    const print = KeyIndex.print(hash);
    const entries = this.#index.table(hash);
    const capacity = entries.length;
    this.rival = 0;
    for (let at = KeyIndex.home(hash, capacity); ;) {
      const entry = entries[at] as number;
      if (entry === 0) return 0;
      if (KeyIndex.matches(entry, print)) {
        const cell = KeyIndex.cellOf(entry);
        const segment = this.#segments[cell >>> SEGMENT_BITS] as Int32Array;
        const base = (cell & MASK) * STRIDE;
        const meta = segment[base + META] as number;
        if (
          meta >>> 16 === length &&
          ((meta & FIELD) !== 0) === (parent !== 0) &&
          this.#arena.equals((segment[base + KEY] as number) >>> 0, this.scratch, length)
        ) {
          if (((meta >>> 8) & 0xff) === tag) return cell;
          this.rival = cell;
        }
      }
      at = at + 1 === capacity ? 0 : at + 1;
    }
  }

  /** All cells under the name in `scratch`, whatever their type. */
  sameName(length: number, parent: number): number[] {
    const hash = hashBytes(this.scratch, 0, length, parent);
    const entries = this.#index.table(hash);
    const found: number[] = [];
    for (let at = KeyIndex.home(hash, entries.length); entries[at] !== 0; at = at + 1 === entries.length ? 0 : at + 1) {
      const cell = KeyIndex.cellOf(entries[at] as number);
      const same = this.keyLength(cell) === length && this.isField(cell) === (parent !== 0);
      if (same && this.#arena.equals(this.#keyAt(cell), this.scratch, length)) found.push(cell);
    }
    return found;
  }

  /** A new cell for the key in `scratch`, which must not exist. */
  create(tag: number, length: number, parent: number, flags: number): number {
    const cell = this.#free.pop() ?? this.#next();
    const segment = this.#segments[cell >>> SEGMENT_BITS] as Int32Array;
    const base = (cell & MASK) * STRIDE;
    segment[base + KEY] = this.#arena.store(this.scratch, length);
    segment[base + META] = (length << 16) | (tag << 8) | flags | (parent === 0 ? 0 : FIELD);
    segment[base + PLACE] = 0;
    segment[base + HEAD] = 0;
    this.#index.insert(hashBytes(this.scratch, 0, length, parent), cell);
    return cell;
  }

  /** Forget a cell that is out of the feed and whose state was given back. */
  drop(cell: number): void {
    this.drops++;
    this.#index.remove(this.#hashOf(cell), cell);
    this.#arena.release(this.#keyAt(cell), this.keyLength(cell));
    this.#set(cell, META, 0);
    this.#free.push(cell);
  }

  head(cell: number): number {
    return (this.#segments[cell >>> SEGMENT_BITS] as Int32Array)[(cell & MASK) * STRIDE + HEAD] as number;
  }

  setHead(cell: number, head: number): void {
    (this.#segments[cell >>> SEGMENT_BITS] as Int32Array)[(cell & MASK) * STRIDE + HEAD] = head;
  }

  place(cell: number): number {
    return ((this.#segments[cell >>> SEGMENT_BITS] as Int32Array)[(cell & MASK) * STRIDE + PLACE] as number) >>> 0;
  }

  setPlace(cell: number, place: number): void {
    (this.#segments[cell >>> SEGMENT_BITS] as Int32Array)[(cell & MASK) * STRIDE + PLACE] = place;
  }

  tag(cell: number): number {
    return (this.#meta(cell) >>> 8) & 0xff;
  }

  /** Whether the number stands for a cell now. */
  exists(cell: number): boolean {
    return cell > 0 && cell < this.#used && this.#meta(cell) !== 0;
  }

  flags(cell: number): number {
    return this.#meta(cell) & 0xff;
  }

  setFlag(cell: number, flag: number, on: boolean): void {
    const meta = this.#meta(cell);
    this.#set(cell, META, on ? meta | flag : meta & ~flag);
  }

  isField(cell: number): boolean {
    return (this.#meta(cell) & FIELD) !== 0;
  }

  keyLength(cell: number): number {
    return this.#meta(cell) >>> 16;
  }

  /** 0 for a cell that is not a field. */
  parent(cell: number): number {
    if (!this.isField(cell)) return 0;
    return readParent(this.#arena.view(this.#keyAt(cell), PARENT_BYTES));
  }

  /** The name's (or element's) bytes, without the parent; a view. */
  keyBytes(cell: number): Uint8Array {
    const skip = this.isField(cell) ? PARENT_BYTES : 0;
    return this.#arena.view(this.#keyAt(cell) + skip, this.keyLength(cell) - skip);
  }

  name(cell: number): string {
    return fromUtf8(this.keyBytes(cell));
  }

  /** Every cell, in no particular order. */
  forEach(visit: (cell: number) => void): void {
    for (let cell = 1; cell < this.#used; cell++) if (this.#meta(cell) !== 0) visit(cell);
  }

  /** Bytes taken outside the heap: records, keys, index. */
  get bytes(): number {
    return this.#capacity * STRIDE * 4 + this.#arena.bytes + this.#index.bytes;
  }

  #meta(cell: number): number {
    return (this.#segments[cell >>> SEGMENT_BITS] as Int32Array)[(cell & MASK) * STRIDE + META] as number;
  }

  #set(cell: number, field: number, value: number): void {
    (this.#segments[cell >>> SEGMENT_BITS] as Int32Array)[(cell & MASK) * STRIDE + field] = value;
  }

  #keyAt(cell: number): number {
    return ((this.#segments[cell >>> SEGMENT_BITS] as Int32Array)[(cell & MASK) * STRIDE + KEY] as number) >>> 0;
  }

  #hashOf(cell: number): number {
    const length = this.keyLength(cell);
    const at = this.#keyAt(cell);
    return hashBytes(this.#arena.segment(at), KeyArena.within(at), length, this.parent(cell));
  }

  #next(): number {
    const cell = this.#used++;
    assert(cell <= MAX_CELLS, 'the index holds 26 bits of a cell');
    if (cell >= this.#capacity) this.#grow();
    return cell;
  }

  #grow(): void {
    if (this.#capacity < SEGMENT) {
      const size = Math.min(this.#capacity * 4, SEGMENT);
      const wider = new Int32Array(size * STRIDE);
      wider.set(this.#segments[0] as Int32Array);
      this.#segments[0] = wider;
      this.#capacity = size;
      return;
    }
    this.#segments.push(new Int32Array(SEGMENT * STRIDE));
    this.#capacity += SEGMENT;
  }
}

function writeParent(into: Uint8Array, parent: number): void {
  into[0] = parent & 0xff;
  into[1] = (parent >>> 8) & 0xff;
  into[2] = (parent >>> 16) & 0xff;
  into[3] = parent >>> 24;
}

function readParent(from: Uint8Array): number {
  return (
    ((from[0] as number) | ((from[1] as number) << 8) | ((from[2] as number) << 16) | ((from[3] as number) << 24)) >>> 0
  );
}
