/**
 * Which cells are the elements of a set, and how many of them are live. Elements that were removed stay listed until their cells
 * are forgotten. This is an index over the cells, not replicated state.
 *
 * Cost: 8 bytes an element of a small set, an array; of a large one less, where its cells were made one after another an eighth of
 * one (cell-set.ts). Nothing of a large set is ever copied as a whole.
 */
import { CellSet } from './cell-set.js';

/** Sets up to this size are searched. */
const SMALL = 64;

interface Collection {
  /** Of a small set; a large one leaves it empty. */
  small: number[];
  large: CellSet | undefined;
  /** Elements listed. */
  size: number;
  live: number;
}

export class Collections {
  #byParent = new Map<number, Collection>();

  add(parent: number, element: number): void {
    const collection = this.#byParent.get(parent);
    if (collection === undefined) {
      this.#byParent.set(parent, { small: [element], large: undefined, size: 1, live: 0 });
      return;
    }
    if (collection.large === undefined && collection.size === SMALL) enlarge(collection);
    collection.size++;
    if (collection.large === undefined) collection.small.push(element);
    else collection.large.add(element);
  }

  /** An element became live (1) or died (−1); returns how many are live now. */
  count(parent: number, change: 1 | -1): number {
    const collection = this.#byParent.get(parent) as Collection;
    collection.live += change;
    return collection.live;
  }

  live(parent: number): number {
    return this.#byParent.get(parent)?.live ?? 0;
  }

  /** How many elements are listed, dead ones included. */
  size(parent: number): number {
    return this.#byParent.get(parent)?.size ?? 0;
  }

  /** Cells of all elements, dead ones included. Cost: a copy. */
  elements(parent: number): number[] {
    const collection = this.#byParent.get(parent);
    if (collection === undefined) return [];
    return collection.large?.toArray() ?? collection.small.slice();
  }

  /** Take an element out whose cell is about to be dropped. Returns whether none is left; then the collection is gone. */
  remove(parent: number, element: number): boolean {
    const collection = this.#byParent.get(parent);
    if (collection === undefined) return true;
    collection.size--;
    if (collection.size === 0) this.#byParent.delete(parent);
    else if (collection.large === undefined) collection.small.splice(collection.small.indexOf(element), 1);
    else collection.large.delete(element);
    return collection.size === 0;
  }
}

function enlarge(collection: Collection): void {
  collection.large = new CellSet();
  for (const element of collection.small) collection.large.add(element);
  collection.small = [];
}
