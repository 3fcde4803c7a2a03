/**
 * One document and those who edit it over a WebSocket, in the protocol of y-websocket (y-protocols: sync and awareness), so that
 * stock Yjs providers connect to `/doc/KEY`.
 *
 * Whatever an editor sends goes into the store first, and out to the others with what comes from other regions: there is one way for
 * all. An editor that does not read is disconnected; its provider comes back and asks for what it lacks.
 *
 * Awareness (who is there, where the cursor stands) is nobody's data: it lives as long as the connection (doc-awareness.ts).
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { WebSocket } from 'ws';
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { type ErrorCode, MerganserError } from '../base/error.js';
import type { Doc } from '../store/handles/doc.js';
import { checkStates, type DocAwareness, ELSEWHERE } from './doc-awareness.js';

const SYNC = 0;
const AWARENESS = 1;
const QUERY_AWARENESS = 3;

const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

/** Close codes: a provider does not come back after 4400 to 4499. */
const REFUSED = 4400;
const DELETED = 4410;
const TRY_AGAIN = 1013;

/** What an editor may leave unread. */
const MAX_UNREAD_BYTES = 16 << 20;

/** After these the same would happen again; anything else passes. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BAD_KEY',
  'BAD_VALUE',
  'KEY_TOO_LONG',
  'MALFORMED_MESSAGE',
  'TYPE_CONFLICT',
  'VALUE_TOO_LARGE',
]);

interface AwarenessChange {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

export class DocRoom {
  readonly #doc: Doc;
  readonly #awareness: Awareness;
  /** By socket the Yjs clients that it speaks for. */
  readonly #editors = new Map<WebSocket, Set<number>>();
  /** Editors at other nodes. */
  readonly #shared: DocAwareness | undefined;
  readonly #end: () => void;

  /**
   * Errors: TYPE_CONFLICT.
   * @param watch be told when the key changed; returns the function that ends it
   * @param share shows the awareness to other nodes, and theirs here
   */
  constructor(
    doc: Doc,
    watch: (changed: () => void) => () => void,
    share: (awareness: Awareness) => DocAwareness | undefined,
  ) {
    this.#doc = doc;
    const unobserve = doc.observe((update) => this.#changed(update));
    // The first look tells everything.
    doc.read(() => undefined);
    const unwatch = watch(() => doc.read(() => undefined));
    // It keeps a timer until it is destroyed: there is none of a room that was refused.
    this.#awareness = new Awareness(new Y.Doc());
    this.#awareness.setLocalState(null);
    this.#awareness.on('update', (change: AwarenessChange, origin: unknown) => this.#awarenessChanged(change, origin));
    this.#shared = share(this.#awareness);
    this.#end = () => {
      unwatch();
      unobserve();
    };
  }

  get size(): number {
    return this.#editors.size;
  }

  enter(socket: WebSocket): void {
    this.#editors.set(socket, new Set());
    this.#send(socket, SYNC, (e) => {
      encoding.writeVarUint(e, STEP_1);
      encoding.writeVarUint8Array(e, this.#doc.read(Y.encodeStateVector));
    });
    this.#sendAwareness(socket);
  }

  receive(socket: WebSocket, message: Uint8Array): void {
    try {
      this.#step(socket, decoding.createDecoder(message));
    } catch (error) {
      const known = error instanceof MerganserError;
      if (known && !FINAL.has(error.code)) socket.close(TRY_AGAIN, error.code);
      else socket.close(REFUSED, known ? error.code : 'MALFORMED_MESSAGE');
    }
  }

  leave(socket: WebSocket): void {
    const clients = this.#editors.get(socket) ?? [];
    this.#editors.delete(socket);
    removeAwarenessStates(this.#awareness, [...clients], socket);
  }

  close(code: number, reason: string): void {
    for (const socket of this.#editors.keys()) socket.close(code, reason);
  }

  /** Whoever has not said goodbye. */
  terminate(): void {
    for (const socket of this.#editors.keys()) socket.terminate();
  }

  end(): void {
    this.#end();
    this.#shared?.end();
    this.#awareness.destroy();
  }

  #step(socket: WebSocket, d: decoding.Decoder): void {
    const kind = decoding.readVarUint(d);
    if (kind === SYNC) this.#sync(socket, d);
    else if (kind === AWARENESS) this.#hear(socket, decoding.readVarUint8Array(d));
    else if (kind === QUERY_AWARENESS) this.#sendAwareness(socket);
    else throw new MerganserError('MALFORMED_MESSAGE', `there is no message of kind ${kind}`);
  }

  #hear(socket: WebSocket, update: Uint8Array): void {
    checkStates(update);
    applyAwarenessUpdate(this.#awareness, update, socket);
  }

  #sync(socket: WebSocket, d: decoding.Decoder): void {
    const step = decoding.readVarUint(d);
    const bytes = decoding.readVarUint8Array(d);
    if (step === STEP_2 || step === UPDATE) return this.#doc.apply(bytes.slice());
    if (step !== STEP_1) throw new MerganserError('MALFORMED_MESSAGE', `there is no step ${step} of a sync`);
    this.#send(socket, SYNC, (e) => {
      encoding.writeVarUint(e, STEP_2);
      encoding.writeVarUint8Array(e, this.#doc.update(bytes));
    });
  }

  /** Something is new in the document, from an editor here or from elsewhere; undefined: all that was there is gone. */
  #changed(update: Uint8Array | undefined): void {
    if (update === undefined) return this.close(DELETED, 'NOT_FOUND');
    this.#broadcast(SYNC, (e) => {
      encoding.writeVarUint(e, UPDATE);
      encoding.writeVarUint8Array(e, update);
    });
  }

  #awarenessChanged({ added, updated, removed }: AwarenessChange, origin: unknown): void {
    const clients = this.#editors.get(origin as WebSocket);
    for (const client of [...added, ...updated]) clients?.add(client);
    for (const client of removed) clients?.delete(client);
    if (origin !== ELSEWHERE) this.#shared?.changed([...added, ...updated, ...removed]);
    const changed = encodeAwarenessUpdate(this.#awareness, [...added, ...updated, ...removed]);
    this.#broadcast(AWARENESS, (e) => encoding.writeVarUint8Array(e, changed));
  }

  #sendAwareness(socket: WebSocket): void {
    const states = encodeAwarenessUpdate(this.#awareness, [...this.#awareness.getStates().keys()]);
    this.#send(socket, AWARENESS, (e) => encoding.writeVarUint8Array(e, states));
  }

  #broadcast(kind: number, write: (e: encoding.Encoder) => void): void {
    const message = messageOf(kind, write);
    for (const socket of this.#editors.keys()) deliver(socket, message);
  }

  #send(socket: WebSocket, kind: number, write: (e: encoding.Encoder) => void): void {
    deliver(socket, messageOf(kind, write));
  }
}

function messageOf(kind: number, write: (e: encoding.Encoder) => void): Uint8Array {
  const e = encoding.createEncoder();
  encoding.writeVarUint(e, kind);
  write(e);
  return encoding.toUint8Array(e);
}

function deliver(socket: WebSocket, message: Uint8Array): void {
  if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.close(TRY_AGAIN, 'SLOW_CONSUMER');
  else if (socket.readyState === socket.OPEN) socket.send(message);
}
