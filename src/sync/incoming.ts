/**
 * What becomes of frames that arrive: taken in order or refused, parked until their base is here, decoded, applied. Everything
 * of a frame, and all frames of a joint set, are checked before anything of them is applied, in one step.
 */
import { MerganserError } from '../base/error.js';
import { Reader } from '../base/bytes.js';
import { Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import type { Staged } from '../store/staging.js';
import { Assembling, type AssemblingHost, type AssemblingOptions } from './assembling.js';
import { decodeCells, readFrameStart, readFrameVectors } from './frame.js';
import { applicable, jointCover, type Waiting } from './inbox.js';
import type { Link } from './link.js';
import * as wire from './message.js';

/** A frame in chunks of which the peer has confirmed nothing for so long is not waited for. */
const STALLED_MS = 2_000;

/** What the protocol does about it. */
export interface IncomingHost extends AssemblingHost {
  applied(link: Link, staged: Staged): void;
  /** What came over the link is wrong. */
  reject(link: Link, error: MerganserError, now: number): void;
}

export class Incoming {
  /** Which waiting frames are applied together. */
  cover: typeof jointCover = jointCover;
  readonly #replica: Replica;
  readonly #host: IncomingHost;
  readonly #staging: Slots;
  /** No set of what waits is applicable together: nothing came, and nothing was applied, since that was found. */
  #inVain = false;
  /** More cells than this are not looked at in one step. */
  readonly #sliceCells: number;
  /** Frames that come in chunks. */
  readonly assembling: Assembling;

  constructor(replica: Replica, options: AssemblingOptions & { readonly sliceCells: number }, host: IncomingHost) {
    this.#replica = replica;
    this.#sliceCells = options.sliceCells;
    this.assembling = new Assembling(replica, options, host);
    this.#host = host;
    this.#staging = new Slots(replica.actors);
  }

  /** A message that is a frame or of one. Errors: MALFORMED_MESSAGE and those of the cells. */
  take(link: Link, kind: number, r: Reader, now: number): void {
    if (kind === wire.BEGIN) this.assembling.begin(link, r, now);
    else if (kind === wire.CHUNK) this.assembling.chunk(link, r, now);
    else if (kind === wire.PART) this.#join(link, wire.readPart(r), now);
    else this.#queue(link, r, r.left, now, kind === wire.COMMIT);
  }

  #join(link: Link, part: wire.Part, now: number): void {
    const whole = link.receiving.assemble(part);
    if (whole === 'gap') return this.#host.nack(link, part.epoch, now);
    if (whole === 'more') return;
    const r = new Reader(whole);
    const kind = r.byte();
    if (kind !== wire.FRAME && kind !== wire.CHUNK && kind !== wire.COMMIT)
      throw new MerganserError('MALFORMED_MESSAGE', 'parts of something else than a frame');
    this.take(link, kind, r, now);
  }

  /** FRAME, or COMMIT: take a frame into its link's queue, or refuse it. */
  #queue(link: Link, r: Reader, bytes: number, now: number, committed: boolean): void {
    const { receiving } = link;
    const chunks = committed ? r.uint() : 0;
    const start = readFrameStart(r, receiving.actors);
    if (start.epoch > receiving.epoch && start.seq === 0) {
      receiving.adopt(start.epoch);
      // An ACK may have been lost: the next one says everything.
      link.ackSaid = new VersionVector();
    }
    if (start.full && start.seq !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'a full frame after another one');
    const stale = start.epoch < receiving.epoch || start.seq < receiving.next;
    if (stale && !receiving.refused) {
      link.ackDue = true;
      return;
    }
    if (start.epoch !== receiving.epoch || receiving.refused || start.seq > receiving.next)
      return this.#host.nack(link, start.epoch, now);
    const assembly = committed ? receiving.assembly : undefined;
    if (committed && assembly?.isWhole(start.seq, chunks) !== true) return this.#host.nack(link, start.epoch, now);
    const vectors = readFrameVectors(this.#replica, receiving, r, start.full);
    const parks = link.sending.deferral.defers;
    if (!parks && !applicable(vectors, this.#replica.vv)) return this.#host.nack(link, start.epoch, now);
    receiving.next++;
    receiving.top = vectors.top;
    this.#inVain = false;
    receiving.park({
      ...vectors,
      ...start,
      bytes,
      body: r.rest(),
      since: now,
      ...(assembly !== undefined && { assembly }),
    });
    if (committed) receiving.assembly = undefined;
  }

  /** Apply whatever has become applicable, of any link. */
  drain(links: Iterable<Link>, now: number): void {
    const waiting = [...links].filter(({ receiving }) => receiving.parked.length > 0);
    if (waiting.length === 0) return;
    do {
      for (let moved = true; moved;) {
        moved = false;
        for (const link of waiting) while (this.#applyHead(link, now)) moved = true;
      }
    } while (this.#applyJointly(waiting, now));
  }

  #applyHead(link: Link, now: number): boolean {
    const head = link.receiving.parked[0];
    if (head === undefined || !applicable(head, this.#replica.vv) || this.#mustRest(link, head, now)) return false;
    const slowly = this.#isLong(head);
    const staged = this.#decode(link, head, slowly ? new Slots(this.#replica.actors) : this.#staging, now);
    if (staged === undefined) return true;
    link.receiving.unpark(1);
    this.#inVain = false;
    this.#replica.apply([staged], slowly);
    this.#replica.clock.observe(head.hlc);
    this.#host.applied(link, staged);
    return true;
  }

  #applyJointly(waiting: readonly Link[], now: number): boolean {
    const queues = waiting.map(({ receiving }) => receiving.parked);
    if (this.#inVain) return false;
    const taken = this.cover(queues, this.#replica.vv);
    this.#inVain = taken.every((n) => n === 0);
    if (this.#inVain) return false;
    const rests = (link: Link, i: number): boolean =>
      link.receiving.parked.slice(0, taken[i]).some((frame) => this.#mustRest(link, frame, now));
    if (waiting.some(rests)) return false;
    const set: { readonly link: Link; readonly frame: Waiting; readonly staged: Staged }[] = [];
    for (const [i, link] of waiting.entries()) {
      for (const frame of link.receiving.parked.slice(0, taken[i])) {
        const staged = this.#decode(link, frame, new Slots(this.#replica.actors), now);
        // Its link has lost its queue: what is left may be another set.
        if (staged === undefined) return true;
        set.push({ link, frame, staged });
      }
    }
    waiting.forEach(({ receiving }, i) => receiving.unpark(taken[i] as number));
    this.#replica.apply(
      set.map(({ staged }) => staged),
      set.some(({ frame }) => this.#isLong(frame)),
    );
    for (const { link, frame, staged } of set) {
      this.#replica.clock.observe(frame.hlc);
      this.#host.applied(link, staged);
    }
    return true;
  }

  /** Whether it brings anything: of a full frame that does not, nobody need look at what it leaves out. */
  #tells({ top, ghostFloor }: Waiting): boolean {
    return !this.#replica.vv.covers(top) || !this.#replica.ghostFloor.covers(ghostFloor);
  }

  /** Whether it takes more than a step: what a full frame does not list is looked at, too. */
  #isLong({ assembly, full }: Waiting): boolean {
    return assembly !== undefined || (full && this.#replica.cells.end > this.#sliceCells);
  }

  /**
   * A large frame is laid over the state as it is: the one before must have been merged. And it touches what it lists: where both
   * sides wrote the same keys, the peer would be sent what it has been sent already. So it waits for the frame in chunks that goes
   * the other way, if less is left of that than itself was: it comes at most as much later as it took, and goes as soon as the other
   * does not get on.
   */
  #mustRest({ sending: { cut } }: Link, { assembly, full }: Waiting, now: number): boolean {
    if (assembly === undefined && !full) return false;
    if (this.#replica.pending > 0) return true;
    const busy = cut !== undefined && assembly !== undefined && now - cut.progress < STALLED_MS;
    return busy && cut.left(this.#replica) < assembly.progress.cells;
  }

  /** The cells of a frame; undefined: they cannot be used, and the link's queue is gone. */
  #decode(link: Link, frame: Waiting, staging: Slots, now: number): Staged | undefined {
    const { receiving } = link;
    try {
      for (const { actor, top } of frame.entries) receiving.actors.admit(actor, top);
      const r = new Reader(frame.body);
      const full = frame.full && this.#tells(frame);
      if (full) receiving.walk(this.#replica.cells.end, now);
      const staged = frame.assembly
        ? frame.assembly.finish(r, receiving, frame, full)
        : decodeCells(this.#replica, receiving, r, frame, full, staging);
      if (staged === undefined) this.#host.nack(link, receiving.epoch, now);
      return staged;
    } catch (error) {
      if ((error as Error).name !== 'MerganserError') throw error;
      receiving.drop();
      this.#host.reject(link, error as MerganserError, now);
      return undefined;
    }
  }
}
