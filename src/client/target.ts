/**
 * What an operation is aimed at: one key of one type. A connection knows a target by a small number, its slot, so that a key
 * crosses the wire once and then costs a byte or two.
 *
 * Slots belong to one connection (its epoch) and there are at most `MAX_SLOTS` of them: the oldest definition gives way, and a
 * target that lost its slot is defined again when it is next used. Definition and use travel in the same stream, so the node
 * never sees a slot used for the wrong key.
 */
import { MAX_SLOTS } from '../base/limits.js';
import type { BatchWriter } from '../sync/client-message.js';
import type { HandleOptions } from '../sync/client-type.js';
import type { TypeName } from '../crdt/crdt.js';

export class Target {
  readonly type: TypeName;
  readonly key: string;
  readonly options: HandleOptions;
  /** Where the slot table keeps it; only the table writes here. */
  slot = -1;

  constructor(type: TypeName, key: string, options: HandleOptions) {
    this.type = type;
    this.key = key;
    this.options = options;
  }
}

/** The slots of one connection. */
export class SlotTable {
  readonly #targets: Target[] = [];
  #next = 0;

  /** The target's slot; `batch` gets the definition when it needs one. */
  slotOf(target: Target, batch: BatchWriter): number {
    if (this.#targets[target.slot] === target) return target.slot;
    const slot = this.#next;
    this.#next = slot + 1 === MAX_SLOTS ? 0 : slot + 1;
    this.#targets[slot] = target;
    target.slot = slot;
    batch.define(slot, target.type, target.key, target.options);
    return slot;
  }
}
