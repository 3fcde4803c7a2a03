/**
 * The entries of a capped log, in the order of their ids: a sorted list in chunks, which grows anywhere and loses only its first.
 *
 * An array of a hundred thousand moves whole whenever its first element goes, since it is too large for the collector to trim; one of
 * CHUNK does not. A chunk knows the last dot of each actor in it, or a later one, so that whoever looks for what is new passes over
 * chunks in which nothing is. A copy shares its chunks until either side changes them.
 *
 * Invariants: no chunk is empty, none is longer than CHUNK; ids ascend, also from one chunk to the next; `dots`, where it is there, covers
 * the chunk.
 * Cost: an entry at the end or the first one gone is constant, however many there are; one in between O(log N) and moving half a
 * chunk; a copy, or a look for what is new, a step for each chunk.
 * Source: unrolled linked lists (Shao, Reppy, Appel, LFP 1994), under an array instead of links.
 */
import type { Value } from '../base/value.js';
import type { Slots } from './slots.js';
import { VersionVector } from './version-vector.js';

/** Where an entry stands: milliseconds since 1970 (a float), then actor, then dot. */
export interface Id {
  readonly time: number;
  readonly actor: number;
  readonly n: number;
}

export interface Entry extends Id {
  readonly value: Value;
  /** Running number of becoming visible in this replica. */
  readonly arrival: number;
}

interface Chunk {
  entries: Entry[];
  /** Made when somebody looks for what is new, where there are several chunks. */
  dots: VersionVector | undefined;
  /** Another list has it too: to be copied before it is changed. */
  shared: boolean;
}

const CHUNK = 512;

export function compare(slots: Slots, a: Id, b: Id): number {
  return a.time - b.time || slots.actors.compare(a.actor, b.actor) || a.n - b.n;
}

export class Entries {
  #chunks: Chunk[] = [];
  #length = 0;

  /** @param entries in order, which is not looked at again */
  static of(entries: readonly Entry[]): Entries {
    const list = new Entries();
    list.#put(0, 0, pieces(entries, CHUNK));
    list.#length = entries.length;
    return list;
  }

  get length(): number {
    return this.#length;
  }

  get first(): Entry | undefined {
    return this.#chunks[0]?.entries[0];
  }

  get last(): Entry | undefined {
    return this.#chunks.at(-1)?.entries.at(-1);
  }

  clone(): Entries {
    const copy = new Entries();
    for (const chunk of this.#chunks) chunk.shared = true;
    copy.#chunks = this.#chunks.slice();
    copy.#length = this.#length;
    return copy;
  }

  /** All of them, ascending. */
  all(): Entry[] {
    return this.#chunks.flatMap(({ entries }) => entries);
  }

  /** The last `n`, ascending. */
  newest(n: number): Entry[] {
    let left = Math.min(n, this.#length);
    const parts: Entry[][] = [];
    for (let i = this.#chunks.length - 1; left > 0; i--) {
      const { entries } = this.#chunks[i] as Chunk;
      parts.push(left < entries.length ? entries.slice(-left) : entries);
      left -= Math.min(left, entries.length);
    }
    return parts.toReversed().flat();
  }

  /** Those that are not covered, ascending. */
  newerThan(covered: VersionVector): Entry[] {
    const found: Entry[] = [];
    for (const chunk of this.#chunks) {
      if (this.#chunks.length > 1) {
        chunk.dots ??= dotsOf(chunk.entries);
        if (covered.covers(chunk.dots)) continue;
      }
      for (const entry of chunk.entries) if (entry.n > covered.get(entry.actor)) found.push(entry);
    }
    return found;
  }

  /** Whether none is covered. */
  allNewerThan(covered: VersionVector): boolean {
    return this.#chunks.every(({ entries }) => entries.every(({ actor, n }) => n > covered.get(actor)));
  }

  /** Take the first one out; there must be one. */
  shift(): Entry {
    const { entries } = this.#own(0);
    const first = entries.shift() as Entry;
    if (entries.length === 0) this.#chunks.shift();
    this.#length--;
    return first;
  }

  /** Put one in that is not there yet. */
  add(slots: Slots, entry: Entry): void {
    const { last } = this;
    const at = this.#chunks.length - 1;
    if (last === undefined || compare(slots, last, entry) > 0 || this.#chunks[at]?.entries.length === CHUNK) {
      this.addAll(slots, [entry], entry.arrival - 1);
      return;
    }
    const chunk = this.#own(at);
    chunk.entries.push(entry);
    chunk.dots?.raise(entry.actor, entry.n);
    this.#length++;
  }

  /**
   * Put those in that are not there yet, and number them as they come. What stands behind the first of them in a chunk is merged with
   * all that belong into that chunk in one pass.
   * @param more ascending; @param arrivals the last number given; returns the last one given now
   */
  addAll(slots: Slots, more: readonly Entry[], arrivals: number): number {
    let given = arrivals;
    for (let next = 0; next < more.length;) {
      const at = this.#chunkOf(slots, more[next] as Entry);
      const beyond = this.#chunks[at + 1]?.entries[0];
      const end = beyond === undefined ? more.length : position(slots, more, beyond, next);
      given = this.#merge(slots, at, more.slice(next, end), given);
      next = end;
    }
    return given;
  }

  /** Where an entry belongs: the last chunk that begins at or before it, or the first. */
  #chunkOf(slots: Slots, id: Id): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (compare(slots, (this.#chunks[middle] as Chunk).entries[0] as Entry, id) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #merge(slots: Slots, at: number, more: readonly Entry[], arrivals: number): number {
    const there = this.#chunks[at]?.entries ?? [];
    const start = position(slots, there, more[0] as Entry);
    const merged = there.slice(0, start);
    let given = arrivals;
    let next = start;
    for (const { time, actor, n, value } of more) {
      const id = { time, actor, n };
      while (next < there.length && compare(slots, there[next] as Entry, id) < 0) merged.push(there[next++] as Entry);
      if (next < there.length && compare(slots, there[next] as Entry, id) === 0) continue;
      merged.push({ time, actor, n, value, arrival: ++given });
    }
    const atEnd = next === there.length && at >= this.#chunks.length - 1;
    while (next < there.length) merged.push(there[next++] as Entry);
    this.#length += merged.length - there.length;
    // What only grows at its end leaves full chunks behind; elsewhere there must be room in each for more.
    const size = atEnd ? CHUNK : Math.ceil(merged.length / Math.ceil(merged.length / CHUNK));
    this.#put(at, 1, pieces(merged, size));
    return given;
  }

  /** Put chunks in the place of `count` others. */
  #put(at: number, count: number, entries: readonly Entry[][]): void {
    const chunks = entries.map((part) => ({ entries: part, dots: undefined, shared: false }));
    // No spread: a state may come with a million.
    if (chunks.length === 1) this.#chunks.splice(at, count, chunks[0] as Chunk);
    else this.#chunks = [...this.#chunks.slice(0, at), ...chunks, ...this.#chunks.slice(at + count)];
  }

  /** A chunk, to be changed. */
  #own(at: number): Chunk {
    const chunk = this.#chunks[at] as Chunk;
    if (!chunk.shared) return chunk;
    return (this.#chunks[at] = { entries: chunk.entries.slice(), dots: chunk.dots?.clone(), shared: false });
  }
}

function dotsOf(entries: readonly Entry[]): VersionVector {
  const dots = new VersionVector();
  for (const { actor, n } of entries) dots.raise(actor, n);
  return dots;
}

/** Where `id` stands or would stand, `from` or later. */
function position(slots: Slots, entries: readonly Entry[], id: Id, from = 0): number {
  let low = from;
  let high = entries.length;
  if (high > low && compare(slots, entries[high - 1] as Entry, id) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(slots, entries[middle] as Entry, id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pieces(entries: readonly Entry[], size: number): Entry[][] {
  const cut: Entry[][] = [];
  for (let i = 0; i < entries.length; i += size) cut.push(entries.slice(i, i + size));
  return cut;
}
