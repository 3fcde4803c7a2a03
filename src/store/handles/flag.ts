/** Flag: on or off; of a concurrent enable and disable, the enable wins (crdt/flag.ts). */
import * as type from '../../crdt/flag.js';
import type { Access } from '../access.js';
import { LIVE } from '../cells.js';
import { Handle } from './handle.js';

export class Flag extends Handle {
  constructor(access: Access, key: string) {
    super(access, key, type.flag.tag);
  }

  /** Enabling what is on protects it against concurrent disables. Errors: TYPE_CONFLICT. */
  enable(): void {
    const { slots, self } = this.access.replica;
    this.access.mutate(this.writable(), (head, dot) => type.enable(slots, head, self, dot));
  }

  /** Off as far as this replica has seen; an enable elsewhere that it has not seen survives. Errors: TYPE_CONFLICT. */
  disable(): void {
    const cell = this.readable();
    if (!this.#isOn(cell)) return;
    const { slots, self } = this.access.replica;
    this.access.mutate(cell, (head, dot) => type.disable(slots, head, self, dot));
  }

  /** A flag that was never enabled is off, and does not exist. */
  enabled(): boolean {
    return this.#isOn(this.readable());
  }

  #isOn(cell: number): boolean {
    return cell !== 0 && (this.access.replica.cells.flags(cell) & LIVE) !== 0;
  }
}
