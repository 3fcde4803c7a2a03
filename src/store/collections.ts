/**
 * Which cells are the elements of a set, and how many of them are live. Elements that were removed stay listed until their cells
 * are forgotten. This is an index over the cells, not replicated state.
 *
 * Invariant: a large set knows of each element where it stands, so that taking one out moves only the last into its place.
 * Cost: 8 bytes an element: an entry of an array in a small set; in a large one, four in a segment of the list and four in a
 * segment of the places, which go by cell number. Nothing of a large set is ever copied as a whole.
 */
const SEGMENT_BITS = 12;
const SEGMENT = 1 << SEGMENT_BITS;
const MASK = SEGMENT - 1;
/** Sets up to this size are searched. */
const SMALL = 64;

interface Collection {
  /** Of a small set; a large one leaves it empty. */
  small: number[];
  large: Int32Array[] | undefined;
  /** Elements listed. */
  size: number;
  live: number;
}

export class Collections {
  #byParent = new Map<number, Collection>();
  /** Cell number of an element of a large set → where it stands in the list. */
  #places: (Int32Array | undefined)[] = [];

  add(parent: number, element: number): void {
    const collection = this.#byParent.get(parent);
    if (collection === undefined) {
      this.#byParent.set(parent, { small: [element], large: undefined, size: 1, live: 0 });
      return;
    }
    if (collection.large === undefined && collection.size === SMALL) this.#enlarge(collection);
    const at = collection.size++;
    if (collection.large === undefined) collection.small.push(element);
    else this.#put(collection.large, at, element);
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
    const { small, large, size } = collection;
    if (large === undefined) return small.slice();
    return Array.from({ length: size }, (_, i) => (large[i >>> SEGMENT_BITS] as Int32Array)[i & MASK] as number);
  }

  /** Take an element out whose cell is about to be dropped. Returns whether none is left; then the collection is gone. */
  remove(parent: number, element: number): boolean {
    const collection = this.#byParent.get(parent);
    if (collection === undefined) return true;
    const last = --collection.size;
    if (last === 0) this.#byParent.delete(parent);
    else if (collection.large === undefined) collection.small.splice(collection.small.indexOf(element), 1);
    else {
      const { large } = collection;
      const moved = (large[last >>> SEGMENT_BITS] as Int32Array)[last & MASK] as number;
      this.#put(large, this.#placeOf(element), moved);
      if ((last & MASK) === 0) large.pop();
    }
    return last === 0;
  }

  /** From now on its elements have places. */
  #enlarge(collection: Collection): void {
    const large: Int32Array[] = [];
    collection.small.forEach((element, at) => this.#put(large, at, element));
    collection.small = [];
    collection.large = large;
  }

  #put(list: Int32Array[], at: number, element: number): void {
    if (at >>> SEGMENT_BITS === list.length) list.push(new Int32Array(SEGMENT));
    (list[at >>> SEGMENT_BITS] as Int32Array)[at & MASK] = element;
    const segment = element >>> SEGMENT_BITS;
    while (this.#places.length <= segment) this.#places.push(undefined);
    const places = (this.#places[segment] ??= new Int32Array(SEGMENT));
    places[element & MASK] = at;
  }

  #placeOf(element: number): number {
    return (this.#places[element >>> SEGMENT_BITS] as Int32Array)[element & MASK] as number;
  }
}
