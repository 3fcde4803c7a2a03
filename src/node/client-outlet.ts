/**
 * The way out to one client: answers are gathered into messages of about `MESSAGE_BYTES`, and a socket that is full is not read
 * from until it has drained. One that brings much is not read from again before everybody else has had a turn: a socket hands over
 * megabytes at a time, and what clients ask takes longer than reading it.
 *
 * Invariant: a message holds one answer more than it has room for at most, so none is larger than `MESSAGE_BYTES` and the
 * largest answer.
 */
import type { WebSocket } from 'ws';
import { isErrorCode, type MerganserError } from '../base/error.js';
import { AnswerWriter } from '../sync/client-answer.js';

/** Above this a socket counts as full, and below the half of it as drained. */
const FULL_BYTES = 1024 * 1024;
/** Answers are sent in messages of about this size. */
const MESSAGE_BYTES = 64 * 1024;
/** So much may be read in one turn of the event loop before the socket rests, and what has come with it by then. */
const TURN_BYTES = 64 * 1024;
/** The longest text a close frame carries, less its code. */
const REASON_BYTES = 120;

/** WebSocket close status by error code; policy violation for the rest. */
const STATUS: Readonly<Record<string, number>> = {
  MALFORMED_MESSAGE: 1007,
  UNSUPPORTED_VERSION: 1002,
  MESSAGE_TOO_LARGE: 1009,
  NOT_READY: 1013,
  QUEUE_FULL: 1013,
  SHUTTING_DOWN: 1012,
};
const POLICY = 1008;

export interface OutletEvents {
  /** A message has left this process although the socket was full: somebody reads over there. */
  progressed(): void;
  /** There is room again. Whoever fills it up at once is called again. */
  drained(): void;
}

export class Outlet {
  readonly answers: AnswerWriter = new AnswerWriter();
  readonly #socket: WebSocket;
  readonly #events: OutletEvents;
  #full = false;
  /** Read since the socket rested. */
  #read = 0;

  constructor(socket: WebSocket, events: OutletEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** No answer should be made until it has drained. */
  get full(): boolean {
    return this.#full;
  }

  /** So many bytes were read. */
  heard(bytes: number): void {
    this.#read += bytes;
    if (this.#read < TURN_BYTES) return;
    this.#read = Number.NEGATIVE_INFINITY;
    this.#socket.pause();
    setImmediate(() => {
      this.#read = 0;
      if (!this.#full) this.#socket.resume();
    });
  }

  /** Sends the answers so far if they make a message. */
  sendIfMany(): void {
    if (this.answers.size >= MESSAGE_BYTES) this.send();
  }

  /** Sends the answers so far. */
  send(): void {
    if (this.answers.size === 0 || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(this.answers.take(), this.#sent);
    if (this.#full || this.#socket.bufferedAmount < FULL_BYTES) return;
    this.#full = true;
    this.#socket.pause();
  }

  /** Says why, and closes. */
  fail(error: MerganserError): void {
    this.answers.error(error.code, error.message);
    this.send();
    this.#socket.close(
      isErrorCode(error.code) ? (STATUS[error.code] ?? POLICY) : POLICY,
      error.code.slice(0, REASON_BYTES),
    );
    this.#socket.resume();
  }

  /** Asks whether anybody is there. */
  probe(): void {
    this.#socket.ping();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** One function for every send. */
  readonly #sent = (): void => {
    // A send also ends when the connection does: then there is no room, for good.
    if (!this.#full || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#events.progressed();
    if (this.#socket.bufferedAmount > FULL_BYTES / 2) return;
    this.#full = false;
    this.#events.drained();
    if (!this.#full) this.#socket.resume();
  };
}
