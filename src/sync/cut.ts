/**
 * A fuzzy cut: a frame of many cells, made in slices, while the store goes on being written and merged.
 *
 * The feed is read from where the link's last scan ended, part by part; each cell is sent as it is when its turn comes. Whoever
 * is touched after its turn stands at the feed's end again, and its turn comes again. When what is left fits one slice, it is
 * sent with COMMIT, in one synchronous step. (A full cut first goes through all cell numbers, then through the feed as touched
 * since it began.) If the store is written faster than the link takes it, the rounds do not become shorter: after `ROUNDS` of
 * them the last one is made in one step, whose length is what was written during one round.
 *
 * Why COMMIT is valid at top = the version vector of that step. At any time, for each cell that has anything beyond the base:
 *   (a) its turn is still to come (it stands in the feed behind the cursor, or is in the part being read), or
 *   (b) the version sent last is its present one.
 * It holds at the beginning, as the feed behind the link's scan has every such cell. A turn takes a cell from (a) to (b). Every
 * change of a cell touches it, which takes it to (a). At COMMIT nothing is in (a). The receiver keeps of each cell the version
 * sent last, and uses nothing of it before COMMIT (H6).
 *
 * The base may rise meanwhile, by what the peer is known to have; a cell sent earlier then says more than is needed. But a cell
 * that was sent is sent again when it changes, even if the peer has the change already: what is staged of it there is of before
 * the change, and would be merged as if the change had been undone by the time of top.
 *
 * A cell that was sent, removed, and dropped when every member had seen the removal is never sent again, and what was staged of
 * it is out of date. If the peer itself covers what was dropped, merging it changes nothing: all its dots are covered there.
 * Otherwise the cut begins again (`concerns`).
 *
 * What was not confirmed is remembered by cell number, so that a cut can go on over another link: those cells are sent again, as
 * they are then. That holds after COMMIT as well, until it is acknowledged: a cut all of which is under way is not sent twice.
 * Source: fuzzy checkpoints (Hagmann, ICDE 1986); the pre-copy rounds of live migration (Clark et al., NSDI 2005).
 */
import { Writer } from '../base/bytes.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import { KnownCells } from './cell-numbers.js';
import { writeChunkStart } from './cut-message.js';
import type { Eager } from './deferral.js';
import { CellWriter, type FrameHeader, writeFrameStart } from './frame.js';
import { COMMIT } from './message.js';
import { writeActors } from './wire-actors.js';

/** Under steady writing the first few rounds shrink by what the link is faster than the writers; more would not. */
const ROUNDS = 8;

/** The place of a cut among the frames of its link. */
export type Place = Pick<FrameHeader, 'epoch' | 'seq' | 'told'>;

/** What is to be sent, and what the frames before it have told. */
interface Beginning {
  readonly full: boolean;
  /** Where in the changes feed the frame before ended. */
  readonly scan: number;
  readonly known: KnownCells;
  eager(): Eager;
}

interface Flying {
  readonly index: number;
  readonly bytes: number;
  readonly cells: Int32Array;
}

export class Cut {
  readonly id: number;
  readonly full: boolean;
  /** Whose changes it carries; decided when it begins. */
  readonly eager: Eager;
  readonly began: number;
  /** How many cells it had to send when it began. */
  readonly cells: number;
  /** Chunks made so far. */
  chunks = 0;
  known: KnownCells;
  /** What the peer must have: raised until the end. */
  readonly base: VersionVector = new VersionVector();
  /** Bytes that the peer has not confirmed. */
  inFlight = 0;
  /** When it last confirmed any. */
  progress: number;
  /** Cells that were sent. */
  readonly #sent = new KnownCells();
  #reference = new VersionVector();
  #flying: Flying[] = [];
  /** Cells that are to be sent once more: as many as are left, from the front. */
  #again = new Int32Array(0);
  #againLeft = 0;
  /** Of a full cut: the number whose turn is next, and the one at which the feed takes over. */
  #number = 0;
  #end = 0;
  /** Turns of all that was touched up to here have come. */
  #order: number;
  #part: { readonly order: number; readonly cells: Int32Array } | undefined;
  #at = 0;
  #round = 0;
  #roundEnds: number;

  constructor(replica: Replica, id: number, sending: Beginning, now: number) {
    const { full, scan } = sending;
    this.id = id;
    this.full = full;
    this.eager = frozen(sending.eager(), replica.actors.size);
    this.known = new KnownCells(sending.known);
    this.began = now;
    this.progress = now;
    this.#order = scan;
    this.#roundEnds = replica.changes.seal();
    if (full) {
      this.#end = replica.cells.end;
      this.#order = this.#roundEnds;
    }
    this.cells = this.left(replica);
  }

  /** How many turns are still to come, if nothing more is touched. */
  left({ changes }: Replica): number {
    const part = this.#part === undefined ? 0 : this.#part.cells.length - this.#at;
    return this.#againLeft + (this.#end - this.#number) + part + changes.count(this.#reached);
  }

  /** Whether the rest is to be sent at once. */
  ends(replica: Replica, slice: number): boolean {
    return this.#round >= ROUNDS || this.left(replica) <= slice;
  }

  /**
   * A chunk of about `bytes`, after up to `turns` turns: undefined if they brought nothing to send. `since`: what the peer
   * needs no more.
   */
  chunk(replica: Replica, place: Place, since: VersionVector, bytes: number, turns: number): Uint8Array | undefined {
    const w = new Writer();
    const { epoch, seq, told } = place;
    const reference = this.#reference.clone();
    const start = { epoch, seq, index: this.chunks };
    writeChunkStart(w, start, (to) => writeActors(to, replica.actors, told), reference, replica.vv);
    const writer = new CellWriter(replica, w, this.known);
    const cells = new Set<number>();
    const full = w.length + bytes;
    for (let left = turns; left > 0 && w.length < full; left--) {
      const cell = this.#turn(replica);
      if (cell === 0) break;
      // Parts of the feed that merge meanwhile are read twice.
      if (!cells.has(cell) && writer.write(cell, this.full ? undefined : since, this.#sent.has(cell))) cells.add(cell);
    }
    for (const cell of cells) this.#sent.add(cell);
    this.base.join(since);
    if (cells.size === 0) return undefined;
    this.#reference = reference;
    const message = w.finish();
    this.#flying.push({ index: this.chunks++, bytes: message.length, cells: Int32Array.from(cells) });
    this.inFlight += message.length;
    return message;
  }

  /** The end: every turn that is left, in one step. */
  commit(replica: Replica, lastTop: VersionVector, place: Place, base: VersionVector): Uint8Array {
    const w = new Writer();
    w.byte(COMMIT);
    w.uint(this.chunks);
    writeFrameStart(w, replica, lastTop, { ...place, full: this.full, base });
    const writer = new CellWriter(replica, w, this.known);
    const cells = new Set<number>();
    for (let cell = this.#turn(replica); cell !== 0; cell = this.#turn(replica)) {
      if (!cells.has(cell) && writer.write(cell, this.full ? undefined : base, this.#sent.has(cell))) cells.add(cell);
    }
    for (const cell of cells) this.#sent.add(cell);
    this.base.join(base);
    this.#flying.push({ index: this.chunks, bytes: 0, cells: Int32Array.from(cells) });
    return w.finish();
  }

  /** The peer has the first so many chunks. */
  taken(chunks: number, now: number): void {
    while (this.#flying.length > 0 && (this.#flying[0] as Flying).index < chunks) {
      this.inFlight -= (this.#flying.shift() as Flying).bytes;
      this.progress = now;
    }
  }

  /** Go on over a new link, to a peer that has the first so many chunks. False: it cannot. */
  resume(chunks: number, before: KnownCells, now: number): boolean {
    const first = this.#flying[0]?.index ?? this.chunks;
    if (chunks < first || chunks > this.chunks) return false;
    this.taken(chunks, now);
    this.#sendAgain();
    this.#round = 0;
    this.inFlight = 0;
    this.progress = now;
    this.chunks = chunks;
    this.#reference = new VersionVector();
    this.known = new KnownCells(before);
    return true;
  }

  /** Whether any of these cells, which are being dropped, was sent. */
  concerns(gone: ReadonlySet<number>): boolean {
    for (const cell of gone) if (this.#sent.has(cell)) return true;
    return false;
  }

  /** What is under way may be half a million cells: they are copied, not looked at. One that stands there twice is sent twice. */
  #sendAgain(): void {
    const left = this.#again.subarray(0, this.#againLeft);
    const lists = [left, ...this.#flying.map(({ cells }) => cells)];
    this.#again = new Int32Array(lists.reduce((sum, { length }) => sum + length, 0));
    this.#againLeft = 0;
    for (const list of lists) {
      this.#again.set(list, this.#againLeft);
      this.#againLeft += list.length;
    }
    this.#flying = [];
  }

  get #reached(): number {
    return this.#part?.order ?? this.#order;
  }

  /** Whose turn it is; 0: nobody's. Who was touched in the meantime is passed over, as it will be met again. */
  #turn({ cells, changes }: Replica): number {
    for (;;) {
      const cell = this.#next();
      if (cell === 0) {
        if (this.#order >= this.#roundEnds) {
          this.#round++;
          this.#roundEnds = changes.seal();
        }
        this.#part = changes.after(this.#order);
        this.#at = 0;
        if (this.#part === undefined) return 0;
      } else if (cells.exists(cell) && changes.orderOf(cell) <= this.#reached) return cell;
    }
  }

  #next(): number {
    if (this.#againLeft > 0) return this.#again[--this.#againLeft] as number;
    if (this.#number < this.#end && ++this.#number < this.#end) return this.#number;
    if (this.#part === undefined) return 0;
    const cell = this.#part.cells[this.#at++];
    if (cell !== undefined) return cell;
    this.#order = this.#part.order;
    this.#part = undefined;
    return 0;
  }
}

/** What it says now, for ever; those who are not known yet are included. */
function frozen(eager: Eager, actors: number): Eager {
  if (eager === undefined) return undefined;
  const included = Array.from({ length: actors }, (_, actor) => eager(actor));
  return (actor) => included[actor] ?? true;
}
