/**
 * `connect` and what it returns: handles for keys, over one session and the connection that carries it.
 */
import { checkFunction, described, wrongArgument } from '../base/argument.js';
import { fitsInBytes, isWellFormed } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_KEY_BYTES } from '../base/limits.js';
import type { TypeName } from '../crdt/crdt.js';
import type { Welcome } from '../sync/client-answer.js';
import { Op } from '../sync/client-operation.js';
import { type HandleOptions, NO_OPTIONS, tagOf } from '../sync/client-type.js';
import { BoundedHandle, type BoundedOptions } from './bounded-handle.js';
import { MapHandle, PresenceHandle, SortedHandle } from './collections.js';
import { completed, type ConnectOptions, LONGEST_MS } from './connect-options.js';
import { Emitter } from './emitter.js';
import { ask, durableIn, type Handle, OpenHandle, promised, typed, type WriteOptions } from './handle.js';
import {
  CounterHandle,
  FlagHandle,
  DocHandle,
  GaugeHandle,
  LogHandle,
  QuantilesHandle,
  RegisterHandle,
  SetHandle,
  TopHandle,
  UniqueHandle,
  WindowHandle,
} from './handles.js';
import { Link } from './link.js';
import { Session } from './session.js';
import { settingsOf } from './settings.js';
import { clientAddress } from './socket.js';
import { Target } from './target.js';
import { afterThisTurn } from './turn.js';

export interface Connected {
  readonly url: string;
  readonly node: string;
  readonly region: string;
  readonly incarnation: number;
  /** The node already held this session. */
  readonly known: boolean;
  /** Answered writes of this session whose effect this node does not show: not replicated to it yet, or lost in a crash. */
  readonly missing: number;
}

export interface DatabaseEvents extends Record<string, unknown> {
  connected: Connected;
  disconnected: { readonly reason: string };
  reconnecting: { readonly url: string; readonly attempt: number; readonly delayMs: number };
  /** A refused subscription, a listener that threw, or the error that ended the connection for good. */
  error: Error;
}

export interface DatabaseStatus {
  readonly state: 'connecting' | 'connected' | 'closed';
  readonly session: string;
  /** Where it is, or was last, connected. */
  readonly connected: Connected | undefined;
  /** Operations that wait for an answer. */
  readonly queued: number;
  readonly subscriptions: number;
  /** The number of the newest write, and the one up to which all are answered. */
  readonly lastWrite: number;
  readonly ackedWrite: number;
}

const EVENTS: Readonly<Record<keyof DatabaseEvents & string, true>> = {
  connected: true,
  disconnected: true,
  reconnecting: true,
  error: true,
};
/** How long `close` waits for answers unless told. */
const CLOSE_MS = 5_000;
/** Handles that are kept for being asked for again. */
const KEPT_HANDLES = 65_536;

type HandleClass<H extends Handle> = new (session: Session, target: Target) => H;

/** A connection to the store: handles per key, reconnecting by itself until it is closed. */
export class Database {
  readonly #emitter = new Emitter<DatabaseEvents>((name, error) => {
    if (name === 'error') rethrown(error);
    else this.#trouble(error);
  });
  readonly #session: Session;
  readonly #link: Link;
  readonly #attemptMs: number;
  readonly #kept = new Map<HandleClass<Handle>, Map<string, Handle>>();
  #state: DatabaseStatus['state'] = 'connecting';
  #connected: Connected | undefined;
  /** Who waits for the first welcome. */
  #opening: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  /** Use `connect`. */
  constructor(urls: readonly string[], options: ConnectOptions) {
    const addresses = addressesIn(urls);
    const asked = completed(options);
    this.#session = new Session(asked.session, asked, {
      welcomed: (welcome, missing) => this.#link.welcomed(welcome, missing),
      fatal: (error) => this.#link.refused(error),
      trouble: (error) => this.#trouble(error),
      wake: () => afterThisTurn(() => this.#session.flush()),
      full: () => this.#link.waitForRoom(),
    });
    this.#attemptMs = asked.connectTimeout;
    const linkOptions = { heartbeatMs: asked.heartbeat, attemptMs: asked.connectTimeout };
    this.#link = new Link(addresses, this.#session, linkOptions, {
      connected: (url, welcome, missing) => this.#welcomed(url, welcome, missing),
      disconnected: (reason) => {
        this.#state = 'connecting';
        this.#emitter.emit('disconnected', { reason });
      },
      reconnecting: (url, attempt, delayMs) => this.#emitter.emit('reconnecting', { url, attempt, delayMs }),
      failed: (error) => this.#failed(error),
    });
  }

  /** Starts connecting; resolves with the first welcome, rejects when none comes in time. */
  async start(): Promise<void> {
    const timeoutMs = this.#attemptMs;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#failed(
          new MerganserError(
            'CONNECT_FAILED',
            `no node could be reached within ${timeoutMs} ms; last: ${this.#link.trouble}`,
          ),
        );
      }, timeoutMs);
      this.#opening = {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#link.start();
    });
  }

  /** `scale`: digits after the point; the same in every region. */
  counter(key: string, options?: { readonly scale?: number }): CounterHandle {
    return this.#keep(CounterHandle, 'counter', key, options);
  }

  gauge(key: string): GaugeHandle {
    return this.#keep(GaugeHandle, 'gauge', key);
  }

  register<T = unknown>(key: string): RegisterHandle<T> {
    return this.#keep<RegisterHandle<T>>(RegisterHandle, 'register', key);
  }

  set(key: string): SetHandle {
    return this.#keep(SetHandle, 'set', key);
  }

  map(key: string): MapHandle {
    return this.#keep(MapHandle, 'map', key);
  }

  sorted(key: string): SortedHandle {
    return this.#keep(SortedHandle, 'sorted', key);
  }

  /** Who is there, each through the sessions that brought it along. */
  presence(key: string): PresenceHandle {
    return this.#keep(PresenceHandle, 'presence', key);
  }

  /** `cap`: how many entries it keeps; the same in every region. */
  log<T = unknown>(key: string, options?: { readonly cap?: number }): LogHandle<T> {
    return this.#keep<LogHandle<T>>(LogHandle, 'log', key, options);
  }

  /** `bucket`: milliseconds per bucket of what this handle adds; `keep`: milliseconds that are kept, the same in every region. */
  window(key: string, options?: { readonly bucket?: number; readonly keep?: number }): WindowHandle {
    return this.#keep(WindowHandle, 'window', key, options);
  }

  /** A number that stays between `min` and `max`, of which there is one at least. The same in every region. */
  bounded(key: string, options?: BoundedOptions): BoundedHandle {
    return this.#keep(BoundedHandle, 'bounded', key, options);
  }

  flag(key: string): FlagHandle {
    return this.#keep(FlagHandle, 'flag', key);
  }

  /** A Yjs document as plain data and as updates. */
  doc(key: string): DocHandle {
    return this.#keep(DocHandle, 'doc', key);
  }

  unique(key: string): UniqueHandle {
    return this.#keep(UniqueHandle, 'unique', key);
  }

  quantiles(key: string): QuantilesHandle {
    return this.#keep(QuantilesHandle, 'quantiles', key);
  }

  /** `items`: how many items the region watches (1,000). */
  top(key: string, options?: { readonly items?: number }): TopHandle {
    return this.#keep(TopHandle, 'top', key, options);
  }

  /** A key of a type that was registered (`registerClientType`), and of any other. Errors: BAD_ARGUMENT (no such type), BAD_KEY, KEY_TOO_LONG. */
  open(type: TypeName, key: string, options?: HandleOptions): OpenHandle {
    tagOf(type);
    return this.#keep(OpenHandle, type, key, options, true);
  }

  /** Deletes whatever lives under the name. */
  delete(key: string, options?: WriteOptions): Promise<void> {
    return promised(() => {
      const target = newTarget('register', key, NO_OPTIONS);
      return this.#session.write(target, Op.delete, durableIn(options), 0, undefined, undefined);
    });
  }

  /** The live keys that begin with `prefix`, in order. */
  keys(prefix = ''): Promise<string[]> {
    const target = newTarget('register', ' ', NO_OPTIONS);
    return promised(() => this.#session.read(target, ask(Op.keys, [prefix])));
  }

  /** Returns what takes the listener off again. Errors: BAD_ARGUMENT. */
  on<Name extends keyof DatabaseEvents & string>(
    name: Name,
    listener: (event: DatabaseEvents[Name]) => void,
  ): () => void {
    if (typeof name !== 'string' || !Object.hasOwn(EVENTS, name))
      throw wrongArgument(`the events are ${Object.keys(EVENTS).join(', ')}`, name);
    return this.#emitter.on(name, checkFunction('the listener', listener));
  }

  status(): DatabaseStatus {
    const { last, acked } = this.#session.position;
    return {
      state: this.#state,
      session: this.#session.id,
      connected: this.#connected,
      queued: this.#session.queued,
      subscriptions: this.#session.subscriptions,
      lastWrite: last,
      ackedWrite: acked,
    };
  }

  /**
   * Ends the session: waits (while connected, and no longer than `waitMs`) for what is on its way, then the node forgets the
   * session. What is unanswered after that fails with DISCONNECTED.
   */
  async close(waitMs: number = CLOSE_MS): Promise<void> {
    if (typeof waitMs !== 'number' || !(waitMs >= 0))
      throw wrongArgument('close waits a number of milliseconds', waitMs);
    if (this.#state === 'closed') return;
    if (this.#state === 'connected') await this.#drained(waitMs);
    this.#session.sayBye();
    this.#end(new MerganserError('DISCONNECTED', 'the connection was closed'));
  }

  async #drained(waitMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(waitMs, LONGEST_MS));
    });
    await Promise.race([this.#session.idle(), late]);
    clearTimeout(timer);
  }

  /** The same handle whenever the same is asked for: its target keeps its slot. */
  #keep<H extends Handle>(Class: HandleClass<H>, type: TypeName, key: string, asked?: object, open = false): H {
    const options = asked === undefined ? NO_OPTIONS : settingsOf(type, asked);
    const name = options === NO_OPTIONS && !open ? key : nameOf(type, key, options);
    let kept = this.#kept.get(Class);
    if (kept === undefined) this.#kept.set(Class, (kept = new Map()));
    const known = kept.get(name);
    if (known !== undefined) return known as H;
    const handle = new Class(this.#session, newTarget(type, key, options));
    if (kept.size >= KEPT_HANDLES) kept.clear();
    kept.set(name, handle);
    return handle;
  }

  #welcomed(url: string, welcome: Welcome, missing: number): void {
    const { node, region, incarnation, known } = welcome;
    this.#connected = { url, node, region, incarnation, known, missing };
    this.#state = 'connected';
    this.#opening?.resolve();
    this.#opening = undefined;
    this.#emitter.emit('connected', this.#connected);
  }

  /** Nothing will be tried again. */
  #failed(error: MerganserError): void {
    const opening = this.#opening;
    this.#end(error);
    if (opening === undefined) this.#trouble(error);
    else opening.reject(error);
  }

  #end(error: MerganserError): void {
    this.#state = 'closed';
    this.#opening = undefined;
    this.#link.stop();
    this.#session.close(error);
  }

  /** An error nobody listens for must not vanish: it is thrown where it cannot be caught by accident. */
  #trouble(error: Error): void {
    if (!this.#emitter.emit('error', error)) rethrown(error);
  }
}

/** Where nothing of the client is under way. */
function rethrown(error: Error): void {
  setTimeout(() => {
    throw error;
  });
}

/** Errors: BAD_ARGUMENT. */
function addressesIn(urls: readonly string[]): string[] {
  try {
    if (Array.isArray(urls) && urls.length > 0) return urls.map((url: string) => clientAddress(url));
  } catch (error) {
    throw typed(error);
  }
  throw wrongArgument('connect takes the address of a node, or several', urls);
}

function newTarget(type: TypeName, key: string, options: HandleOptions): Target {
  return new Target(type, checkKey(key), options);
}

/** No key has such a name. */
function nameOf(type: TypeName, key: string, options: HandleOptions): string {
  return `\u0000${JSON.stringify([type, checkKey(key), options])}`;
}

/** Errors: BAD_KEY, KEY_TOO_LONG. */
function checkKey(key: string): string {
  if (typeof key !== 'string' || key === '' || key.startsWith('\u0000'))
    throw new MerganserError('BAD_KEY', `a key is a string that is not empty and not reserved, not ${described(key)}`);
  if (!fitsInBytes(key, MAX_KEY_BYTES))
    throw new MerganserError('KEY_TOO_LONG', `${described(key)} takes more than ${MAX_KEY_BYTES} bytes`);
  if (!isWellFormed(key)) throw new MerganserError('BAD_KEY', `${described(key)} has half a character in it`);
  return key;
}

/** Connects to a node; several addresses are tried in turn, now and whenever the connection is lost. */
export async function connect(url: string | readonly string[], options: ConnectOptions = {}): Promise<Database> {
  const database = new Database(typeof url === 'string' ? [url] : url, options);
  await database.start();
  return database;
}
