/**
 * The bytes of every key, outside the JavaScript heap, in segments of a mebibyte that are never copied. A key is an offset.
 * Freed keys are kept in lists by length and used again. Invariant: a key does not straddle two segments.
 * Cost: the key's own bytes.
 */
const SEGMENT_BITS = 20;
const SEGMENT = 1 << SEGMENT_BITS;
const MASK = SEGMENT - 1;
const FIRST = 1 << 10;

export class KeyArena {
  #segments: Uint8Array[] = [new Uint8Array(FIRST)];
  #end = 0;
  #free = new Map<number, number[]>();

  /** Copy `bytes` in; returns their offset. */
  store(bytes: Uint8Array, length: number): number {
    const reused = this.#free.get(length)?.pop();
    const at = reused ?? this.#allocate(length);
    (this.#segments[at >>> SEGMENT_BITS] as Uint8Array).set(bytes.subarray(0, length), at & MASK);
    return at;
  }

  release(at: number, length: number): void {
    const list = this.#free.get(length);
    if (list === undefined) this.#free.set(length, [at]);
    else list.push(at);
  }

  /** A view that must not outlive the key. */
  view(at: number, length: number): Uint8Array {
    const start = at & MASK;
    return (this.#segments[at >>> SEGMENT_BITS] as Uint8Array).subarray(start, start + length);
  }

  /** The segment that holds a key, for reading in place at `within`. */
  segment(at: number): Uint8Array {
    return this.#segments[at >>> SEGMENT_BITS] as Uint8Array;
  }

  static within(at: number): number {
    return at & MASK;
  }

  equals(at: number, bytes: Uint8Array, length: number): boolean {
    const segment = this.#segments[at >>> SEGMENT_BITS] as Uint8Array;
    const start = at & MASK;
    for (let i = 0; i < length; i++) if (segment[start + i] !== bytes[i]) return false;
    return true;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.length, 0);
  }

  #allocate(length: number): number {
    let at = this.#end;
    if ((at & MASK) + length > SEGMENT) at = (at + MASK) & ~MASK;
    const index = at >>> SEGMENT_BITS;
    const need = (at & MASK) + length;
    const segment = this.#segments[index];
    if (segment === undefined) this.#segments.push(new Uint8Array(SEGMENT));
    else if (segment.length < need) this.#widen(segment, need);
    this.#end = at + length;
    return at;
  }

  /** Only the first segment starts small and is copied while it grows. */
  #widen(first: Uint8Array, need: number): void {
    let size = first.length;
    while (size < need) size *= 4;
    const wider = new Uint8Array(Math.min(size, SEGMENT));
    wider.set(first);
    this.#segments[0] = wider;
  }
}
