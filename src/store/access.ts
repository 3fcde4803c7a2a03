/**
 * What every handle goes through: finding a key's cell, and changing it under a new dot. A write validates before it changes
 * anything, and what is refused leaves no cell behind.
 *
 * Cost: finding a key is one hash and one look-up; `incrementCell` is a store into typed arrays.
 */
import { described, wrongArgument } from '../base/argument.js';
import { fitsInBytes, isWellFormed, utf8 } from '../base/bytes.js';
import { checkElement } from '../base/element.js';
import { MerganserError } from '../base/error.js';
import { toMilliseconds } from '../base/hlc.js';
import { MAX_ELEMENT_BYTES, MAX_KEY_BYTES } from '../base/limits.js';
import * as counters from '../crdt/counter.js';
import { presence } from '../crdt/presence.js';
import { register } from '../crdt/register.js';
import { typeOfTag } from '../crdt/registry.js';
import { CONTESTED, homeOf, LIVE, PARENT_BYTES } from './cells.js';
import { hashBytes } from './key-index.js';
import type { Replica } from './replica.js';
import { Rights } from './rights.js';
import { Undo } from './transaction.js';

const CLIENT_SEED = 0x79646f63;
const COUNTER = counters.counter.tag;

export class Access {
  readonly replica: Replica;
  /** What is done in the background about bounded counters. */
  readonly rights: Rights;
  /** A transaction is open, or no writes are taken: each one is looked at. */
  #guarded = false;
  #undo: Undo | undefined;
  #clients = 0;
  #shares = 0;
  #fence: MerganserError | undefined;

  constructor(replica: Replica) {
    this.replica = replica;
    this.rights = new Rights(replica, this);
  }

  /** Whether a transaction is open. */
  get isUndoable(): boolean {
    return this.#undo !== undefined;
  }

  /** If `work` throws, nothing that it wrote is left. Within a transaction that is open, it is that one's to undo. */
  atomically<T>(work: () => T): T {
    if (this.#undo !== undefined) return work();
    const undo = new Undo(this.replica);
    this.#guard(undo, this.#fence);
    try {
      const result = work();
      undo.commit();
      return result;
    } catch (error) {
      undo.rollback();
      throw error;
    } finally {
      this.#guard(undefined, this.#fence);
    }
  }

  /** Every write is refused with this error. */
  set fence(error: MerganserError | undefined) {
    this.#guard(this.#undo, error);
  }

  #guard(undo: Undo | undefined, fence: MerganserError | undefined): void {
    this.#undo = undo;
    this.#fence = fence;
    this.#guarded = undo !== undefined || fence !== undefined;
  }

  /** Whether writes are refused. */
  get closed(): boolean {
    return this.#fence !== undefined;
  }

  /** The cell of a key for a write: made if need be. Errors: BAD_KEY, KEY_TOO_LONG, TYPE_CONFLICT. */
  writable(tag: number, key: string): number {
    const { cells } = this.replica;
    if (this.#fence !== undefined) throw this.#fence;
    if (typeof key !== 'string') checkFirst(key);
    const length = keyLength(cells.encode(key, 0), key);
    const cell = cells.find(tag, length, 0);
    if (cell !== 0 && (cells.flags(cell) & CONTESTED) === 0) return this.#resolved(cell);
    checkNew(tag, key);
    if (cell !== 0 || cells.rival !== 0) return this.#uncontested(tag, key, length, 0, true);
    return this.replica.ensure(tag, length, 0);
  }

  /** The cell of a key for a read, or 0. Errors: as `writable`. */
  readable(tag: number, key: string): number {
    const { cells } = this.replica;
    if (typeof key !== 'string') checkFirst(key);
    const length = keyLength(cells.encode(key, 0), key);
    const cell = cells.find(tag, length, 0);
    if (cell !== 0 && (cells.flags(cell) & CONTESTED) === 0) return this.#resolved(cell);
    checkNew(tag, key);
    return cell !== 0 || cells.rival !== 0 ? this.#uncontested(tag, key, length, 0, false) : 0;
  }

  /** The cell of an element. Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
  element(tag: number, parent: number, element: string, make: boolean): number {
    const { cells } = this.replica;
    if (make && this.#fence !== undefined) throw this.#fence;
    const length = this.#elementLength(parent, element);
    return this.#resolved(make ? this.replica.ensure(tag, length, parent) : cells.find(tag, length, parent));
  }

  /** The cell of a map's field as one type, made if need be. Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT. */
  field(tag: number, parent: number, name: string): number {
    const { cells } = this.replica;
    if (this.#fence !== undefined) throw this.#fence;
    const length = this.#elementLength(parent, name);
    const cell = cells.find(tag, length, parent);
    if (cell !== 0 && (cells.flags(cell) & CONTESTED) === 0) return this.#resolved(cell);
    if (cell !== 0 || cells.rival !== 0) return this.#uncontested(tag, name, length, parent, true);
    return this.replica.ensure(tag, length, parent);
  }

  /** The live cells of a map's field, the one that is shown first. Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
  liveFields(parent: number, name: string): number[] {
    const { cells } = this.replica;
    const same = cells.sameName(this.#elementLength(parent, name), parent);
    for (const cell of same) this.replica.resolveTree(cell);
    const live = same.filter((cell) => (cells.flags(cell) & LIVE) !== 0);
    return live.sort((a, b) => cells.tag(a) - cells.tag(b));
  }

  #elementLength(parent: number, element: string): number {
    const length = typeof element === 'string' ? this.replica.cells.encode(element, parent) : 0;
    if (length > 0 && length <= MAX_ELEMENT_BYTES + PARENT_BYTES) return length;
    this.replica.settle(parent);
    return checkElement(element).length;
  }

  /** Add to a counter by its key. Errors: BAD_KEY, KEY_TOO_LONG, BAD_ARGUMENT, COUNTER_OVERFLOW, TYPE_CONFLICT. */
  increment(key: string, n: number): void {
    const { cells, overlay } = this.replica;
    if (typeof key === 'string' && overlay === undefined) {
      if (this.addAtOnce(cells.find(COUNTER, cells.encode(key, 0), 0), n)) return;
    }
    checkCount(n);
    this.incrementCell(this.writable(COUNTER, key), n);
  }

  /** What an increment of a resolved cell nearly always is: nothing to check that the cell's record does not say. False: nothing was done. */
  addAtOnce(cell: number, n: number): boolean {
    const { cells, changes, self, slots, vv } = this.replica;
    if (slots.large || this.#guarded || !Number.isSafeInteger(n)) return false;
    const { dots } = vv;
    const dot = (dots[self] as number) + 1;
    if (!cells.addAtHome(cell, self, dot, n, counters.LARGE_SUM)) return false;
    dots[self] = dot;
    changes.touch(cell);
    return true;
  }

  incrementCell(cell: number, n: number): void {
    if (this.addAtOnce(cell, n)) return;
    const { replica } = this;
    const { self, slots } = replica;
    this.mutate(cell, (head, dot) => counters.increment(slots, head, self, dot, n, slots.lost));
  }

  /** Change a cell's state through one function of its type, under a new dot. `change` validates before it changes. */
  mutate(cell: number, change: (head: number, dot: number) => number): void {
    const { replica } = this;
    if (this.#guarded) this.#look(cell);
    const head = replica.cells.head(cell);
    const { dots } = replica.vv;
    const dot = (dots[replica.self] as number) + 1;
    replica.slots.home = homeOf(cell);
    const after = change(head, dot);
    dots[replica.self] = dot;
    replica.cells.setHead(cell, after);
    replica.changes.touch(cell);
    replica.settle(cell);
  }

  /** A number of 32 bits for a writer that numbers what it writes by itself, new each time. */
  nextClient(): number {
    const { node, incarnation } = this.replica;
    const life = utf8(`${node}@${incarnation}#${this.#clients++}`);
    return hashBytes(life, 0, life.length, CLIENT_SEED) >>> 0;
  }

  /** A short name that this process has not given to anybody. */
  nextShare(): string {
    return (this.#shares++).toString(36);
  }

  /** Milliseconds since 1970 by the hybrid clock, larger each time. */
  now(): number {
    return toMilliseconds(this.replica.clock.next());
  }

  /** Whoever is given a cell by its name may look at its state. */
  #resolved(cell: number): number {
    if (this.replica.overlay !== undefined) this.replica.overlay.resolve(cell);
    return cell;
  }

  /** Before a change that is not simply made. */
  #look(cell: number): void {
    if (this.#fence !== undefined) throw this.#fence;
    this.#undo?.save(cell);
  }

  /** The slow path: another type stands under the name, which `scratch` holds. */
  #uncontested(tag: number, name: string, length: number, parent: number, make: boolean): number {
    const { cells } = this.replica;
    let winner = 256;
    let own = 0;
    for (const cell of cells.sameName(length, parent)) {
      this.replica.resolveTree(cell);
      if (cells.tag(cell) === tag) own = cell;
      if ((cells.flags(cell) & LIVE) !== 0) winner = Math.min(winner, cells.tag(cell));
    }
    if (winner !== 256 && winner !== tag) {
      const names = `${typeOfTag(winner)?.name}, not a ${typeOfTag(tag)?.name}`;
      throw new MerganserError('TYPE_CONFLICT', `${described(name)} is a ${names}`);
    }
    if (own !== 0 || !make) return own;
    // What was resolved in between may have encoded other names.
    return this.replica.ensure(tag, cells.encode(name, parent), parent);
  }
}

/** Errors: BAD_ARGUMENT. */
export function checkCount(n: number): number {
  if (Number.isSafeInteger(n)) return n;
  throw wrongArgument('a counter takes safe integers', n);
}

/** A key that no cell has yet; only registers and presences stand under reserved names. Errors: BAD_KEY. */
function checkNew(tag: number, key: string): void {
  if ((tag !== register.tag && tag !== presence.tag) || key.charCodeAt(0) !== 0) checkFirst(key);
}

/** Errors: BAD_KEY, KEY_TOO_LONG. */
export function checkKey(key: string): string {
  checkFirst(key);
  return checkWhole(key);
}

function checkFirst(key: string): void {
  if (typeof key !== 'string' || key.length === 0)
    throw new MerganserError('BAD_KEY', `a key is a string of one character or more, not ${described(key)}`);
  if (key.charCodeAt(0) === 0) throw new MerganserError('BAD_KEY', 'keys that start with U+0000 are reserved');
}

function checkWhole(key: string): string {
  if (!fitsInBytes(key, MAX_KEY_BYTES))
    throw new MerganserError('KEY_TOO_LONG', `${described(key)} takes more than ${MAX_KEY_BYTES} bytes`);
  if (!isWellFormed(key)) throw new MerganserError('BAD_KEY', `${described(key)} has half a character in it`);
  return key;
}

/** What a key was encoded to. Errors: BAD_KEY, KEY_TOO_LONG. */
export function keyLength(length: number, key: string): number {
  return length <= MAX_KEY_BYTES ? length : checkWhole(key).length;
}
