/**
 * A frame that is too large to be cut in one step travels as many messages (cut.ts says why that is right):
 *
 *   BEGIN   partition, epoch, seq, flags, actor definitions, number of the cut, chunks that the receiver kept, cells to expect
 *   CHUNK   epoch, seq, index, actor definitions, reference: per actor that moved (actor, distance from the chunk before), cells
 *   COMMIT  number of chunks, then all that a FRAME has: the rest of the cells, and the version vectors that make it valid
 *   RESUME  number of the cut, chunks: what the receiver has staged; while it arrives, and once after HELLO if it kept some
 *
 * All of them have the epoch and the number of the frame that they make up. Dots in a chunk are distances from its reference,
 * which is the sender's version vector when the chunk was made. Cells are numbered for the cut alone.
 */
import { type Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_CELLS, MAX_DOT } from '../base/limits.js';
import type { VersionVector } from '../crdt/version-vector.js';
import { BEGIN, CHUNK, RESUME } from './message.js';
import type { WireActors } from './wire-actors.js';

const FULL = 1;

export interface Begin {
  readonly epoch: number;
  readonly seq: number;
  readonly full: boolean;
  /** Of this cut; the sender never gives it to another one. */
  readonly cut: number;
  /** The first chunks of it are here already. */
  readonly kept: number;
  /** How many cells are to be expected, about; no store has more than `MAX_CELLS`. */
  readonly cells: number;
}

/** @param actors writes the definitions of actors */
export function writeBegin(begin: Begin, actors: (w: Writer) => void): Uint8Array {
  const w = new Writer();
  w.byte(BEGIN);
  w.uint(0);
  w.uint(begin.epoch);
  w.uint(begin.seq);
  w.byte(begin.full ? FULL : 0);
  actors(w);
  w.uint(begin.cut);
  w.uint(begin.kept);
  w.uint(begin.cells);
  return w.finish();
}

export function readBegin(r: Reader, actors: WireActors): Begin {
  const partition = r.uint();
  if (partition !== 0) throw new MerganserError('MALFORMED_MESSAGE', `partition ${partition} was not announced`);
  const epoch = r.uint();
  const seq = r.uint();
  const full = (r.byte() & FULL) !== 0;
  actors.read(r);
  const begin = { epoch, seq, full, cut: r.uint(), kept: r.uint(), cells: r.uint() };
  if (begin.cells > MAX_CELLS) throw new MerganserError('MALFORMED_MESSAGE', `a frame of ${begin.cells} cells`);
  return begin;
}

export interface ChunkStart {
  readonly epoch: number;
  readonly seq: number;
  readonly index: number;
}

/** The beginning of a chunk; cells follow. `reference` is what the chunk before had, and is raised to `vv`. */
export function writeChunkStart(
  w: Writer,
  { epoch, seq, index }: ChunkStart,
  actors: (w: Writer) => void,
  reference: VersionVector,
  vv: VersionVector,
): void {
  w.byte(CHUNK);
  w.uint(epoch);
  w.uint(seq);
  w.uint(index);
  actors(w);
  const moved = vv.dots.flatMap((n, actor) => (n > reference.get(actor) ? [actor] : []));
  w.uint(moved.length);
  for (const actor of moved) {
    w.uint(actor);
    w.uint(vv.get(actor) - reference.get(actor));
  }
  reference.join(vv);
}

export function readChunkStart(r: Reader, actors: WireActors): ChunkStart {
  const start = { epoch: r.uint(), seq: r.uint(), index: r.uint() };
  actors.read(r);
  return start;
}

/** The reference of a chunk, given that of the chunk before. */
export function readReference(r: Reader, actors: WireActors, before: VersionVector): VersionVector {
  const reference = before.clone();
  for (let left = r.count(2); left > 0; left--) {
    const actor = actors.actor(r.uint());
    const n = reference.get(actor) + r.uint();
    if (n > MAX_DOT) throw new MerganserError('MALFORMED_MESSAGE', 'a reference is out of range');
    reference.set(actor, n);
  }
  return reference;
}

export interface Resume {
  readonly cut: number;
  readonly chunks: number;
}

export function writeResume({ cut, chunks }: Resume): Uint8Array {
  const w = new Writer();
  w.byte(RESUME);
  w.uint(cut);
  w.uint(chunks);
  return w.finish();
}

export function readResume(r: Reader): Resume {
  return { cut: r.uint(), chunks: r.uint() };
}
