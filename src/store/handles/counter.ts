/** Counter: integers that are added to everywhere at once and lose nothing (crdt/counter.ts). */
import * as type from '../../crdt/counter.js';
import type { Access } from '../access.js';
import { LIVE } from '../cells.js';
import { Handle } from './handle.js';

export class Counter extends Handle {
  constructor(access: Access, key: string) {
    super(access, key, type.counter.tag);
  }

  /** Add a safe integer. Errors: BAD_ARGUMENT, COUNTER_OVERFLOW (nothing changed), TYPE_CONFLICT. */
  increment(n = 1): void {
    if (!this.access.addAtOnce(this.kept, n)) this.access.incrementCell(this.writable(), n);
  }

  decrement(n = 1): void {
    this.increment(-n);
  }

  value(): number {
    return type.value(this.access.replica.slots, this.head);
  }

  /** Back to zero as far as this replica has seen; increments made elsewhere at the same time survive exactly. */
  reset(): void {
    const cell = this.readable();
    const { cells, slots, self } = this.access.replica;
    if (cell === 0 || (cells.flags(cell) & LIVE) === 0) return;
    this.access.mutate(cell, (head, dot) => type.reset(slots, head, self, dot));
  }

  /** As `reset`: a counter that nobody has added to since does not exist. */
  delete(): void {
    this.reset();
  }
}
