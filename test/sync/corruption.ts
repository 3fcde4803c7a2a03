/** What goes wrong in memory, planted: no dot is given out and nobody is told. */
import { typeOfName } from '../../src/crdt/registry.js';
import type { TypeName } from '../../src/crdt/crdt.js';
import { BASE, CELL } from '../../src/crdt/slots.js';
import type { Store } from '../../src/store/store.js';

export class Corruption {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  cell(type: TypeName, key: string, element?: string): number {
    const { cells } = this.#store.replica;
    const tag = typeOfName(type)?.tag as number;
    const root = cells.find(tag, cells.encode(key, 0), 0);
    return element === undefined ? root : this.below(root, element);
  }

  /** A cell below the root of a collection. */
  below(root: number, element: string): number {
    const { cells } = this.#store.replica;
    return cells.find(cells.tag(root), cells.encode(element, root), root);
  }

  /** A field of a map. */
  field(key: string, type: TypeName, field: string): number {
    const { cells } = this.#store.replica;
    const root = this.cell('map', key);
    return cells.find(typeOfName(type)?.tag as number, cells.encode(field, root), root);
  }

  /** The pair of numbers that one node's BASE stands for. */
  setPair(cell: number, node: string, first: number, second: number): void {
    const { actors, cells, slots } = this.#store.replica;
    const base = slots.find(cells.head(cell), BASE | (actors.find(node, 1) as number));
    slots.setPair(slots.value(base), first, second);
    this.#store.replica.settle(cell);
  }

  /** The number in one node's slot. */
  setValue(cell: number, node: string, value: number): void {
    this.#store.replica.slots.setValue(this.#slot(cell, node), value);
    this.#store.replica.settle(cell);
  }

  setDot(cell: number, node: string, dot: number): void {
    this.#store.replica.slots.setDot(this.#slot(cell, node), dot);
  }

  dropSlot(cell: number, node: string): void {
    const { cells, slots } = this.#store.replica;
    cells.setHead(cell, slots.remove(cells.head(cell), this.#slot(cell, node)));
    this.#store.replica.settle(cell);
  }

  /** The whole state. */
  dropState(cell: number): void {
    this.#store.replica.cells.setHead(cell, 0);
    this.#store.replica.settle(cell);
  }

  /** The object that a slot, or the cell itself, stands for. */
  change(cell: number, change: (object: never) => unknown): void {
    const { cells, slots } = this.#store.replica;
    let slot = slots.find(cells.head(cell), CELL);
    if (slot === 0) slot = cells.head(cell);
    slots.setValue(slot, slots.hold(change(slots.object(slots.value(slot)) as never)));
  }

  #slot(cell: number, node: string): number {
    const { actors, cells, slots } = this.#store.replica;
    return slots.find(cells.head(cell), actors.find(node, 1) as number);
  }
}
