/**
 * The members of each sorted set in order, by (score, name), and of each presence those who are shown, by name, so that a rank is
 * counted and the best are read without sorting. It is an index over the cells, kept as they are settled; nothing of it is
 * replicated, and every replica has the same order.
 *
 * An order is a counted B+-tree: a million members are leaves, one floor above them and a root. A cell knows its leaf, so taking one out
 * searches one leaf; one whose new score stays within its leaf moves there. A node that is full is split, and at its end if that is
 * where the next one comes, so that members who come in order fill their leaves; one that is nearly empty goes into its neighbour.
 *
 * Invariants: exactly the live members that are shown are filed, each under its present score;
 * an inner node has the present first score of each child, and how many entries are below it.
 * Cost: that of order-nodes.ts; no object per member or node. A change in a million meets about twenty cache lines.
 * Source: Comer, The Ubiquitous B-Tree (1979).
 */
import type { Cells } from './cells.js';
import { INNER, itemsAt, LEAF, OrderNodes, scoresAt } from './order-nodes.js';

/** Scores of a cache line. */
const LINE = 8;

/** The order of one set. */
class Order {
  size = 0;
  #root = 0;
  /** Inner nodes between the root, included, and a leaf. */
  #floors = 0;
  readonly #cells: Cells;
  readonly #nodes: OrderNodes;

  constructor(cells: Cells, nodes: OrderNodes) {
    this.#cells = cells;
    this.#nodes = nodes;
  }

  /** A member has this score now; undefined: it is not there. */
  file(cell: number, score: number | undefined): void {
    const nodes = this.#nodes;
    const leaf = nodes.leafOf(cell);
    if (score === undefined) {
      if (leaf === 0) return;
      nodes.setLeaf(cell, 0);
      this.#take(leaf, nodes.indexOf(leaf, cell));
      return;
    }
    if (this.#root === 0) this.#root = nodes.newLeaf();
    const target = this.#leafFor(score, cell);
    if (leaf === 0) this.#put(target, cell, score);
    else if (leaf === target) this.#move(leaf, cell, score);
    else {
      const at = nodes.indexOf(leaf, cell);
      this.#put(target, cell, score);
      this.#take(leaf, at);
    }
  }

  /** How many stand before it; undefined: it is not filed. */
  rank(cell: number): number | undefined {
    const nodes = this.#nodes;
    const leaf = nodes.leafOf(cell);
    if (leaf === 0) return undefined;
    let rank = nodes.indexOf(leaf, cell);
    for (let node = leaf; nodes.parent(node) !== 0; node = nodes.parent(node))
      rank += this.#before(nodes.parent(node), nodes.at(node));
    return rank;
  }

  /** How many have a smaller score; `orEqual`: or the same. */
  below(score: number, orEqual: boolean): number {
    const nodes = this.#nodes;
    let sum = 0;
    for (let node = this.#root; node !== 0;) {
      let low = 0;
      for (let high = nodes.size(node); low < high;) {
        const middle = (low + high) >>> 1;
        if (isBelow(nodes.score(node, middle), score, orEqual)) low = middle + 1;
        else high = middle;
      }
      if (!nodes.isInner(node)) return sum + low;
      if (low === 0) return sum;
      sum += this.#before(node, low - 1);
      node = nodes.item(node, low - 1);
    }
    return sum;
  }

  /** Visit those with ranks in [from, to), in order. */
  range(from: number, to: number, visit: (cell: number, score: number) => void): void {
    const nodes = this.#nodes;
    let left = Math.min(to, this.size) - from;
    if (left <= 0) return;
    let [leaf, at] = this.#locate(from);
    for (;;) {
      const words = nodes.words(leaf);
      const numbers = nodes.numbers(leaf);
      const items = itemsAt(leaf);
      const scores = scoresAt(leaf, nodes.capacity(leaf));
      const end = Math.min(nodes.size(leaf), at + left);
      left -= end - at;
      for (; at < end; at++) visit(words[items + at] as number, numbers[scores + at] as number);
      if (left === 0) return;
      leaf = this.#next(leaf);
      at = 0;
    }
  }

  /** In which leaf the entry of a rank stands, and where in it. */
  #locate(rank: number): [number, number] {
    const nodes = this.#nodes;
    let node = this.#root;
    let total = this.size;
    let within = rank;
    for (let floor = this.#floors; floor > 0; floor--) {
      let at = 0;
      let n = nodes.count(node, 0);
      if (within < total / 2) for (; n <= within; n = nodes.count(node, ++at)) within -= n;
      else {
        at = nodes.size(node) - 1;
        let behind = total - within;
        for (n = nodes.count(node, at); n < behind; n = nodes.count(node, --at)) behind -= n;
        within = n - behind;
      }
      total = n;
      node = nodes.item(node, at);
    }
    return [node, within];
  }

  #move(leaf: number, cell: number, score: number): void {
    const nodes = this.#nodes;
    const at = nodes.indexOf(leaf, cell);
    const before = nodes.score(leaf, at);
    if (score === before) return;
    const to = this.#within(leaf, nodes.capacity(leaf), nodes.size(leaf), score, cell) - (score > before ? 1 : 0);
    nodes.move(leaf, at, to, score);
    if (at === 0 || to === 0) this.#tellFirst(leaf);
  }

  #put(leaf: number, cell: number, score: number): void {
    const nodes = this.#nodes;
    const size = nodes.size(leaf);
    const at = this.#within(leaf, this.#floors === 0 ? nodes.capacity(leaf) : LEAF, size, score, cell);
    if (size === nodes.capacity(leaf)) {
      if (size === LEAF) this.#split(leaf, at);
      else this.#widen(leaf);
      this.#put(this.#leafFor(score, cell), cell, score);
      return;
    }
    nodes.insert(leaf, at, score, cell);
    nodes.setLeaf(cell, leaf);
    if (at === 0) this.#tellFirst(leaf);
    this.#count(leaf, 1);
  }

  #take(leaf: number, at: number): void {
    const nodes = this.#nodes;
    nodes.remove(leaf, at);
    const size = nodes.size(leaf);
    if (at === 0 && size > 0) this.#tellFirst(leaf);
    this.#count(leaf, -1);
    if (size < LEAF / 4) this.#shrink(leaf);
  }

  /** The last leaf whose first entry stands before the new one, or the first. */
  #leafFor(score: number, cell: number): number {
    const nodes = this.#nodes;
    let node = this.#root;
    for (let floor = this.#floors; floor > 0; floor--)
      node = nodes.item(node, Math.max(1, this.#within(node, INNER, nodes.size(node), score, cell)) - 1);
    return node;
  }

  /** How many of a node's entries stand before this one. A look at each line first: then memory is waited for once. */
  #within(node: number, capacity: number, size: number, score: number, cell: number): number {
    const nodes = this.#nodes;
    const scores = nodes.numbers(node);
    const first = scoresAt(node, capacity);
    let i = 0;
    for (; i + LINE <= size; i += LINE) {
      const other = scores[first + i + LINE - 1] as number;
      if (other > score || (other === score && !this.#isBefore(node, i + LINE - 1, cell))) break;
    }
    for (; i < size; i++) {
      const other = scores[first + i] as number;
      if (other > score || (other === score && !this.#isBefore(node, i, cell))) break;
    }
    return i;
  }

  /** Whether the first cell of an entry, which is a cell or a child, stands before one with the same score, or is it. */
  #isBefore(node: number, i: number, cell: number): boolean {
    const nodes = this.#nodes;
    let item = nodes.item(node, i);
    for (let above = node; nodes.isInner(above); item = nodes.item(above, 0)) above = item;
    return compareNames(this.#cells, item, cell) <= 0;
  }

  /** Entries before one in an inner node. */
  #before(node: number, at: number): number {
    let sum = 0;
    for (let i = 0; i < at; i++) sum += this.#nodes.count(node, i);
    return sum;
  }

  /** The leaf behind one that is not the last. */
  #next(leaf: number): number {
    const nodes = this.#nodes;
    let node = leaf;
    while (nodes.at(node) + 1 === nodes.size(nodes.parent(node))) node = nodes.parent(node);
    node = nodes.item(nodes.parent(node), nodes.at(node) + 1);
    while (nodes.isInner(node)) node = nodes.item(node, 0);
    return node;
  }

  /** The first entry of a node has changed. */
  #tellFirst(node: number): void {
    const nodes = this.#nodes;
    const score = nodes.score(node, 0);
    for (let child = node; nodes.parent(child) !== 0; child = nodes.parent(child)) {
      nodes.setScore(nodes.parent(child), nodes.at(child), score);
      if (nodes.at(child) !== 0) return;
    }
  }

  #count(leaf: number, change: 1 | -1): void {
    const nodes = this.#nodes;
    this.size += change;
    for (let node = leaf; nodes.parent(node) !== 0; node = nodes.parent(node))
      nodes.addCount(nodes.parent(node), nodes.at(node), change);
  }

  /** The only leaf gets more room. */
  #widen(leaf: number): void {
    const nodes = this.#nodes;
    this.#root = nodes.newLeaf(leaf);
    nodes.pour(leaf, 0, this.#root);
    nodes.free(leaf);
  }

  /** @param at where the next one comes */
  #split(node: number, at: number): void {
    const nodes = this.#nodes;
    if (nodes.parent(node) === 0) {
      this.#root = nodes.newInner();
      this.#floors++;
      nodes.insert(this.#root, 0, nodes.score(node, 0), node);
    } else if (nodes.size(nodes.parent(node)) === INNER) this.#split(nodes.parent(node), nodes.at(node) + 1);
    const size = nodes.size(node);
    const half = nodes.isInner(node) ? nodes.newInner() : nodes.newLeaf(node);
    nodes.pour(node, at === size ? size - size / 8 : size / 2, half);
    const parent = nodes.parent(node);
    nodes.addCount(parent, nodes.at(node), -nodes.total(half));
    nodes.insert(parent, nodes.at(node) + 1, nodes.score(half, 0), half);
  }

  /** A node that is nearly empty goes into one beside it; a root with one child is none. */
  #shrink(node: number): void {
    const nodes = this.#nodes;
    const parent = nodes.parent(node);
    const size = nodes.size(node);
    if (parent === 0) {
      if (size > 1 || (size === 1 && !nodes.isInner(node))) return;
      this.#root = size === 0 ? 0 : nodes.item(node, 0);
      nodes.free(node);
      if (size === 0) {
        this.#floors = 0;
        return;
      }
      this.#floors--;
      nodes.orphan(this.#root);
      this.#shrink(this.#root);
      return;
    }
    if (size >= nodes.capacity(node) / 4) return;
    const gone = size === 0 ? node : this.#join(parent, Math.max(0, nodes.at(node) - 1));
    if (gone === 0) return;
    const at = nodes.at(gone);
    nodes.remove(parent, at);
    nodes.free(gone);
    if (at === 0 && nodes.size(parent) > 0) this.#tellFirst(parent);
    this.#shrink(parent);
  }

  /** A child takes what the next one has, if that is not too much; returns the one that is empty, or 0. */
  #join(parent: number, at: number): number {
    const nodes = this.#nodes;
    if (at + 1 >= nodes.size(parent)) return 0;
    const [left, right] = [nodes.item(parent, at), nodes.item(parent, at + 1)];
    if (nodes.size(left) + nodes.size(right) > (nodes.capacity(left) * 3) / 4) return 0;
    nodes.addCount(parent, at, nodes.count(parent, at + 1));
    nodes.pour(right, 0, left);
    return right;
  }
}

/** Names of members of one set, by their bytes: a shorter one's last word is filled up with zeros. */
function compareNames(cells: Cells, a: number, b: number): number {
  const [one, other] = [cells.keyLength(a), cells.keyLength(b)];
  const words = (Math.min(one, other) + 3) >>> 2;
  for (let i = 1; i < words; i++) {
    const [x, y] = [cells.keyWord(a, i), cells.keyWord(b, i)];
    if (x === y) continue;
    const shift = (31 - Math.clz32((x ^ y) & -(x ^ y))) & ~7;
    return ((x >>> shift) & 255) - ((y >>> shift) & 255);
  }
  return one - other;
}

function isBelow(one: number, score: number, orEqual: boolean): boolean {
  return one < score || (orEqual && one === score);
}

/** The orders of all sorted sets of a replica. */
export class Orders {
  #byParent = new Map<number, Order>();
  readonly #cells: Cells;
  readonly #nodes = new OrderNodes();

  constructor(cells: Cells) {
    this.#cells = cells;
  }

  /** A member has this score now; undefined: it is not there. */
  file(parent: number, cell: number, score: number | undefined): void {
    let order = this.#byParent.get(parent);
    if (order === undefined) {
      if (score === undefined) return;
      order = new Order(this.#cells, this.#nodes);
      this.#byParent.set(parent, order);
    }
    order.file(cell, score);
    if (order.size === 0) this.#byParent.delete(parent);
  }

  /** The order below a root; undefined: nobody is in it. */
  of(parent: number): Order | undefined {
    return this.#byParent.get(parent);
  }

  /** Bytes outside the heap. */
  get bytes(): number {
    return this.#nodes.bytes;
  }
}
