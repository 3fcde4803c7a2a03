/**
 * Which cells are the elements of a set: per parent an array of cell numbers and how many of them are live. Elements that
 * were removed stay in the array until their cells are forgotten. This is an index over the cells, not replicated state.
 * Cost: 4–8 bytes an element.
 */
interface Collection {
  elements: number[];
  live: number;
}

export class Collections {
  #byParent = new Map<number, Collection>();

  add(parent: number, element: number): void {
    const collection = this.#byParent.get(parent);
    if (collection === undefined) this.#byParent.set(parent, { elements: [element], live: 0 });
    else collection.elements.push(element);
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

  /** Cells of all elements, dead ones included; not to be changed. */
  elements(parent: number): readonly number[] {
    return this.#byParent.get(parent)?.elements ?? [];
  }

  /** Take elements out whose cells are about to be dropped. Returns whether none is left; then the collection is gone. */
  remove(parent: number, gone: ReadonlySet<number>): boolean {
    const collection = this.#byParent.get(parent);
    if (collection === undefined) return true;
    collection.elements = collection.elements.filter((cell) => !gone.has(cell));
    if (collection.elements.length > 0) return false;
    this.#byParent.delete(parent);
    return true;
  }
}
