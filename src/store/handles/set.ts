/** Set of strings; of a concurrent add and remove of one element, the add wins (crdt/set.ts). */
import * as type from '../../crdt/set.js';
import type { Access } from '../access.js';
import { CollectionHandle } from './collection.js';

export class SetHandle extends CollectionHandle {
  constructor(access: Access, key: string) {
    super(access, key, type.set.tag);
  }

  /** Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT. Adding what is there protects it against concurrent removals. */
  add(element: string): void {
    const { slots, self } = this.access.replica;
    const cell = this.writablePart(element);
    this.access.mutate(cell, (head, dot) => type.add(slots, head, self, dot));
  }

  /** Remove what is visible here; an add elsewhere that this replica has not seen survives. */
  delete(element: string): void {
    const cell = this.part(element);
    if (cell !== 0) this.erase(cell);
  }

  has(element: string): boolean {
    const cell = this.part(element);
    return cell !== 0 && this.isLive(cell);
  }

  /** All elements, in no particular order. */
  values(): string[] {
    const parent = this.whole();
    const { cells, collections } = this.access.replica;
    const live = collections.elements(parent).filter((cell) => this.isLive(cell));
    return live.map((cell) => cells.name(cell));
  }

  protected override erase(cell: number): void {
    if (!this.isLive(cell)) return;
    const { slots, self } = this.access.replica;
    this.access.mutate(cell, (head, dot) => type.remove(slots, head, self, dot));
  }
}
