/**
 * Undoing: before a cell is first changed inside a transaction, a copy of its state is put aside. On success the copies are
 * given back; on a throw they are put in place and the dots are taken back, so that nothing shows that it ever ran.
 */
import type { Replica } from './replica.js';

export class Undo {
  #replica: Replica;
  #dot: number;
  #saved = new Map<number, number>();

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#dot = replica.vv.get(replica.self);
  }

  /** Call before the cell's state changes. */
  save(cell: number): void {
    if (this.#saved.has(cell)) return;
    const { cells, slots } = this.#replica;
    const head = cells.head(cell);
    // The copy must not stand in a record: it goes on to the cell's state while the state itself is given back.
    slots.home = 0;
    this.#saved.set(cell, head === 0 ? 0 : this.#replica.type(cell).clone(slots, head));
  }

  commit(): void {
    const { slots } = this.#replica;
    for (const [cell, copy] of this.#saved) if (copy !== 0) this.#replica.type(cell).free(slots, copy);
  }

  rollback(): void {
    const { cells, slots, vv, self } = this.#replica;
    for (const [cell, copy] of this.#saved) {
      const head = cells.head(cell);
      if (head !== 0) this.#replica.type(cell).free(slots, head);
      cells.setHead(cell, copy);
      this.#replica.settle(cell);
    }
    vv.set(self, this.#dot);
  }
}
