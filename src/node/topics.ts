/**
 * What clients subscribe to. All who ask for the same thing of the same key share one topic: one watcher in the store, and one
 * encoding of the value per change, however many read it.
 *
 * Invariant: a subscriber is marked when the value may have changed and reads it when its socket has room; between the two
 * nothing is queued, so a slow reader costs one mark and skips what it was too slow for.
 */
import { Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import type { Store } from '../store/store.js';
import { encodeValue } from '../sync/client-answer.js';
import { Op, writeOperands } from '../sync/client-operation.js';
import type { Operation } from '../sync/client-shape.js';
import { writeDefinition } from '../sync/client-type.js';
import { performRead, Slot } from './operations.js';

export interface Subscriber {
  /** The value may have changed. */
  changed(): void;
}

export class Topic {
  readonly id: string;
  readonly #store: Store;
  readonly #slot: Slot;
  readonly #operation: Operation;
  readonly #subscribers = new Set<Subscriber>();
  readonly #unwatch: () => void;
  #encoded: Uint8Array | undefined;
  #stale = true;

  constructor(id: string, store: Store, slot: Slot, operation: Operation) {
    this.id = id;
    this.#store = store;
    this.#slot = slot;
    this.#operation = { ...operation };
    this.#unwatch = store.watch(slot.type, slot.key, () => this.#changed());
  }

  /** The value as it is now, encoded: the same array for as long as it is the same. Throws what the read throws, and VALUE_TOO_LARGE. */
  value(): Uint8Array {
    if (this.#stale) {
      const encoded = encodeValue(performRead(this.#store, this.#slot, this.#operation));
      if (this.#encoded === undefined || !equal(this.#encoded, encoded)) this.#encoded = encoded;
      this.#stale = false;
    }
    return this.#encoded as Uint8Array;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  /** Whether nobody is left. */
  remove(subscriber: Subscriber): boolean {
    this.#subscribers.delete(subscriber);
    return this.#subscribers.size === 0;
  }

  end(): void {
    this.#unwatch();
  }

  #changed(): void {
    this.#stale = true;
    for (const subscriber of this.#subscribers) subscriber.changed();
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export class Topics {
  readonly #store: Store;
  readonly #topics = new Map<string, Topic>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Different questions to watched keys. */
  get size(): number {
    return this.#topics.size;
  }

  /** The topic for a question to a key. Throws what the read throws. */
  open(slot: Slot, operation: Operation): Topic {
    if (operation.code === Op.keys) throw new MerganserError('BAD_ARGUMENT', 'a list of keys cannot be subscribed to');
    const id = nameOf(slot, operation);
    const known = this.#topics.get(id);
    if (known !== undefined) return known;
    // A read first: it refuses a name that is in use as another type.
    performRead(this.#store, slot, operation);
    const topic = new Topic(id, this.#store, new Slot(slot.type, slot.key, slot.options), operation);
    this.#topics.set(id, topic);
    return topic;
  }

  leave(topic: Topic, subscriber: Subscriber): void {
    if (!topic.remove(subscriber)) return;
    topic.end();
    this.#topics.delete(topic.id);
  }
}

/** What is asked, as it would be on the wire: there two questions are the same only if they are one. */
function nameOf(slot: Slot, operation: Operation): string {
  const writer = new Writer();
  writeDefinition(writer, slot);
  writer.byte(operation.code);
  writeOperands(writer, { ...operation, slot: 0 });
  return Buffer.from(writer.finish()).toString('latin1');
}
