/**
 * Every cell of a replica: which key it has, of which type, where its state begins and where it stands in the changes feed.
 * A cell is a number; its record is one cache line outside the heap, 16 Int32:
 *   [ key length, tag, flags | place in the changes feed | head of the state | home: one slot, five Int32 | 32 bytes of key ]
 * Of a key of more than 32 bytes the record holds 28 and where the others are (key-arena.ts). The bytes behind a key's end,
 * up to the next word, are zero, so that keys of one length are compared word by word. The home is the first slot that the
 * cell's state needs (crdt/slots.ts).
 * A field cell (an element of a set) has a parent: its key's bytes begin with the parent's number. Cells are found by
 * (name, type) through one index over names, so the other cells of the same name are met on the way.
 * Invariants: cell 0 is never used; a cell's number is used again only after `drop`, which raises `drops` so that whoever kept
 * it looks the key up again; words are little-endian, as on every machine that Node is built for but one.
 * Cost: 64 bytes a cell, what of its key is longer than 32 bytes, about 6 bytes of index, 4–8 of the feed. A write by key
 * waits for memory twice, for the index and for the record.
 */
import { assert } from '../base/assert.js';
import { fromUtf8, isWellFormed, utf8 } from '../base/bytes.js';
import { MAX_CELLS, MAX_ELEMENT_BYTES, MAX_KEY_BYTES } from '../base/limits.js';
import {
  ACTOR,
  DOT,
  FRONT_WORDS,
  HOME,
  HOME_VALUE,
  HOME_WORD,
  type Homes,
  NEXT,
  RECORD_WORDS,
  RECORDS_BITS,
  VACANT,
} from '../crdt/slots.js';
import { KeyArena } from './key-arena.js';
import { beginHash, finish, hashWord, KeyIndex } from './key-index.js';

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

/** Fields of a record, in Int32s. */
const META = 0;
const PLACE = 1;
const HEAD = 2;
const KEY = 8;
/** Words of a key that fit into a record; of a longer key one less, and the last says where the others are. */
const INLINE = RECORD_WORDS - KEY;
const TAIL = KEY + INLINE - 1;
const SEGMENT = 1 << RECORDS_BITS;
const MASK = SEGMENT - 1;
const FIRST = 32;
/** What the name of a field cell has in front. */
export const PARENT_BYTES = 4;
/** What may be looked up: a UTF-16 unit takes three bytes at most. */
const MOST_BYTES: number = Math.max(MAX_KEY_BYTES, MAX_ELEMENT_BYTES) * 3 + PARENT_BYTES;
/** Longer than any may be: what is too long, or has half a character in it. */
const NO_NAME: number = MOST_BYTES + 1;
/**
 * Called without asking the string for it: once any class in the process extends String, as some clients of other databases
 * do, V8 looks the method up anew for every character, which makes an increment three times as slow.
 */
const charCodeAt: (this: string, at: number) => number = Reflect.get(String.prototype, 'charCodeAt');
/** Of a record's second number: what must agree for two cells to have one name. */
const NAME_BITS = (0xffff << 16) | FIELD;

export class Cells {
  /** Raised whenever whoever keeps a cell's number has to look its key up again: numbers were given back. */
  drops = 0;
  /** After a miss of `find`: a cell of another type under the same name, or 0. */
  rival = 0;
  /** The key that `encode` was given last: `find`, `sameName` and `create` are about it. */
  readonly scratch: Uint8Array = new Uint8Array(MOST_BYTES);
  #words = new Int32Array(this.scratch.buffer);
  #hash = 0;
  /** The records, which lend room to slots. */
  readonly homes: Homes = { words: [], values: [] };
  #segments = this.homes.words;
  #values = this.homes.values;
  #capacity = 0;
  #used = 1;
  /** A cell that was dropped; where its state began stands the one dropped before. */
  #free = 0;
  /** How many more there can be. */
  room: number;
  #arena = new KeyArena();
  #index = new KeyIndex((cell) => this.#hashOf(cell));

  constructor(most: number = MAX_CELLS) {
    this.room = most;
    this.#add(FIRST);
    assert(new Uint8Array(Int32Array.of(1).buffer)[0] === 1, 'keys are kept in little-endian words');
  }

  /** Put a name (or element) into `scratch`, behind its parent if it has one; returns its length in bytes, or NO_NAME. */
  encode(name: string, parent: number): number {
    const characters = name.length;
    if (characters > MAX_ELEMENT_BYTES) return NO_NAME;
    const words = this.#words;
    let length = characters;
    let to = 0;
    let hash = 0;
    if (parent === 0) hash = beginHash(length, 0);
    else {
      length += PARENT_BYTES;
      words[to++] = parent;
      hash = hashWord(beginHash(length, parent), parent);
    }
    let all = 0;
    let i = 0;
    for (; i + 3 < characters; i += 4) {
      const a = charCodeAt.call(name, i);
      const b = charCodeAt.call(name, i + 1);
      const c = charCodeAt.call(name, i + 2);
      const d = charCodeAt.call(name, i + 3);
      all |= a | b | c | d;
      const word = a | (b << 8) | (c << 16) | (d << 24);
      words[to++] = word;
      hash = hashWord(hash, word);
    }
    if (i < characters) {
      let word = 0;
      for (let shift = 0; i < characters; i++, shift += 8) {
        const code = charCodeAt.call(name, i);
        all |= code;
        word |= code << shift;
      }
      words[to] = word;
      hash = hashWord(hash, word);
    }
    if (all > 127) return isWellFormed(name) ? this.encodeBytes(utf8(name), parent) : NO_NAME;
    this.#hash = finish(hash);
    return length;
  }

  /** As `encode`, of UTF-8 that came from a peer. */
  encodeBytes(bytes: Uint8Array, parent: number): number {
    const words = this.#words;
    const start = parent === 0 ? 0 : PARENT_BYTES;
    const length = start + bytes.length;
    assert(length <= this.scratch.length, 'a key is checked before it is looked up');
    if (length > 0) words[(length - 1) >>> 2] = 0;
    if (parent !== 0) words[0] = parent;
    this.scratch.set(bytes, start);
    let hash = beginHash(length, parent);
    for (let i = 0; i < length; i += 4) hash = hashWord(hash, words[i >>> 2] as number);
    this.#hash = finish(hash);
    return length;
  }

  /** The cell of the key in `scratch`, or 0; then `rival` tells of another type under the name. */
  find(tag: number, length: number, parent: number): number {
    const hash = this.#hash;
    const entries = this.#index.table(hash);
    const print = KeyIndex.print(hash);
    const capacity = entries.length;
    const name = (length << 16) | (parent === 0 ? 0 : FIELD);
    this.rival = 0;
    for (let at = KeyIndex.home(hash, capacity); ;) {
      const entry = entries[at] as number;
      if (entry === 0) return 0;
      if (KeyIndex.matches(entry, print)) {
        const cell = KeyIndex.cellOf(entry);
        const tagOfSame = this.#isNamed(cell, name);
        if (tagOfSame === tag) return cell;
        if (tagOfSame !== 0) this.rival = cell;
      }
      at = at + 1 === capacity ? 0 : at + 1;
    }
  }

  /** All cells under the name in `scratch`, whatever their type. */
  sameName(length: number, parent: number): number[] {
    const hash = this.#hash;
    const entries = this.#index.table(hash);
    const name = (length << 16) | (parent === 0 ? 0 : FIELD);
    const found: number[] = [];
    for (let at = KeyIndex.home(hash, entries.length); entries[at] !== 0; at = at + 1 === entries.length ? 0 : at + 1) {
      const cell = KeyIndex.cellOf(entries[at] as number);
      if (this.#isNamed(cell, name) !== 0) found.push(cell);
    }
    return found;
  }

  /** A new cell for the key in `scratch`, which must not exist. */
  create(tag: number, length: number, parent: number, flags: number): number {
    assert(this.room-- > 0, 'whoever makes cells asks for room');
    const cell = this.#free || this.#next();
    if (cell === this.#free) this.#free = this.head(cell);
    const segment = this.#segments[cell >>> RECORDS_BITS] as Int32Array;
    const base = recordAt(cell);
    segment[base + META] = (length << 16) | (tag << 8) | flags | (parent === 0 ? 0 : FIELD);
    segment[base + PLACE] = 0;
    segment[base + HEAD] = 0;
    segment[base + HOME_WORD + NEXT] = VACANT;
    const size = (length + 3) >>> 2;
    const inline = size > INLINE ? INLINE - 1 : size;
    for (let i = 0; i < inline; i++) segment[base + KEY + i] = this.#words[i] as number;
    if (size > INLINE) segment[base + TAIL] = this.#arena.store(this.#words, inline, size - inline);
    this.#index.insert(this.#hash, cell);
    return cell;
  }

  /** Forget a cell that is out of the feed and whose state was given back. */
  drop(cell: number): void {
    this.drops++;
    this.room++;
    this.#index.remove(this.#hashOf(cell), cell);
    const size = (this.keyLength(cell) + 3) >>> 2;
    if (size > INLINE) this.#arena.release(this.#get(cell, TAIL), size - (INLINE - 1));
    this.#set(cell, META, 0);
    this.#set(cell, HEAD, this.#free);
    this.#free = cell;
  }

  /**
   * What an increment nearly always is: the cell is live, its name is no other's, and its state begins at home with the
   * actor's own slot; add to its value under a new dot. False, and nothing changed, if it is otherwise or the sum leaves
   * ±`limit`. Here because it is one record's affair.
   */
  addAtHome(cell: number, actor: number, dot: number, n: number, limit: number): boolean {
    const words = this.#segments[cell >>> RECORDS_BITS] as Int32Array;
    const base = recordAt(cell);
    if (((words[base + META] as number) & (LIVE | CONTESTED)) !== LIVE) return false;
    if (words[base + HEAD] !== HOME + cell) return false;
    if (((words[base + HOME_WORD + ACTOR] as number) & 0xffff) !== actor) return false;
    const values = this.#values[cell >>> RECORDS_BITS] as Float64Array;
    const sum = (values[(base >>> 1) + HOME_VALUE] as number) + n;
    if (sum > limit || sum < -limit) return false;
    values[(base >>> 1) + HOME_VALUE] = sum;
    words[base + HOME_WORD + DOT] = dot | 0;
    words[base + HOME_WORD + ACTOR] = ((dot / 0x1_0000_0000) << 16) | actor;
    return true;
  }

  head(cell: number): number {
    return (this.#segments[cell >>> RECORDS_BITS] as Int32Array)[recordAt(cell) + HEAD] as number;
  }

  setHead(cell: number, head: number): void {
    (this.#segments[cell >>> RECORDS_BITS] as Int32Array)[recordAt(cell) + HEAD] = head;
  }

  place(cell: number): number {
    return ((this.#segments[cell >>> RECORDS_BITS] as Int32Array)[recordAt(cell) + PLACE] as number) >>> 0;
  }

  setPlace(cell: number, place: number): void {
    (this.#segments[cell >>> RECORDS_BITS] as Int32Array)[recordAt(cell) + PLACE] = place;
  }

  tag(cell: number): number {
    return (this.#meta(cell) >>> 8) & 0xff;
  }

  /** Whether the number stands for a cell now. */
  exists(cell: number): boolean {
    return cell > 0 && cell < this.#used && this.#meta(cell) !== 0;
  }

  /** No cell has a number from here on. */
  get end(): number {
    return this.#used;
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
    return this.isField(cell) ? this.#get(cell, KEY) : 0;
  }

  /** Four bytes of a key, its parent's number included; the first of them is the lowest. */
  keyWord(cell: number, i: number): number {
    if (i < INLINE - 1 || this.keyLength(cell) <= INLINE * 4) return this.#get(cell, KEY + i);
    const tail = this.#get(cell, TAIL);
    return this.#arena.words(tail)[KeyArena.within(tail) + i - (INLINE - 1)] as number;
  }

  /** The name's (or element's) bytes, without the parent; they may be a view, which must not outlive the cell. */
  keyBytes(cell: number): Uint8Array {
    const skip = this.isField(cell) ? PARENT_BYTES : 0;
    const length = this.keyLength(cell) - skip;
    const segment = this.#segments[cell >>> RECORDS_BITS] as Int32Array;
    const start = (recordAt(cell) + KEY) * 4 + skip;
    if (length + skip <= INLINE * 4) return new Uint8Array(segment.buffer, start, length);
    const bytes = new Uint8Array(length);
    const inline = (INLINE - 1) * 4 - skip;
    bytes.set(new Uint8Array(segment.buffer, start, inline));
    const tail = this.#get(cell, TAIL);
    bytes.set(new Uint8Array(this.#arena.words(tail).buffer, KeyArena.within(tail) * 4, length - inline), inline);
    return bytes;
  }

  name(cell: number): string {
    return fromUtf8(this.keyBytes(cell));
  }

  /** Every cell, or those with numbers in [from, to). */
  forEach(visit: (cell: number) => void, from: number = 1, to: number = this.#used): void {
    for (let cell = from; cell < Math.min(to, this.#used); cell++) if (this.#meta(cell) !== 0) visit(cell);
  }

  /** Bytes taken outside the heap: records, keys, index. */
  get bytes(): number {
    return this.#capacity * RECORD_WORDS * 4 + this.#arena.bytes + this.#index.bytes;
  }

  #meta(cell: number): number {
    return (this.#segments[cell >>> RECORDS_BITS] as Int32Array)[recordAt(cell) + META] as number;
  }

  #set(cell: number, field: number, value: number): void {
    (this.#segments[cell >>> RECORDS_BITS] as Int32Array)[recordAt(cell) + field] = value;
  }

  #get(cell: number, field: number): number {
    return (this.#segments[cell >>> RECORDS_BITS] as Int32Array)[recordAt(cell) + field] as number;
  }

  /** The tag of a cell whose name is the one in `scratch`, else 0. @param name length and FIELD, as in a record */
  #isNamed(cell: number, name: number): number {
    const segment = this.#segments[cell >>> RECORDS_BITS] as Int32Array;
    const base = recordAt(cell);
    const meta = segment[base + META] as number;
    if (((meta ^ name) & NAME_BITS) !== 0) return 0;
    const words = this.#words;
    const size = ((name >>> 16) + 3) >>> 2;
    const inline = size > INLINE ? INLINE - 1 : size;
    for (let i = 0; i < inline; i++) if (segment[base + KEY + i] !== words[i]) return 0;
    for (let i = inline; i < size; i++) if (this.keyWord(cell, i) !== words[i]) return 0;
    return (meta >>> 8) & 0xff;
  }

  #hashOf(cell: number): number {
    const segment = this.#segments[cell >>> RECORDS_BITS] as Int32Array;
    const base = recordAt(cell);
    const length = (segment[base + META] as number) >>> 16;
    const size = (length + 3) >>> 2;
    const inline = size > INLINE ? INLINE - 1 : size;
    let hash = beginHash(length, this.parent(cell));
    for (let i = 0; i < inline; i++) hash = hashWord(hash, segment[base + KEY + i] as number);
    for (let i = inline; i < size; i++) hash = hashWord(hash, this.keyWord(cell, i));
    return finish(hash);
  }

  #next(): number {
    const cell = this.#used++;
    if (cell >= this.#capacity) this.#grow();
    return cell;
  }

  /** Only the first segment starts small and is copied while it grows. */
  #grow(): void {
    const first = this.#segments[0] as Int32Array;
    if (this.#capacity >= SEGMENT) return this.#add(SEGMENT);
    const size = Math.min(this.#capacity * 4, SEGMENT);
    this.homes.words.length = 0;
    this.homes.values.length = 0;
    this.#capacity = 0;
    this.#add(size);
    (this.#segments[0] as Int32Array).set(first);
  }

  #add(cells: number): void {
    const memory = new ArrayBuffer((FRONT_WORDS + cells * RECORD_WORDS) * 4);
    this.homes.words.push(new Int32Array(memory));
    this.homes.values.push(new Float64Array(memory));
    this.#capacity += cells;
  }
}

/** The number of the slot in a cell's record. */
export function homeOf(cell: number): number {
  return HOME + cell;
}

/** Where a cell's record begins in its segment. */
function recordAt(cell: number): number {
  return FRONT_WORDS + (cell & MASK) * RECORD_WORDS;
}
