/**
 * One connection of a client: reads its batches, performs them on the store, answers.
 *
 * A batch is performed in one synchronous turn: its operations in order, then the session's result window, so that they reach
 * other regions together. Writes at or below the session's `done` are not performed again. An operation that is refused is
 * refused alone, whatever it made the node throw; a message that cannot be read ends the connection, since what follows it cannot
 * be trusted.
 *
 * A socket that is full is not read from until it drains: a client that asks without listening waits, and costs no memory.
 * Answers that fill the socket in the middle of a batch put the rest of it off too; what was done up to there is one step,
 * the rest another.
 */
import type { WebSocket } from 'ws';
import { MerganserError } from '../base/error.js';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_SLOTS, MAX_SUBSCRIPTIONS } from '../base/limits.js';
import type { TypeName } from '../crdt/crdt.js';
import type { Store } from '../store/store.js';
import type { AnswerWriter } from '../sync/client-answer.js';
import {
  type ClientHello,
  type ClientMessageHandler,
  readClientMessage,
  type UnreadItems,
} from '../sync/client-message.js';
import { isShare } from '../sync/client-operation.js';
import type { Operation } from '../sync/client-shape.js';
import type { HandleOptions } from '../sync/client-type.js';
import { type ClientSession, meaning, type SessionCarrier } from './client-sessions.js';
import { Outlet } from './client-outlet.js';
import type { DurabilityWaiter } from './durability.js';
import type { Faults } from './faults.js';
import type { NodeLog } from './log.js';
import { checkType, performRead, performWrite, Slot } from './operations.js';
import type { Topic, Topics } from './topics.js';

export interface GatewayIdentity {
  readonly node: string;
  readonly region: string;
  readonly incarnation: number;
}

/** What all connections share: the gateway. */
export interface ConnectionHost {
  readonly store: Store;
  readonly identity: GatewayIdentity;
  readonly topics: Topics;
  readonly log: NodeLog;
  readonly faults: Faults;
  /** Finds the session and lets this connection carry it. Errors: NOT_READY. */
  enter(hello: ClientHello, connection: ClientConnection): { readonly session: ClientSession; readonly known: boolean };
  bye(session: ClientSession, connection: ClientConnection): void;
  lost(session: ClientSession, connection: ClientConnection): void;
  /** Answers through `durable` once so many other regions hold what has been written up to now. */
  awaitDurability(regions: number, connection: ClientConnection, from: number, to: number): void;
  /** An operation of so many bytes was new. */
  wrote(bytes: number): void;
  /** The connection has something to send when the step comes. */
  wantsPush(connection: ClientConnection): void;
}

interface Received {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

interface Subscribed {
  readonly id: number;
  readonly topic: Topic;
  /** What was sent last. */
  sent: Uint8Array | undefined;
  changed(): void;
}

export class ClientConnection implements ClientMessageHandler, SessionCarrier, DurabilityWaiter {
  readonly #gateway: ConnectionHost;
  readonly #out: Outlet;
  readonly #answers: AnswerWriter;
  readonly #slots: Slot[] = [];
  readonly #subscribed = new Map<number, Subscribed>();
  /** Subscriptions whose value may have changed since it was sent. */
  readonly #changed = new Set<Subscribed>();
  #session: ClientSession | undefined;
  /** What is left of the batch that found no more room for its answers, and what came behind it. */
  #unread: UnreadItems | undefined;
  #behind: Received[] = [];
  #over = false;
  /** Something was heard since the last sweep. */
  heard = true;
  #first = 0;
  #next = 0;
  #durable = 0;
  #performed = false;

  constructor(gateway: ConnectionHost, socket: WebSocket) {
    this.#gateway = gateway;
    this.#out = new Outlet(socket, {
      progressed: () => {
        this.heard = true;
      },
      drained: () => this.#goOn(),
    });
    this.#answers = this.#out.answers;
  }

  get welcomed(): boolean {
    return this.#session !== undefined;
  }

  get subscriptions(): number {
    return this.#subscribed.size;
  }

  receive(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#over) return;
    this.heard = true;
    this.#out.heard(bytes.length);
    // What had come before the socket was paused is still handed over.
    if (this.#out.full) this.#behind.push({ bytes, isBinary });
    else this.#perform(() => this.#read({ bytes, isBinary }));
  }

  more(): boolean {
    this.#out.sendIfMany();
    return !this.#out.full;
  }

  /** Reads items, and ends the step: what was written, and the session's window, are one. */
  #perform(read: () => UnreadItems | undefined): void {
    const refusal = this.#attempt(() => {
      this.#unread = undefined;
      this.#unread = read();
    });
    const trouble = this.#attempt(() => this.#endStep());
    if (refusal !== undefined) this.fail(refusal);
    else if (trouble !== undefined) this.fail(trouble);
    else this.push();
  }

  #attempt(step: () => void): MerganserError | undefined {
    try {
      step();
      return undefined;
    } catch (error) {
      return this.#gateway.faults.answer(error);
    }
  }

  #read({ bytes, isBinary }: Received): UnreadItems | undefined {
    if (!isBinary) throw new MerganserError('MALFORMED_MESSAGE', 'messages are binary; use the SDK');
    if (bytes.length > MAX_CLIENT_MESSAGE_BYTES) {
      throw new MerganserError('MESSAGE_TOO_LARGE', `${bytes.length} bytes; the limit is ${MAX_CLIENT_MESSAGE_BYTES}`);
    }
    return readClientMessage(bytes, this);
  }

  /** There is room again: first what was put off, in order, then the values that changed. */
  #goOn(): void {
    while (!this.#over && !this.#out.full) {
      const unread = this.#unread;
      const next = unread === undefined ? this.#behind.shift() : undefined;
      if (unread !== undefined) this.#perform(() => unread.read(this));
      else if (next !== undefined) this.#perform(() => this.#read(next));
      else break;
    }
    this.push();
  }

  hello(hello: ClientHello): void {
    if (this.#session !== undefined) throw new MerganserError('MALFORMED_MESSAGE', 'a second hello');
    const { session, known } = this.#gateway.enter(hello, this);
    session.acknowledge(hello.acked);
    this.#session = session;
    this.#answers.welcome({
      ...this.#gateway.identity,
      done: session.done,
      known,
      failures: session.unacknowledgedFailures(),
    });
  }

  batch(first: number, acked: number, durable: number): void {
    this.#welcomedSession().acknowledge(acked);
    this.#first = this.#next = first;
    this.#durable = durable;
  }

  define(slot: number, type: TypeName, key: string, options: HandleOptions): void {
    if (slot >= MAX_SLOTS || slot > this.#slots.length)
      throw new MerganserError('MALFORMED_MESSAGE', `slot ${slot} is out of order`);
    this.#slots[slot] = new Slot(type, key, options);
  }

  write(operation: Operation, bytes: number): void {
    const session = this.#session as ClientSession;
    const slot = this.#slot(operation);
    const seq = this.#next;
    // Before it counts as seen: the window has to hold what comes of it.
    if (seq > session.done && session.failures.full) {
      throw new MerganserError('QUEUE_FULL', 'too many refused writes are not acknowledged yet');
    }
    this.#next = seq + 1;
    if (seq <= session.done) {
      const code = session.failures.codeOf(seq);
      if (code !== undefined) this.#answers.failed(seq, code, meaning(code));
      return;
    }
    this.#performed = true;
    session.done = seq;
    this.#gateway.wrote(bytes);
    try {
      if (isShare(operation.code)) session.writeShare(slot, operation);
      else performWrite(this.#gateway.store, slot, operation);
    } catch (error) {
      const { code, message } = this.#gateway.faults.answer(error);
      session.failures.add(seq, code);
      this.#answers.failed(seq, code, message);
    }
  }

  read(id: number, operation: Operation): void {
    const slot = this.#slot(operation);
    try {
      this.#answers.reply(id, performRead(this.#gateway.store, slot, operation));
    } catch (error) {
      const { code, message } = this.#gateway.faults.answer(error);
      this.#answers.refused(id, code, message);
    }
  }

  subscribe(id: number, operation: Operation): void {
    const slot = this.#slot(operation);
    try {
      if (this.#subscribed.size >= MAX_SUBSCRIPTIONS) {
        throw new MerganserError('TOO_MANY_SUBSCRIPTIONS', `this connection has ${this.#subscribed.size}`);
      }
      if (this.#subscribed.has(id)) throw new MerganserError('BAD_ARGUMENT', `subscription ${id} is open already`);
      const topic = this.#gateway.topics.open(slot, operation);
      const subscribed: Subscribed = { id, topic, sent: undefined, changed: () => this.#mark(subscribed) };
      topic.add(subscribed);
      this.#subscribed.set(id, subscribed);
      this.#mark(subscribed);
    } catch (error) {
      const { code, message } = this.#gateway.faults.answer(error);
      this.#answers.ended(id, code, message);
    }
  }

  unsubscribe(id: number): void {
    const subscribed = this.#subscribed.get(id);
    if (subscribed !== undefined) this.#leave(subscribed);
  }

  confirm(from: number, to: number): void {
    const session = this.#welcomedSession();
    if (to > session.done) throw new MerganserError('MALFORMED_MESSAGE', `write ${to} was not done here`);
    if (this.#durable === 1 && to <= session.doneElsewhere) this.#answers.result(from, to);
    else this.#answerWhenDurable(from, to);
  }

  restate(operation: Operation): void {
    const slot = this.#slot(operation);
    try {
      this.#welcomedSession().writeShare(slot, operation);
    } catch (error) {
      const { code } = this.#gateway.faults.answer(error);
      this.#gateway.log.warn({ key: slot.key, code }, 'a session could not restate what it had put in');
    }
  }

  ping(): void {
    this.#answers.pong();
  }

  bye(): void {
    const session = this.#welcomedSession();
    this.#session = undefined;
    this.#gateway.bye(session, this);
  }

  superseded(): void {
    this.#session = undefined;
    this.fail(new MerganserError('SESSION_TAKEN', 'another connection carries this session now'));
  }

  durable(from: number, to: number): void {
    this.#answers.result(from, to);
    this.#gateway.wantsPush(this);
  }

  /** Sends the answers so far and, as far as the socket takes them, the values that changed. */
  push(): void {
    if (this.#over) return;
    for (const subscribed of this.#changed) {
      if (this.#out.full) break;
      this.#changed.delete(subscribed);
      this.#write(subscribed);
      this.#out.sendIfMany();
    }
    this.#out.send();
  }

  /** Says why, and closes. */
  fail(error: MerganserError): void {
    if (this.#over) return;
    this.#end();
    this.#out.fail(error);
  }

  /** Asks whether anybody is there. */
  probe(): void {
    this.heard = false;
    this.#out.probe();
  }

  terminate(): void {
    this.#out.terminate();
  }

  /** The socket is gone. */
  closed(): void {
    this.#end();
    for (const subscribed of this.#subscribed.values()) this.#leave(subscribed);
    if (this.#session !== undefined) this.#gateway.lost(this.#session, this);
    this.#session = undefined;
  }

  /** Nothing is read any more. */
  #end(): void {
    this.#over = true;
    this.#unread = undefined;
    this.#behind = [];
  }

  #welcomedSession(): ClientSession {
    if (this.#session === undefined) throw new MerganserError('MALFORMED_MESSAGE', 'the first message is a hello');
    return this.#session;
  }

  #slot(operation: Operation): Slot {
    const slot = this.#slots[operation.slot];
    if (slot === undefined) throw new MerganserError('MALFORMED_MESSAGE', `slot ${operation.slot} was not defined`);
    checkType(slot, operation.code);
    return slot;
  }

  /** Errors: QUEUE_FULL, and what was done is not answered: a client that returns asks again. */
  #endStep(): void {
    const [from, to] = [this.#first, this.#next - 1];
    this.#first = this.#next;
    if (this.#performed) {
      this.#performed = false;
      this.#session?.save();
    }
    if (to >= from) this.#answerWhenDurable(from, to);
  }

  #answerWhenDurable(from: number, to: number): void {
    if (this.#durable === 0) this.#answers.result(from, to);
    else this.#gateway.awaitDurability(this.#durable, this, from, to);
  }

  #mark(subscribed: Subscribed): void {
    this.#changed.add(subscribed);
    this.#gateway.wantsPush(this);
  }

  #leave(subscribed: Subscribed): void {
    this.#subscribed.delete(subscribed.id);
    this.#changed.delete(subscribed);
    this.#gateway.topics.leave(subscribed.topic, subscribed);
  }

  #write(subscribed: Subscribed): void {
    try {
      const value = subscribed.topic.value();
      if (value === subscribed.sent) return;
      subscribed.sent = value;
      this.#answers.encoded(subscribed.id, value);
    } catch (error) {
      const { code, message } = this.#gateway.faults.answer(error);
      this.#answers.ended(subscribed.id, code, message);
      this.#leave(subscribed);
    }
  }
}
