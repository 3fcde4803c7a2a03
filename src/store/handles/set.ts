/** Set of strings; of a concurrent add and remove of one element, the add wins (crdt/set.ts). */
import { LIVE } from '../cells.js';
import * as type from '../../crdt/set.js';
import type { Access } from '../access.js';
import { Handle } from './handle.js';

export class SetHandle extends Handle {
  constructor(access: Access, key: string) {
    super(access, key, type.set.tag);
  }

  /** Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT. Adding what is there protects it against concurrent removals. */
  add(element: string): void {
    const { slots, self } = this.access.replica;
    const cell = this.access.element(type.set.tag, this.writable(), element, true);
    this.access.mutate(cell, (head, dot) => type.add(slots, head, self, dot));
  }

  /** Remove what is visible here; an add elsewhere that this replica has not seen survives. */
  delete(element: string): void {
    const parent = this.readable();
    const cell = parent === 0 ? 0 : this.access.element(type.set.tag, parent, element, false);
    if (cell !== 0) this.#remove(cell);
  }

  has(element: string): boolean {
    const parent = this.readable();
    if (parent === 0) return false;
    const cell = this.access.element(type.set.tag, parent, element, false);
    return cell !== 0 && this.#live(cell);
  }

  /** All elements, in no particular order. */
  values(): string[] {
    const parent = this.#whole();
    const { cells, collections } = this.access.replica;
    const live = collections.elements(parent).filter((cell) => this.#live(cell));
    return live.map((cell) => cells.name(cell));
  }

  size(): number {
    return this.access.replica.collections.live(this.#whole());
  }

  clear(): void {
    for (const cell of this.access.replica.collections.elements(this.#whole())) this.#remove(cell);
  }

  /** For what asks of all elements. */
  #whole(): number {
    const parent = this.readable();
    this.access.replica.resolveTree(parent);
    return parent;
  }

  #live(cell: number): boolean {
    return (this.access.replica.cells.flags(cell) & LIVE) !== 0;
  }

  #remove(cell: number): void {
    if (!this.#live(cell)) return;
    const { slots, self } = this.access.replica;
    this.access.mutate(cell, (head, dot) => type.remove(slots, head, self, dot));
  }
}
