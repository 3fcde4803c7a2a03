/**
 * The digest of everything at one moment, computed in slices while the store goes on being written: what `digest` does in one step,
 * which with ten million cells takes ten seconds.
 *
 * The digest of each cell is remembered while the computation lasts. All cells are read once; then those that the feed says were
 * touched meanwhile are read again, their former digest leaves the sum, and so on, until what is left fits one slice. The last slice
 * is one step, and the sum is that of the replica as it stands then. If the store is written faster than it is read, the rounds do
 * not become shorter: after `ROUNDS` as many turns as there are cells the rest is one step.
 *
 * Invariant: the sum is that of the remembered digests, and a cell whose remembered digest is not its present one stands in the
 * feed behind the cursor. Cells that are dropped leave the sum at once, as their numbers are given away again.
 * Cost: 8 bytes a cell while it lasts, and what `digest` costs.
 */
import { cellDigest, hex } from './digest.js';
import type { Replica } from './replica.js';

const ROUNDS = 8;
const SEGMENT_BITS = 14;
const MASK = (1 << SEGMENT_BITS) - 1;

export interface ExactDigest {
  /** 16 hexadecimal digits. */
  readonly digest: string;
  /** Of what. */
  readonly vv: Readonly<Record<string, number>>;
}

export class DigestRun {
  result: string | undefined;
  readonly #replica: Replica;
  readonly #forget: (gone: ReadonlySet<number>) => void;
  /** Per cell two halves. */
  readonly #known: (Int32Array | undefined)[] = [];
  readonly #end: number;
  #high = 0;
  #low = 0;
  #next = 1;
  #turns = 0;
  /** Turns of all that was touched up to here have come. */
  #order: number;
  #part: { readonly order: number; readonly cells: Int32Array } | undefined;
  #at = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#order = replica.changes.seal();
    this.#end = replica.cells.end;
    this.#forget = (gone) => {
      for (const cell of gone) this.#set(cell, 0, 0);
    };
    replica.onDrop.add(this.#forget);
  }

  /** Read about so many cells; `result` is set with the last. While large frames are not merged nothing happens. */
  step(cells: number): void {
    const { changes, pending } = this.#replica;
    if (pending > 0 || this.result !== undefined) return;
    let left = cells;
    for (; left > 0 && this.#next < this.#end; left--) this.#read(this.#next++);
    if (this.#next < this.#end) return;
    const rest = changes.count(this.#part?.order ?? this.#order) + (this.#part?.cells.length ?? 0) - this.#at;
    const last = rest <= cells || this.#turns > ROUNDS * this.#end;
    if (last) left = Number.POSITIVE_INFINITY;
    while (left > 0 && this.#turn()) left--;
    if (!last) return;
    this.result = hex(this.#high) + hex(this.#low);
    this.stop();
  }

  /** It is not wanted any more. */
  stop(): void {
    this.#replica.onDrop.delete(this.#forget);
  }

  /** Read one more cell of those that were touched. Whether there may be another. */
  #turn(): boolean {
    const cell = this.#part?.cells[this.#at++];
    if (cell !== undefined) {
      this.#turns++;
      this.#read(cell);
      return true;
    }
    this.#order = this.#part?.order ?? this.#order;
    this.#part = this.#replica.changes.after(this.#order);
    this.#at = 0;
    return this.#part !== undefined;
  }

  #read(cell: number): void {
    if (!this.#replica.cells.exists(cell)) return;
    const { high, low } = cellDigest(this.#replica, cell);
    this.#set(cell, high, low);
  }

  #set(cell: number, high: number, low: number): void {
    const i = cell >>> SEGMENT_BITS;
    let segment = this.#known[i];
    if (segment === undefined) {
      if (high === 0 && low === 0) return;
      while (this.#known.length < i) this.#known.push(undefined);
      segment = new Int32Array(2 << SEGMENT_BITS);
      this.#known[i] = segment;
    }
    const at = 2 * (cell & MASK);
    this.#high ^= (segment[at] as number) ^ high;
    this.#low ^= (segment[at + 1] as number) ^ low;
    segment[at] = high;
    segment[at + 1] = low;
  }
}
