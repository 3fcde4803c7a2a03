/**
 * Nodes of the trees that keep members in order (order.ts), outside the JavaScript heap: no object and no pointer per node, and what
 * a change touches stands side by side.
 *
 *   leaf  { size, parent, at, kind | cells of members: Int32 each | scores: Float64 each }
 *   inner { size, parent, at, kind | children: Int32 each | first scores: Float64 each | entries below them: Int32 each }
 *
 * A node is known by its place, in units of 16 bytes over segments of 256 KiB; 0 is none. One that was given back is used again for one
 * of its kind. Memory is what a change waits for: where a leaf's cells stand is known without a look at its header, so that both come
 * at once, and a leaf is a dozen cache lines.
 *
 * Invariants: a child knows its parent and where it stands there. Which leaf a cell stands in, and what is counted below a child, is
 * the caller's to say.
 * Cost: 12 bytes an entry and 16 a child, of which usually two thirds are used, and 4 by cell number.
 */

/** Entries of a leaf, unless it is the only one. */
export const LEAF = 64;
/** Children of an inner node. */
export const INNER = 128;
/** Entries of the smallest leaf. */
const FEWEST = 8;
const UNITS_BITS = 14;
const MASK = (1 << UNITS_BITS) - 1;
const UNIT = 16;
/** Fields of a node, in Int32s; `KIND` is the capacity of a leaf or `INNER`. */
const SIZE = 0;
const PARENT = 1;
const AT = 2;
const KIND = 3;
const HEADER = 4;
const PLACES_BITS = 12;
const PLACES = 1 << PLACES_BITS;

export class OrderNodes {
  /** The same memory twice. */
  #words: Int32Array[] = [];
  #numbers: Float64Array[] = [];
  /** Units given out, node 0 included. */
  #used = 1;
  #nodes = 0;
  /** By kind: the last one that was given back; its parent is the one before. */
  #free = new Map<number, number>();
  /** Cell number → its leaf. */
  #leaves: (Int32Array | undefined)[] = [];

  /** A leaf with room for twice what another holds that is full, or for a few. */
  newLeaf(full = 0): number {
    return this.#make(full === 0 ? FEWEST : Math.min(LEAF, this.capacity(full) * 2));
  }

  newInner(): number {
    return this.#make(INNER);
  }

  /** A node without entries is given back. */
  free(node: number): void {
    if (--this.#nodes === 0) {
      this.#words.length = 0;
      this.#numbers.length = 0;
      this.#used = 1;
      this.#free.clear();
      return;
    }
    const kind = this.capacity(node);
    this.#set(node, PARENT, this.#free.get(kind) ?? 0);
    this.#free.set(kind, node);
  }

  /** The leaf that a cell stands in, or 0. */
  leafOf(cell: number): number {
    return this.#leaves[cell >>> PLACES_BITS]?.[cell & (PLACES - 1)] ?? 0;
  }

  setLeaf(cell: number, leaf: number): void {
    const i = cell >>> PLACES_BITS;
    while (this.#leaves.length <= i) this.#leaves.push(undefined);
    (this.#leaves[i] ??= new Int32Array(PLACES))[cell & (PLACES - 1)] = leaf;
  }

  size(node: number): number {
    return this.#get(node, SIZE);
  }

  capacity(node: number): number {
    return this.#get(node, KIND);
  }

  isInner(node: number): boolean {
    return this.#get(node, KIND) === INNER;
  }

  /** 0: it is the root. */
  parent(node: number): number {
    return this.#get(node, PARENT);
  }

  /** Where it stands in its parent. */
  at(node: number): number {
    return this.#get(node, AT);
  }

  /** It is the root now. */
  orphan(node: number): void {
    this.#set(node, PARENT, 0);
  }

  /** A member's cell, or a child. */
  item(node: number, i: number): number {
    return this.words(node)[itemsAt(node) + i] as number;
  }

  /** A member's score, or a child's first. */
  score(node: number, i: number): number {
    return this.numbers(node)[scoresAt(node, this.capacity(node)) + i] as number;
  }

  setScore(node: number, i: number, score: number): void {
    this.numbers(node)[scoresAt(node, this.capacity(node)) + i] = score;
  }

  /** Entries below a child. */
  count(inner: number, i: number): number {
    return this.words(inner)[countsAt(inner) + i] as number;
  }

  addCount(inner: number, i: number, n: number): void {
    const words = this.words(inner);
    const at = countsAt(inner) + i;
    words[at] = (words[at] as number) + n;
  }

  /** Entries below a node. */
  total(node: number): number {
    const size = this.size(node);
    if (!this.isInner(node)) return size;
    let sum = 0;
    for (let i = 0; i < size; i++) sum += this.count(node, i);
    return sum;
  }

  /** Where a member stands in its leaf. */
  indexOf(leaf: number, cell: number): number {
    const words = this.words(leaf);
    const start = itemsAt(leaf);
    let at = start;
    while (words[at] !== cell) at++;
    return at - start;
  }

  /** What the node's items (`itemsAt`) stand in. */
  words(node: number): Int32Array {
    return this.#words[node >>> UNITS_BITS] as Int32Array;
  }

  /** What its scores (`scoresAt`) stand in. */
  numbers(node: number): Float64Array {
    return this.#numbers[node >>> UNITS_BITS] as Float64Array;
  }

  /** Put an entry, or a child with what is below it, before another; there is room. */
  insert(node: number, at: number, score: number, item: number): void {
    const size = this.size(node);
    const capacity = this.capacity(node);
    this.#set(node, SIZE, size + 1);
    const words = this.words(node);
    const items = itemsAt(node);
    shift(words, items + at, items + size, 1);
    words[items + at] = item;
    const numbers = this.numbers(node);
    const scores = scoresAt(node, capacity);
    shift(numbers, scores + at, scores + size, 1);
    numbers[scores + at] = score;
    if (capacity !== INNER) return;
    const counts = countsAt(node);
    shift(words, counts + at, counts + size, 1);
    words[counts + at] = this.total(item);
    this.#adopt(node, at);
  }

  remove(node: number, at: number): void {
    const size = this.size(node);
    const capacity = this.capacity(node);
    this.#set(node, SIZE, size - 1);
    const words = this.words(node);
    const items = itemsAt(node);
    shift(words, items + at + 1, items + size, -1);
    const scores = scoresAt(node, capacity);
    shift(this.numbers(node), scores + at + 1, scores + size, -1);
    if (capacity !== INNER) return;
    const counts = countsAt(node);
    shift(words, counts + at + 1, counts + size, -1);
    this.#adopt(node, at);
  }

  /** A member of a leaf goes to another place in it, with another score; those between move by one. */
  move(leaf: number, from: number, to: number, score: number): void {
    const words = this.words(leaf);
    const numbers = this.numbers(leaf);
    const items = itemsAt(leaf);
    const scores = scoresAt(leaf, this.capacity(leaf));
    const cell = words[items + from] as number;
    if (from < to) {
      shift(words, items + from + 1, items + to + 1, -1);
      shift(numbers, scores + from + 1, scores + to + 1, -1);
    } else {
      shift(words, items + to, items + from, 1);
      shift(numbers, scores + to, scores + from, 1);
    }
    words[items + to] = cell;
    numbers[scores + to] = score;
  }

  /** What stands in one node from `from` on goes to the end of another of its sort, which has room. */
  pour(node: number, from: number, into: number): void {
    const size = this.size(node);
    const inner = this.isInner(node);
    const start = this.size(into);
    let to = start;
    for (let i = from; i < size; i++, to++) {
      const item = this.item(node, i);
      this.words(into)[itemsAt(into) + to] = item;
      this.numbers(into)[scoresAt(into, this.capacity(into)) + to] = this.score(node, i);
      if (inner) this.words(into)[countsAt(into) + to] = this.count(node, i);
      else this.setLeaf(item, into);
    }
    this.#set(node, SIZE, from);
    this.#set(into, SIZE, to);
    if (inner) this.#adopt(into, start);
  }

  /** Bytes outside the heap. */
  get bytes(): number {
    return this.#words.length << (UNITS_BITS + 4);
  }

  #make(kind: number): number {
    let node = this.#free.get(kind) ?? 0;
    if (node === 0) node = this.#take(kind);
    else this.#free.set(kind, this.parent(node));
    this.#nodes++;
    this.#set(node, SIZE, 0);
    this.#set(node, PARENT, 0);
    this.#set(node, KIND, kind);
    return node;
  }

  /** No node stands in two segments. */
  #take(kind: number): number {
    const units = 1 + (kind * (kind === INNER ? 16 : 12)) / UNIT;
    if ((this.#used & MASK) + units > MASK + 1) this.#used = (this.#used | MASK) + 1;
    const node = this.#used;
    this.#used += units;
    while (this.#words.length <= node >>> UNITS_BITS) {
      const memory = new ArrayBuffer(UNIT << UNITS_BITS);
      this.#words.push(new Int32Array(memory));
      this.#numbers.push(new Float64Array(memory));
    }
    return node;
  }

  /** Children from one place on are told who their parent is, and where they stand. */
  #adopt(inner: number, from: number): void {
    for (let i = from; i < this.size(inner); i++) {
      const child = this.item(inner, i);
      this.#set(child, PARENT, inner);
      this.#set(child, AT, i);
    }
  }

  #get(node: number, field: number): number {
    return this.words(node)[(node & MASK) * 4 + field] as number;
  }

  #set(node: number, field: number, value: number): void {
    this.words(node)[(node & MASK) * 4 + field] = value;
  }
}

/** Where a node's items begin in `words`. */
export function itemsAt(node: number): number {
  return (node & MASK) * 4 + HEADER;
}

/** Where its scores begin in `numbers`. */
export function scoresAt(node: number, capacity: number): number {
  return (node & MASK) * 2 + (HEADER + capacity) / 2;
}

function countsAt(inner: number): number {
  return (inner & MASK) * 4 + HEADER + INNER * 3;
}

/** Numbers in [from, to) move by one. Of so few a loop is done sooner than a call of what copies them. */
function shift(array: Int32Array | Float64Array, from: number, to: number, by: 1 | -1): void {
  if (by < 0) for (let i = from; i < to; i++) array[i - 1] = array[i] as number;
  else for (let i = to; i > from; i--) array[i] = array[i - 1] as number;
}
