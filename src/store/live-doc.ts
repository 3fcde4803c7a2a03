/**
 * A Yjs document that follows a cell: the place where updates become text, maps and arrays. It is made when somebody looks and
 * caught up each time; what it holds is never sent, only the updates that it makes are.
 *
 * Invariants: it has applied exactly what the cell holds, or is made anew. Each one writes as a Yjs client of its own, which no other
 * life of a node, and no document that was given up, ever was: Yjs numbers what a client writes, as dots do.
 *
 * Cost: as the document in memory; catching up looks at the newest update of each actor.
 */
import * as Y from 'yjs';
import { MerganserError } from '../base/error.js';
import type { Written } from '../crdt/doc.js';

/** What it follows. */
export interface DocSource {
  /** Raised whenever what was there before counts no more. */
  readonly generation: number;
  /** actor → what it wrote, ascending by dot. */
  readonly logs: ReadonlyMap<number, readonly Written[]>;
}

export class LiveDoc {
  readonly #nextClient: () => number;
  #doc: Y.Doc;
  #generation = 0;
  #applied = new Map<number, number>();
  /** What was made here last, as it was written down. */
  #own: { readonly actor: number; readonly written: Written } | undefined;
  /** Told of whatever is new in the document, as an update. */
  readonly onUpdate: Set<(update: Uint8Array) => void> = new Set();
  /** Told when the document was begun anew: what was said of it counts no more. */
  readonly onReset: Set<() => void> = new Set();

  /** @param nextClient a number of 32 bits that no Yjs client has had */
  constructor(nextClient: () => number) {
    this.#nextClient = nextClient;
    this.#doc = this.#open();
  }

  get doc(): Y.Doc {
    return this.#doc;
  }

  /** Apply what came since the last time. */
  follow({ generation, logs }: DocSource): void {
    if (generation !== this.#generation || this.#isTakenBack(logs)) this.reset();
    this.#generation = generation;
    for (const [actor, log] of logs) {
      const known = this.#applied.get(actor) ?? 0;
      for (const { dot, bytes } of log.slice(log.findLastIndex((written) => written.dot <= known) + 1)) {
        this.#apply(bytes);
        this.#applied.set(actor, dot);
      }
    }
  }

  /**
   * Change it. Returns what `change` returns and the update that came of it, undefined if nothing did. If it throws the document is
   * begun anew, since Yjs keeps what was done before. Errors: what `change` throws; TRANSACTION_ASYNC.
   */
  change<T>(change: (doc: Y.Doc) => T): { readonly result: T; readonly update: Uint8Array | undefined } {
    const updates: Uint8Array[] = [];
    const note = (update: Uint8Array): void => void updates.push(update);
    this.onUpdate.add(note);
    try {
      const result = this.#doc.transact(() => change(this.#doc));
      if (typeof result === 'object' && result !== null && 'then' in result)
        throw new MerganserError('TRANSACTION_ASYNC', 'the function that changes a document returned a promise');
      return { result, update: updates.length > 1 ? Y.mergeUpdates(updates) : updates[0] };
    } catch (error) {
      this.reset();
      throw error;
    } finally {
      this.onUpdate.delete(note);
    }
  }

  /** What `change` made was written down. */
  wrote(actor: number, written: Written): void {
    this.#applied.set(actor, written.dot);
    this.#own = { actor, written };
  }

  /** Whether it waits for operations that what it has builds on. */
  get isPending(): boolean {
    return this.#doc.store.pendingStructs !== null || this.#doc.store.pendingDs !== null;
  }

  /** Begin anew with nothing. */
  reset(): void {
    this.#doc.destroy();
    this.#doc = this.#open();
    this.#applied = new Map();
    this.#own = undefined;
    for (const told of this.onReset) told();
  }

  #open(): Y.Doc {
    const client = this.#nextClient();
    // A name of its own choosing costs Yjs 31 random numbers.
    const doc = new Y.Doc({ guid: String(client) });
    doc.clientID = client;
    doc.on('update', (update: Uint8Array) => {
      for (const told of this.onUpdate) told(update);
    });
    return doc;
  }

  /** Whether a transaction was undone: a dot is gone, or stands for something else. */
  #isTakenBack(logs: DocSource['logs']): boolean {
    for (const [actor, dot] of this.#applied) if ((logs.get(actor)?.at(-1)?.dot ?? 0) < dot) return true;
    if (this.#own === undefined) return false;
    const { actor, written } = this.#own;
    const same = logs.get(actor)?.findLast(({ dot }) => dot === written.dot);
    return same?.from === written.dot && same.bytes !== written.bytes;
  }

  #apply(bytes: Uint8Array): void {
    try {
      Y.applyUpdate(this.#doc, bytes);
    } catch {
      // Each replica comes to the same: bytes that can be read and make no sense are none of the document.
    }
  }
}

/** All of it as plain data: each root by its name, a text as a string. What is empty and was never asked for by its kind is left out. */
export function docToJson(doc: Y.Doc): Record<string, unknown> {
  const roots = [...doc.share].map(([name, root]) => [name, rootToJson(root)] as const);
  // As own properties, whatever they are called.
  return Object.fromEntries(roots.filter(([, value]) => value !== undefined));
}

type Root = Y.Doc['share'] extends Map<string, infer T> ? T : never;

/** A root that came from elsewhere is of no kind until somebody here says which: what stands in it tells. */
function rootToJson(root: Root): unknown {
  const kind: unknown = root.constructor;
  if (kind !== Y.AbstractType) return toJson(root);
  if (root._map.size > 0) return mapToJson(root);
  let item = root._start;
  while (item !== null && item.content instanceof Y.ContentDeleted) item = item.right;
  if (item === null) return undefined;
  const { content } = item;
  if (content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed)
    return Y.Text.prototype.toString.call(root);
  if (content instanceof Y.ContentType && isXml(content.type))
    return Y.XmlFragment.prototype.toArray.call(root).map(String).join('');
  return Y.Array.prototype.map.call(root, toJson);
}

/** As Yjs does, but for a field called `__proto__`, which is one like the others. */
function toJson(value: unknown): unknown {
  if (value instanceof Y.Map) return mapToJson(value);
  if (value instanceof Y.Array) return value.map(toJson);
  return value instanceof Y.AbstractType ? value.toJSON() : value;
}

function mapToJson(map: Root | Y.Map<unknown>): Record<string, unknown> {
  const fields: [string, unknown][] = [];
  Y.Map.prototype.forEach.call(map, (value: unknown, name: string) => void fields.push([name, toJson(value)]));
  return Object.fromEntries(fields);
}

function isXml(type: unknown): boolean {
  return type instanceof Y.XmlElement || type instanceof Y.XmlText || type instanceof Y.XmlHook;
}
