/**
 * Key → cell: open addressing with linear probing over 1,024 small tables, so that growth moves a 1,024th of the entries at a
 * time and never doubles everything at once. To move an entry its key is read, which is to wait for memory: of ten million keys a
 * table holds ten thousand. A table is made when it gets its first entry. An entry is one Int32: 6 bits of the hash and 26 of the
 * cell, so that almost no probe looks at a key in vain. Tables grow by a half at four fifths full; capacity need not be a power
 * of two (multiply-shift range reduction, Lemire 2019).
 *
 * The hash covers the name alone, not its type: cells of one name stand in one probe run, which is how a name that is used
 * as two types is noticed without a second look-up. Cost: 4 bytes / 0.53…0.8 per key, which is about 6.
 */
const TABLE_BITS = 10;
const TABLES = 1 << TABLE_BITS;
/** What of a hash says where in a table. */
const HOME_BITS = 32 - TABLE_BITS;
const HOME_MASK = (1 << HOME_BITS) - 1;
const CELL_BITS = 26;
const CELL_MASK = (1 << CELL_BITS) - 1;
/** Tables begin at sizes between this and half as much again, so that later on they do not all grow at once. */
const FIRST = 8;
/** Stands for a table without entries. */
const EMPTY = new Int32Array(1);

/** Mix 32 bits so that every bit of the result depends on every bit that went in (MurmurHash3's finaliser, public domain). */
export function finish(hash: number): number {
  let h = hash;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Where a hash begins. @param length of the key in bytes @param seed the parent cell, 0 for none */
export function beginHash(length: number, seed: number): number {
  return Math.imul(seed, 0x9e3779b1) ^ Math.imul(length + 1, 0x85ebca6b);
}

/** Take in four bytes, the first of them in the lowest bits; a key's last word is filled up with zeros. */
export function hashWord(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x5bd1e995);
  return h ^ (h >>> 15);
}

/** Hash of bytes, the same as of the words that they fill. */
export function hashBytes(bytes: Uint8Array, start: number, length: number, seed: number): number {
  const end = start + length;
  let h = beginHash(length, seed);
  let word = 0;
  for (let i = start, shift = 0; i < end; i++, shift = (shift + 8) & 31) {
    word |= (bytes[i] as number) << shift;
    if (shift === 24 || i + 1 === end) {
      h = hashWord(h, word);
      word = 0;
    }
  }
  return finish(h);
}

export class KeyIndex {
  readonly #tables: Int32Array[] = Array.from({ length: TABLES }, () => EMPTY);
  #used = new Int32Array(TABLES);
  #hashOf: (cell: number) => number;

  /** @param hashOf the hash of a stored cell's key, for moving it */
  constructor(hashOf: (cell: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The table whose probe run, from `home` to the next 0, holds the cells of a hash; `print` tells most others apart. */
  table(hash: number): Int32Array {
    return this.#tables[hash >>> HOME_BITS] as Int32Array;
  }

  static home(hash: number, capacity: number): number {
    return ((hash & HOME_MASK) * capacity * (1 / (1 << HOME_BITS))) | 0;
  }

  static print(hash: number): number {
    return (Math.imul(hash, 0x2c1b3c6d) >>> (32 - 6)) << CELL_BITS;
  }

  static cellOf(entry: number): number {
    return entry & CELL_MASK;
  }

  static matches(entry: number, print: number): boolean {
    return ((entry ^ print) & ~CELL_MASK) === 0;
  }

  insert(hash: number, cell: number): void {
    const index = hash >>> HOME_BITS;
    const used = (this.#used[index] as number) + 1;
    if (used * 5 > (this.#tables[index] as Int32Array).length * 4) this.#grow(index);
    place(this.#tables[index] as Int32Array, hash, cell);
    this.#used[index] = used;
  }

  remove(hash: number, cell: number): void {
    const entries = this.table(hash);
    const { length } = entries;
    let hole = KeyIndex.home(hash, length);
    while (KeyIndex.cellOf(entries[hole] as number) !== cell) hole = hole + 1 === length ? 0 : hole + 1;
    for (let at = hole; ;) {
      at = at + 1 === length ? 0 : at + 1;
      const entry = entries[at] as number;
      if (entry === 0) break;
      const home = KeyIndex.home(this.#hashOf(KeyIndex.cellOf(entry)), length);
      const distance = at >= home ? at - home : at + length - home;
      const gap = at >= hole ? at - hole : at + length - hole;
      if (distance < gap) continue;
      entries[hole] = entry;
      hole = at;
    }
    entries[hole] = 0;
    const index = hash >>> HOME_BITS;
    this.#used[index] = (this.#used[index] as number) - 1;
  }

  get bytes(): number {
    return this.#tables.reduce((sum, entries) => sum + entries.byteLength, 0);
  }

  #grow(index: number): void {
    const old = this.#tables[index] as Int32Array;
    const first = FIRST + ((index * FIRST) >>> (TABLE_BITS + 1));
    const wider = new Int32Array(old === EMPTY ? first : Math.ceil(old.length * 1.5));
    for (const entry of old) {
      if (entry !== 0) place(wider, this.#hashOf(KeyIndex.cellOf(entry)), KeyIndex.cellOf(entry));
    }
    this.#tables[index] = wider;
  }
}

function place(entries: Int32Array, hash: number, cell: number): void {
  const { length } = entries;
  let at = KeyIndex.home(hash, length);
  while (entries[at] !== 0) at = at + 1 === length ? 0 : at + 1;
  entries[at] = KeyIndex.print(hash) | cell;
}
