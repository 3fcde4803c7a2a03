/**
 * What each client operation does to the store: one function for writes, one for reads, and the slot that keeps the handle
 * between them. Here a wrong pair of operation and type is refused; everything else the store itself judges.
 */
import { MerganserError } from '../base/error.js';
import { MAX_KEY_BYTES } from '../base/limits.js';
import type { TypeName } from '../crdt/crdt.js';
import type { Counter } from '../store/handles/counter.js';
import type { Gauge } from '../store/handles/gauge.js';
import type { Log } from '../store/handles/log.js';
import type { Register } from '../store/handles/register.js';
import type { SetHandle } from '../store/handles/set.js';
import type { Window } from '../store/handles/window.js';
import type { Store } from '../store/store.js';
import type { HandleOptions } from '../sync/client-message.js';
import { Op, type Operation } from '../sync/client-operation.js';

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

  counter(store: Store): Counter {
    return (this.#handle ??= store.counter(this.#name())) as Counter;
  }

  gauge(store: Store): Gauge {
    return (this.#handle ??= store.gauge(this.#name())) as Gauge;
  }

  register(store: Store): Register {
    return (this.#handle ??= store.register(this.#name())) as Register;
  }

  set(store: Store): SetHandle {
    return (this.#handle ??= store.set(this.#name())) as SetHandle;
  }

  log(store: Store): Log {
    const [cap] = this.options;
    return (this.#handle ??= store.log(this.#name(), cap === undefined ? {} : { cap })) as Log;
  }

  window(store: Store): Window {
    const [bucket, keep] = this.options;
    const options = { ...(bucket !== undefined && { bucket }), ...(keep !== undefined && { keep }) };
    return (this.#handle ??= store.window(this.#name(), options)) as Window;
  }

  /** Deletes whatever lives under the name, but a gauge: that is other clients' shares as well. */
  delete(store: Store): void {
    const name = this.#name();
    if (store.type(name) === 'gauge') {
      throw new MerganserError(
        'BAD_ARGUMENT',
        `"${name}" is a gauge: each share ends with its owner; set your own to 0`,
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

/** The type whose handle an operation needs; the others (delete, keys) need only the name. */
const NEEDS: readonly (TypeName | undefined)[] = typesByOperation();

function typesByOperation(): readonly (TypeName | undefined)[] {
  const needs: (TypeName | undefined)[] = Array.from({ length: 64 }, () => undefined);
  const types: readonly TypeName[] = ['counter', 'gauge', 'register', 'set', 'log', 'window'];
  for (const [name, code] of Object.entries(Op)) needs[code] = types.find((type) => name.startsWith(type));
  return needs;
}

/** Throws MALFORMED_MESSAGE when the slot is of another type than the operation is for: no SDK sends that. */
export function checkType(slot: Slot, code: number): void {
  const needed = NEEDS[code];
  if (needed !== undefined && needed !== slot.type) {
    throw new MerganserError('MALFORMED_MESSAGE', `operation ${code} is for a ${needed}, the slot is a ${slot.type}`);
  }
}

/** Gauges are not here: a session's share of one is the session's to keep (see client-sessions.ts). */
export function performWrite(store: Store, slot: Slot, operation: Operation): void {
  switch (operation.code) {
    case Op.counterAdd:
      slot.counter(store).increment(operation.n);
      return;
    case Op.counterReset:
      slot.counter(store).reset();
      return;
    case Op.registerSet:
      slot.register(store).set(operation.value);
      return;
    case Op.setAdd:
      slot.set(store).add(operation.value as string);
      return;
    case Op.setDelete:
      slot.set(store).delete(operation.value as string);
      return;
    case Op.setClear:
      slot.set(store).clear();
      return;
    case Op.logAppend:
      slot.log(store).append(operation.value, operation.at === undefined ? {} : { at: operation.at });
      return;
    case Op.logClear:
      slot.log(store).clear();
      return;
    case Op.windowAdd:
      slot.window(store).add(operation.n, operation.at);
      return;
    case Op.delete:
      slot.delete(store);
      return;
    default:
      throw new MerganserError('MALFORMED_MESSAGE', `operation ${operation.code} is not a write`);
  }
}

export function performRead(store: Store, slot: Slot, operation: Operation): unknown {
  switch (operation.code) {
    case Op.counterValue:
      return slot.counter(store).value();
    case Op.gaugeValue:
      return slot.gauge(store).value();
    case Op.registerGet:
      return slot.register(store).get();
    case Op.registerValues:
      return slot.register(store).values();
    case Op.setHas:
      return slot.set(store).has(operation.value as string);
    case Op.setValues:
      return slot.set(store).values();
    case Op.setSize:
      return slot.set(store).size();
    case Op.logLast:
      return slot.log(store).last(operation.n);
    case Op.logSince:
      return slot.log(store).since(operation.value as string);
    case Op.logSize:
      return slot.log(store).size();
    case Op.windowSum:
      return slot.window(store).sum(operation.n, operation.at as number);
    case Op.windowSeries:
      return slot.window(store).series(operation.n, operation.at as number, operation.step);
    case Op.keys:
      return store.keys(operation.value as string);
    default:
      throw new MerganserError('MALFORMED_MESSAGE', `operation ${operation.code} is not a read`);
  }
}
