/** Document: text, maps and arrays that many edit at once, a Yjs document in every region (crdt/doc.ts). */
import * as Y from 'yjs';
import { checkFunction, isBytes } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import { MAX_VALUE_BYTES } from '../../base/limits.js';
import * as type from '../../crdt/doc.js';
import type { Access } from '../access.js';
import { docToJson, LiveDoc } from '../live-doc.js';
import { Handle } from './handle.js';

export class Doc extends Handle {
  readonly #live: LiveDoc;

  constructor(access: Access, key: string) {
    super(access, key, type.doc.tag);
    this.#live = new LiveDoc(() => access.nextClient());
  }

  /**
   * Change the document: `doc.getText('body').insert(0, 'Hello')`. What it does in one call is one update; if it throws nothing
   * is changed. Errors: what `change` throws, TRANSACTION_ASYNC, VALUE_TOO_LARGE, TYPE_CONFLICT.
   */
  transact<T>(change: (doc: Y.Doc) => T): T {
    checkFunction('what changes a document', change);
    this.#follow();
    const { result, update } = this.#live.change(change);
    if (update !== undefined) this.#write(update);
    return result;
  }

  /** Take an update of a Yjs client over, or what of it is new. Errors: BAD_VALUE, VALUE_TOO_LARGE, TYPE_CONFLICT. */
  apply(update: Uint8Array): void {
    checkSize(update);
    type.checkUpdate(update);
    this.#follow();
    const { update: news } = this.#live.change((doc) => Y.applyUpdate(doc, update));
    // Yjs tells nothing of what has to wait for what it builds on.
    const written = this.#live.isPending ? update : news;
    if (written !== undefined) this.#write(written);
  }

  /** Look at the document as it is now; it must not be changed there. */
  read<T>(look: (doc: Y.Doc) => T): T {
    checkFunction('what looks at a document', look);
    this.#follow();
    return look(this.#live.doc);
  }

  /** All of it as plain data, each root by its name; a text is a string. */
  toJSON(): Record<string, unknown> {
    return this.read(docToJson);
  }

  /** What a Yjs client with this state vector lacks, as an update; without one, everything. Errors: BAD_ARGUMENT. */
  update(stateVector?: Uint8Array): Uint8Array {
    if (stateVector !== undefined) type.checkStateVector(stateVector);
    return this.read((doc) => Y.encodeStateAsUpdate(doc, stateVector));
  }

  /**
   * Be told of what is new, as updates, each time the document is followed (any call here, for instance from a watch of the
   * key), and with `undefined` when it was deleted or taken back: then all of it counts no more. Returns the function that ends it.
   */
  observe(told: (update: Uint8Array | undefined) => void): () => void {
    checkFunction('an observer', told);
    const { onUpdate, onReset } = this.#live;
    const reset = (): void => told(undefined);
    onUpdate.add(told);
    onReset.add(reset);
    return () => {
      onUpdate.delete(told);
      onReset.delete(reset);
    };
  }

  /** Drop the document. Edits made elsewhere that have not seen this go with it. */
  delete(): void {
    const cell = this.readable();
    const { slots, self } = this.access.replica;
    if (cell === 0 || type.logs(slots, this.head).size === 0) return;
    this.access.mutate(cell, (head, dot) => type.clear(slots, head, self, dot));
  }

  #follow(): void {
    const { slots } = this.access.replica;
    const { head } = this;
    this.#live.follow({ generation: type.generation(slots, head), logs: type.logs(slots, head) });
  }

  /** Only now is there a cell: what changes the document may throw, or do nothing. */
  #write(update: Uint8Array): void {
    const { replica } = this.access;
    const { slots, self } = replica;
    try {
      checkSize(update);
      this.access.mutate(this.writable(), (head, dot) => {
        this.#live.wrote(self, { from: dot, dot, bytes: update });
        return type.append(slots, head, self, dot, update);
      });
    } catch (error) {
      this.#live.reset();
      throw error;
    }
  }
}

function checkSize(update: Uint8Array): void {
  if (!isBytes(update)) throw new MerganserError('BAD_VALUE', 'an update of a document is bytes (Uint8Array)');
  if (update.length > MAX_VALUE_BYTES)
    throw new MerganserError(
      'VALUE_TOO_LARGE',
      `the update has ${update.length} bytes; the limit is ${MAX_VALUE_BYTES}`,
    );
}
