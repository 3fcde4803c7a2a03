/** Presence: who is there, through which sessions, and gone with them (crdt/presence.ts). */
import { utf8, Writer } from '../../base/bytes.js';
import { checkWhole, wrongArgument } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import { checkKnown } from '../../base/known-options.js';
import { MAX_META_BYTES } from '../../base/limits.js';
import { checkElement } from '../../base/element.js';
import { handOut, normalise, type Value, writeValue } from '../../base/value.js';
import * as type from '../../crdt/presence.js';
import type { Access } from '../access.js';
import type { Orders } from '../order.js';
import { CollectionHandle } from './collection.js';

/** Somebody who is there. */
export interface Member {
  readonly member: string;
  /** What was said of it. */
  readonly meta: unknown;
  /** The node through which it is there; of several, one. */
  readonly node: string;
}

export interface MembersOptions {
  /** How many; 1,000 unless told. */
  readonly limit?: number;
  /** Only those whose names come after this one: the last of the page before. */
  readonly after?: string;
}

/** The session of whoever uses the store directly and does not say otherwise. */
const NODE = '';
/** What the names of clients' sessions begin with: nobody else may use them. */
const RESERVED = '\u0000';
const SESSION = /^[\x20-\x7e]{0,128}$/;
const NOTHING = normalise({});
const PAGE = 1000;
/** Of a session that ends: a few milliseconds' work. */
const LEAVE_AT_ONCE = 2000;

export class Presence extends CollectionHandle {
  constructor(access: Access, key: string) {
    super(access, key, type.presence.tag);
  }

  /**
   * The member is there, through a session of this node, until it leaves or the node ends. Joining again says something else of it.
   * Errors: BAD_ARGUMENT, BAD_VALUE, VALUE_TOO_LARGE (meta over 4 KB), KEY_TOO_LONG, TYPE_CONFLICT; nothing changed.
   * @param meta what is said of the member: as a register's value
   * @param session a member is there until all its sessions have gone
   */
  join(member: string, meta: unknown = NOTHING, session: string = NODE): void {
    this.#put(member, meta, checkSession(session));
  }

  /** It is not there through this session any more. Nothing happens if it was not. Errors: as `join`. */
  leave(member: string, session: string = NODE): void {
    this.#take(member, checkSession(session));
  }

  /** What ends as one: a session of its own. */
  newShare(): PresenceShare {
    const session = `${RESERVED}${this.access.nextShare()}`;
    return new PresenceShare(
      (member, meta) => this.#put(member, meta, session),
      (member) => this.#take(member, session),
    );
  }

  /** As `join`, of any session. */
  #put(member: string, meta: unknown, session: string): void {
    const kept = checkMeta(meta);
    const { slots, self } = this.access.replica;
    const cell = this.writablePart(member);
    this.access.mutate(cell, (head, dot) => type.join(slots, head, self, dot, session, kept));
  }

  /** As `leave`, of any session. */
  #take(member: string, session: string): void {
    const { slots, self, cells } = this.access.replica;
    const cell = this.part(member);
    if (cell === 0 || !type.holds(type.sessionsOf(slots, cells.head(cell), self), session)) return;
    this.access.mutate(cell, (head, dot) => type.leave(slots, head, self, dot, session));
  }

  /** Whether it is there, as seen from here. */
  has(member: string): boolean {
    return this.#saidOf(member) !== undefined;
  }

  /** What was said of a member; undefined: it is not there. */
  get(member: string): unknown {
    return handOut(this.#saidOf(member)?.meta);
  }

  /** How many are there, as seen from here. Cost: constant, but after somebody went down or came back. */
  count(): number {
    return this.#order()?.size ?? 0;
  }

  /** Who is there, as seen from here, in the order of the bytes of their names. Errors: BAD_ARGUMENT. */
  members(options: MembersOptions = {}): Member[] {
    const { limit = PAGE, after = '' } = checkKnown(options, { limit: true, after: true });
    return this.page(after, limit);
  }

  /** As `members`. */
  page(after: string, limit: number): Member[] {
    checkElement(after);
    if (limit !== Number.POSITIVE_INFINITY) checkWhole('limit', limit, 0);
    const order = this.#order();
    if (order === undefined) return [];
    const { slots, cells, actors } = this.access.replica;
    const from = after === '' ? 0 : this.#rankAfter(after, order);
    const found: Member[] = [];
    order.range(from, from + limit, (cell) => {
      const { actor, meta } = type.said(slots, cells.head(cell)) as { readonly actor: number; readonly meta: Value };
      found.push({ member: cells.name(cell), meta: handOut(meta), node: actors.get(actor).node });
    });
    return found;
  }

  /** As `count`, not of those who are hidden. */
  override size(): number {
    return this.count();
  }

  /** All sessions of this node leave. */
  protected override erase(cell: number): void {
    const { slots, cells, self } = this.access.replica;
    if (type.sessionsOf(slots, cells.head(cell), self) === undefined) return;
    this.access.mutate(cell, (head, dot) => type.leaveAll(slots, head, self, dot));
  }

  #saidOf(member: string): ReturnType<typeof type.said> {
    const { slots, cells } = this.access.replica;
    const cell = this.part(member);
    return cell === 0 ? undefined : type.said(slots, cells.head(cell));
  }

  /** Those who are there; undefined: nobody. */
  #order(): ReturnType<Orders['of']> {
    const { replica } = this.access;
    const key = this.whole();
    const { views } = replica.actors;
    if ((replica.attended.get(key) ?? views) !== views) {
      for (const cell of replica.collections.elements(key)) replica.settle(cell);
      replica.attended.set(key, views);
    }
    return replica.orders.of(key);
  }

  /** How many of them have this name or one before it. */
  #rankAfter(name: string, order: NonNullable<ReturnType<Orders['of']>>): number {
    const bytes = utf8(name);
    let low = 0;
    for (let high = order.size; low < high;) {
      const middle = (low + high) >>> 1;
      let other = '';
      order.range(middle, middle + 1, (cell) => (other = this.access.replica.cells.name(cell)));
      if (compare(utf8(other), bytes) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What one session has brought along in one presence. */
export class PresenceShare {
  readonly #join: (member: string, meta: unknown) => void;
  readonly #leave: (member: string) => void;
  readonly #members = new Set<string>();

  constructor(join: (member: string, meta: unknown) => void, leave: (member: string) => void) {
    this.#join = join;
    this.#leave = leave;
  }

  /** Errors: as `Presence.join`. */
  join(member: string, meta: unknown): void {
    this.#join(member, meta);
    this.#members.add(member);
  }

  /** Errors: TYPE_CONFLICT, and then it is still there. */
  leave(member: string): void {
    this.#leave(member);
    this.#members.delete(member);
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }

  get size(): number {
    return this.#members.size;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** Some of them leave. Errors: TYPE_CONFLICT. Called again it goes on. */
  end(): void {
    let left = LEAVE_AT_ONCE;
    for (const member of this.#members) {
      if (left-- === 0) return;
      this.leave(member);
    }
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

function checkSession(session: string): string {
  if (typeof session === 'string' && SESSION.test(session)) return session;
  throw wrongArgument('a session is named by up to 128 printable characters of ASCII', session);
}

function checkMeta(meta: unknown): Value {
  if (meta === NOTHING) return NOTHING;
  const kept = normalise(meta);
  const w = new Writer();
  writeValue(w, kept);
  if (w.length <= MAX_META_BYTES) return kept;
  const message = `what is said of a member has ${w.length} bytes; the limit is ${MAX_META_BYTES}`;
  throw new MerganserError('VALUE_TOO_LARGE', message);
}
