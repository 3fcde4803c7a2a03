/**
 * The receiver's half of a cut (cut.ts): chunks are decoded as they come into a staging area of their own, where a later version
 * of a cell replaces the earlier one. Nothing of it is seen before COMMIT, which makes one frame of it (H6).
 *
 * Cells are made here when their definitions come, without state: that is the costly part, and so it is spread. If the frame
 * never comes about they are given up again.
 *
 * Invariants
 *   - chunks are taken in order only; a gap is answered with a NACK;
 *   - what is staged of a cell is what its last chunk said, with dots at or below `reference`, which COMMIT's top must cover.
 */
import type { Reader } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import type { Staged, Staging } from '../store/staging.js';
import { CellMap } from './cell-numbers.js';
import { type Begin, readReference } from './cut-message.js';
import { type FrameVectors, stageCells } from './frame.js';
import { checkOwn } from './handshake.js';
import type { WireActors } from './wire-actors.js';

/** A cut ends after a few rounds (cut.ts), and begins over when its link is lost; one that repeats itself this often has no end. */
const ROUNDS = 64;
/** And this many cells. */
const LEAST = 4096;

/** What the sender's numbers stand for from now on is said here. */
interface Receiver {
  readonly actors: WireActors;
  cells: CellMap;
}

export class Assembly {
  readonly cut: number;
  /** How many cells the sender had to send when it began. */
  readonly expected: number;
  /** The frame that it becomes. */
  epoch: number;
  seq: number;
  /** The chunk expected next. */
  chunks = 0;
  /** What was said last about how many there are. */
  said = 0;
  bytes = 0;
  map: CellMap = new CellMap();
  /** Cells that came so far, each as often as it came, and chunks. */
  #listed = 0;
  readonly #replica: Replica;
  readonly #staging: Staging;
  #reference = new VersionVector();
  /** Of earlier links. */
  readonly #references = new VersionVector();

  constructor(replica: Replica, begin: Begin) {
    this.#replica = replica;
    this.#staging = replica.stage();
    this.cut = begin.cut;
    this.expected = begin.cells;
    this.epoch = begin.epoch;
    this.seq = begin.seq;
  }

  /** How far it is. */
  get progress(): { readonly cells: number; readonly expected: number; readonly bytes: number } {
    return { cells: this.#staging.size, expected: this.expected, bytes: this.bytes };
  }

  /** The most bytes that it takes here: slots, and keys and values, which are no more than what came. */
  get held(): number {
    return this.#staging.slots.bytes + this.bytes;
  }

  /** It goes on over another link. */
  resume({ epoch, seq }: Begin): void {
    this.epoch = epoch;
    this.seq = seq;
    this.map = new CellMap();
    this.#references.join(this.#reference);
    this.#reference = new VersionVector();
  }

  /** The next chunk. False: it uses a number that stands for nothing (any more). Errors: as for a frame. */
  take(r: Reader, actors: WireActors, bytes: number): boolean {
    this.bytes += bytes;
    const reference = readReference(r, actors, this.#reference);
    checkOwn(reference, this.#replica);
    if (!this.#stage(r, actors, reference)) return false;
    this.#reference = reference;
    this.chunks++;
    return true;
  }

  /** All of it, with the cells that COMMIT brings. Undefined as for `take`. May be asked for again. */
  finish(r: Reader, receiver: Receiver, { top, ghostFloor }: FrameVectors, full: boolean): Staged | undefined {
    if (!top.covers(this.#reference) || !top.covers(this.#references))
      throw new MerganserError('MALFORMED_MESSAGE', 'a chunk lies beyond the frame that it is of');
    if (!this.#stage(r, receiver.actors, top)) return undefined;
    receiver.cells = receiver.cells.joined(this.map);
    return this.#staging.finish(top, full, ghostFloor);
  }

  /** It will never be a frame. */
  abandon(): void {
    this.#replica.abandon(this.#staging);
  }

  /** Whether it is all of the frame of this number, in so many chunks. */
  isWhole(seq: number, chunks: number): boolean {
    return this.seq === seq && this.chunks === chunks;
  }

  #stage(r: Reader, actors: WireActors, top: VersionVector): boolean {
    const { slots } = this.#staging;
    const staged = stageCells(this.#replica, { actors, cells: this.map }, r, top, slots);
    if (staged === undefined) return false;
    this.#listed += 1 + staged.cells.length;
    for (const cell of staged.made) this.#staging.pin(cell);
    staged.cells.forEach((cell, i) => this.#staging.add(cell, staged.heads[i] as number));
    if (this.#listed > ROUNDS * (this.#staging.size + LEAST))
      throw new MerganserError('MESSAGE_TOO_LARGE', 'a frame in chunks that says the same again and again');
    return true;
  }
}
