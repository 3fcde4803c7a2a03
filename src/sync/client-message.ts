/**
 * What a client asks of a node: one WebSocket binary message, one protocol message.
 *
 * Client to node: HELLO first, then BATCHes, at last BYE. A batch is a header and any mix of items: definitions of slots,
 * writes, reads, subscriptions. The writes of a batch are numbered from `first` on, one by one, in the session's sequence;
 * reads and subscriptions carry an id of their own. What comes back is in `client-answer.ts`.
 *
 * The reader is a visitor: it calls one method per item and builds no object for what is frequent. A handler whose answers
 * find no room says so, and is handed the rest of the batch to go on with later.
 *
 * Invariants: a message that cannot be read throws `MALFORMED_MESSAGE` at the first byte that is wrong (everything before it has
 * been handed over); every length is checked against its limit before anything is allocated.
 */
import { MerganserError } from '../base/error.js';
import { Reader, Writer } from '../base/bytes.js';
import type { TypeName } from '../crdt/crdt.js';
import { isRead, isShare, isWrite, Op, readOperands, writeOperands } from './client-operation.js';
import { blankOperation, type Operation } from './client-shape.js';
import { type HandleOptions, readDefinition, writeDefinition } from './client-type.js';

/** Raised with any change that an older peer could misread. */
export const CLIENT_PROTOCOL = 1;

/** What a session id looks like: long enough not to be guessed or met by chance, short enough to be a key. */
const SESSION_ID = /^[\w-]{16,64}$/;

export function isSessionId(id: string): boolean {
  return SESSION_ID.test(id);
}

const HELLO = 1;
const BATCH = 2;
const BYE = 3;

const DEFINE = 64;
const SUBSCRIBE = 65;
const UNSUBSCRIBE = 66;
const PING = 67;
const CONFIRM = 68;
const SHARE = 69;
const RESTATE = 63;

export interface ClientHello {
  readonly version: number;
  readonly session: string;
  /** Every write up to here has been answered; the node may forget their results. */
  readonly acked: number;
  /** The session has been welcomed before, here or elsewhere: somebody holds its results. */
  readonly resumed: boolean;
}

/** What a node does with what a client sends. */
export interface ClientMessageHandler {
  hello(hello: ClientHello): void;
  /** `durable`: the number of other regions that must hold the batch's writes before they are answered. */
  batch(first: number, acked: number, durable: number): void;
  define(slot: number, type: TypeName, key: string, options: HandleOptions): void;
  /** The operation, of so many bytes, is reused for the next item: take what is needed out of it. */
  write(operation: Operation, bytes: number): void;
  read(id: number, operation: Operation): void;
  subscribe(id: number, operation: Operation): void;
  unsubscribe(id: number): void;
  /** Answer once the writes `from`…`to`, executed before, are durable as the batch asks. */
  confirm(from: number, to: number): void;
  /** What the session has put into a gauge or a presence, said again to a node that did not know the session. */
  restate(operation: Operation): void;
  ping(): void;
  bye(): void;
  /** Asked after each item: whether the next one may come now. */
  more(): boolean;
}

/** What of a batch has not been read yet. */
export interface UnreadItems {
  /** As `readClientMessage`, from the next item on. */
  read(handler: ClientMessageHandler): UnreadItems | undefined;
}

export function encodeHello(hello: ClientHello): Uint8Array {
  const writer = new Writer();
  writer.byte(HELLO);
  writer.uint(hello.version);
  writer.string(hello.session);
  writer.uint(hello.acked);
  writer.byte(hello.resumed ? 1 : 0);
  return writer.finish();
}

export function encodeBye(): Uint8Array {
  return Uint8Array.of(BYE);
}

/** Puts one batch together, item by item. */
export class BatchWriter {
  readonly #writer: Writer = new Writer();

  constructor(first: number, acked: number, durable: number) {
    this.#writer.byte(BATCH);
    this.#writer.uint(first);
    this.#writer.uint(acked);
    this.#writer.uint(durable);
  }

  define(slot: number, type: TypeName, key: string, options: HandleOptions): void {
    const writer = this.#writer;
    writer.byte(DEFINE);
    writer.uint(slot);
    writeDefinition(writer, { type, key, options });
  }

  write(operation: Operation): void {
    this.#writer.byte(operation.code);
    writeOperands(this.#writer, operation);
  }

  read(id: number, operation: Operation): void {
    this.#writer.byte(operation.code);
    this.#writer.uint(id);
    writeOperands(this.#writer, operation);
  }

  subscribe(id: number, operation: Operation): void {
    this.#writer.byte(SUBSCRIBE);
    this.#writer.uint(id);
    this.#writer.byte(operation.code);
    writeOperands(this.#writer, operation);
  }

  unsubscribe(id: number): void {
    this.#writer.byte(UNSUBSCRIBE);
    this.#writer.uint(id);
  }

  confirm(from: number, to: number): void {
    this.#writer.byte(CONFIRM);
    this.#writer.uint(from);
    this.#writer.uint(to);
  }

  /** A write of a share, in no sequence. That of a gauge has an item of its own, which was there first. */
  restate(operation: Operation): void {
    if (operation.code === Op.gaugeSet) {
      this.#writer.byte(SHARE);
      writeOperands(this.#writer, operation);
    } else {
      this.#writer.byte(RESTATE);
      this.write(operation);
    }
  }

  ping(): void {
    this.#writer.byte(PING);
  }

  get size(): number {
    return this.#writer.length;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

/** Hands the message over; returns what is left of it when the handler wants to pause. */
export function readClientMessage(bytes: Uint8Array, handler: ClientMessageHandler): UnreadItems | undefined {
  const reader = new Reader(bytes);
  const kind = reader.byte();
  switch (kind) {
    case HELLO:
      handler.hello(readHello(reader));
      break;
    case BATCH: {
      const first = reader.uint();
      const acked = reader.uint();
      handler.batch(first, acked, reader.uint());
      return new BatchItems(reader).read(handler);
    }
    case BYE:
      handler.bye();
      break;
    default:
      throw new MerganserError('MALFORMED_MESSAGE', `unknown message kind ${kind}`);
  }
  if (!reader.done) throw new MerganserError('MALFORMED_MESSAGE', 'bytes after the end of the message');
  return undefined;
}

class BatchItems implements UnreadItems {
  readonly #reader: Reader;
  readonly #operation = blankOperation();

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  read(handler: ClientMessageHandler): UnreadItems | undefined {
    const reader = this.#reader;
    while (!reader.done) {
      readItem(reader, this.#operation, handler);
      if (!handler.more() && !reader.done) return this;
    }
    return undefined;
  }
}

function readHello(reader: Reader): ClientHello {
  const version = reader.uint();
  if (version !== CLIENT_PROTOCOL) {
    throw new MerganserError(
      'UNSUPPORTED_VERSION',
      `the client speaks protocol ${version}, this node ${CLIENT_PROTOCOL}`,
    );
  }
  const session = reader.string(64);
  if (!isSessionId(session)) {
    throw new MerganserError('MALFORMED_MESSAGE', 'a session id is 16 to 64 letters, digits, dashes or underscores');
  }
  const acked = reader.uint();
  return { version, session, acked, resumed: reader.byte() !== 0 };
}

function readItem(reader: Reader, operation: Operation, handler: ClientMessageHandler): void {
  const { left } = reader;
  const code = reader.byte();
  if (isWrite(code)) {
    operation.code = code;
    readOperands(reader, operation);
    handler.write(operation, left - reader.left);
    return;
  }
  if (isRead(code)) {
    const id = reader.uint();
    operation.code = code;
    readOperands(reader, operation);
    handler.read(id, operation);
    return;
  }
  readRareItem(code, reader, operation, handler);
}

function readRareItem(code: number, reader: Reader, operation: Operation, handler: ClientMessageHandler): void {
  switch (code) {
    case DEFINE: {
      const slot = reader.uint();
      const { type, key, options } = readDefinition(reader);
      handler.define(slot, type, key, options);
      return;
    }
    case SUBSCRIBE: {
      const id = reader.uint();
      operation.code = reader.byte();
      if (!isRead(operation.code))
        throw new MerganserError('MALFORMED_MESSAGE', `operation ${operation.code} cannot be subscribed to`);
      readOperands(reader, operation);
      handler.subscribe(id, operation);
      return;
    }
    case UNSUBSCRIBE:
      handler.unsubscribe(reader.uint());
      return;
    case CONFIRM: {
      const from = reader.uint();
      handler.confirm(from, reader.uint());
      return;
    }
    case SHARE:
      // Operands as those of the operation.
      operation.code = Op.gaugeSet;
      readOperands(reader, operation);
      handler.restate(operation);
      return;
    case RESTATE:
      operation.code = reader.byte();
      if (!isShare(operation.code))
        throw new MerganserError('MALFORMED_MESSAGE', `operation ${operation.code} is no share`);
      readOperands(reader, operation);
      handler.restate(operation);
      return;
    case PING:
      handler.ping();
      return;
    default:
      throw new MerganserError('MALFORMED_MESSAGE', `unknown item ${code}`);
  }
}
