/**
 * One connection to one peer: what was sent, what was taken, in which epoch.
 *
 * Invariants
 *   - the peer covers `sent` once it took every frame of this epoch (I4), so the base of the next frame may be `sent` for the
 *     actors whose changes it carries (for the others it is what this side has, and the peer waits until it has that too);
 *   - frames of an epoch are numbered from 0 and taken in order only; a gap, or a base that is not covered, is answered with a
 *     NACK, after which the sender begins again under a later epoch from the version vector that the NACK names;
 *   - nothing queues: while the peer is slow no frame is cut, and the next one carries the sum of what happened.
 */
import { MerganserError } from '../base/error.js';
import { MAX_STAGED_FRAME_BYTES } from '../base/limits.js';
import { VersionVector } from '../crdt/version-vector.js';
import { anythingFor, Deferral, type Eager } from './deferral.js';
import type { Assembly } from './assembly.js';
import { CellMap, KnownCells } from './cell-numbers.js';
import type { Cut } from './cut.js';
import type { Resume } from './cut-message.js';
import type { Packer } from './compression.js';
import type { FrameReceiver, FrameSender } from './frame.js';
import type { Exchange } from './gossip.js';
import { applicable, type Waiting } from './inbox.js';
import type { Member } from './members.js';
import { FEATURES, type Hello, type Part, type Report, SUCCESSION } from './message.js';
import type { Holder } from './orphans.js';
import type { Asked } from './routes.js';
import { noTraffic, type Traffic } from './traffic.js';
import { type Told, WireActors } from './wire-actors.js';

interface Unacked {
  readonly seq: number;
  readonly bytes: number;
  readonly at: number;
}

/** Outgoing half. */
export class Sending implements FrameSender {
  known: KnownCells = new KnownCells();
  /** The frame that is being sent in slices. */
  cut: Cut | undefined;
  /** The one that was sent last, until its frame is acknowledged. */
  committed: { readonly cut: Cut; readonly seq: number } | undefined;
  /** What the peer said that it has of an earlier cut. */
  staged: Resume | undefined;
  /** Whose changes the peer is sent at once. */
  deferral: Deferral;
  sent: VersionVector = new VersionVector();
  lastTop: VersionVector = new VersionVector();
  scan = 0;
  epoch = 0;
  seq = 0;
  /** Messages that were cut into parts, or would have been: the parts of each have a number of their own. */
  parted = 0;
  /** The next frame says everything; decided when it is cut. */
  full = false;
  /** What the peer knows of our actors. */
  told: Told = { confirmed: 0, lives: false };
  unacked: Unacked[] = [];
  inFlight = 0;
  /** When the peer last made progress, for frames that a lossy transport swallowed. */
  progress = 0;
  /** Acked at least once since the link came up: its row is of this connection. */
  acked = false;

  constructor(deferral: Deferral) {
    this.deferral = deferral;
  }

  /** The peer keeps a part of a large frame that was given up: the next frame, even one that says nothing, makes it let go. */
  #gaveUp = false;

  /** Begin again from what the peer has. */
  rewind(have: VersionVector, epoch: number, scan: number, now: number): void {
    this.#gaveUp ||= this.cut !== undefined || this.committed !== undefined;
    this.sent = have.clone();
    this.lastTop = new VersionVector();
    this.known = new KnownCells();
    this.cut = undefined;
    this.committed = undefined;
    this.scan = scan;
    this.epoch = epoch;
    this.seq = 0;
    this.full = false;
    this.unacked = [];
    this.inFlight = 0;
    this.progress = now;
    this.deferral.rewind();
  }

  /** The peer has so many definitions of our actors. */
  confirm(definitions: number): void {
    if (definitions > this.told.confirmed) this.told = { ...this.told, confirmed: definitions };
  }

  /** Whose changes the next frame carries. */
  eager(): Eager {
    return this.full ? undefined : this.deferral.eager();
  }

  /** Whether the peer is to be told anything. */
  owes(vv: VersionVector): boolean {
    return this.full || this.#gaveUp || anythingFor(this.deferral.eager(), this.sent, vv);
  }

  noteSent(eager: Eager, top: VersionVector, bytes: number, now: number): void {
    if (this.unacked.length === 0) this.progress = now;
    this.unacked.push({ seq: this.seq, bytes, at: now });
    this.inFlight += bytes;
    this.seq++;
    this.full = false;
    this.#gaveUp = false;
    this.deferral.cut(eager, this.sent, top);
  }

  /** What the peer speaks of was sent. Errors: MALFORMED_MESSAGE. */
  checkEpoch(epoch: number, next: number): void {
    if (epoch < this.epoch || (epoch === this.epoch && next <= this.seq)) return;
    throw new MerganserError('MALFORMED_MESSAGE', `frame ${next} of epoch ${epoch} was never sent`);
  }

  /** It took all frames up to this one. Errors: MALFORMED_MESSAGE. */
  noteAck(epoch: number, seq: number, now: number): void {
    this.checkEpoch(epoch, seq + 1);
    if (epoch !== this.epoch) return;
    if (this.committed !== undefined && this.committed.seq <= seq) this.committed = undefined;
    let taken = 0;
    while (taken < this.unacked.length && (this.unacked[taken] as Unacked).seq <= seq) {
      this.inFlight -= (this.unacked[taken] as Unacked).bytes;
      taken++;
    }
    if (taken === 0) return;
    this.unacked.splice(0, taken);
    this.progress = now;
  }

  /** Whether the peer has acknowledged nothing of what is under way for so long. */
  stands(now: number, ms: number): boolean {
    return this.unacked.length > 0 && now - this.progress > ms;
  }

  /** Age in milliseconds of the oldest frame that was not acknowledged, or is not finished. */
  lag(now: number): number {
    const since = this.unacked[0]?.at ?? this.cut?.began ?? now;
    return Math.max(0, now - since);
  }
}

/** For how long, and how many, frames may wait for others. */
interface Patience {
  readonly parkMs: number;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
}

/** Cells that full frames of one link may make this node look at: at once, a few times all that a store can have; and over time. */
const MAX_WALKED = 2 ** 28;
const WALKED_PER_MS = 1000;

/** Incoming half. */
export class Receiving implements FrameReceiver {
  readonly actors: WireActors;
  cells: CellMap = new CellMap();
  /** The top of the frame taken last. */
  top: VersionVector = new VersionVector();
  epoch = 0;
  /** The frame expected next. */
  next = 0;
  /** Frames taken and not yet applied, in order. */
  parked: Waiting[] = [];
  parkedBytes = 0;
  /** The frame that is coming in chunks. */
  assembly: Assembly | undefined;
  /** A NACK was sent for this epoch: its frames are of no use. */
  refused = false;
  refusedAt = 0;
  /** The epoch that the NACK named. */
  refusedEpoch = 0;
  /** Pieces of a large frame: it is applied when all of it is here, since it is valid only at its top (H6). */
  parts:
    | {
        readonly epoch: number;
        readonly seq: number;
        readonly length: number;
        next: number;
        got: number;
        /** Never more than twice what has come, whatever was announced and in whatever pieces. */
        bytes: Uint8Array;
      }
    | undefined;

  /** Cells that full frames made this node look at, of late. */
  #walked = 0;
  #walkedAt = 0;

  constructor(replica: Holder) {
    this.actors = new WireActors(replica);
  }

  /** The sender began again. */
  adopt(epoch: number): void {
    this.epoch = epoch;
    this.next = 0;
    this.refused = false;
    this.cells = new CellMap();
    this.top = new VersionVector();
    this.drop();
  }

  park(frame: Waiting): void {
    this.parked.push(frame);
    this.parkedBytes += frame.bytes;
  }

  /** The first `count` frames wait no more. */
  unpark(count: number): void {
    for (const { bytes } of this.parked.splice(0, count)) this.parkedBytes -= bytes;
  }

  /** Whatever waits is of no use. */
  drop(): void {
    for (const { assembly } of this.parked) assembly?.abandon();
    this.assembly?.abandon();
    this.assembly = undefined;
    this.parked = [];
    this.parkedBytes = 0;
    this.parts = undefined;
  }

  /** The most bytes that frames in chunks take here which are not applied. */
  get held(): number {
    return this.parked.reduce((sum, { assembly }) => sum + (assembly?.held ?? 0), this.assembly?.held ?? 0);
  }

  /** The frame in chunks that is to be applied next, whole or not, is somebody else's from now on. */
  cede(): Assembly | undefined {
    const i = this.parked.findIndex(({ assembly }) => assembly !== undefined);
    const assembly = this.parked[i]?.assembly ?? this.assembly;
    if (i >= 0) this.parked.splice(i, 1);
    else this.assembly = undefined;
    return assembly;
  }

  /** A full frame makes this node look at all of its cells, however short it is. Errors: MESSAGE_TOO_LARGE. */
  walk(cells: number, now: number): void {
    const rested = (now - this.#walkedAt) * WALKED_PER_MS;
    this.#walked = Math.max(0, this.#walked - rested) + cells;
    this.#walkedAt = now;
    if (this.#walked > MAX_WALKED)
      throw new MerganserError('MESSAGE_TOO_LARGE', 'full frames again and again: more than can be looked at');
  }

  /** Whether what is parked waits for other frames for too long, or is too much. */
  isStuck(vv: VersionVector, now: number, { parkMs, maxInFlight, maxInFlightBytes }: Patience): boolean {
    const [head] = this.parked;
    if (head === undefined) return false;
    const late = now - head.since > parkMs;
    if (!applicable(head, vv))
      return late || this.parked.length > maxInFlight || this.parkedBytes > 2 * maxInFlightBytes;
    // Behind one that only waits for its turn, and may be large, nobody honest sends so much.
    return this.parked.length > 4 * maxInFlight || this.parkedBytes - head.bytes > 8 * maxInFlightBytes;
  }

  /** This process stood still: what frames wait for may lie in the sockets. */
  excuse(pause: number): void {
    this.parked = this.parked.map((frame) => ({ ...frame, since: frame.since + pause }));
  }

  /** The frame to be applied next: all before it were. */
  get applied(): number {
    return this.parked[0]?.seq ?? this.next;
  }

  /** Whether a message of this frame tells nothing new. */
  isStale(epoch: number, seq: number): boolean {
    return epoch < this.epoch || (epoch === this.epoch && seq < this.next);
  }

  /** One more piece: the whole frame when it is the last, 'gap' when it is not the one expected. */
  assemble(part: Part): Uint8Array | 'more' | 'gap' {
    if (part.length > MAX_STAGED_FRAME_BYTES) {
      throw new MerganserError(
        'MESSAGE_TOO_LARGE',
        `a frame of ${part.length} bytes; the limit is ${MAX_STAGED_FRAME_BYTES}`,
      );
    }
    const { epoch, seq, length } = part;
    if (part.index === 0) this.parts = { epoch, seq, length, next: 0, got: 0, bytes: new Uint8Array(0) };
    const { parts } = this;
    if (parts === undefined || parts.epoch !== epoch || parts.seq !== seq || parts.next !== part.index) {
      this.parts = undefined;
      return 'gap';
    }
    const got = parts.got + part.bytes.length;
    if (got > length || length !== parts.length || part.bytes.length === 0) {
      throw new MerganserError('MALFORMED_MESSAGE', 'the parts of a frame are not what was announced');
    }
    if (got > parts.bytes.length) {
      const wider = new Uint8Array(Math.min(length, 2 * got));
      wider.set(parts.bytes);
      parts.bytes = wider;
    }
    parts.bytes.set(part.bytes, parts.got);
    parts.got = got;
    parts.next++;
    if (got < length) return 'more';
    this.parts = undefined;
    return parts.bytes;
  }
}

/** Who the peer is, and what it can do. */
type Introduction = Pick<Hello, 'node' | 'incarnation' | 'features'>;

export class Link {
  readonly id: number;
  /** Whether this side opened the connection. */
  readonly dialled: boolean;
  readonly sending: Sending;
  readonly receiving: Receiving;
  /** Who the peer says it is, let in or not. */
  claims: string | undefined;
  /** Set by the peer's HELLO. */
  member: Member | undefined;
  /** What both can do, from HELLO. */
  features = 0;
  /** The life of the peer that the link is to; its member may go on to a later one while the link is there. */
  incarnation = 0;
  /** Set by the peer's HELLO if it takes part in the gossip. */
  exchange: Exchange | undefined;
  /** The hash of its table of members before it last said all that it has (barrier.ts). */
  agreed: number | undefined;
  /** What the peer had when it first answered our HELLO: until we cover it, we are catching up. */
  target: VersionVector | undefined;
  synced = false;
  writable = true;
  ackDue = false;
  /** What our last ACK said. */
  ackSaid: VersionVector = new VersionVector();
  /** When an ACK last spoke of others' changes too. */
  ackedAt = 0;
  /** What our last WANT asked for, and how many there were. */
  asked: Asked | undefined;
  askedAt = 0;
  wants = 0;
  heard: number;
  readonly opened: number;
  lastBeat = 0;
  peerBeat = 0;
  peerBeatAt = 0;
  /** What its last heartbeat told. */
  report: Report | undefined;
  rtt = 0;
  readonly traffic: Traffic = noTraffic();
  /** Compresses what is sent; set when the first message that may be is. */
  packer: Packer | undefined;

  constructor(id: number, dialled: boolean, replica: Holder, now: number) {
    this.id = id;
    this.dialled = dialled;
    this.sending = new Sending(new Deferral(replica.actors, false, undefined, now));
    this.receiving = new Receiving(replica);
    this.heard = now;
    this.opened = now;
  }

  /** The peer said who it is. */
  introduce({ node, incarnation, features }: Introduction): void {
    this.incarnation = incarnation;
    this.features = features & FEATURES;
    const lives = (features & SUCCESSION) !== 0;
    this.sending.told = { confirmed: 0, lives };
    this.receiving.actors.peer = node;
    this.receiving.actors.lives = lives;
  }

  /** This process stood still: nobody else was late meanwhile. */
  excuse(pause: number): void {
    this.receiving.excuse(pause);
    this.sending.deferral.excuse(pause);
  }

  /** These cells are gone here: their numbers stand for nothing any more, in either direction. */
  forget(gone: ReadonlySet<number>): void {
    this.receiving.cells.forget(gone);
    this.receiving.assembly?.map.forget(gone);
    for (const cell of gone) {
      this.sending.known.delete(cell);
      this.sending.cut?.known.delete(cell);
    }
  }
}
