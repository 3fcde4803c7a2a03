/**
 * The gateway: everything that clients share. Sessions, topics, the queue for durability, and the connections that have
 * something to be pushed.
 *
 * Invariants: no session is welcomed before the node is ready, because only then is what the store knows of it exact; pushes
 * leave once per step of the driver, after the frames to other regions.
 */
import type { WebSocket } from 'ws';
import { MerganserError } from '../base/error.js';
import type { Store } from '../store/store.js';
import type { ClientHello } from '../sync/client-message.js';
import { ClientConnection, type ConnectionHost, type GatewayIdentity } from './client-connection.js';
import { type ClientSession, ClientSessions, type SessionTimes } from './client-sessions.js';
import { DocRooms } from './doc-rooms.js';
import { DurabilityQueue } from './durability.js';
import type { Faults } from './faults.js';
import type { NodeLog } from './log.js';
import { socketTrouble } from './socket-trouble.js';
import type { NodeStatus } from './status.js';
import type { Timers } from './timers.js';
import { Topics } from './topics.js';

export interface GatewayOptions {
  readonly store: Store;
  readonly identity: GatewayIdentity;
  readonly timers: Timers;
  readonly times: SessionTimes;
  readonly log: NodeLog;
  readonly faults: Faults;
  /** How many other regions have acknowledged everything up to an own dot. */
  readonly covered: (dot: number) => number;
  readonly ready: () => boolean;
  /** Ready, but so recently that a peer may still bring a session's results. */
  readonly settling: () => boolean;
}

/** A client that has said nothing is probed after this, and given up after as long again. */
const SWEEP_MS = 15_000;

export class Gateway implements ConnectionHost {
  readonly store: Store;
  readonly identity: GatewayIdentity;
  readonly log: NodeLog;
  readonly faults: Faults;
  readonly topics: Topics;
  /** Documents that are edited at /doc/KEY. */
  readonly docs: DocRooms;
  readonly #options: GatewayOptions;
  readonly #sessions: ClientSessions;
  readonly #durability: DurabilityQueue;
  readonly #connections = new Set<ClientConnection>();
  #pushing = new Set<ClientConnection>();
  #stopSweeping: () => void;
  #stopping = false;
  #emptied: (() => void) | undefined;
  #writes = 0;
  #writeBytes = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.store = options.store;
    this.identity = options.identity;
    this.log = options.log;
    this.faults = options.faults;
    this.topics = new Topics(options.store);
    this.docs = new DocRooms(options);
    this.#sessions = new ClientSessions({ ...options, wall: Date.now });
    this.#durability = new DurabilityQueue(options.covered);
    this.#stopSweeping = options.timers.after(SWEEP_MS, () => this.#sweep());
  }

  get counts(): NodeStatus['clients'] {
    const { size: connections } = this.#connections;
    const { size: topics } = this.topics;
    const [writes, writeBytes] = [this.#writes, this.#writeBytes];
    const { editors, documents } = this.docs;
    return {
      connections,
      sessions: this.#sessions.size,
      topics,
      editors,
      documents,
      writes,
      writeBytes,
      faults: this.faults.count,
    };
  }

  /** A WebSocket at /client. */
  accept(socket: WebSocket): void {
    const connection = new ClientConnection(this, socket);
    this.#connections.add(connection);
    socket.on('message', (data, isBinary) => connection.receive(data as Buffer, isBinary));
    socket.on('pong', () => {
      connection.heard = true;
    });
    socket.on('error', (error) => this.log.warn({ ...socketTrouble(error) }, 'a client connection failed'));
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.#pushing.delete(connection);
      this.#durability.forget(connection);
      connection.closed();
      if (this.#connections.size === 0) this.#emptied?.();
    });
    if (this.#stopping) connection.fail(new MerganserError('SHUTTING_DOWN', 'the node is stopping'));
  }

  enter(
    hello: ClientHello,
    connection: ClientConnection,
  ): { readonly session: ClientSession; readonly known: boolean } {
    if (!this.#options.ready()) throw new MerganserError('NOT_READY', 'the node is still joining its cluster');
    const { session, known } = this.#sessions.find(hello.session, hello.acked);
    if (hello.resumed && !known && !session.found && this.#options.settling()) {
      throw new MerganserError('NOT_READY', 'the node has just started and does not know this session yet');
    }
    this.#sessions.enter(session, connection);
    // Under a dot of this node's own: whoever acknowledges that dot holds the session's earlier writes as well.
    if (!known && session.found) session.save();
    return { session, known };
  }

  bye(session: ClientSession, connection: ClientConnection): void {
    this.#sessions.bye(session, connection);
  }

  lost(session: ClientSession, connection: ClientConnection): void {
    this.#sessions.lost(session, connection);
  }

  awaitDurability(regions: number, connection: ClientConnection, from: number, to: number): void {
    this.#durability.wait(regions, this.store.dot, connection, from, to);
  }

  wrote(bytes: number): void {
    this.#writes++;
    this.#writeBytes += bytes;
  }

  wantsPush(connection: ClientConnection): void {
    this.#pushing.add(connection);
  }

  /** The last part of the driver's step: acknowledgements may have come, watchers have been told. */
  step(): void {
    this.#durability.check();
    if (this.#pushing.size === 0) return;
    const pushing = this.#pushing;
    this.#pushing = new Set();
    for (const connection of pushing) connection.push();
  }

  /** The node stops: every client is told to come back, here or elsewhere. */
  stop(): void {
    this.#stopping = true;
    this.#stopSweeping();
    this.#sessions.stop();
    const error = new MerganserError('SHUTTING_DOWN', 'the node is stopping');
    for (const connection of this.#connections) connection.fail(error);
    this.docs.stop();
  }

  /** Resolves once every client has gone; those who do not go in time are cut off. */
  async gone(timeoutMs: number): Promise<void> {
    await Promise.all([this.docs.gone(timeoutMs), this.#clientsGone(timeoutMs)]);
  }

  async #clientsGone(timeoutMs: number): Promise<void> {
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => {
        for (const connection of this.#connections) connection.terminate();
      }, timeoutMs);
      this.#emptied = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  #sweep(): void {
    for (const connection of this.#connections) {
      if (!connection.heard) connection.terminate();
      else connection.probe();
    }
    this.#stopSweeping = this.#options.timers.after(SWEEP_MS, () => this.#sweep());
  }
}
