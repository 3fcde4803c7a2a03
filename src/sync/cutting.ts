/**
 * Which links are being sent a frame in slices (cut.ts): when one begins, how far it goes in one step, what is kept of it when
 * the link is lost, and when it must begin again.
 *
 * A step makes chunks for one link only, for about as many cells as may be encoded without anybody noticing a pause; links take
 * turns. A cut whose link is lost before the peer has acknowledged it is kept for `keepMs`; the peer says after its HELLO which
 * one it has the beginning of.
 */
import type { Replica } from '../store/replica.js';
import { Cut, type Place } from './cut.js';
import { type Resume, writeBegin } from './cut-message.js';
import { baseOf } from './deferral.js';
import type { Link } from './link.js';
import { CHUNKS, partsOf } from './message.js';
import { writeActors } from './wire-actors.js';

/** Cells that may take their turn in one step, in slices. */
const SLICES_PER_STEP = 2;
/** How long the peer may take to say what it has. */
const GREETING_MS = 2000;
/** A chunk ends with the cell that takes it over this share of what one message may be, so that most stay below it. */
const FILLED = 0.75;

export interface CuttingOptions {
  readonly sliceCells: number;
  readonly partBytes: number;
  readonly maxInFlightBytes: number;
  readonly keepMs: number;
}

interface Kept {
  readonly cut: Cut;
  readonly incarnation: number;
  readonly until: number;
}

export class Cutting {
  readonly #replica: Replica;
  readonly #options: CuttingOptions;
  readonly #send: (link: Link, bytes: Uint8Array) => void;
  /** By the peer's name. */
  readonly #kept = new Map<string, Kept>();
  #lastId = 0;
  /** The link that had the last step. */
  #last = 0;

  constructor(replica: Replica, options: CuttingOptions, send: (link: Link, bytes: Uint8Array) => void) {
    this.#replica = replica;
    this.#options = options;
    this.#send = send;
  }

  /**
   * Begin a cut for the link, or go on with the one that was kept, if the next frame is too much for one step. False: it is not.
   * True also if the peer has not said yet what it has of the one that was kept.
   */
  begin(link: Link, now: number): boolean {
    const { sending, member } = link;
    const { changes, cells, actors } = this.#replica;
    if ((link.features & CHUNKS) === 0 || member === undefined) return false;
    const { full, scan, acked } = sending;
    if (!acked && now - link.opened < GREETING_MS && this.#kept.has(member.node)) return true;
    let cut = this.#continued(link, now);
    if (cut === undefined) {
      const many = full ? cells.end : changes.count(scan);
      if (many <= this.#options.sliceCells) return false;
      cut = new Cut(this.#replica, ++this.#lastId, sending, now);
    }
    sending.cut = cut;
    const { epoch, seq, told } = sending;
    const begin = { epoch, seq, full: cut.full, cut: cut.id, kept: cut.chunks, cells: cut.cells };
    this.#send(
      link,
      writeBegin(begin, (w) => writeActors(w, actors, told)),
    );
    return true;
  }

  busy(links: Iterable<Link>): boolean {
    for (const link of links) if (this.#goes(link)) return true;
    return false;
  }

  /** One step of one cut. */
  step(links: Iterable<Link>, now: number): void {
    const going = [...links].filter((link) => this.#goes(link));
    const next = going.find(({ id }) => id > this.#last) ?? going[0];
    if (next === undefined) return;
    this.#last = next.id;
    this.#advance(next, next.sending.cut as Cut, now);
  }

  /** The feed does not have everything while large frames are not merged. */
  #goes({ sending: { cut }, writable }: Link): boolean {
    return (
      cut !== undefined && writable && cut.inFlight < this.#options.maxInFlightBytes && this.#replica.pending === 0
    );
  }

  #advance(link: Link, cut: Cut, now: number): void {
    const { sending } = link;
    const { sliceCells, partBytes } = this.#options;
    const since = baseOf(cut.eager, sending.sent, this.#replica.vv);
    // Something was forgotten meanwhile of which only a full frame can tell.
    if (!cut.full && !since.covers(this.#replica.ghostFloor))
      return sending.rewind(sending.sent, sending.epoch + 1, 0, now);
    for (let left = SLICES_PER_STEP * sliceCells; left > 0; left -= sliceCells) {
      if (cut.ends(this.#replica, sliceCells)) {
        this.#commit(link, cut, now);
        return;
      }
      this.#chunk(link, cut, since, sliceCells, partBytes);
    }
  }

  /** The peer says what it has of a cut. */
  resume(link: Link, resume: Resume, now: number): void {
    const { sending } = link;
    const cut = sending.cut ?? sending.committed?.cut;
    if (cut?.id === resume.cut) cut.taken(resume.chunks, now);
    else if (sending.cut === undefined) sending.staged = resume;
  }

  /** The link is lost. */
  closed({ member, incarnation, sending }: Link, now: number): void {
    const cut = sending.cut ?? sending.committed?.cut;
    if (member === undefined || cut === undefined || cut.chunks === 0) return;
    this.#kept.set(member.node, { cut, incarnation, until: now + this.#options.keepMs });
  }

  expire(now: number): void {
    for (const [node, { until }] of this.#kept) if (until < now) this.#kept.delete(node);
  }

  /** Cells are dropped. The links whose cut must begin again. */
  dropped(gone: ReadonlySet<number>, links: readonly Link[]): Link[] {
    for (const [node, { cut }] of this.#kept) if (cut.concerns(gone)) this.#kept.delete(node);
    for (const { sending } of links) if (sending.committed?.cut.concerns(gone)) sending.committed = undefined;
    const { ghostFloor } = this.#replica;
    return links.filter(
      ({ sending, member }) => sending.cut?.concerns(gone) === true && member?.row.covers(ghostFloor) === false,
    );
  }

  /** The cut that was kept for the peer, if it has the beginning of it and lacks nothing that it builds on. */
  #continued({ member, sending }: Link, now: number): Cut | undefined {
    const { node, incarnation } = member as NonNullable<Link['member']>;
    const kept = this.#kept.get(node);
    const { staged } = sending;
    sending.staged = undefined;
    this.#kept.delete(node);
    if (kept === undefined || staged === undefined || staged.cut !== kept.cut.id) return undefined;
    const { cut } = kept;
    if (kept.incarnation !== incarnation || kept.until < now) return undefined;
    if (!cut.full && (sending.full || !sending.sent.covers(cut.base))) return undefined;
    return cut.resume(staged.chunks, sending.known, now) ? cut : undefined;
  }

  #chunk(link: Link, cut: Cut, since: ReturnType<typeof baseOf>, turns: number, bytes: number): void {
    const place: Place = link.sending;
    const chunk = cut.chunk(this.#replica, place, since, bytes * FILLED, turns);
    if (chunk === undefined) return;
    for (const message of partsOf(chunk, place.epoch, link.sending.parted++, bytes)) this.#send(link, message);
  }

  #commit(link: Link, cut: Cut, now: number): void {
    const { sending } = link;
    const { vv, changes } = this.#replica;
    const { sliceCells, partBytes } = this.#options;
    const base = baseOf(cut.eager, sending.sent, vv);
    while (cut.left(this.#replica) > sliceCells) this.#chunk(link, cut, base, sliceCells, partBytes);
    const bytes = cut.commit(this.#replica, sending.lastTop, sending, base);
    const { epoch, seq } = sending;
    sending.scan = changes.seal();
    sending.known.join(cut.known);
    sending.cut = undefined;
    sending.committed = { cut, seq };
    sending.noteSent(cut.eager, vv, bytes.length + cut.inFlight, now);
    for (const message of partsOf(bytes, epoch, sending.parted++, partBytes)) this.#send(link, message);
  }
}
