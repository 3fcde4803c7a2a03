/**
 * A large set of cell numbers. Cells that are made one after another have numbers one after another, and a set's elements mostly are; so
 * it is a list of leaves in order, each of which is a sorted list of numbers, or a bit for each number of a range where those
 * in a full list lie close together.
 *
 * Invariants: a leaf holds the numbers from its `first` to the next leaf's, a leaf of bits at most RANGE of them; no leaf is empty.
 * Cost: an eighth of a byte a number where the range is full, four where numbers are far apart and come in order, six to eight
 * otherwise. Adding and deleting are a binary search over the leaves and one in a leaf, of which at most 2 KiB are moved.
 * Source: a B-tree of two levels whose leaves are as in Roaring bitmaps (Chambi et al. 2016).
 */

/** Numbers in a list at most, which takes as much as the bits of a range. */
const FULL = 512;
const RANGE = FULL * 32;
/** Fewer than that are no longer kept as bits. */
const SPARSE = FULL / 8;
const LEAST = 16;

interface Leaf {
  first: number;
  /** Where a leaf of bits ends; a list ends where the next leaf begins. */
  end: number;
  /** Numbers in order, or bits from `first` on. */
  words: Int32Array;
  isBits: boolean;
  size: number;
}

export class CellSet {
  readonly #leaves: Leaf[] = [];

  /** Put in a number that is not there. */
  add(cell: number): void {
    const at = this.#find(cell);
    const leaf = this.#leaves[at];
    if (leaf === undefined || cell >= leaf.end)
      this.#leaves.splice(at + 1, 0, list(leaf?.end ?? 0, Int32Array.of(cell)));
    else if (leaf.isBits) {
      setBit(leaf, cell);
      leaf.size++;
    } else if (leaf.size < FULL) insert(leaf, cell);
    else {
      this.#split(at, cell);
      this.add(cell);
    }
  }

  /** Take out a number that is there. */
  delete(cell: number): void {
    const at = this.#find(cell);
    const leaf = this.#leaves[at] as Leaf;
    leaf.size--;
    if (leaf.size === 0) this.#leaves.splice(at, 1);
    else if (leaf.isBits) {
      const i = cell - leaf.first;
      leaf.words[i >>> 5] = (leaf.words[i >>> 5] as number) & ~(1 << (i & 31));
      if (leaf.size < SPARSE) Object.assign(leaf, list(leaf.first, Int32Array.from(collect(leaf, []))));
    } else {
      const where = place(leaf, cell);
      leaf.words.copyWithin(where, where + 1, leaf.size + 1);
      if (leaf.size < SPARSE) this.#join(at);
    }
  }

  /** All of them, in order. */
  toArray(): number[] {
    const all: number[] = [];
    for (const leaf of this.#leaves) collect(leaf, all);
    return all;
  }

  /** The last leaf that begins at or before a number, or −1. */
  #find(cell: number): number {
    const last = this.#leaves.length - 1;
    if (last >= 0 && (this.#leaves[last] as Leaf).first <= cell) return last;
    let low = 0;
    for (let high = last; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.#leaves[middle] as Leaf).first <= cell) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** A list is full, and this number is to go in. */
  #split(at: number, cell: number): void {
    const leaf = this.#leaves[at] as Leaf;
    const { words } = leaf;
    const [least, most] = [words[0] as number, words[FULL - 1] as number];
    if (most - least < RANGE) {
      Object.assign(leaf, { first: least, end: least + RANGE, words: new Int32Array(FULL), isBits: true });
      for (const each of words) setBit(leaf, each);
    } else if (cell > most) this.#leaves.splice(at + 1, 0, list(cell, new Int32Array(0)));
    else {
      const half = FULL / 2;
      this.#leaves.splice(at + 1, 0, list(words[half] as number, words.slice(half)));
      Object.assign(leaf, list(leaf.first, words.slice(0, half)));
    }
  }

  /** A short list goes into the one before it, or takes the next one in. */
  #join(at: number): void {
    for (const left of [at - 1, at]) {
      const [one, other] = this.#leaves.slice(Math.max(left, 0), left + 2) as [Leaf?, Leaf?];
      if (one === undefined || other === undefined || one.isBits || other.isBits) continue;
      if (one.size + other.size > FULL / 2) continue;
      const words = Int32Array.from(collect(other, collect(one, [])));
      this.#leaves.splice(left, 2, list(one.first, words));
      return;
    }
  }
}

function list(first: number, words: Int32Array): Leaf {
  return { first, end: Number.POSITIVE_INFINITY, words, isBits: false, size: words.length };
}

function insert(leaf: Leaf, cell: number): void {
  if (leaf.size === leaf.words.length) {
    const wider = new Int32Array(Math.max(LEAST, Math.min(FULL, leaf.size * 2)));
    wider.set(leaf.words);
    leaf.words = wider;
  }
  const where = place(leaf, cell);
  leaf.words.copyWithin(where + 1, where, leaf.size);
  leaf.words[where] = cell;
  leaf.size++;
}

function setBit(leaf: Leaf, cell: number): void {
  const i = cell - leaf.first;
  leaf.words[i >>> 5] = (leaf.words[i >>> 5] as number) | (1 << (i & 31));
}

/** Where in a list a number is, or belongs. */
function place({ words, size }: Leaf, cell: number): number {
  let low = 0;
  for (let high = size; low < high;) {
    const middle = (low + high) >>> 1;
    if ((words[middle] as number) < cell) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Append a leaf's numbers, in order. */
function collect({ first, words, isBits, size }: Leaf, into: number[]): number[] {
  if (!isBits) for (let i = 0; i < size; i++) into.push(words[i] as number);
  else
    for (let i = 0; i < words.length; i++)
      for (let left = words[i] as number; left !== 0; left &= left - 1)
        into.push(first + i * 32 + 31 - Math.clz32(left & -left));
  return into;
}
