/**
 * What does not fit into the records of cells (cells.ts): the ends of long keys, outside the JavaScript heap, in segments of a
 * mebibyte that are never copied. A piece is a run of words of four bytes, known by the number of its first word, so that it
 * is compared word by word. Freed pieces are kept in lists by size and used again.
 *
 * Invariant: a piece does not straddle two segments. Cost: the bytes, rounded up to whole words.
 */
import { assert } from '../base/assert.js';

const SEGMENT_BITS = 18;
/** Words in a segment. */
const SEGMENT = 1 << SEGMENT_BITS;
const MASK = SEGMENT - 1;
const FIRST = 1 << 8;

export class KeyArena {
  #words: Int32Array[] = [new Int32Array(FIRST)];
  #end = 0;
  /** By size in words. */
  #free: number[][] = [];

  /** Copy `size` words in, from `start` on; returns their place. */
  store(from: Int32Array, start: number, size: number): number {
    const at = this.#free[size]?.pop() ?? this.#allocate(size);
    this.words(at).set(from.subarray(start, start + size), at & MASK);
    return at;
  }

  release(at: number, size: number): void {
    while (this.#free.length <= size) this.#free.push([]);
    (this.#free[size] as number[]).push(at);
  }

  /** The segment that holds a piece, which is read in place from `within` on. */
  words(at: number): Int32Array {
    return this.#words[at >>> SEGMENT_BITS] as Int32Array;
  }

  static within(at: number): number {
    return at & MASK;
  }

  get bytes(): number {
    return this.#words.reduce((sum, segment) => sum + segment.byteLength, 0);
  }

  #allocate(size: number): number {
    let at = this.#end;
    if ((at & MASK) + size > SEGMENT) at = (at + MASK) & ~MASK;
    assert(at >= 0 && at + size < 2 ** 31, 'eight gibibytes of keys');
    const index = at >>> SEGMENT_BITS;
    if (index === this.#words.length) this.#words.push(new Int32Array(SEGMENT));
    else this.#widen((at & MASK) + size);
    this.#end = at + size;
    return at;
  }

  /** Only the first segment starts small and is copied while it grows. */
  #widen(need: number): void {
    if (this.#words.length > 1) return;
    const first = this.#words[0] as Int32Array;
    let size = first.length;
    while (size < need) size *= 4;
    if (size === first.length) return;
    const wider = new Int32Array(size);
    wider.set(first);
    this.#words[0] = wider;
  }
}
