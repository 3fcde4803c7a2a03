/**
 * The store that users hold: typed handles over one replica, synchronous reads and writes, transactions, watches.
 *
 * Everything done in one turn of the event loop reaches other regions together, because a frame is only cut between turns; a
 * transaction adds that a throw undoes everything. A write validates before it changes anything.
 *
 * Cost: `increment` by key is one hash, one look-up and a store into typed arrays; through a kept handle there is no look-up.
 */
import { checkFunction, checkOptions, checkString } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { lastOf } from '../base/lives.js';
import type { BuiltIn, TypeName } from '../crdt/crdt.js';
import { typeOfTag } from '../crdt/registry.js';
import { Access, checkKey, keyLength } from './access.js';
import { FIELD, INTERNAL, LIVE } from './cells.js';
import { dataTypeOf, type Handles } from './data-type.js';
import { digest } from './digest.js';
import { Bounded, type BoundedOptions } from './handles/bounded.js';
import { Counter, type CounterOptions } from './handles/counter.js';
import { Flag } from './handles/flag.js';
import { Doc } from './handles/doc.js';
import { Gauge } from './handles/gauge.js';
import { Log, type LogOptions } from './handles/log.js';
import { MapHandle } from './handles/map.js';
import { Presence } from './handles/presence.js';
import { Quantiles } from './handles/quantiles.js';
import { Register } from './handles/register.js';
import { SetHandle } from './handles/set.js';
import { Sorted } from './handles/sorted.js';
import { Top, type TopOptions } from './handles/top.js';
import { Unique } from './handles/unique.js';
import { Window, type WindowOptions } from './handles/window.js';
import type { TokenDot } from './named-dots.js';
import { Replica, type ReplicaOptions } from './replica.js';
import { type Coverage, readToken, writeToken } from './session-token.js';
import { Sweep } from './sweep.js';
import { Watch } from './watch.js';

export class Store {
  /** The state under the handles; the replication floor works on it. */
  readonly replica: Replica;
  #access: Access;
  #watch: Watch;
  readonly #sweep: Sweep;

  constructor(options: ReplicaOptions) {
    this.replica = new Replica(options);
    this.#access = new Access(this.replica);
    this.#watch = new Watch(this.replica);
    this.#sweep = new Sweep(this.replica, this.#access);
  }

  /** Add to a counter by its key: the fast path. Errors: BAD_KEY, BAD_ARGUMENT, COUNTER_OVERFLOW, TYPE_CONFLICT. */
  increment(key: string, n = 1): void {
    this.#access.increment(key, n);
  }

  counter(key: string, options: CounterOptions = {}): Counter {
    return new Counter(this.#access, checkKey(key), options);
  }

  gauge(key: string): Gauge {
    return new Gauge(this.#access, checkKey(key));
  }

  register<T = unknown>(key: string): Register<T> {
    return new Register<T>(this.#access, checkKey(key));
  }

  set(key: string): SetHandle {
    return new SetHandle(this.#access, checkKey(key));
  }

  map(key: string): MapHandle {
    return new MapHandle(this.#access, checkKey(key));
  }

  sorted(key: string): Sorted {
    return new Sorted(this.#access, checkKey(key));
  }

  log<T = unknown>(key: string, options: LogOptions = {}): Log<T> {
    return new Log<T>(this.#access, checkKey(key), options);
  }

  window(key: string, options: WindowOptions = {}): Window {
    return new Window(this.#access, checkKey(key), options);
  }

  bounded(key: string, options: BoundedOptions = {}): Bounded {
    return new Bounded(this.#access, checkKey(key), options);
  }

  flag(key: string): Flag {
    return new Flag(this.#access, checkKey(key));
  }

  presence(key: string): Presence {
    return new Presence(this.#access, checkKey(key));
  }

  /** A Yjs document. Keep the handle: it holds the document. */
  doc(key: string): Doc {
    return new Doc(this.#access, checkKey(key));
  }

  unique(key: string): Unique {
    return new Unique(this.#access, checkKey(key));
  }

  quantiles(key: string): Quantiles {
    return new Quantiles(this.#access, checkKey(key));
  }

  top(key: string, options: TopOptions = {}): Top {
    return new Top(this.#access, checkKey(key), options);
  }

  /**
   * The handle of a key by the name of its type, which may be one that was registered from outside.
   * Errors: BAD_KEY, BAD_ARGUMENT (no such type; the options).
   */
  open<Name extends BuiltIn>(type: Name, key: string, options?: object): Handles[Name];
  open<Handle = unknown>(type: TypeName, key: string, options?: object): Handle;
  open(type: TypeName, key: string, options: object = {}): unknown {
    return dataTypeOf(type).open(this.#access, checkKey(key), checkOptions(options));
  }

  /** A register under a reserved name, which users neither see nor reach. */
  internal<T = unknown>(name: string): Register<T> {
    return new Register<T>(this.#access, `\u0000${name}`);
  }

  /** A presence under a reserved name. */
  internalPresence(name: string): Presence {
    return new Presence(this.#access, `\u0000${name}`);
  }

  /**
   * All or nothing, synchronously: if `work` throws, nothing that it wrote is left.
   * Errors: whatever `work` throws; TRANSACTION_ASYNC, TRANSACTION_NESTED.
   */
  transaction<T>(work: (tx: Store) => T): T {
    checkFunction('a transaction', work);
    if (this.#access.isUndoable) throw new MerganserError('TRANSACTION_NESTED', 'a transaction is already open');
    return this.#access.atomically(() => {
      const result = work(this);
      if (typeof result === 'object' && result !== null && 'then' in result)
        throw new MerganserError('TRANSACTION_ASYNC', 'the transaction function returned a promise');
      return result;
    });
  }

  /** Remove what is visible under a name, whatever its type; concurrent writes elsewhere survive. Whether there was anything. */
  delete(key: string): boolean {
    const type = this.type(key);
    if (type === undefined) return false;
    const dataType = dataTypeOf(type);
    dataType.remove(dataType.open(this.#access, key, {}));
    return true;
  }

  /** The type that is live under a name; of several, the one that wins everywhere. */
  type(key: string): TypeName | undefined {
    const { cells } = this.replica;
    const length = cells.encode(checkKey(key), 0);
    const same = cells.sameName(length, 0);
    for (const cell of same) this.replica.resolveTree(cell);
    const live = same.filter((cell) => (cells.flags(cell) & LIVE) !== 0);
    const tags = live.map((cell) => cells.tag(cell));
    return tags.length === 0 ? undefined : typeOfTag(Math.min(...tags))?.name;
  }

  /** From now on every write is refused with this error; undefined: no more. Reads and merges go on. */
  fence(error: MerganserError | undefined): void {
    this.#access.fence = error;
  }

  /** Whether writes are refused. */
  get isFenced(): boolean {
    return this.#access.closed;
  }

  /** Live keys that begin with `prefix`, sorted. Cost: looks at every cell, after all that came is merged. */
  keys(prefix = ''): string[] {
    checkString('a prefix', prefix);
    this.replica.finish();
    const { cells } = this.replica;
    const found: string[] = [];
    cells.forEach((cell) => {
      if ((cells.flags(cell) & (LIVE | FIELD | INTERNAL)) !== LIVE) return;
      const name = cells.name(cell);
      if (name.startsWith(prefix)) found.push(name);
    });
    return [...new Set(found)].sort();
  }

  /** Live keys. Cost: all that came is merged first; `replica.keys` counts as it is. */
  get size(): number {
    this.replica.finish();
    return this.replica.keys.total;
  }

  /** Names that are live as more than one type at once. Cost: as `size`. */
  get conflicts(): ReadonlySet<string> {
    this.replica.finish();
    return this.replica.conflicts;
  }

  /** The last own dot: a write is durable elsewhere once a peer covers it. */
  get dot(): number {
    return this.replica.vv.get(this.replica.self);
  }

  /** What is visible here, as a session token: a node that covers it shows at least this (see session-token.ts). */
  token(): string {
    return writeToken(this.replica.vv, this.replica.actors);
  }

  /** Whether everything that a token names is visible here. Errors: BAD_TOKEN. */
  covers(token: string): Coverage {
    let coverage: Coverage = 'yes';
    for (const dot of this.lacking(token)) {
      if (dot.n > this.#lastOf(dot) || this.replica.isFinal(dot.node, dot.incarnation)) return 'lost';
      coverage = 'not yet';
    }
    return coverage;
  }

  /** What a token names and is not visible here. Errors: BAD_TOKEN. */
  lacking(token: string): TokenDot[] {
    const { actors, vv } = this.replica;
    return readToken(token).filter((dot) => {
      const actor = actors.find(dot.node, dot.incarnation);
      return dot.n > (actor === undefined ? 0 : Math.min(vv.get(actor), this.#lastOf(dot)));
    });
  }

  /** The last dot of a life that is not lost, as far as it is known. */
  #lastOf({ node, incarnation }: TokenDot): number {
    const { actors } = this.replica;
    const actor = actors.find(node, incarnation);
    return (actor === undefined ? undefined : lastOf(actors.lives(actor), incarnation)) ?? Number.POSITIVE_INFINITY;
  }

  /** Be told, at the next `deliver`, that the key changed. Returns the function that ends it. */
  watch(type: TypeName, key: string, changed: () => void): () => void {
    return this.#watchKey(type, checkKey(key), changed);
  }

  /** As `watch`, of a reserved name. */
  watchInternal(type: TypeName, name: string, changed: () => void): () => void {
    return this.#watchKey(type, `\u0000${name}`, changed);
  }

  #watchKey(type: TypeName, key: string, changed: () => void): () => void {
    const { tag } = dataTypeOf(type).crdt;
    checkFunction('what is told of changes', changed);
    const cell = this.#ensure(tag, key);
    // What is there already is not news.
    this.replica.resolveTree(cell);
    return this.#watch.add(cell, changed);
  }

  /** Time passed, or something came: what is done about it without anybody asking. `now`: milliseconds that only ever grow. */
  tend(now: number): void {
    this.#access.rights.tend(now);
    this.#sweep.tend(now);
  }

  /** The node stops: what it had set aside to be spent is nobody's loss. Cost: looks at every cell. */
  rest(): void {
    this.#access.rights.rest();
  }

  /** The node goes for good: what only it may spend is handed on. Cost: as `rest`. */
  bequeath(): void {
    this.#access.rights.bequeath();
  }

  /** Tell watchers what changed since the last time. The driver calls it after writes and merges. */
  deliver(): void {
    this.#watch.deliver();
  }

  /** Called once when there is something new to send or deliver. */
  set onDirty(told: (() => void) | undefined) {
    this.replica.changes.onNews = told;
  }

  /** Version vector by actor name, for status and tests. */
  vv(): Record<string, number> {
    const { actors, vv } = this.replica;
    const named: Record<string, number> = {};
    vv.dots.forEach((n, i) => {
      if (n > 0) named[`${actors.get(i).node}@${actors.get(i).incarnation}`] = n;
    });
    return named;
  }

  /** 16 hexadecimal digits; equal wherever the version vectors are equal. */
  digest(): string {
    return digest(this.replica);
  }

  /** Bytes that cells, keys and slots take outside the JavaScript heap. */
  get bytes(): number {
    const { cells, slots, changes, orders } = this.replica;
    return cells.bytes + slots.bytes + changes.bytes + orders.bytes;
  }

  #ensure(tag: number, key: string): number {
    const length = keyLength(this.replica.cells.encode(key, 0), key);
    return this.replica.ensure(tag, length, 0);
  }
}
