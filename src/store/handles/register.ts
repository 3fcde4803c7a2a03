/** Register: one JSON-like value; the last writer wins by hybrid clock, and `values` shows what was written concurrently. */
import { handOut, normalise } from '../../base/value.js';
import * as type from '../../crdt/register.js';
import type { Access } from '../access.js';
import { Handle } from './handle.js';

export class Register<T = unknown> extends Handle {
  constructor(access: Access, key: string) {
    super(access, key, type.register.tag);
  }

  /** Errors: BAD_VALUE, VALUE_TOO_LARGE, TYPE_CONFLICT; nothing changed. */
  set(value: T): void {
    const kept = normalise(value);
    const { slots, self, clock } = this.access.replica;
    this.access.mutate(this.writable(), (head, dot) => type.assign(slots, head, self, dot, clock.next(), kept));
  }

  /** The value, deeply frozen, or undefined. */
  get(): T | undefined {
    return handOut(type.value(this.access.replica.slots, this.head)) as T | undefined;
  }

  /** Every concurrent value, the one that `get` shows first. */
  values(): T[] {
    return type.values(this.access.replica.slots, this.head).map(handOut) as T[];
  }

  /** Remove what is visible here; a concurrent write elsewhere survives. */
  delete(): void {
    const cell = this.readable();
    if (cell === 0 || this.get() === undefined) return;
    const { slots, self } = this.access.replica;
    this.access.mutate(cell, (head, dot) => type.clear(slots, head, self, dot));
  }
}
