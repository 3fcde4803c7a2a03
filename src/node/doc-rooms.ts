/** The documents that are edited over WebSockets: a room for each, for as long as somebody is in it. */
import type { WebSocket } from 'ws';
import type { Awareness } from 'y-protocols/awareness';
import { MerganserError } from '../base/error.js';
import type { Store } from '../store/store.js';
import { DocAwareness } from './doc-awareness.js';
import { DocRoom } from './doc-room.js';
import type { Faults } from './faults.js';
import type { NodeLog } from './log.js';
import { socketTrouble } from './socket-trouble.js';

/** Close codes of RFC 6455, after which a provider comes back, and one after which it does not. */
const RESTARTING = 1012;
const REFUSED = 4400;

interface DocRoomsOptions {
  readonly store: Store;
  readonly log: NodeLog;
  readonly faults: Faults;
  readonly ready: () => boolean;
}

export class DocRooms {
  readonly #store: Store;
  readonly #log: NodeLog;
  readonly #faults: Faults;
  readonly #ready: () => boolean;
  readonly #rooms = new Map<string, DocRoom>();
  #stopping = false;
  #emptied: (() => void) | undefined;

  constructor({ store, log, faults, ready }: DocRoomsOptions) {
    this.#store = store;
    this.#log = log;
    this.#faults = faults;
    this.#ready = ready;
  }

  /** Who edits here. */
  get editors(): number {
    let editors = 0;
    for (const room of this.#rooms.values()) editors += room.size;
    return editors;
  }

  /** What is edited here. */
  get documents(): number {
    return this.#rooms.size;
  }

  /** A WebSocket at /doc/KEY. */
  accept(socket: WebSocket, key: string): void {
    socket.on('error', (error) => this.#log.warn({ key, ...socketTrouble(error) }, 'an editor failed'));
    if (this.#stopping || !this.#ready()) {
      socket.close(RESTARTING, this.#stopping ? 'SHUTTING_DOWN' : 'NOT_READY');
      return;
    }
    try {
      const room = this.#room(key);
      socket.on('message', (data) => room.receive(socket, new Uint8Array(data as Buffer)));
      socket.on('close', () => this.#faults.guard(() => this.#leave(key, room, socket)));
      room.enter(socket);
    } catch (error) {
      socket.close(REFUSED, this.#faults.answer(error).code);
    }
  }

  /** Editors are sent away; their providers go on elsewhere, or here when the node is back. */
  stop(): void {
    this.#stopping = true;
    for (const room of this.#rooms.values()) room.close(RESTARTING, 'SHUTTING_DOWN');
  }

  /** Resolves once nobody is left, or after so many milliseconds. */
  async gone(graceMs: number): Promise<void> {
    if (this.#rooms.size === 0) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => {
        for (const room of this.#rooms.values()) room.terminate();
        resolve();
      }, graceMs);
      this.#emptied = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  /** Errors: BAD_KEY, KEY_TOO_LONG, TYPE_CONFLICT. */
  #room(key: string): DocRoom {
    const known = this.#rooms.get(key);
    if (known !== undefined) return known;
    const doc = this.#store.doc(key);
    const room = new DocRoom(
      doc,
      (changed) => this.#store.watch('doc', key, () => this.#faults.guard(changed)),
      (awareness) => this.#shared(key, awareness),
    );
    this.#rooms.set(key, room);
    return room;
  }

  /** What becomes of the awareness of a document elsewhere; undefined: its name is too long for that. */
  #shared(key: string, awareness: Awareness): DocAwareness | undefined {
    try {
      return new DocAwareness(this.#store, key, awareness);
    } catch (error) {
      if (!(error instanceof MerganserError)) throw error;
      return undefined;
    }
  }

  #leave(key: string, room: DocRoom, socket: WebSocket): void {
    room.leave(socket);
    if (room.size > 0) return;
    room.end();
    this.#rooms.delete(key);
    if (this.#rooms.size === 0) this.#emptied?.();
  }
}
