/**
 * The changes feed ("by-seq list"): each cell stands in it once, and touching a cell moves it to the end. A reader (a link,
 * the watchers) remembers an order and later scans what was touched since; nothing is kept per reader and nothing is ever
 * truncated, so no reader can fall off the end.
 *
 * It is a log of cell numbers in segments. A cell knows its place; when it leaves one, the entry there becomes 0, so that
 * nobody has to ask a cell whether an entry is still good. While a cell stands in the open segment, touching it again costs
 * one comparison: `seal` closes the segment before a scan. Sealed segments merge when the older is less than twice the newer
 * (as in an LSM tree), which drops the dead and keeps the number of segments logarithmic. A merged segment takes the later
 * order: a reader in between scans a little twice, which is safe.
 *
 * Cost: 4–8 bytes a cell in the log, 4 in the cell's record; a touch writes to the end of an array and to where the cell was.
 */
import { assert } from '../base/assert.js';

const OFFSET_BITS = 16;
const SEGMENT = 1 << OFFSET_BITS;
const FIRST = 16;

interface Segment {
  /** Larger for later segments; what readers remember. */
  order: number;
  /** Where it stands in the table; part of the places of its cells. */
  readonly index: number;
  entries: Int32Array;
  used: number;
  live: number;
}

/** Where a cell keeps its place in the feed: 0 is "nowhere". */
export interface Places {
  place(cell: number): number;
  setPlace(cell: number, place: number): void;
}

export class Changes {
  #places: Places;
  #table: (Segment | undefined)[] = [undefined];
  #freeIndexes: number[] = [];
  /** Oldest first; the last one is open. */
  #segments: Segment[] = [];
  #open: Segment;
  #order = 0;
  /** Cells that came with something new, of types that do something about it (rights.ts). */
  readonly tended: Set<number> = new Set();
  /** Called when the open segment gets its first entry: there is something new. */
  onNews: (() => void) | undefined;

  constructor(places: Places) {
    this.#places = places;
    this.#open = this.#begin();
  }

  touch(cell: number): void {
    if (this.#places.place(cell) >>> OFFSET_BITS === this.#open.index) return;
    if (this.#open.used === SEGMENT) this.seal();
    const place = this.#places.place(cell);
    if (place !== 0) this.#leave(place);
    this.#append(cell);
  }

  /** The cell is gone. */
  remove(cell: number): void {
    const place = this.#places.place(cell);
    if (place === 0) return;
    this.#leave(place);
    this.#places.setPlace(cell, 0);
  }

  /** Close the open segment. What is touched from now on comes after the returned order. */
  seal(): number {
    if (this.#open.used === 0) return this.#open.order - 1;
    const order = this.#open.order;
    this.#open = this.#begin();
    this.#compact();
    return order;
  }

  /** Every cell touched after `order`, each once, oldest first, with an order it was touched at or before. `visit` must not touch. */
  scan(order: number, visit: (cell: number, order: number) => void): void {
    for (const segment of this.#segments) {
      if (segment.order <= order || segment.live === 0) continue;
      const { entries, used } = segment;
      for (let i = 0; i < used; i++) {
        const cell = entries[i] as number;
        if (cell !== 0) visit(cell, segment.order);
      }
    }
  }

  /** The most cells that `scan` would visit. Cost: a look at each segment. */
  count(order: number): number {
    return this.#segments.reduce((sum, segment) => sum + (segment.order > order ? segment.live : 0), 0);
  }

  /**
   * The earliest part of what was touched after `order`, for readers that do not take everything at once: cells touched up to
   * the order that comes with them. Undefined: nothing was.
   */
  after(order: number): { readonly order: number; readonly cells: Int32Array } | undefined {
    let segment = this.#segments.find((s) => s.order > order && s.live > 0);
    if (segment === this.#open && segment.used > 0) {
      this.seal();
      segment = this.#segments.find((s) => s.order > order && s.live > 0);
    }
    return (
      segment && { order: segment.order, cells: segment.entries.slice(0, segment.used).filter((cell) => cell !== 0) }
    );
  }

  /** Up to which order a scan must go to visit the cell; 0: it stands nowhere. */
  orderOf(cell: number): number {
    return this.#table[this.#places.place(cell) >>> OFFSET_BITS]?.order ?? 0;
  }

  /** How many segments there are; logarithmic in the number of cells. */
  get segments(): number {
    return this.#segments.length;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.entries.byteLength, 0);
  }

  #append(cell: number): void {
    const open = this.#open;
    if (open.used === open.entries.length) {
      const wider = new Int32Array(Math.min(open.used * 2, SEGMENT));
      wider.set(open.entries);
      open.entries = wider;
    }
    open.entries[open.used] = cell;
    this.#places.setPlace(cell, placeOf(open.index, open.used));
    open.live++;
    if (open.used++ === 0) this.onNews?.();
  }

  #leave(place: number): void {
    const segment = this.#table[place >>> OFFSET_BITS];
    assert(segment !== undefined, 'a place lies in a segment');
    segment.live--;
    segment.entries[place & (SEGMENT - 1)] = 0;
  }

  #begin(): Segment {
    const index = this.#freeIndexes.pop() ?? this.#table.push(undefined) - 1;
    assert(index < SEGMENT, 'segments merge before their numbers run out');
    const segment: Segment = { order: ++this.#order, index, entries: new Int32Array(FIRST), used: 0, live: 0 };
    this.#table[index] = segment;
    this.#segments.push(segment);
    return segment;
  }

  #compact(): void {
    const sealed = this.#segments;
    while (sealed.length > 2) {
      const newer = sealed[sealed.length - 2] as Segment;
      const older = sealed[sealed.length - 3] as Segment;
      if (older.live > 2 * newer.live || older.live + newer.live > SEGMENT) break;
      sealed.splice(sealed.length - 3, 2, this.#merge(older, newer));
    }
    this.#compactOld();
  }

  /** Large old segments lose their cells slowly: join neighbours that have become half empty. */
  #compactOld(): void {
    for (let i = this.#segments.length - 3; i > 0; i--) {
      const newer = this.#segments[i] as Segment;
      const older = this.#segments[i - 1] as Segment;
      const live = older.live + newer.live;
      if (live * 2 > older.used + newer.used || live > SEGMENT) continue;
      this.#segments.splice(i - 1, 2, this.#merge(older, newer));
      return;
    }
  }

  #merge(older: Segment, newer: Segment): Segment {
    const merged: Segment = {
      order: newer.order,
      index: newer.index,
      entries: new Int32Array(Math.max(older.live + newer.live, FIRST)),
      used: 0,
      live: 0,
    };
    for (const segment of [older, newer]) {
      for (let i = 0; i < segment.used; i++) {
        const cell = segment.entries[i] as number;
        if (cell !== 0) merged.entries[merged.used++] = cell;
      }
    }
    for (let i = 0; i < merged.used; i++) this.#places.setPlace(merged.entries[i] as number, placeOf(merged.index, i));
    merged.live = merged.used;
    this.#table[older.index] = undefined;
    this.#freeIndexes.push(older.index);
    this.#table[merged.index] = merged;
    return merged;
  }
}

/** A place as the Int32 that a cell's record holds, read back unsigned. */
function placeOf(index: number, offset: number): number {
  return ((index << OFFSET_BITS) | offset) >>> 0;
}
