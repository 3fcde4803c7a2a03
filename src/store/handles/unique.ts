/** Unique: about how many different elements were added (crdt/unique.ts). */
import { checkElement } from '../../base/element.js';
import * as type from '../../crdt/unique.js';
import type { Access } from '../access.js';
import { Handle } from './handle.js';

export class Unique extends Handle {
  constructor(access: Access, key: string) {
    super(access, key, type.unique.tag);
  }

  /** Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT. One that was added before writes nothing. */
  add(element: string): void {
    const text = checkElement(element);
    const cell = this.writable();
    const { slots, cells, self } = this.access.replica;
    if (!type.isNews(slots, cells.head(cell), text)) return;
    this.access.mutate(cell, (head, dot) => type.add(slots, head, self, dot, text));
  }

  /** How many different ones there are, ± 0.8 % (one standard error). */
  count(): number {
    return type.count(this.access.replica.slots, this.head);
  }

  /** Drop all of it; what is added elsewhere at the same time goes with it. */
  clear(): void {
    const { slots, self } = this.access.replica;
    const { liveCell } = this;
    if (liveCell !== 0) this.access.mutate(liveCell, (head, dot) => type.clear(slots, head, self, dot));
  }
}
