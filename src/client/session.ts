/**
 * One session: what a client has asked, numbered, and what it knows of the answers. It outlives connections.
 *
 * All calls of one turn of the event loop leave in one batch, also when they had to wait for a connection. A write keeps its
 * number for ever; after a reconnect the node says which number it has seen last, and exactly the unanswered writes above it
 * are sent again, in order, among the reads they stood between. An unanswered write at or below it is done: if it asked for
 * durability, only that is asked again.
 *
 * Invariants: numbers leave in order, without a hole; a batch asks for one durability; at most `maxQueued` operations wait.
 */
import { MerganserError, isErrorCode } from '../base/error.js';
import type { NodeMessageHandler, Welcome } from '../sync/client-answer.js';
import { BatchWriter, encodeBye, encodeHello, CLIENT_PROTOCOL } from '../sync/client-message.js';
import { isShare } from '../sync/client-operation.js';
import type { Operation } from '../sync/client-shape.js';
import { PendingWrites, Read, Write } from './pending.js';
import { Shares } from './shares.js';
import { checkSession, type SessionOptions, wrongRegions } from './connect-options.js';
import { type Subscription, SubscriptionTable } from './subscriptions.js';
import { SlotTable, type Target } from './target.js';

/** What a session needs of a connection. */
export interface Wire {
  send(bytes: Uint8Array): void;
  /** Bytes handed over that have not left this process. */
  readonly buffered: number;
}

/** What a session tells the client around it. */
export interface SessionEvents {
  welcomed(welcome: Welcome, missing: number): void;
  fatal(error: MerganserError): void;
  trouble(error: Error): void;
  /** There is something to send; call `flush` when this turn is over. */
  wake(): void;
  /** The wire is full; call `flush` again soon. */
  full(): void;
}

type Item = Write | Read | Subscription;

/** A batch is cut at the first end of a turn after this: small enough that a node's turn stays short. */
const BATCH_BYTES = 64 * 1024;
/** A turn that is longer than this is cut in the middle: a node takes no message of any size. */
const TURN_BYTES = 1024 * 1024;
/** Past this the socket is let breathe, so that memory stays with the queue's bound and not with the socket's. */
const BUFFERED_BYTES = 1024 * 1024;

let resolveLast: (value: never) => void;
let rejectLast: (error: Error) => void;
/** One executor for all promises: no closure per operation. */
function capture(resolve: (value: never) => void, reject: (error: Error) => void): void {
  resolveLast = resolve;
  rejectLast = reject;
}

export class Session implements NodeMessageHandler {
  readonly id: string;
  readonly durable: number;
  readonly #durableMs: number;
  readonly #maxQueued: number;
  readonly #events: SessionEvents;
  readonly #writes = new PendingWrites();
  readonly #reads = new Map<number, Read>();
  readonly #shares = new Shares();
  readonly #subscriptions: SubscriptionTable;
  #outbox: Item[] = [];
  #slots = new SlotTable();
  #wire: Wire | undefined;
  #welcomed = false;
  #resumed = false;
  /** Who welcomed this session last. */
  #welcomer = '';
  #closed: MerganserError | undefined;
  #awake = false;
  #lastRead = 0;
  #lastOrder = 0;
  /** The number of this turn of the event loop, among those in which something was asked. */
  #turn = 0;
  #highestAnswered = 0;
  #idle: (() => void)[] = [];

  /** Errors: BAD_ARGUMENT. */
  constructor(id: string, options: SessionOptions, events: SessionEvents) {
    checkSession(id, options);
    this.id = id;
    this.durable = options.durable;
    this.#durableMs = options.durableTimeout;
    this.#maxQueued = options.maxQueued;
    this.#events = events;
    this.#subscriptions = new SubscriptionTable((error) => events.trouble(error));
  }

  /** Operations whose answer is awaited. */
  get queued(): number {
    return this.#writes.size + this.#reads.size;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** The number of the last write, and of the last one before which everything is answered. */
  get position(): { readonly last: number; readonly acked: number } {
    return { last: this.#writes.next - 1, acked: this.#writes.acked };
  }

  /** A connection is open: say who is calling. Nothing else is sent before the welcome. */
  attach(wire: Wire): void {
    this.#wire = wire;
    this.#welcomed = false;
    wire.send(
      encodeHello({
        version: CLIENT_PROTOCOL,
        session: this.id,
        acked: this.#writes.acked,
        resumed: this.#resumed && this.#writes.next > 1,
      }),
    );
  }

  detach(): void {
    this.#wire = undefined;
    this.#welcomed = false;
  }

  /** The session is over: the node may forget it. */
  sayBye(): void {
    if (this.#welcomed) this.#wire?.send(encodeBye());
  }

  /** No operation is accepted any more, and those that wait fail. */
  close(error: MerganserError): void {
    this.#closed = error;
    this.#outbox = [];
    for (const write of this.#writes.unanswered()) {
      write.answered = true;
      write.reject(error);
    }
    for (const read of this.#reads.values()) read.reject(error);
    this.#reads.clear();
    this.#subscriptions.clear();
    this.#settled();
  }

  /** Resolves once nothing waits for an answer. */
  idle(): Promise<void> {
    if (this.queued === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  write(
    target: Target,
    code: number,
    durable: number | undefined,
    n: number,
    value: unknown,
    at: number | undefined,
    name = '',
  ): Promise<void> {
    const regions = durable === undefined ? this.durable : durable;
    const refusal = this.#refusal() ?? wrongRegions(regions);
    if (refusal !== undefined) return Promise.reject(refusal);
    const write = new Write(target, code, this.#writes.next, regions, n, value, at, name);
    const promise = new Promise<void>(capture);
    write.resolve = resolveLast as () => void;
    write.reject = rejectLast;
    if (regions > 0) write.expireAfter(this.#durableMs);
    this.#writes.push(write);
    if (isShare(code)) this.#shares.asked(write);
    this.#enqueue(write);
    return promise;
  }

  /** @param asked code and operands */
  read<T>(target: Target, asked: Operation): Promise<T> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const read = new Read(target, asked, (this.#lastRead += 1));
    const promise = new Promise<T>(capture);
    read.resolve = resolveLast as (value: unknown) => void;
    read.reject = rejectLast;
    this.#reads.set(read.id, read);
    this.#enqueue(read);
    return promise;
  }

  subscribe(target: Target, asked: Operation, listener: (value: never) => void): () => void {
    if (this.#closed !== undefined) throw this.#closed;
    const subscription = this.#subscriptions.open(target, asked, listener);
    if (this.#welcomed) this.#enqueue(subscription);
    return () => {
      if (!this.#subscriptions.end(subscription)) return;
      if (this.#welcomed) this.#enqueue(subscription);
    };
  }

  #refusal(): MerganserError | undefined {
    if (this.#closed !== undefined) return this.#closed;
    if (this.queued < this.#maxQueued) return undefined;
    return new MerganserError('QUEUE_FULL', `${this.queued} operations wait for an answer`);
  }

  #enqueue(item: Item): void {
    if (item.kind !== 'subscription') item.order = this.#lastOrder += 1;
    item.turn = this.#turn;
    this.#outbox.push(item);
    this.#wake();
  }

  #wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    this.#events.wake();
  }

  /** Sends what waits, as far as the wire takes it. */
  flush(): void {
    this.#awake = false;
    this.#turn += 1;
    const wire = this.#wire;
    if (wire === undefined || !this.#welcomed) return;
    const outbox = this.#outbox;
    let sent = 0;
    while (sent < outbox.length && wire.buffered < BUFFERED_BYTES) sent = this.#sendBatch(wire, outbox, sent);
    this.#outbox = sent === outbox.length ? [] : outbox.slice(sent);
    if (this.#outbox.length > 0) this.#events.full();
  }

  #sendBatch(wire: Wire, outbox: readonly Item[], from: number): number {
    let at = from;
    while (at < outbox.length && outbox[at]?.kind !== 'write') at += 1;
    const firstWrite = outbox[at];
    const first = firstWrite?.kind === 'write' ? firstWrite.seq : this.#writes.next;
    const durable = firstWrite?.kind === 'write' ? firstWrite.durable : 0;
    const batch = new BatchWriter(first, this.#writes.acked, durable);
    let i = from;
    let { turn } = outbox[from] as Item;
    let next = first;
    for (; i < outbox.length; i += 1) {
      const item = outbox[i] as Item;
      // Those of a batch are numbered one by one: one that comes again may follow some that were answered out of order.
      if (item.kind === 'write' && (item.durable !== durable || item.seq !== next++)) break;
      if (batch.size >= (item.turn === turn ? TURN_BYTES : BATCH_BYTES)) break;
      turn = item.turn;
      this.#put(batch, item);
    }
    wire.send(batch.finish());
    return i;
  }

  #put(batch: BatchWriter, item: Item): void {
    if (item.kind === 'subscription' && item.ended) {
      batch.unsubscribe(item.id);
      return;
    }
    item.slot = this.#slots.slotOf(item.target, batch);
    if (item.kind === 'write') batch.write(item);
    else if (item.kind === 'read') batch.read(item.id, item);
    else batch.subscribe(item.id, item);
  }

  welcome(welcome: Welcome): void {
    const wire = this.#wire;
    if (wire === undefined || this.#welcomed) return;
    if (!this.#resumed) this.#writes.continueAfter(welcome.done);
    for (const { from, to, code, message } of welcome.failures) {
      for (let seq = Math.max(from, this.#writes.acked + 1); seq <= to; seq += 1) this.failed(seq, code, message);
    }
    this.#shares.executed(welcome.done);
    this.#slots = new SlotTable();
    this.#welcomed = true;
    this.#resume(wire, welcome);
    this.#resumed = true;
    this.#events.welcomed(welcome, Math.max(0, this.#highestAnswered - welcome.done));
    this.#wake();
  }

  /** Puts the outbox together again: what the node has not seen, in the order of the calls. */
  #resume(wire: Wire, welcome: Welcome): void {
    const again: (Write | Read)[] = [...this.#reads.values()];
    const unanswered = this.#writes.unanswered();
    for (const write of unanswered) if (write.seq > welcome.done) again.push(write);
    again.sort((a, b) => a.order - b.order);
    this.#outbox = [...this.#subscriptions.all(), ...again];
    // A process that holds the session still has the shares of before another one carried it.
    const welcomer = `${welcome.node}@${welcome.incarnation}`;
    if (!welcome.known || welcomer !== this.#welcomer) this.#sayShares(wire);
    this.#welcomer = welcomer;
    this.#confirm(wire, unanswered, welcome.done);
  }

  /** Writes that the node has seen: answered, or asked for their durability, a run of equal ones at a time. */
  #confirm(wire: Wire, unanswered: readonly Write[], done: number): void {
    let i = 0;
    while (i < unanswered.length) {
      const first = unanswered[i] as Write;
      if (first.seq > done) return;
      let last = first;
      for (; i < unanswered.length; i += 1) {
        const write = unanswered[i] as Write;
        if (write.seq > done || write.durable !== first.durable) break;
        last = write;
      }
      if (first.durable === 0) {
        this.result(first.seq, last.seq);
        continue;
      }
      const batch = new BatchWriter(this.#writes.next, this.#writes.acked, first.durable);
      batch.confirm(first.seq, last.seq);
      wire.send(batch.finish());
    }
  }

  #sayShares(wire: Wire): void {
    const begin = (): BatchWriter => new BatchWriter(this.#writes.next, this.#writes.acked, 0);
    let batch = begin();
    const empty = batch.size;
    for (const [target, operation] of this.#shares.restated()) {
      operation.slot = this.#slots.slotOf(target, batch);
      batch.restate(operation);
      if (batch.size < BATCH_BYTES) continue;
      wire.send(batch.finish());
      batch = begin();
    }
    if (batch.size > empty) wire.send(batch.finish());
  }

  ping(): void {
    if (!this.#welcomed) return;
    const batch = new BatchWriter(this.#writes.next, this.#writes.acked, 0);
    batch.ping();
    this.#wire?.send(batch.finish());
  }

  result(from: number, to: number): void {
    this.#shares.executed(to);
    if (to > this.#highestAnswered) this.#highestAnswered = Math.min(to, this.#writes.next - 1);
    this.#writes.succeed(from, to);
    this.#settled();
  }

  failed(seq: number, code: string, message: string): void {
    this.#shares.refused(seq);
    this.#writes.fail(seq, errorOf(code, message));
    this.#settled();
  }

  reply(id: number, value: unknown): void {
    const read = this.#reads.get(id);
    if (read === undefined || !this.#reads.delete(id)) return;
    read.resolve(value);
    this.#settled();
  }

  refused(id: number, code: string, message: string): void {
    const read = this.#reads.get(id);
    if (read === undefined || !this.#reads.delete(id)) return;
    read.reject(errorOf(code, message));
    this.#settled();
  }

  value(subscription: number, value: unknown): void {
    this.#subscriptions.deliver(subscription, value);
  }

  ended(subscription: number, code: string, message: string): void {
    this.#subscriptions.refuse(subscription, errorOf(code, message));
  }

  error(code: string, message: string): void {
    this.#events.fatal(errorOf(code, message));
  }

  pong(): void {}

  #settled(): void {
    if (this.#idle.length === 0 || this.queued > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function errorOf(code: string, message: string): MerganserError {
  return isErrorCode(code)
    ? new MerganserError(code, message)
    : new MerganserError('MALFORMED_MESSAGE', `${code}: ${message}`);
}
