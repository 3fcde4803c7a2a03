/**
 * The connection under a session, which comes and goes.
 *
 * The loop: try the endpoints in turn, say hello, be welcomed; when the connection ends, wait a jittered while and start
 * again. Only an error that trying again cannot mend ends it. A silent connection is asked for a sign of life and given up
 * when none comes.
 */
import { MerganserError } from '../base/error.js';
import { readNodeMessage, type Welcome } from '../sync/client-answer.js';
import { backoffMs } from './backoff.js';
import type { Session } from './session.js';
import { Socket } from './socket.js';

export interface LinkEvents {
  connected(url: string, welcome: Welcome, missing: number): void;
  disconnected(reason: string): void;
  reconnecting(url: string, attempt: number, delayMs: number): void;
  /** It will not be tried again. */
  failed(error: MerganserError): void;
}

export interface LinkOptions {
  readonly heartbeatMs: number;
  /** For one attempt to open a socket and be welcomed. */
  readonly attemptMs: number;
}

/** Errors that the same client would meet again, wherever it goes. */
const FATAL: ReadonlySet<string> = new Set([
  'UNSUPPORTED_VERSION',
  'SESSION_TAKEN',
  'MALFORMED_MESSAGE',
  'MESSAGE_TOO_LARGE',
  'BAD_ARGUMENT',
]);

/** How soon a full socket is looked at again. */
const FULL_MS = 2;

export class Link {
  readonly #urls: readonly string[];
  readonly #session: Session;
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  #socket: Socket | undefined;
  #welcomed = false;
  #stopped = false;
  #index = 0;
  /** Attempts since the last welcome. */
  #failures = 0;
  #heard = false;
  #asked = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #full: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  /** Why the last attempt failed. */
  trouble = 'no attempt was made';

  constructor(urls: readonly string[], session: Session, options: LinkOptions, events: LinkEvents) {
    this.#urls = urls;
    this.#session = session;
    this.#options = options;
    this.#events = events;
  }

  get #url(): string {
    return this.#urls[this.#index] as string;
  }

  start(): void {
    void this.#open();
  }

  /** Ends the connection for good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#full);
    clearInterval(this.#heartbeat);
    this.#socket?.close();
    this.#session.detach();
  }

  /** The session's wire is full: look again soon. */
  waitForRoom(): void {
    this.#full ??= setTimeout(() => {
      this.#full = undefined;
      this.#session.flush();
    }, FULL_MS);
  }

  welcomed(welcome: Welcome, missing: number): void {
    this.#welcomed = true;
    this.#failures = 0;
    this.#events.connected(this.#url, welcome, missing);
  }

  /** The node said why it will close the connection. */
  refused(error: MerganserError): void {
    this.trouble = `${error.code}: ${error.message}`;
    if (!FATAL.has(error.code) || this.#stopped) return;
    this.stop();
    this.#events.failed(error);
  }

  async #open(): Promise<void> {
    const events = {
      received: (bytes: Uint8Array) => this.#received(bytes),
      closed: (reason: string) => this.#closed(reason),
    };
    try {
      const socket = await Socket.open(this.#url, this.#options.attemptMs, events);
      if (this.#stopped) {
        socket.close();
        return;
      }
      this.#socket = socket;
      this.#startHeartbeat();
      this.#session.attach(socket);
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      this.#again();
    }
  }

  #received(bytes: Uint8Array): void {
    this.#heard = true;
    if (this.#stopped) return;
    try {
      readNodeMessage(bytes, this.#session);
    } catch (error) {
      if (!(error instanceof MerganserError)) throw error;
      this.trouble = `${error.code}: ${error.message}`;
      this.#socket?.abandon();
    }
  }

  #closed(reason: string): void {
    clearInterval(this.#heartbeat);
    this.#socket = undefined;
    this.#session.detach();
    if (this.#stopped) return;
    if (this.#welcomed) {
      this.trouble = reason;
      this.#events.disconnected(reason);
    }
    this.#again();
  }

  /** The endpoint that was lost first, then the others at once; after a whole round a pause. */
  #again(): void {
    if (this.#stopped) return;
    const lost = this.#welcomed;
    this.#welcomed = false;
    if (!lost) {
      this.#failures += 1;
      this.#index = (this.#index + 1) % this.#urls.length;
    }
    const rounds = Math.floor(this.#failures / this.#urls.length);
    const delayMs = lost || this.#index === 0 ? backoffMs(rounds) : 0;
    this.#events.reconnecting(this.#url, this.#failures + 1, delayMs);
    this.#retry = setTimeout(() => void this.#open(), delayMs);
  }

  #startHeartbeat(): void {
    this.#heard = true;
    this.#asked = false;
    this.#heartbeat = setInterval(() => this.#listen(), this.#options.heartbeatMs);
  }

  #listen(): void {
    if (this.#heard) {
      this.#heard = false;
      this.#asked = false;
      return;
    }
    if (!this.#asked && this.#welcomed) {
      this.#asked = true;
      this.#session.ping();
      return;
    }
    this.trouble = `nothing was heard for ${2 * this.#options.heartbeatMs} ms`;
    this.#socket?.abandon();
  }
}
