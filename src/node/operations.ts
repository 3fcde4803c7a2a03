/**
 * What each client operation does to the store: one function for writes, one for reads, both by the table of methods, and the slot
 * that keeps the handle between them. Here a wrong pair of operation and type is refused; everything else the store itself judges.
 */
import { assert } from '../base/assert.js';
import { MerganserError } from '../base/error.js';
import { MAX_KEY_BYTES } from '../base/limits.js';
import type { TypeName } from '../crdt/crdt.js';
import { dataTypeOf, type Share } from '../store/data-type.js';
import type { Store } from '../store/store.js';
import { Op, perform, typeOf } from '../sync/client-operation.js';
import type { Operation } from '../sync/client-shape.js';
import type { HandleOptions } from '../sync/client-type.js';

/** A key that a connection has given a number to. The store's handle is opened when it is first needed. */
export class Slot {
  readonly type: TypeName;
  readonly key: string;
  readonly options: HandleOptions;
  /** How long a key over the limit was; the key itself is not kept. */
  readonly #tooLong: number;
  #handle: unknown;

  constructor(type: TypeName, key: string, options: HandleOptions) {
    this.type = type;
    this.#tooLong = key.length > MAX_KEY_BYTES ? key.length : 0;
    this.key = this.#tooLong > 0 ? '' : key;
    this.options = options;
  }

  /** The store's handle. Errors: BAD_KEY, KEY_TOO_LONG, BAD_ARGUMENT (the options). */
  handle(store: Store): unknown {
    return (this.#handle ??= store.open(this.type, this.#name(), this.options));
  }

  /** What a session puts in. Errors: as `handle`. */
  newShare(store: Store): Share {
    const { share } = dataTypeOf(this.type);
    assert(share !== undefined, 'only of types with shares there are operations on them');
    return share(this.handle(store));
  }

  /** Deletes whatever lives under the name, but a gauge and the like: that is other clients' as well. */
  delete(store: Store): void {
    const name = this.#name();
    const type = store.type(name);
    if (type !== undefined && dataTypeOf(type).share !== undefined) {
      throw new MerganserError(
        'BAD_ARGUMENT',
        `"${name}" is a ${type}: each share ends with its owner; take back your own`,
      );
    }
    store.delete(name);
  }

  /** The key, if clients may touch it: the reserved names hold their sessions. */
  #name(): string {
    if (this.#tooLong > 0) {
      const message = `the key has ${this.#tooLong} characters; the limit is ${MAX_KEY_BYTES} bytes`;
      throw new MerganserError('KEY_TOO_LONG', message);
    }
    if (this.key === '' || this.key.startsWith('\u0000'))
      throw new MerganserError('BAD_KEY', 'the key is empty or reserved');
    return this.key;
  }
}

/** Throws MALFORMED_MESSAGE when the slot is of another type than the operation is for: no SDK sends that. */
export function checkType(slot: Slot, code: number): void {
  const needed = typeOf(code);
  if (needed !== undefined && needed !== slot.type) {
    throw new MerganserError('MALFORMED_MESSAGE', `operation ${code} is for a ${needed}, the slot is a ${slot.type}`);
  }
}

/** Shares are not here: they are the session's to keep (see client-sessions.ts). */
export function performWrite(store: Store, slot: Slot, operation: Operation): void {
  if (operation.code === Op.delete) slot.delete(store);
  else perform(slot.handle(store), operation);
}

export function performRead(store: Store, slot: Slot, operation: Operation): unknown {
  return perform(typeOf(operation.code) === undefined ? store : slot.handle(store), operation);
}
