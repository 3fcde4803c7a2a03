/**
 * The store that users hold: typed handles over one replica, synchronous reads and writes, transactions, watches.
 *
 * Everything done in one turn of the event loop reaches other regions together, because a frame is only cut between turns; a
 * transaction adds that a throw undoes everything. A write validates before it changes anything.
 *
 * Cost: `increment` by key is one hash, one look-up and a store into typed arrays; through a kept handle there is no look-up.
 */
import { MerganserError } from '../base/error.js';
import { toMilliseconds } from '../base/hlc.js';
import { MAX_ELEMENT_BYTES, MAX_KEY_BYTES } from '../base/limits.js';
import * as counters from '../crdt/counter.js';
import type { TypeName } from '../crdt/crdt.js';
import { gauge as gaugeType } from '../crdt/gauge.js';
import { register as registerType } from '../crdt/register.js';
import { typeOfName, typeOfTag } from '../crdt/registry.js';
import { CONTESTED, FIELD, homeOf, INTERNAL, LIVE } from './cells.js';
import { digest } from './digest.js';
import { Counter } from './handles/counter.js';
import { Gauge } from './handles/gauge.js';
import { Log, type LogOptions } from './handles/log.js';
import { Register } from './handles/register.js';
import { SetHandle } from './handles/set.js';
import { Window, type WindowOptions } from './handles/window.js';
import { Replica, type ReplicaOptions } from './replica.js';
import { Undo } from './transaction.js';
import { Watch } from './watch.js';

const COUNTER = 1;

export class Store {
  /** The state under the handles; the replication floor works on it. */
  readonly replica: Replica;
  #watch: Watch;
  #undo: Undo | undefined;

  constructor(options: ReplicaOptions) {
    this.replica = new Replica(options);
    this.#watch = new Watch(this.replica);
  }

  /** Add to a counter by its key: the fast path. Errors: BAD_KEY, BAD_ARGUMENT, COUNTER_OVERFLOW, TYPE_CONFLICT. */
  increment(key: string, n = 1): void {
    this.incrementCell(this.writable(COUNTER, key), n);
  }

  counter(key: string): Counter {
    return new Counter(this, checkKey(key));
  }

  gauge(key: string): Gauge {
    return new Gauge(this, checkKey(key));
  }

  register<T = unknown>(key: string): Register<T> {
    return new Register<T>(this, checkKey(key));
  }

  set(key: string): SetHandle {
    return new SetHandle(this, checkKey(key));
  }

  log<T = unknown>(key: string, options: LogOptions = {}): Log<T> {
    return new Log<T>(this, checkKey(key), options);
  }

  window(key: string, options: WindowOptions = {}): Window {
    return new Window(this, checkKey(key), options);
  }

  /** A register under a reserved name, which users neither see nor reach. */
  internal<T = unknown>(name: string): Register<T> {
    return new Register<T>(this, `\u0000${name}`);
  }

  /**
   * All or nothing, synchronously: if `work` throws, nothing that it wrote is left.
   * Errors: whatever `work` throws; TRANSACTION_ASYNC, TRANSACTION_NESTED.
   */
  transaction<T>(work: (tx: Store) => T): T {
    if (this.#undo !== undefined) throw new MerganserError('TRANSACTION_NESTED', 'a transaction is already open');
    const undo = new Undo(this.replica);
    this.#undo = undo;
    try {
      const result = work(this);
      if (typeof result === 'object' && result !== null && 'then' in result) {
        throw new MerganserError('TRANSACTION_ASYNC', 'the transaction function returned a promise');
      }
      undo.commit();
      return result;
    } catch (error) {
      undo.rollback();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /** Remove what is visible under a name, whatever its type; concurrent writes elsewhere survive. Whether there was anything. */
  delete(key: string): boolean {
    const type = this.type(key);
    if (type === undefined) return false;
    switch (type) {
      case 'counter':
        this.counter(key).delete();
        break;
      case 'gauge':
        this.gauge(key).set(0);
        break;
      case 'register':
        this.register(key).delete();
        break;
      case 'set':
        this.set(key).clear();
        break;
      case 'log':
        this.log(key).clear();
        break;
      case 'window':
        this.window(key).clear();
        break;
    }
    return true;
  }

  /** The type that is live under a name; of several, the one that wins everywhere. */
  type(key: string): TypeName | undefined {
    const { cells } = this.replica;
    const length = cells.encode(checkKey(key), 0);
    const live = cells.sameName(length, 0).filter((cell) => (cells.flags(cell) & LIVE) !== 0);
    const tags = live.map((cell) => cells.tag(cell));
    return tags.length === 0 ? undefined : typeOfTag(Math.min(...tags))?.name;
  }

  /** Live keys that begin with `prefix`, sorted. Cost: looks at every cell. */
  keys(prefix = ''): string[] {
    const { cells } = this.replica;
    const found: string[] = [];
    cells.forEach((cell) => {
      if ((cells.flags(cell) & (LIVE | FIELD | INTERNAL)) !== LIVE) return;
      const name = cells.name(cell);
      if (name.startsWith(prefix)) found.push(name);
    });
    return [...new Set(found)].sort();
  }

  /** Live keys. */
  get size(): number {
    return this.replica.size;
  }

  /** Names that are live as more than one type at once. */
  get conflicts(): ReadonlySet<string> {
    return this.replica.conflicts;
  }

  /** The last own dot: a write is durable elsewhere once a peer covers it. */
  get dot(): number {
    return this.replica.vv.get(this.replica.self);
  }

  /** Be told, at the next `deliver`, that the key changed. Returns the function that ends it. */
  watch(type: TypeName, key: string, changed: () => void): () => void {
    const tag = typeOfName(type)?.tag;
    if (tag === undefined) throw new MerganserError('BAD_ARGUMENT', `there is no type ${type}`);
    return this.#watch.add(this.#ensure(tag, checkKey(key)), changed);
  }

  /** Tell watchers what changed since the last time. The driver calls it after writes and merges. */
  deliver(): void {
    this.#watch.deliver();
  }

  /** Gauges are worth something else now: a node went down, came back or was closed. */
  membersChanged(): void {
    this.#watch.tellAll(gaugeType.tag);
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
    const { cells, slots, changes } = this.replica;
    return cells.bytes + slots.bytes + changes.bytes;
  }

  /** The cell of a key for a write: made if need be. Errors: BAD_KEY, KEY_TOO_LONG, TYPE_CONFLICT. */
  writable(tag: number, key: string): number {
    const { cells } = this.replica;
    if (typeof key !== 'string') checkKey(key);
    const length = keyLength(cells.encode(key, 0), key);
    const cell = cells.find(tag, length, 0);
    if (cell !== 0 && (cells.flags(cell) & CONTESTED) === 0) return cell;
    return this.#uncontested(tag, key, length, true);
  }

  /** The cell of a key for a read, or 0. Errors: as `writable`. */
  readable(tag: number, key: string): number {
    const { cells } = this.replica;
    if (typeof key !== 'string') checkKey(key);
    const length = keyLength(cells.encode(key, 0), key);
    const cell = cells.find(tag, length, 0);
    if (cell !== 0 && (cells.flags(cell) & CONTESTED) === 0) return cell;
    return this.#uncontested(tag, key, length, false);
  }

  /** The cell of an element. Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
  element(tag: number, parent: number, element: string, make: boolean): number {
    const { cells } = this.replica;
    const length = typeof element === 'string' ? cells.encode(element, parent) : 0;
    if (typeof element !== 'string' || length > MAX_ELEMENT_BYTES) {
      this.replica.settle(parent);
      if (length > 0) throw new MerganserError('KEY_TOO_LONG', `an element may take ${MAX_ELEMENT_BYTES} bytes`);
      throw new MerganserError('BAD_ARGUMENT', 'an element of a set is a string');
    }
    return make ? this.replica.ensure(tag, length, parent) : cells.find(tag, length, parent);
  }

  incrementCell(cell: number, n: number): void {
    const { replica } = this;
    if (!Number.isSafeInteger(n)) {
      replica.settle(cell);
      throw new MerganserError('BAD_ARGUMENT', `a counter takes safe integers, not ${n}`);
    }
    const { cells, vv } = replica;
    if (this.#undo !== undefined) this.#undo.save(cell);
    const head = cells.head(cell);
    const dot = (vv.dots[0] as number) + 1;
    replica.slots.home = homeOf(cell);
    const after = counters.increment(replica.slots, head, 0, dot, n, replica.slots.lost);
    vv.dots[0] = dot;
    replica.changes.touch(cell);
    if (after !== head) cells.setHead(cell, after);
    if ((cells.flags(cell) & LIVE) === 0) replica.settle(cell);
  }

  /** Change a cell's state through one function of its type, under a new dot. `change` validates before it changes. */
  mutate(cell: number, change: (head: number, dot: number) => number): void {
    const { replica } = this;
    this.#undo?.save(cell);
    const head = replica.cells.head(cell);
    const dot = (replica.vv.dots[0] as number) + 1;
    replica.slots.home = homeOf(cell);
    const after = change(head, dot);
    replica.vv.dots[0] = dot;
    replica.cells.setHead(cell, after);
    replica.changes.touch(cell);
    replica.settle(cell);
  }

  /** Milliseconds since 1970 by the hybrid clock, larger each time. */
  now(): number {
    return toMilliseconds(this.replica.clock.next());
  }

  #ensure(tag: number, key: string): number {
    const length = keyLength(this.replica.cells.encode(key, 0), key);
    return this.replica.ensure(tag, length, 0);
  }

  /** The slow path: the key is new, or another type stands under its name. */
  #uncontested(tag: number, key: string, length: number, make: boolean): number {
    const { cells } = this.replica;
    if (tag !== registerType.tag || key.charCodeAt(0) !== 0) checkKey(key);
    let winner = 256;
    let own = 0;
    for (const cell of cells.sameName(length, 0)) {
      if (cells.tag(cell) === tag) own = cell;
      if ((cells.flags(cell) & LIVE) !== 0) winner = Math.min(winner, cells.tag(cell));
    }
    if (winner !== 256 && winner !== tag) {
      const names = `${typeOfTag(winner)?.name}, not a ${typeOfTag(tag)?.name}`;
      throw new MerganserError('TYPE_CONFLICT', `"${key}" is a ${names}`);
    }
    return own !== 0 || !make ? own : this.replica.ensure(tag, length, 0);
  }
}

function checkKey(key: string): string {
  if (typeof key !== 'string' || key.length === 0)
    throw new MerganserError('BAD_KEY', 'a key is a string of one character or more');
  if (key.charCodeAt(0) === 0) throw new MerganserError('BAD_KEY', 'keys that start with U+0000 are reserved');
  return key;
}

function keyLength(length: number, key: string): number {
  if (length > MAX_KEY_BYTES)
    throw new MerganserError('KEY_TOO_LONG', `"${key.slice(0, 40)}…" takes more than ${MAX_KEY_BYTES} bytes`);
  return length;
}
