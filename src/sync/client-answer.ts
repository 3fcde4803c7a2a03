/**
 * What a node answers to a client: one WebSocket binary message holds any mix of answers, each with its tag.
 *
 * RESULT speaks of a range of writes, never of one: a batch of a thousand costs a few bytes. A write that was refused is
 * named by FAILED before the RESULT that covers it, so that nobody waits for durability to learn of a mistake.
 */
import { Reader, shortened, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_ANSWER_BYTES, MAX_NAME_BYTES, MAX_TROUBLE_BYTES } from '../base/limits.js';

const WELCOME = 1;
const RESULT = 2;
const FAILED = 3;
const REPLY = 4;
const REFUSED = 5;
const VALUE = 6;
const ENDED = 7;
const ERROR = 8;
const PONG = 9;

/** A run of writes that were refused, and why. */
export interface FailedRun {
  readonly from: number;
  readonly to: number;
  readonly code: string;
  readonly message: string;
}

export interface Welcome {
  readonly node: string;
  readonly region: string;
  readonly incarnation: number;
  /** The highest write of this session whose effect is visible here. */
  readonly done: number;
  /** This very process holds the session, gauge shares included. */
  readonly known: boolean;
  /** Writes up to `done`, past the hello's `acked`, that were refused. */
  readonly failures: readonly FailedRun[];
}

/** What a client does with what a node sends. */
export interface NodeMessageHandler {
  welcome(welcome: Welcome): void;
  /** The writes `from`…`to` are done, except those that were said to have failed. */
  result(from: number, to: number): void;
  failed(seq: number, code: string, message: string): void;
  reply(id: number, value: unknown): void;
  refused(id: number, code: string, message: string): void;
  value(subscription: number, value: unknown): void;
  ended(subscription: number, code: string, message: string): void;
  /** The last word before the node closes the connection. */
  error(code: string, message: string): void;
  pong(): void;
}

/** Errors: VALUE_TOO_LARGE. */
export function encodeValue(value: unknown): Uint8Array {
  const writer = new Writer();
  writer.anyUpTo(value, MAX_ANSWER_BYTES);
  checkAnswer(writer.length);
  return writer.finish();
}

/** Errors: VALUE_TOO_LARGE. */
function checkAnswer(bytes: number): void {
  if (bytes <= MAX_ANSWER_BYTES) return;
  throw new MerganserError(
    'VALUE_TOO_LARGE',
    `the answer has more than the ${MAX_ANSWER_BYTES} bytes that one may have`,
  );
}

/** Puts the answers of one turn into one message. */
export class AnswerWriter {
  #writer: Writer = new Writer();

  welcome(welcome: Welcome): void {
    const writer = this.#writer;
    writer.byte(WELCOME);
    writer.string(welcome.node);
    writer.string(welcome.region);
    writer.uint(welcome.incarnation);
    writer.uint(welcome.done);
    writer.byte(welcome.known ? 1 : 0);
    writer.uint(welcome.failures.length);
    for (const { from, to, code, message } of welcome.failures) {
      writer.uint(from);
      this.#failure(to, code, message);
    }
  }

  result(from: number, to: number): void {
    this.#writer.byte(RESULT);
    this.#writer.uint(from);
    this.#writer.uint(to);
  }

  failed(seq: number, code: string, message: string): void {
    this.#writer.byte(FAILED);
    this.#failure(seq, code, message);
  }

  /** Errors: VALUE_TOO_LARGE, whatever else encoding the value throws; nothing of the reply is in the message then. */
  reply(id: number, value: unknown): void {
    const before = this.size;
    this.#writer.byte(REPLY);
    this.#writer.uint(id);
    try {
      this.#writer.anyUpTo(value, before + MAX_ANSWER_BYTES);
      checkAnswer(this.size - before);
    } catch (error) {
      const kept = this.take().subarray(0, before);
      this.#writer.rest(kept);
      throw error;
    }
  }

  refused(id: number, code: string, message: string): void {
    this.#writer.byte(REFUSED);
    this.#failure(id, code, message);
  }

  value(subscription: number, value: unknown): void {
    this.#writer.byte(VALUE);
    this.#writer.uint(subscription);
    this.#writer.any(value);
  }

  /** As `value`, with what `encodeValue` made of it: many subscribers, one encoding. */
  encoded(subscription: number, value: Uint8Array): void {
    this.#writer.byte(VALUE);
    this.#writer.uint(subscription);
    this.#writer.rest(value);
  }

  ended(subscription: number, code: string, message: string): void {
    this.#writer.byte(ENDED);
    this.#failure(subscription, code, message);
  }

  error(code: string, message: string): void {
    this.#writer.byte(ERROR);
    this.#writer.string(code);
    this.#writer.string(shortened(message, MAX_TROUBLE_BYTES));
  }

  pong(): void {
    this.#writer.byte(PONG);
  }

  #failure(id: number, code: string, message: string): void {
    this.#writer.uint(id);
    this.#writer.string(code);
    this.#writer.string(shortened(message, MAX_TROUBLE_BYTES));
  }

  get size(): number {
    return this.#writer.length;
  }

  /** The message so far; the writer starts again. */
  take(): Uint8Array {
    const bytes = this.#writer.finish();
    this.#writer = new Writer();
    return bytes;
  }
}

export function readNodeMessage(bytes: Uint8Array, handler: NodeMessageHandler): void {
  const reader = new Reader(bytes);
  while (!reader.done) readAnswer(reader, handler);
}

function readAnswer(reader: Reader, handler: NodeMessageHandler): void {
  const tag = reader.byte();
  switch (tag) {
    case WELCOME:
      handler.welcome(readWelcome(reader));
      return;
    case RESULT: {
      const from = reader.uint();
      handler.result(from, reader.uint());
      return;
    }
    case REPLY: {
      const id = reader.uint();
      handler.reply(id, reader.any());
      return;
    }
    case VALUE: {
      const subscription = reader.uint();
      handler.value(subscription, reader.any());
      return;
    }
    case FAILED: {
      const { id, code, message } = readFailure(reader);
      handler.failed(id, code, message);
      return;
    }
    case REFUSED: {
      const { id, code, message } = readFailure(reader);
      handler.refused(id, code, message);
      return;
    }
    case ENDED: {
      const { id, code, message } = readFailure(reader);
      handler.ended(id, code, message);
      return;
    }
    case ERROR: {
      const code = reader.string(MAX_NAME_BYTES);
      handler.error(code, reader.string(MAX_TROUBLE_BYTES));
      return;
    }
    case PONG:
      handler.pong();
      return;
    default:
      throw new MerganserError('MALFORMED_MESSAGE', `unknown answer ${tag}`);
  }
}

function readWelcome(reader: Reader): Welcome {
  const node = reader.string(MAX_NAME_BYTES);
  const region = reader.string(MAX_NAME_BYTES);
  const incarnation = reader.uint();
  const done = reader.uint();
  const known = reader.byte() !== 0;
  const failures: FailedRun[] = [];
  for (let left = reader.count(4); left > 0; left -= 1) {
    const from = reader.uint();
    const { id, code, message } = readFailure(reader);
    failures.push({ from, to: id, code, message });
  }
  return { node, region, incarnation, done, known, failures };
}

function readFailure(reader: Reader): { readonly id: number; readonly code: string; readonly message: string } {
  const id = reader.uint();
  const code = reader.string(MAX_NAME_BYTES);
  return { id, code, message: reader.string(MAX_TROUBLE_BYTES) };
}
