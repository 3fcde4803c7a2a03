/**
 * The replication protocol as a state machine: delta-state anti-entropy with version-vector frames.
 *
 * Pure: no sockets, timers, promises or chance. The driver tells it what happened (`open`, `receive`, `closed`, `writable`)
 * and that time passed (`tick`), and takes what is to be done (`outputs`). `now` is milliseconds of a clock that never runs
 * backwards; the wall clock comes with the store's options.
 *
 * Every link carries everything that the peer lacks, whoever wrote it, so a frame never waits for another link's and no
 * dependency gate is needed. A received frame is checked whole before anything of it is applied, and applied in one step.
 * Bad input closes the link that it came from, with a code; the state is never touched by it.
 *
 * Source: Almeida, Shoker, Baquero (JPDC 2018), algorithm 2; DottedDB (SRDS 2017); the shape is that of etcd's raft library.
 */
import { type ErrorCode, MerganserError } from '../base/error.js';
import { Reader } from '../base/bytes.js';
import { DEFAULT_MAX_SKEW_MS, MAX_PEER_MESSAGE_BYTES, MAX_STAGED_FRAME_BYTES } from '../base/limits.js';
import { Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Store } from '../store/store.js';
import { Checkpoints } from './checkpoints.js';
import { decodeFrame, encodeFrame, readFrameStart } from './frame.js';
import { Link } from './link.js';
import { type Member, Members } from './members.js';
import * as wire from './message.js';

export interface ReplicatorOptions {
  readonly cluster: string;
  readonly region: string;
  /** Wall clock, milliseconds since 1970. */
  readonly wall: () => number;
  readonly maxSkewMs?: number;
  /** Say something at least this often. */
  readonly heartbeatMs?: number;
  /** Give a link up after hearing nothing for this long. */
  readonly silenceMs?: number;
  /** A node without a link for this long is down. */
  readonly downAfterMs?: number;
  /** Begin again if no frame was acknowledged for this long: for transports that lose messages. */
  readonly retransmitMs?: number;
  /** Frames, and bytes, that may be unacknowledged before no more are cut. */
  readonly maxInFlight?: number;
  readonly maxInFlightBytes?: number;
  /** Removal ghosts that members without a link may pin. */
  readonly maxGhosts?: number;
}

export type Output =
  | { readonly kind: 'send'; readonly link: number; readonly bytes: Uint8Array }
  /** Close the connection; what was sent before is still to be delivered. */
  | { readonly kind: 'close'; readonly link: number; readonly code: ErrorCode; readonly message: string }
  | {
      readonly kind: 'event';
      readonly event: PeerEvent;
      readonly node: string;
      readonly link?: number;
      readonly code?: string;
      readonly message: string;
    };

/** up: its HELLO was accepted; synced: we have what it had; lost: its link is gone; down: it counts as down; refused: it refused us. */
export type PeerEvent = 'up' | 'synced' | 'lost' | 'down' | 'restarted' | 'refused';

export interface PeerStatus {
  readonly node: string;
  readonly region: string;
  readonly incarnation: number;
  readonly state: 'connecting' | 'syncing' | 'live' | 'down';
  /** Age of the oldest change here that it has not acknowledged. */
  readonly lagMs: number;
  readonly rttMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly link: number | undefined;
}

const PART_BYTES = MAX_PEER_MESSAGE_BYTES - 64;

export class Replicator {
  readonly #store: Store;
  readonly #options: Required<ReplicatorOptions>;
  readonly #links = new Map<number, Link>();
  readonly #members: Members;
  readonly #checkpoints = new Checkpoints();
  readonly #staging: Slots;
  #outputs: Output[] = [];
  #collectedAt = 0;
  #tickedAt = 0;

  constructor(store: Store, options: ReplicatorOptions) {
    this.#store = store;
    this.#options = {
      maxSkewMs: DEFAULT_MAX_SKEW_MS,
      heartbeatMs: 1000,
      silenceMs: 5000,
      downAfterMs: 3000,
      retransmitMs: 30_000,
      maxInFlight: 256,
      maxInFlightBytes: 16 << 20,
      maxGhosts: 500_000,
      ...options,
    };
    const { replica } = store;
    this.#members = new Members(replica.actors);
    this.#staging = new Slots(replica.actors);
    replica.onDrop.add((gone) => {
      for (const link of this.#links.values()) {
        link.receiving.cells.forget(gone);
        for (const cell of gone) link.sending.known.delete(cell);
      }
    });
  }

  /** A connection came up, opened by this side (`dialled`) or by the other. */
  open(id: number, dialled: boolean, now: number): void {
    const link = new Link(id, dialled, this.#store.replica.actors, now);
    this.#links.set(id, link);
    this.#send(link, wire.writeHello(this.#hello()), now);
  }

  /** A message arrived. Never throws: what is wrong closes the link. */
  receive(id: number, bytes: Uint8Array, now: number): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    link.lastHeard = now;
    link.receivedBytes += bytes.length;
    try {
      this.#step(link, bytes, now);
    } catch (error) {
      if (!(error instanceof MerganserError)) throw error;
      this.#close(link, error.code, error.message, now);
      return;
    }
    const { member } = link;
    if (member !== undefined && this.#members.heard(member, now)) this.#store.membersChanged();
  }

  /** The connection is gone. */
  closed(id: number, now: number): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    this.#links.delete(id);
    const { member } = link;
    if (member === undefined || member.link !== id) return;
    member.link = undefined;
    member.heard = now;
    this.#event('lost', member, `the link to ${member.node} is gone`);
  }

  /** Whether the transport takes more. While it does not, nothing is cut for this link. */
  writable(id: number, yes: boolean): void {
    const link = this.#links.get(id);
    if (link !== undefined) link.writable = yes;
  }

  /** Time passed or something was written: cut frames, acknowledge, beat, notice silence. */
  tick(now: number): void {
    const { replica } = this.#store;
    this.#excusePause(now);
    for (const link of this.#links.values()) {
      if (now - link.lastHeard > this.#options.silenceMs) {
        this.#close(link, 'PEER_SILENT', `nothing was heard for ${Math.round(now - link.lastHeard)} ms`, now);
        continue;
      }
      if (link.member === undefined) continue;
      this.#flush(link, now);
      if (link.ackDue) this.#ack(link, false, now);
      if (now - link.lastBeat >= this.#options.heartbeatMs) this.#beat(link, now);
    }
    this.#checkpoints.note(replica.changes.seal(), replica.vv);
    const fallen = this.#members.expire(now, this.#options.downAfterMs);
    for (const member of fallen) this.#event('down', member, `${member.node} counts as down`);
    if (fallen.length > 0) this.#store.membersChanged();
    if (replica.ghosts > 0 && now - this.#collectedAt >= this.#options.heartbeatMs) this.#collect(now);
  }

  /** What is to be done, in order; the list is handed over. */
  outputs(): Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  /** Say goodbye on every link: this node stops. */
  leave(now: number): void {
    for (const link of this.#links.values()) {
      if (link.member !== undefined) this.#flush(link, now);
      this.#close(link, 'PEER_LEFT', `${this.#store.replica.node} stops`, now);
    }
  }

  peers(now: number): PeerStatus[] {
    return [...this.#members.all()].map((member) => {
      const link = member.link === undefined ? undefined : this.#links.get(member.link);
      const up = link === undefined ? 'connecting' : link.synced ? 'live' : 'syncing';
      return {
        node: member.node,
        region: member.region,
        incarnation: member.incarnation,
        state: member.down ? 'down' : up,
        lagMs: link === undefined ? Math.max(0, now - member.heard) : link.sending.lag(now),
        rttMs: link?.rtt ?? 0,
        sentBytes: link?.sentBytes ?? 0,
        receivedBytes: link?.receivedBytes ?? 0,
        link: member.link,
      };
    });
  }

  /** How many other regions are known to have everything up to this own dot. */
  covered(dot: number): number {
    return this.#members.regionsCovering(this.#store.replica.self, dot, this.#options.region);
  }

  /** Whether everything here was acknowledged by every linked peer. */
  get quiet(): boolean {
    const { vv } = this.#store.replica;
    return [...this.#links.values()].every((link) => link.member === undefined || link.member.row.covers(vv));
  }

  /** If it was this process that stood still, its peers were not silent: what they said waits in the sockets. */
  #excusePause(now: number): void {
    const pause = now - this.#tickedAt;
    const excused = this.#tickedAt > 0 && pause > 2 * this.#options.heartbeatMs;
    this.#tickedAt = now;
    if (!excused) return;
    for (const link of this.#links.values()) link.lastHeard += pause;
    for (const member of this.#members.all()) member.heard += pause;
  }

  #hello(): wire.Hello {
    const { replica } = this.#store;
    const vv = replica.vv.dots.map((n, i) => ({ ...replica.actors.get(i), n })).filter((entry) => entry.n > 0);
    return {
      protocol: wire.PROTOCOL,
      oldest: wire.OLDEST_PROTOCOL,
      cluster: this.#options.cluster,
      node: replica.node,
      incarnation: replica.incarnation,
      region: this.#options.region,
      features: 0,
      wall: Math.max(0, Math.floor(this.#options.wall())),
      hlc: replica.clock.last,
      partitions: [{ id: 0, vv }],
    };
  }

  #step(link: Link, bytes: Uint8Array, now: number): void {
    if (bytes.length > MAX_PEER_MESSAGE_BYTES) {
      throw new MerganserError(
        'MESSAGE_TOO_LARGE',
        `a message of ${bytes.length} bytes; the limit is ${MAX_PEER_MESSAGE_BYTES}`,
      );
    }
    const r = new Reader(bytes);
    const kind = r.byte();
    if (kind === wire.GOODBYE) return this.#onGoodbye(link, wire.readGoodbye(r), now);
    if (link.member === undefined) {
      if (kind !== wire.HELLO) throw new MerganserError('MALFORMED_MESSAGE', 'the first message is not a HELLO');
      return this.#onHello(link, wire.readHello(r), now);
    }
    switch (kind) {
      case wire.FRAME:
        return this.#onFrame(link, r, now);
      case wire.ACK:
        return this.#onAck(link, wire.readAck(r, link.receiving.actors), now);
      case wire.NACK:
        return this.#onNack(link, wire.readNack(r, link.receiving.actors), now);
      case wire.HEARTBEAT:
        return this.#onHeartbeat(link, wire.readHeartbeat(r), now);
      case wire.PART:
        return this.#onPart(link, wire.readPart(r), now);
      case wire.HELLO:
        return;
      default:
        throw new MerganserError('MALFORMED_MESSAGE', `there is no message of kind ${kind}`);
    }
  }

  #onHello(link: Link, hello: wire.Hello, now: number): void {
    const { replica } = this.#store;
    this.#checkHello(hello);
    const existing = this.#members.get(hello.node);
    const restarted = existing !== undefined && hello.incarnation > existing.incarnation;
    if (existing?.link !== undefined) {
      const other = this.#links.get(existing.link) as Link;
      if (!restarted && this.#keeps(other, link, hello.node)) {
        this.#close(link, 'DUPLICATE_LINK', `${hello.node} is linked already`, now);
        return;
      }
      existing.link = undefined;
      this.#close(other, restarted ? 'STALE_INCARNATION' : 'DUPLICATE_LINK', `${hello.node} linked again`, now);
    }
    const member = this.#members.admit(hello.node, hello.region, hello.incarnation, now);
    member.link = link.id;
    link.member = member;
    replica.clock.observe(hello.hlc);
    const have = new VersionVector();
    for (const { node, incarnation, n } of hello.partitions[0]?.vv ?? [])
      have.set(replica.actors.intern(node, incarnation), n);
    member.row = have.clone();
    link.sending.rewind(have, 0, !have.covers(replica.ghostFloor), this.#checkpoints.before(have), now);
    this.#event('up', member, `${member.node} in ${member.region} is linked`, link.id);
    if (restarted) this.#event('restarted', member, `${member.node} is a new incarnation; the one before is closed`);
    this.#store.membersChanged();
    this.#ack(link, true, now);
    this.#beat(link, now);
  }

  #checkHello(hello: wire.Hello): void {
    const { replica } = this.#store;
    const { cluster, maxSkewMs, wall } = this.#options;
    if (hello.cluster !== cluster) {
      throw new MerganserError(
        'WRONG_CLUSTER',
        `${hello.node} is in cluster "${hello.cluster}", ${replica.node} in "${cluster}"`,
      );
    }
    if (hello.node === replica.node) {
      const self = hello.incarnation === replica.incarnation;
      throw new MerganserError(self ? 'SELF_LINK' : 'DUPLICATE_NODE', `both ends are called ${hello.node}`);
    }
    const skew = hello.wall - wall();
    if (Math.abs(skew) > maxSkewMs) {
      const clocks = `${hello.node} says ${new Date(hello.wall).toISOString()}, ${replica.node} ${new Date(wall()).toISOString()}`;
      throw new MerganserError('CLOCK_SKEW', `${clocks}; the bound is ${maxSkewMs} ms`);
    }
    const newest = replica.actors.newest(hello.node);
    if (newest !== undefined && hello.incarnation < newest) {
      throw new MerganserError(
        'STALE_INCARNATION',
        `incarnation ${newest} of ${hello.node} is known; ${hello.incarnation} is closed`,
      );
    }
  }

  /** Both sides dialled: of two links the one opened by the smaller name stays; of two by the same side, the newer. */
  #keeps(old: Link, fresh: Link, peer: string): boolean {
    if (old.dialled === fresh.dialled) return false;
    const opener = old.dialled ? this.#store.replica.node : peer;
    const other = old.dialled ? peer : this.#store.replica.node;
    return opener < other;
  }

  #onFrame(link: Link, r: Reader, now: number): void {
    const { receiving } = link;
    const start = readFrameStart(r, receiving.actors);
    if (start.epoch > receiving.epoch && start.seq === 0) receiving.adopt(start.epoch);
    const stale = start.epoch < receiving.epoch || start.seq < receiving.next;
    if (stale && !receiving.refused) {
      link.ackDue = true;
      return;
    }
    if (start.epoch !== receiving.epoch || receiving.refused || start.seq > receiving.next)
      return this.#nack(link, now);
    const { replica } = this.#store;
    const staged = decodeFrame(replica, receiving, r, start.full, this.#staging);
    if (staged === 'not applicable') return this.#nack(link, now);
    receiving.next++;
    const floor = replica.ghostFloor.clone();
    replica.apply(staged);
    replica.clock.observe(start.hlc);
    if (start.full && !floor.covers(replica.ghostFloor)) this.#floorRose(link, now);
    (link.member as Member).row.join(staged.top);
    // What came from the peer is not sent back to it.
    link.sending.sent.join(staged.top);
    link.ackDue = true;
    this.#checkSynced(link);
  }

  /** Peers that do not cover the new ghost floor may hold what was removed below it: they need to be told in full (H8). */
  #floorRose(from: Link, now: number): void {
    const { replica } = this.#store;
    for (const link of this.#links.values()) {
      if (link === from || link.member === undefined || link.member.row.covers(replica.ghostFloor)) continue;
      link.sending.rewind(link.member.row, link.sending.epoch + 1, true, 0, now);
    }
  }

  #onPart(link: Link, part: wire.Part, now: number): void {
    const { receiving } = link;
    if (part.length > MAX_STAGED_FRAME_BYTES) {
      throw new MerganserError(
        'MESSAGE_TOO_LARGE',
        `a frame of ${part.length} bytes; the limit is ${MAX_STAGED_FRAME_BYTES}`,
      );
    }
    if (part.index === 0)
      receiving.parts = { epoch: part.epoch, seq: part.seq, length: part.length, pieces: [], got: 0 };
    const { parts } = receiving;
    const fits =
      parts !== undefined && parts.epoch === part.epoch && parts.seq === part.seq && parts.pieces.length === part.index;
    if (!fits) {
      receiving.parts = undefined;
      return this.#nack(link, now);
    }
    parts.pieces.push(part.bytes.slice());
    parts.got += part.bytes.length;
    if (parts.got > parts.length)
      throw new MerganserError('MALFORMED_MESSAGE', 'the parts of a frame are more than was announced');
    if (parts.got < parts.length) return;
    receiving.parts = undefined;
    const whole = new Uint8Array(parts.length);
    let at = 0;
    for (const piece of parts.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    const r = new Reader(whole);
    if (r.byte() !== wire.FRAME)
      throw new MerganserError('MALFORMED_MESSAGE', 'parts of something that is not a frame');
    this.#onFrame(link, r, now);
  }

  #onAck(link: Link, ack: wire.Ack, now: number): void {
    const { sending } = link;
    const { replica } = this.#store;
    const first = !sending.acked;
    sending.acked = true;
    sending.confirmed = Math.max(sending.confirmed, Math.min(ack.confirmed, replica.actors.size));
    if (ack.vv.get(replica.self) > replica.vv.get(replica.self)) {
      throw new MerganserError('MALFORMED_MESSAGE', 'the peer acknowledges dots that were never given out');
    }
    sending.noteAck(ack.epoch, ack.seq - 1, now);
    sending.sent.join(ack.vv);
    (link.member as Member).row.join(ack.vv);
    if (first) link.target = ack.vv;
    this.#checkSynced(link);
  }

  #onNack(link: Link, nack: wire.Nack, now: number): void {
    const { sending } = link;
    if (nack.epoch < sending.epoch) return;
    const { replica } = this.#store;
    const full = !nack.vv.covers(replica.ghostFloor);
    sending.rewind(nack.vv, nack.epoch + 1, full, this.#checkpoints.before(nack.vv), now);
    this.#flush(link, now);
  }

  #onHeartbeat(link: Link, beat: wire.Heartbeat, now: number): void {
    link.peerBeat = beat.sent;
    link.peerBeatAt = now;
    if (beat.echo > 0) link.rtt = Math.max(0, Math.floor(now) - beat.echo - beat.held);
  }

  #onGoodbye(link: Link, goodbye: wire.Goodbye, now: number): void {
    const { member } = link;
    const node = member?.node ?? '?';
    if (goodbye.code === 'PEER_LEFT' && member !== undefined) {
      member.link = undefined;
      this.#members.leave(member);
      this.#event('down', member, goodbye.message);
      this.#store.membersChanged();
    } else if (goodbye.code !== 'DUPLICATE_LINK') {
      this.#outputs.push({
        kind: 'event',
        event: 'refused',
        node,
        link: link.id,
        code: goodbye.code,
        message: goodbye.message,
      });
    }
    this.#links.delete(link.id);
    if (member?.link === link.id) {
      member.link = undefined;
      member.heard = now;
    }
    this.#outputs.push({ kind: 'close', link: link.id, code: 'PEER_LEFT', message: goodbye.message });
  }

  /** Cut a frame if the peer lacks something and takes it. */
  #flush(link: Link, now: number): void {
    const { sending } = link;
    const { replica } = this.#store;
    const { maxInFlight, maxInFlightBytes, retransmitMs } = this.#options;
    if (sending.unacked.length > 0 && now - sending.progress > retransmitMs) {
      const { row } = link.member as Member;
      sending.rewind(row, sending.epoch + 1, !row.covers(replica.ghostFloor), this.#checkpoints.before(row), now);
    }
    if (!sending.full && sending.sent.covers(replica.vv)) return;
    if (!link.writable || sending.unacked.length >= maxInFlight || sending.inFlight >= maxInFlightBytes) return;
    const { epoch, seq, full, confirmed } = sending;
    const bytes = encodeFrame(replica, sending, { epoch, seq, full, confirmed });
    sending.noteSent(replica.vv, bytes.length, now);
    if (bytes.length <= PART_BYTES) this.#send(link, bytes, now);
    else this.#sendParts(link, bytes, epoch, seq, now);
  }

  #sendParts(link: Link, bytes: Uint8Array, epoch: number, seq: number, now: number): void {
    for (let index = 0, at = 0; at < bytes.length; index++, at += PART_BYTES) {
      const piece = bytes.subarray(at, at + PART_BYTES);
      this.#send(link, wire.writePart({ epoch, seq, index, length: bytes.length, bytes: piece }), now);
    }
  }

  /** @param whole say everything, not only what changed since the last ACK */
  #ack(link: Link, whole: boolean, now: number): void {
    const { replica } = this.#store;
    const said = whole ? new VersionVector() : link.ackSaid;
    const vv = new VersionVector(replica.vv.dots.map((n, actor) => (n > said.get(actor) ? n : 0)));
    link.ackSaid = replica.vv.clone();
    link.ackDue = false;
    const { epoch, next, actors } = link.receiving;
    this.#send(
      link,
      wire.writeAck({ confirmed: actors.known, epoch, seq: next, vv }, replica.actors, link.sending.confirmed),
      now,
    );
  }

  #nack(link: Link, now: number): void {
    const { receiving } = link;
    const { replica } = this.#store;
    if (receiving.refused && now - receiving.refusedAt < this.#options.heartbeatMs) return;
    receiving.refused = true;
    receiving.refusedAt = now;
    receiving.parts = undefined;
    this.#send(
      link,
      wire.writeNack({ epoch: receiving.epoch, vv: replica.vv }, replica.actors, link.sending.confirmed),
      now,
    );
  }

  #beat(link: Link, now: number): void {
    link.lastBeat = now;
    const held = link.peerBeat === 0 ? 0 : now - link.peerBeatAt;
    this.#send(link, wire.writeHeartbeat({ sent: now, echo: link.peerBeat, held }), now);
  }

  #checkSynced(link: Link): void {
    if (link.synced || link.target === undefined || !this.#store.replica.vv.covers(link.target)) return;
    link.synced = true;
    const member = link.member as Member;
    this.#event('synced', member, `everything that ${member.node} had is here`, link.id);
  }

  #collect(now: number): void {
    const { replica } = this.#store;
    this.#collectedAt = now;
    replica.collect(this.#members.seenByAll(replica.vv, replica.ghosts > this.#options.maxGhosts));
  }

  #send(link: Link, bytes: Uint8Array, now: number): void {
    link.lastSent = now;
    link.sentBytes += bytes.length;
    this.#outputs.push({ kind: 'send', link: link.id, bytes });
  }

  #close(link: Link, code: ErrorCode, message: string, now: number): void {
    this.#send(link, wire.writeGoodbye({ code, message }), now);
    this.#outputs.push({ kind: 'close', link: link.id, code, message });
    this.closed(link.id, now);
  }

  #event(event: PeerEvent, member: Member, message: string, link?: number): void {
    this.#outputs.push({ kind: 'event', event, node: member.node, message, ...(link === undefined ? {} : { link }) });
  }
}
