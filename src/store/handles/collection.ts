/** What handles share of keys whose parts have cells of their own: elements, members, fields. */
import { checkElement } from '../../base/element.js';
import { LIVE } from '../cells.js';
import { Handle } from './handle.js';

export abstract class CollectionHandle extends Handle {
  size(): number {
    return this.access.replica.collections.live(this.whole());
  }

  /** Remove all that is visible here. */
  clear(): void {
    for (const cell of this.access.replica.collections.elements(this.whole())) this.erase(cell);
  }

  /** Remove what is visible of a part here, if it is there. */
  protected abstract erase(cell: number): void;

  /** The key's cell, for what asks of all parts: whatever is below it is merged. */
  protected whole(): number {
    const root = this.readable();
    this.access.replica.resolveTree(root);
    return root;
  }

  /** The cell of a part of the key's own type, or 0. */
  protected part(name: string): number {
    const root = this.readable();
    if (root !== 0) return this.access.element(this.tag, root, name, false);
    checkElement(name);
    return 0;
  }

  /** The same for a write: made if need be. */
  protected writablePart(name: string): number {
    const root = this.readable();
    if (root !== 0) return this.access.element(this.tag, root, name, true);
    // What is refused leaves no key behind.
    checkElement(name);
    return this.access.element(this.tag, this.writable(), name, true);
  }

  protected isLive(cell: number): boolean {
    return (this.access.replica.cells.flags(cell) & LIVE) !== 0;
  }
}
