/**
 * The replication protocol as a state machine: delta-state anti-entropy with version-vector frames.
 *
 * Pure: no sockets, timers, promises or chance. The driver tells it what happened (`open`, `receive`, `closed`, `writable`)
 * and that time passed (`tick`), and takes what is to be done (`outputs`). `now` is milliseconds of a clock that never runs
 * backwards; the wall clock comes with the store's options.
 *
 * A node sends its own changes at once and those of others when the receiver asked for them or they are late (deferral.ts,
 * routes.ts); a frame whose base is not here yet waits (inbox.ts). A received frame is checked whole before anything of it is
 * applied, and applied in one step (incoming.ts). Bad input closes the link that it came from, with a code; the state is never
 * touched by it.
 *
 * Source: Almeida, Shoker, Baquero (JPDC 2018), algorithm 2; DottedDB (SRDS 2017); the shape is that of etcd's raft library.
 */
import { type ErrorCode, MerganserError } from '../base/error.js';
import type { Store } from '../store/store.js';
import { Backing } from './backing.js';
import { Barriers } from './barrier.js';
import { Checkpoints } from './checkpoints.js';
import { isFinal } from './closing.js';
import { unpack } from './deflated.js';
import { Dispatch } from './dispatch.js';
import { makeHello } from './handshake.js';
import { Incoming } from './incoming.js';
import { Link } from './link.js';
import type { Member, Members } from './members.js';
import { Membership } from './membership.js';
import { writeGoodbye, writeHello } from './message.js';
import { Outgoing } from './outgoing.js';
import { excuse, Pauses, STALL_MS } from './pauses.js';
import { OrphanedWrites } from './orphans.js';
import { peerStatus } from './peer-status.js';
import { DEFAULTS, type Output, type PeerEvent, type PeerStatus, type ReplicatorOptions } from './ports.js';
import { Routes } from './routes.js';
import { Scrub } from './scrub.js';
import { Succession } from './succession.js';
import { sumOf } from './traffic.js';

/** Removals that are looked at in one call: 25 milliseconds of work at most, with ten million keys. */
const COLLECTED_AT_ONCE = 2048;

export class Replicator {
  readonly #store: Store;
  readonly #options: Required<ReplicatorOptions>;
  readonly #links = new Map<number, Link>();
  readonly membership: Membership;
  readonly #members: Members;
  readonly #checkpoints = new Checkpoints();
  readonly #routes: Routes;
  readonly incoming: Incoming;
  readonly #outgoing: Outgoing;
  #outputs: Output[] = [];
  #collectedAt = 0;
  /** Removals that the present round has still to look at. */
  #collecting = 0;
  readonly #pauses = new Pauses();
  readonly barriers: Barriers;
  readonly scrub: Scrub;
  readonly succession: Succession;
  readonly #dispatch: Dispatch;
  readonly #backing: Backing;

  constructor(store: Store, options: ReplicatorOptions) {
    this.#store = store;
    this.#options = { ...DEFAULTS, ...options };
    const { replica } = store;
    this.membership = new Membership(store, this.#options, {
      link: (id) => this.#links.get(id),
      links: () => this.#links.values(),
      send: (link, bytes) => this.#outgoing.send(link, bytes),
      close: (link, code, message, now) => this.#close(link, code, message, now),
      event: (event, node, message) => this.#outputs.push({ kind: 'event', event, node, message }),
    });
    this.#members = this.membership.members;
    this.#routes = new Routes(replica.node, options.region, replica.actors, (node) => this.#members.get(node)?.region);
    const emit = (link: number, bytes: Uint8Array): void => void this.#outputs.push({ kind: 'send', link, bytes });
    this.#outgoing = new Outgoing(replica, this.#options, this.#checkpoints, this.#routes, emit);
    this.incoming = new Incoming(replica, this.#options, {
      nack: (link, epoch, now) => this.#outgoing.nack(link, epoch, now),
      send: (link, bytes) => this.#outgoing.send(link, bytes),
      applied: (link, staged) => this.#dispatch.applied(link, staged),
      reject: (link, error, now) => this.#refuse(link, error, now),
    });
    const send = (link: Link, bytes: Uint8Array): void => this.#outgoing.send(link, bytes);
    this.barriers = new Barriers(replica, this.membership, this.#links, send);
    this.scrub = new Scrub(replica, this.#options, this.#links, send, this.#event.bind(this));
    const ask = (link: Link): void => this.barriers.ask(link);
    this.succession = new Succession(replica, this.#options, this.membership, this.#links, ask);
    const { membership, incoming, barriers, scrub } = this;
    this.#dispatch = new Dispatch(replica, this.#options, {
      membership,
      incoming,
      outgoing: this.#outgoing,
      routes: this.#routes,
      barriers,
      scrub,
      links: () => this.#links.values(),
      closed: (link, now) => this.closed(link.id, now),
      event: this.#event.bind(this),
      output: (output) => void this.#outputs.push(output),
    });
    this.#backing = new Backing(replica, this.membership, this.#links, this.barriers, this.#options.first);
    replica.isFinal = (node, incarnation) => isFinal(replica, this.membership, this.#links, node, incarnation);
    replica.onDrop.add((gone) => this.#outgoing.dropped(gone, [...this.#links.values()], this.#collectedAt));
  }

  /** A connection came up, opened by this side (`dialled`) or by the other. */
  open(id: number, dialled: boolean, now: number): void {
    const link = new Link(id, dialled, this.#store.replica, now);
    this.#links.set(id, link);
    this.#outgoing.send(link, writeHello(makeHello(this.#store.replica, this.#options)));
  }

  /** A message arrived. Never throws: what is wrong closes the link. */
  receive(id: number, bytes: Uint8Array, now: number): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    link.heard = now;
    link.traffic.receivedBytes += bytes.length;
    const well = this.#guarded(link, now, () => {
      const message = unpack(bytes, this.#options.compression);
      link.traffic.receivedPlainBytes += message.length;
      this.#dispatch.take(link, message, now);
    });
    if (!well) return;
    this.incoming.drain(this.#links.values(), now);
    const { member } = link;
    if (member?.link === id) this.#members.heard(member, now);
  }

  /** The connection is gone. */
  closed(id: number, now: number): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    this.#links.delete(id);
    this.#outgoing.cutting.closed(link, now);
    this.incoming.assembling.closed(link, now);
    const { member } = link;
    if (member === undefined) return;
    member.traffic = sumOf(member.traffic, link.traffic);
    this.#routes.relinked();
    if (member.link !== id) return;
    member.link = undefined;
    member.heard = now;
    this.#event('lost', member, `the link to ${member.node} is gone`);
  }

  /** Whether the transport takes more. While it does not, nothing is cut for this link. */
  writable(id: number, yes: boolean): void {
    const link = this.#links.get(id);
    if (link !== undefined) link.writable = yes;
  }

  /** Whether `advance` would do something. */
  get busy(): boolean {
    return this.#outgoing.cutting.busy(this.#links.values());
  }

  /** Go on with frames that are too large for one step, for a few milliseconds. The more often it is called the sooner they are there. */
  advance(now: number): void {
    this.#outgoing.cutting.step(this.#links.values(), now);
    this.incoming.drain(this.#links.values(), now);
  }

  /** Time passed or something was written: cut frames, acknowledge, beat, notice silence. */
  tick(now: number): void {
    const { replica } = this.#store;
    this.#backing.tick(now);
    const pause = this.#pauses.notice(now, STALL_MS);
    if (pause > 0) for (const link of this.#links.values()) link.excuse(pause);
    if (pause > 2 * this.#options.heartbeatMs)
      for (const heard of [...this.#links.values(), ...this.#members.all()]) excuse(heard, pause, now);
    for (const link of this.#links.values()) {
      if (now - link.heard > this.#options.silenceMs) {
        this.#close(link, 'PEER_SILENT', `nothing was heard for ${Math.round(now - link.heard)} ms`, now);
        continue;
      }
      const { member } = link;
      if (member === undefined) continue;
      if (!this.#guarded(link, now, () => link.receiving.actors.compare((actor) => member.row.get(actor)))) continue;
      this.#overdue(link, now);
      this.#outgoing.flush(link, now);
      if (link.ackDue) this.#outgoing.ack(link, false, now);
      this.incoming.assembling.confirm(link);
      if (now - link.lastBeat >= this.#options.heartbeatMs) this.#outgoing.beat(link, now);
    }
    this.incoming.assembling.expire(now);
    this.#outgoing.cutting.expire(now);
    this.#outgoing.ask(this.#links.values(), now);
    this.#checkpoints.note(replica.changes.seal(), replica.vv);
    this.succession.tick(now);
    this.membership.tick(now);
    this.scrub.tick(now);
  }

  /** Forget removals that everybody has seen: a round per heartbeat, some of it in each call. After watchers were told: what is gone cannot be told. */
  collect(now: number): void {
    const { replica } = this.#store;
    if (this.#collecting <= 0) {
      if (replica.ghosts === 0 || now - this.#collectedAt < this.#options.heartbeatMs) return;
      this.#collectedAt = now;
      this.#collecting = replica.ghosts;
    }
    this.#collecting -= COLLECTED_AT_ONCE;
    const seen = this.#members.seenByAll(replica.vv, replica.ghosts > this.#options.maxGhosts);
    replica.collect(seen, this.#members.stable(replica.vv, replica.node), COLLECTED_AT_ONCE);
  }

  /** What is to be done, in order; the list is handed over. */
  outputs(): Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  /** Say goodbye on every link: this node stops. */
  leave(now: number): void {
    this.#store.replica.finish();
    for (const link of this.#links.values()) {
      if (link.member !== undefined) this.#outgoing.flush(link, now);
      this.membership.tell(link, now, Number.POSITIVE_INFINITY);
      this.#close(link, 'PEER_LEFT', `${this.#store.replica.node} stops`, now);
    }
  }

  peers(now: number): PeerStatus[] {
    return [...this.#members.all()].map((member) => {
      const link = member.link === undefined ? undefined : this.#links.get(member.link);
      return peerStatus(member, link, this.#outgoing.progress, this.scrub, now);
    });
  }

  /** How many other regions are known to have everything up to this own dot. */
  covered(dot: number): number {
    return this.#members.regionsCovering(this.#store.replica.self, dot, this.#options.region);
  }

  /** Whether everything here was acknowledged by every linked peer. */
  get quiet(): boolean {
    const { vv } = this.#store.replica;
    return [...this.#links.values()].every(
      ({ member, sending }) => member === undefined || (sending.unacked.length === 0 && !sending.owes(vv)),
    );
  }

  /** What has waited too long, in either direction. */
  #overdue(link: Link, now: number): void {
    const { receiving, sending } = link;
    const { vv } = this.#store.replica;
    this.#dispatch.checkSynced(link);
    const { lagMs } = this.#options;
    const head = receiving.parked[0];
    if (receiving.isStuck(vv, now, this.#options)) this.#outgoing.nack(link, receiving.epoch, now);
    else if (head !== undefined && now - head.since > lagMs / 5)
      this.#routes.graft((link.member as Member).node, now, lagMs);
    // A link that stands still does not bring what is late either; when it goes on, the peer may have it by another one.
    if (sending.stands(now, lagMs / 2)) sending.deferral.postpone(now);
    else sending.deferral.notice(vv, (link.member as Member).row, now, lagMs);
    // Whoever defers needs to know what this node has, also from others.
    if (sending.deferral.defers && now - link.ackedAt >= lagMs / 4 && !link.ackSaid.covers(vv)) link.ackDue = true;
  }

  /** What is wrong with a peer ends its link. Returns whether nothing is. */
  #guarded(link: Link, now: number, run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!(error instanceof MerganserError)) throw error;
      this.#refuse(link, error, now);
      return false;
    }
  }

  /** What came over the link is wrong: the operator is told who said it. */
  #refuse(link: Link, error: MerganserError, now: number): void {
    const { code, message } = error;
    if (error instanceof OrphanedWrites) {
      const { holder } = error;
      if (holder === this.#store.replica.node) this.membership.orphaned = message;
      this.#outputs.push({ kind: 'event', event: 'orphaned', node: holder, message });
    }
    this.#close(link, code, link.member === undefined ? message : `${link.member.node}: ${message}`, now);
  }

  #close(link: Link, code: ErrorCode, message: string, now: number): void {
    const { claims } = link;
    const isStale = code === 'STALE_INCARNATION' && claims !== undefined;
    const newest = isStale ? (this.#store.replica.actors.newest(claims) ?? 0) : 0;
    this.#outgoing.send(link, writeGoodbye({ code, message, newest }));
    this.#outputs.push({ kind: 'close', link: link.id, code, message });
    this.closed(link.id, now);
  }

  #event(event: PeerEvent, member: Member, message: string, link?: number): void {
    this.#outputs.push({ kind: 'event', event, node: member.node, message, ...(link === undefined ? {} : { link }) });
  }
}
