/**
 * Key → cell: open addressing with linear probing over 256 small tables, so that growth moves a 256th of the entries at a
 * time and never doubles everything at once. An entry is one Int32: 6 bits of the hash and 26 of the cell, so that almost
 * no probe looks at a key in vain. Tables grow by a half at four fifths full; capacity need not be a power of two
 * (multiply-shift range reduction, Lemire 2019).
 *
 * The hash covers the name alone, not its type: cells of one name stand in one probe run, which is how a name that is used
 * as two types is noticed without a second look-up. Cost: 4 bytes / 0.53…0.8 per key.
 */
const TABLES = 256;
const CELL_BITS = 26;
const CELL_MASK = (1 << CELL_BITS) - 1;
const FIRST = 6;

/** Mix 32 bits so that every bit of the result depends on every bit that went in (MurmurHash3's finaliser, public domain). */
export function finish(hash: number): number {
  let h = hash;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hash of `length` bytes from `start`, four at a time. @param seed the parent cell, 0 for none */
export function hashBytes(bytes: Uint8Array, start: number, length: number, seed: number): number {
  const end = start + length;
  let h = Math.imul(seed, 0x9e3779b1) ^ length;
  let i = start;
  for (; i + 3 < end; i += 4) {
    const four =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    h = Math.imul(h ^ four, 0x5bd1e995);
    h ^= h >>> 15;
  }
  for (; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x5bd1e995) ^ (h >>> 13);
  return finish(h);
}

class Table {
  entries = new Int32Array(FIRST);
  used = 0;
}

export class KeyIndex {
  #tables: Table[] = Array.from({ length: TABLES }, () => new Table());
  #hashOf: (cell: number) => number;

  /** @param hashOf the hash of a stored cell's key, for moving it */
  constructor(hashOf: (cell: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The first cell at or after `from` in the probe run of `hash` with the same tag bits; -1 at the run's end. */
  table(hash: number): Int32Array {
    return (this.#tables[hash >>> 24] as Table).entries;
  }

  static home(hash: number, capacity: number): number {
    return Math.floor(((hash & 0xffffff) * capacity) / 0x1000000);
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
    const table = this.#tables[hash >>> 24] as Table;
    if ((table.used + 1) * 5 > table.entries.length * 4) this.#grow(table);
    place(table.entries, hash, cell);
    table.used++;
  }

  remove(hash: number, cell: number): void {
    const table = this.#tables[hash >>> 24] as Table;
    const { entries } = table;
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
    table.used--;
  }

  get bytes(): number {
    return this.#tables.reduce((sum, table) => sum + table.entries.byteLength, 0);
  }

  #grow(table: Table): void {
    const old = table.entries;
    table.entries = new Int32Array(Math.ceil(old.length * 1.5));
    for (const entry of old) {
      if (entry !== 0) place(table.entries, this.#hashOf(KeyIndex.cellOf(entry)), KeyIndex.cellOf(entry));
    }
  }
}

function place(entries: Int32Array, hash: number, cell: number): void {
  const { length } = entries;
  let at = KeyIndex.home(hash, length);
  while (entries[at] !== 0) at = at + 1 === length ? 0 : at + 1;
  entries[at] = KeyIndex.print(hash) | cell;
}
