/**
 * This node's part in membership: what it says of itself, whom it lets in, what it does about what the table says of others.
 *
 * A row about this node that others made is refuted by a newer version of its own; an eviction is obeyed: every link ends, and
 * the store takes no more writes. A later life of this node ends nothing while this one has not served yet and written nothing:
 * then this one takes an incarnation above that one and begins again (a clock that stands behind its last start does that).
 */
import { type ErrorCode, MerganserError } from '../base/error.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Store } from '../store/store.js';
import type { Compression } from './compression.js';
import { Gossip } from './gossip.js';
import { keepsOld, ownFeatures } from './handshake.js';
import type { Link } from './link.js';
import { type Member, Members } from './members.js';
import { COMPLETE, FEATURES, type Goodbye, type Hello, TABLE } from './message.js';
import type { PeerEvent } from './ports.js';
import { compare, type Inheritance, isOver, MAX_VERSION, NodeTable, type NodeState, type Row } from './table.js';
import type { TableMessage } from './table-message.js';

export interface MembershipOptions {
  readonly region: string;
  /** URLs at which other nodes can dial this one. */
  readonly addresses: readonly string[];
  /** It does not serve yet; see `serve`. */
  readonly joining: boolean;
  readonly downAfterMs: number;
  readonly heartbeatMs: number;
  readonly compression: Compression | undefined;
}

/** Only a liar is there: the clock is at 2^41. */
const MAX_INCARNATION = 2 ** 52;

/** What membership needs of the replicator. */
export interface MembershipHost {
  link(id: number): Link | undefined;
  links(): Iterable<Link>;
  send(link: Link, bytes: Uint8Array): void;
  close(link: Link, code: ErrorCode, message: string, now: number): void;
  event(event: PeerEvent, node: string, message: string): void;
}

export class Membership {
  readonly table: NodeTable = new NodeTable();
  readonly members: Members;
  readonly #store: Store;
  readonly #options: MembershipOptions;
  readonly #host: MembershipHost;
  readonly #gossip: Gossip;
  /** The incarnation as which this node was started again elsewhere, while this process still runs. */
  superseded: number | undefined;
  /** A peer knows that this node has writes in whose place others stand everywhere else. */
  orphaned: string | undefined;
  /** What somebody said of a later life, and when, or when a peer was last linked since then. */
  #rumour: { readonly later: number; at: number } | undefined;
  /** The time of what is happening. */
  #now = 0;
  /** The link that it came over. */
  #speaking: Link | undefined;
  /** What this node had when it began to leave. */
  #left = new VersionVector();

  constructor(store: Store, options: MembershipOptions, host: MembershipHost) {
    const { node, incarnation, actors } = store.replica;
    this.#store = store;
    this.#options = options;
    this.#host = host;
    this.members = new Members(actors, this.table);
    this.#gossip = new Gossip(this.table, node);
    this.table.onChange = (row, before) => this.#changed(row, before);
    const { region, addresses, joining } = options;
    const state = joining ? 'joining' : 'alive';
    this.table.put({
      node,
      incarnation,
      version: 1,
      state,
      region,
      addresses,
      features: ownFeatures(options),
      needs: 0,
    });
  }

  /** What this node says of itself. */
  get own(): Row {
    return this.table.get(this.#store.replica.node) as Row;
  }

  /** What every member can do. */
  get features(): number {
    let all = FEATURES;
    for (const row of this.table.all()) if (!isOver(row)) all &= row.features;
    return all;
  }

  /** What is in use: who cannot do it is no member. */
  get needs(): number {
    let any = 0;
    for (const { needs } of this.table.all()) any |= needs;
    return any;
  }

  /** From now on every member must be able to do this. False, and nothing changed, while some member is not. */
  require(feature: number): boolean {
    if ((this.features & feature) !== feature) return false;
    const needs = this.needs | feature;
    if (this.own.needs !== needs) this.#say({ needs });
    return true;
  }

  /** It serves. What it has not inherited by now it does not inherit. */
  serve(): void {
    const { succeeds } = this.own;
    const inherits = this.#store.replica.self === 0 ? undefined : succeeds;
    if (this.own.state === 'joining') this.#say({ state: 'alive', succeeds: inherits });
  }

  /** It goes on, or is about to, with an actor of an earlier life; undefined: it does not. */
  succeed(succeeds: Inheritance | undefined): void {
    this.#say({ succeeds });
  }

  /** It can know everybody who has written, or cannot after all. */
  complete(yes: boolean): void {
    const { features } = this.own;
    this.#say({ features: yes ? features | COMPLETE : features & ~COMPLETE });
  }

  /** Who is not let in. Errors: EVICTED, UNSUPPORTED_VERSION; DUPLICATE_NODE, STALE_INCARNATION as `#later`. */
  check(link: Link, hello: Hello, now: number): void {
    this.#now = now;
    this.#speaking = link;
    const { node, incarnation, features, partitions } = hello;
    for (const actor of partitions[0]?.vv ?? []) {
      const last = actor.lives?.at(-1)?.incarnation ?? actor.incarnation;
      if (actor.node === this.own.node && last > this.own.incarnation) this.#later(last);
    }
    const row = this.table.get(node);
    if (this.own.state === 'evicted') throw new MerganserError('PEER_LEFT', `${this.own.node} was evicted`);
    if (row?.incarnation === incarnation && row.state === 'evicted') {
      throw new MerganserError('EVICTED', `incarnation ${incarnation} of ${node} was evicted`);
    }
    const missing = this.needs & ~features;
    if (missing !== 0) {
      throw new MerganserError('UNSUPPORTED_VERSION', `${node} lacks abilities that are in use: ${missing}`);
    }
  }

  /** A HELLO was accepted: the member behind the link; undefined if the link is given up because there is another. */
  meet(link: Link, hello: Hello, now: number): Member | undefined {
    this.#now = now;
    const { node, incarnation, region, features } = hello;
    const existing = this.members.get(node);
    const other = existing?.link === undefined ? undefined : this.#host.link(existing.link);
    if (existing !== undefined && other !== undefined && existing.incarnation === incarnation) {
      if (keepsOld(other.dialled, link.dialled, this.own.node, node)) {
        this.#host.close(link, 'DUPLICATE_LINK', `${node} is linked already`, now);
        return undefined;
      }
      existing.link = undefined;
      this.#host.close(other, 'DUPLICATE_LINK', `${node} linked again`, now);
    }
    this.table.put({ node, incarnation, version: 0, state: 'joining', region, addresses: [], features, needs: 0 });
    const member = this.members.get(node);
    if (member === undefined) throw new MerganserError('STALE_INCARNATION', `${node} has left for good`);
    member.link = link.id;
    member.met = true;
    link.member = member;
    this.members.heard(member, now);
    if ((features & TABLE) !== 0) link.exchange = this.#gossip.begin();
    else this.#speakFor(this.table.get(node) as Row);
    return member;
  }

  receive(link: Link, message: TableMessage, now: number): void {
    this.#now = now;
    this.#speaking = link;
    if (link.exchange === undefined) throw new MerganserError('MALFORMED_MESSAGE', 'a TABLE from who cannot do it');
    this.#gossip.receive(link.exchange, message, (row) => this.#hearOfSelf(row));
  }

  /** Time passed: who is silent, and what is to be told. */
  tick(now: number): void {
    this.#now = now;
    const { downAfterMs, heartbeatMs } = this.#options;
    for (const { node } of this.members.expire(now, downAfterMs))
      this.#host.event('down', node, `${node} counts as down`);
    for (const link of this.#host.links()) this.tell(link, now, heartbeatMs);
    this.#checkRumour(downAfterMs);
  }

  /** Sends what the peer is to be told, if there is anything. */
  tell(link: Link, now: number, retryMs: number): void {
    if (link.exchange === undefined) return;
    const bytes = this.#gossip.message(link.exchange, now, retryMs);
    if (bytes !== undefined) this.#host.send(link, bytes);
  }

  /** The peer closes the link, and says why. */
  goodbye(link: Link, { code, message, newest }: Goodbye, now: number): void {
    this.#now = now;
    this.#speaking = link;
    const { member } = link;
    const reached = member !== undefined || link.claims !== undefined;
    if (code === 'STALE_INCARNATION' && reached && newest > this.own.incarnation && !this.#beginAgain(newest))
      this.#rumour ??= { later: newest, at: now };
    if (code === 'EVICTED' && member !== undefined) this.table.put({ ...this.own, state: 'evicted' });
    else if (code === 'PEER_LEFT' && member !== undefined && this.members.get(member.node) === member) {
      this.members.stopped(member, now);
      this.#host.event('down', member.node, message);
    }
  }

  /** An operator says that a node will not come back as this incarnation. Errors: NOT_FOUND, BAD_ARGUMENT, MEMBER_ALIVE. */
  evict(node: string, force: boolean, now: number): Row {
    this.#now = now;
    const row = this.table.get(node);
    if (row === undefined) throw new MerganserError('NOT_FOUND', `there is no member called ${node}`);
    if (node === this.own.node) {
      throw new MerganserError('BAD_ARGUMENT', `${node} is the node that was asked: let it leave, or ask another one`);
    }
    if (isOver(row))
      throw new MerganserError('BAD_ARGUMENT', `incarnation ${row.incarnation} of ${node} is ${row.state}`);
    const heard = this.members.get(node)?.link !== undefined || row.state !== 'suspect';
    if (heard && !force) throw new MerganserError('MEMBER_ALIVE', `${node} is ${row.state}`);
    this.table.put({ ...row, state: 'evicted' });
    return this.table.get(node) as Row;
  }

  /** This node goes for good, and should leave behind all that it has by now; see `missing`. Errors: BAD_ARGUMENT. */
  leave(now: number): void {
    this.#now = now;
    if ([...this.members.all()].length === 0) {
      throw new MerganserError('BAD_ARGUMENT', 'there is no other member that could keep the data');
    }
    this.#left = this.#store.replica.vv.clone();
    if (this.own.state === 'joining' || this.own.state === 'alive') this.#say({ state: 'leaving' });
  }

  /** Who is not known to have everything that this node had when it began to leave, or up to `vv`, and how many dots. */
  missing(
    vv: VersionVector = this.#left,
  ): { readonly node: string; readonly dots: number; readonly linked: boolean }[] {
    const lacking = (row: VersionVector): number =>
      vv.dots.reduce((sum, n, actor) => sum + Math.max(0, n - row.get(actor)), 0);
    return [...this.members.all()]
      .map(({ node, row, link }) => ({ node, dots: lacking(row), linked: link !== undefined }))
      .filter(({ dots }) => dots > 0);
  }

  /** How many dots of this node nobody else is known to have. */
  get unsynced(): number {
    const { dot, replica } = this.#store;
    let most = replica.actors.since(replica.self);
    for (const { row } of this.members.known()) most = Math.max(most, row.get(replica.self));
    return dot - most;
  }

  /** This node has left. */
  close(now: number): void {
    this.#now = now;
    this.#say({ state: 'closed' });
  }

  #say(change: Partial<Row>, above = 0): void {
    const { own } = this;
    const version = Math.min(MAX_VERSION, Math.max(own.version, above) + 1);
    this.table.put({ ...own, ...change, version });
  }

  /** A later life of this node is known. Errors: STALE_INCARNATION if this one goes on above it, DUPLICATE_NODE if not. */
  #later(incarnation: number): never {
    const { node, incarnation: before } = this.own;
    if (this.#beginAgain(incarnation)) {
      throw new MerganserError('STALE_INCARNATION', `${node} was ${before} and is ${this.own.incarnation} from now on`);
    }
    this.#rumour ??= { later: incarnation, at: this.#now };
    throw new MerganserError(
      'DUPLICATE_NODE',
      `a later life of ${node} is known: ${incarnation}, this one is ${before}`,
    );
  }

  /**
   * Somebody says that a later life of this node is known. If that is so everybody else refuses this one, and what it accepts
   * would reach nobody: it takes no more writes. As long as one peer stays linked it is not so.
   */
  #checkRumour(downAfterMs: number): void {
    const rumour = this.#rumour;
    if (rumour === undefined || this.superseded !== undefined || this.own.state === 'evicted') return;
    for (const { link } of this.members.all()) if (link !== undefined) rumour.at = this.#now;
    if (this.#now - rumour.at < downAfterMs) return;
    this.superseded = rumour.later;
    const { node, incarnation } = this.own;
    const message = `${node} was started again as ${rumour.later}; this process, ${incarnation}, takes no more writes`;
    this.#store.fence(new MerganserError('STALE_INCARNATION', message));
    this.#host.event('superseded', node, message);
  }

  /** Takes an incarnation above this one, if nobody can have anything of this life. */
  #beginAgain(above: number): boolean {
    const { replica } = this.#store;
    if (this.own.state !== 'joining' || !replica.isFresh || above >= MAX_INCARNATION) return false;
    const { own } = this;
    replica.rebirth(above + 1);
    this.table.put({ ...own, incarnation: above + 1, version: 1, succeeds: undefined });
    const message = `incarnation ${above} of ${own.node} is known: this one is ${above + 1} from now on`;
    for (const link of this.#host.links()) {
      if (link !== this.#speaking) this.#host.close(link, 'STALE_INCARNATION', message, this.#now);
    }
    this.#host.event('reborn', own.node, message);
    return true;
  }

  /** Others say something of this node. Errors: as `#later`. */
  #hearOfSelf(row: Row): void {
    const { own } = this;
    if (row.incarnation > own.incarnation) this.#later(row.incarnation);
    if (row.incarnation < own.incarnation || compare(row, own) <= 0) return;
    if (row.state === 'evicted') this.table.put(row);
    else this.#say({}, row.version);
  }

  #changed(row: Row, before: Row | undefined): void {
    for (const { exchange } of this.#host.links()) exchange?.due.add(row.node);
    if (row.node === this.#store.replica.node) {
      if (row.state === 'evicted') this.#fence();
      return;
    }
    const { succeeds, incarnation } = row;
    this.#store.replica.actors.bequeath(row.node, isOver(row) ? undefined : succeeds && { ...succeeds, incarnation });
    const former = this.members.note(row, this.#now);
    const link = former === undefined ? undefined : this.#host.link(former);
    if (link !== undefined) {
      const code: ErrorCode = row.state === 'evicted' ? 'EVICTED' : 'STALE_INCARNATION';
      this.#host.close(link, code, `incarnation ${before?.incarnation} of ${row.node} is over`, this.#now);
    }
    this.#report(row, before);
    if (row.state === 'suspect') this.#speakFor(row);
    if ((this.own.needs | row.needs) !== this.own.needs) this.#say({ needs: this.needs });
  }

  #report({ node, region, incarnation, state }: Row, before: Row | undefined): void {
    const said = (a: NodeState): boolean => state === a && (before?.state !== a || before.incarnation !== incarnation);
    if (said('evicted')) this.#host.event('evicted', node, `incarnation ${incarnation} of ${node} was evicted`);
    else if (said('closed')) this.#host.event('left', node, `${node} has left for good`);
    else if (before === undefined) this.#host.event('joined', node, `${node} in ${region} is a member`);
    else if (incarnation > before.incarnation) {
      this.#host.event('restarted', node, `${node} is a new incarnation, the earlier one is closed`);
    }
  }

  /** A node of version 1 that is linked here cannot say for itself that it is not silent. */
  #speakFor(row: Row): void {
    const link = this.members.get(row.node)?.link;
    if (link === undefined || (row.features & TABLE) !== 0) return;
    if (row.state === 'alive' || row.version >= MAX_VERSION) return;
    this.table.put({ ...row, version: row.version + 1, state: 'alive' });
  }

  #fence(): void {
    const { node, incarnation } = this.own;
    const message = `incarnation ${incarnation} of ${node} was evicted`;
    this.#store.fence(new MerganserError('EVICTED', message));
    for (const link of this.#host.links()) this.#host.close(link, 'PEER_LEFT', message, this.#now);
    this.#host.event('fenced', node, message);
  }
}
