/**
 * The state of every type is a chain of slots, one per actor that ever touched the cell, kept outside the JavaScript heap.
 *
 *   slot = { actor, dot, value, next }       20 bytes: a Float64 and three Int32
 *
 * `dot` is the last dot of that actor that touched the cell, removals included: the chain *is* the cell's `mods`. What
 * `value` means is the type's business: a sum, a share, "live", or the number of a JavaScript object held beside the slots.
 * Two kinds of slot share the chain: BASE (what a counter's reset observed of that actor, or the score that it set) and CELL
 * (what belongs to no actor: a log's floor and entries). A state is the number of its first slot; 0 is ⊥. Where a slot needs a
 * second number, its value says where a pair of them is kept beside the slots.
 *
 * A cell's record has room for one slot, its home (store/cells.ts), so that most writes meet no other cache line than the
 * record's: the number of that slot is HOME plus the cell's. All other slots stand in a pool. Whoever changes a cell's chain
 * offers its home first (`home`); a staging area has none.
 *
 * Invariants: slot 0 is never used; a chain holds one slot per (actor, kind); dots fit 48 bits; a home is used by a chain of
 * its cell only, and one that is not used says so in `next`.
 * Cost: 20 bytes a slot. The pool grows in segments of 1.25 MiB, so nothing is copied and nothing doubles after the first.
 */
import type { ActorTable } from '../base/actor.js';
import { assert } from '../base/assert.js';

/** Added to the actor of a slot that holds what a reset observed. */
export const BASE = 0x8000;
/** The "actor" of the slot that holds what belongs to the cell as a whole. */
export const CELL = 0x7fff;

/** The number of the slot in the record of cell 0. */
export const HOME: number = 2 ** 30;

/** Memory that cells lend: their records, in segments, as two views of the same bytes. */
export interface Homes {
  readonly words: Int32Array[];
  readonly values: Float64Array[];
}
/** A record is 64 bytes: three Int32 of the cell's, three of the home's, the home's value, the key. */
export const RECORD_WORDS = 16;
export const RECORDS_BITS = 14;
/** Unused words before the first record: the allocator puts large memory 16 bytes behind a page's start, and a record shall be
 * one cache line. */
export const FRONT_WORDS = 12;
/** Where the home's dot, actor and next begin in a record, in Int32s, and where its value is, in Float64s. */
export const HOME_WORD = 3;
export const HOME_VALUE = 3;
const RECORDS_MASK = (1 << RECORDS_BITS) - 1;
/** In `next` of a home that is not used. */
export const VACANT = -1;

/** The pool: 16 slots are a group of 320 bytes, their values first, and 4,096 groups are a segment. */
const SEGMENT_BITS = 16;
const MASK = (1 << SEGMENT_BITS) - 1;
const SEGMENT_BYTES = (MASK + 1) * 20;
const FIRST_BYTES = 64 * 20;
/** Objects in a segment: growing never copies more of them. */
const OBJECTS_BITS = 13;
const OBJECTS_MASK = (1 << OBJECTS_BITS) - 1;
/** Pairs of numbers in a segment. */
const PAIRS_BITS = 10;
const PAIRS_MASK = (1 << PAIRS_BITS) - 1;
/** Fields of a slot, in Int32s. */
export const DOT = 0;
export const ACTOR = 1;
export const NEXT = 2;
const TWO_32 = 2 ** 32;

export class Slots {
  readonly actors: ActorTable;
  /** Set by a merge that brought a dot which the local context did not cover: the cell must be passed on (hole H1). */
  news = false;
  /** Slots of a counter were forgotten here: the actor's new slots must outrank them (counter.ts, `reborn`). */
  lost = false;
  /** Some value here is large enough that a sum over all actors might leave the safe integers. */
  large = false;
  /** The home of the cell whose chain changes next, which a new slot takes if it is vacant; 0: none. */
  home = 0;
  #homes: Homes;
  #values: Float64Array[] = [];
  /** The same memory. */
  #meta: Int32Array[] = [];
  /** The first slot number for which there is no memory. */
  #capacity = 0;
  #used = 1;
  #free = 0;
  /** Objects, in segments; in the place of one that was dropped stands the number of the one dropped before. */
  #objects: unknown[][] = [[undefined]];
  #held = 1;
  #freeObject = 0;
  /** Pairs of numbers, in segments; the first number of one that was dropped says which was dropped before. */
  #pairs: Float64Array[] = [];
  #paired = 1;
  #freePair = 0;

  constructor(actors: ActorTable, homes: Homes = { words: [], values: [] }) {
    this.actors = actors;
    this.#homes = homes;
    this.#add(new ArrayBuffer(FIRST_BYTES));
  }

  /** A new slot at the front of a chain; returns the chain's new head. */
  push(head: number, actor: number, dot: number, value: number): number {
    let slot = this.home;
    if (slot === 0 || this.next(slot) !== VACANT) slot = this.#take();
    this.#write(slot, actor, dot, value, head);
    return slot;
  }

  /** As `push`, of a slot that will be written often: it gets the home, and what stood there at the front moves out. */
  lead(head: number, actor: number, dot: number, value: number): number {
    if (head === 0 || head !== this.home) return this.push(head, actor, dot, value);
    const moved = this.#take();
    this.#write(moved, this.actor(head), this.dot(head), this.value(head), this.next(head));
    this.#write(head, actor, dot, value, moved);
    return head;
  }

  /** A new slot behind the first one: what came from elsewhere leaves a replica's own slot in front, where writes find it. */
  insert(head: number, actor: number, dot: number, value: number): number {
    if (head === 0) return this.push(0, actor, dot, value);
    this.#setNext(head, this.push(this.next(head), actor, dot, value));
    return head;
  }

  value(slot: number): number {
    return this.#numbers(slot)[valueAt(slot)] as number;
  }

  setValue(slot: number, value: number): void {
    this.#numbers(slot)[valueAt(slot)] = value;
  }

  dot(slot: number): number {
    const words = this.#words(slot);
    const at = wordAt(slot);
    return ((words[at + DOT] as number) >>> 0) + ((words[at + ACTOR] as number) >>> 16) * TWO_32;
  }

  setDot(slot: number, dot: number): void {
    const words = this.#words(slot);
    const at = wordAt(slot);
    words[at + DOT] = dot | 0;
    words[at + ACTOR] = ((dot / TWO_32) << 16) | ((words[at + ACTOR] as number) & 0xffff);
  }

  /** Actor and kind in one number. */
  actor(slot: number): number {
    return (this.#words(slot)[wordAt(slot) + ACTOR] as number) & 0xffff;
  }

  next(slot: number): number {
    return this.#words(slot)[wordAt(slot) + NEXT] as number;
  }

  find(head: number, actor: number): number {
    let slot = head;
    while (slot !== 0 && this.actor(slot) !== actor) slot = this.next(slot);
    return slot;
  }

  /** Take one slot out of its chain; returns the chain's new head. */
  remove(head: number, slot: number): number {
    const after = this.next(slot);
    let result = head;
    if (slot === head) result = after;
    else {
      let before = head;
      while (this.next(before) !== slot) before = this.next(before);
      this.#setNext(before, after);
    }
    this.#release(slot);
    return result;
  }

  /** Give a whole chain back. */
  freeChain(head: number): void {
    for (let slot = head; slot !== 0;) {
      const after = this.next(slot);
      this.#release(slot);
      slot = after;
    }
  }

  /** Keep a JavaScript object for a slot; its number goes into the slot's value. */
  hold(object: unknown): number {
    let index = this.#freeObject;
    if (index === 0) {
      index = this.#held++;
      if (index >>> OBJECTS_BITS === this.#objects.length) this.#objects.push([]);
    } else this.#freeObject = this.object(index) as number;
    this.#place(index, object);
    return index;
  }

  object(index: number): unknown {
    return (this.#objects[index >>> OBJECTS_BITS] as unknown[])[index & OBJECTS_MASK];
  }

  drop(index: number): void {
    if (index === 0) return;
    this.#place(index, this.#freeObject);
    this.#freeObject = index;
  }

  /** Keep two numbers for a slot that has room for one; the number of the pair goes into the slot's value. */
  holdPair(first: number, second: number): number {
    let index = this.#freePair;
    if (index === 0) {
      index = this.#paired++;
      if (index >>> PAIRS_BITS === this.#pairs.length) this.#pairs.push(new Float64Array(2 << PAIRS_BITS));
    } else this.#freePair = this.first(index);
    this.setPair(index, first, second);
    return index;
  }

  first(pair: number): number {
    return (this.#pairs[pair >>> PAIRS_BITS] as Float64Array)[(pair & PAIRS_MASK) * 2] as number;
  }

  second(pair: number): number {
    return (this.#pairs[pair >>> PAIRS_BITS] as Float64Array)[(pair & PAIRS_MASK) * 2 + 1] as number;
  }

  setPair(pair: number, first: number, second: number): void {
    const segment = this.#pairs[pair >>> PAIRS_BITS] as Float64Array;
    segment[(pair & PAIRS_MASK) * 2] = first;
    segment[(pair & PAIRS_MASK) * 2 + 1] = second;
  }

  dropPair(pair: number): void {
    this.setPair(pair, this.#freePair, 0);
    this.#freePair = pair;
  }

  /** Forget everything at once: how a staging area is used again for the next frame. */
  clear(): void {
    this.#used = 1;
    this.#free = 0;
    this.#pairs.length = Math.min(this.#pairs.length, 1);
    this.#paired = 1;
    this.#freePair = 0;
    this.#objects.length = 1;
    (this.#objects[0] as unknown[]).length = 1;
    this.#held = 1;
    this.#freeObject = 0;
  }

  /** Bytes that the pool and the pairs take outside the heap. */
  get bytes(): number {
    return this.#capacity * 20 + this.#pairs.length * (16 << PAIRS_BITS);
  }

  #place(index: number, object: unknown): void {
    (this.#objects[index >>> OBJECTS_BITS] as unknown[])[index & OBJECTS_MASK] = object;
  }

  #words(slot: number): Int32Array {
    const segment =
      slot >= HOME ? this.#homes.words[(slot - HOME) >>> RECORDS_BITS] : this.#meta[slot >>> SEGMENT_BITS];
    return segment as Int32Array;
  }

  #numbers(slot: number): Float64Array {
    const segment =
      slot >= HOME ? this.#homes.values[(slot - HOME) >>> RECORDS_BITS] : this.#values[slot >>> SEGMENT_BITS];
    return segment as Float64Array;
  }

  #write(slot: number, actor: number, dot: number, value: number, next: number): void {
    const words = this.#words(slot);
    const at = wordAt(slot);
    words[at + DOT] = dot | 0;
    words[at + ACTOR] = ((dot / TWO_32) << 16) | actor;
    words[at + NEXT] = next;
    this.#numbers(slot)[valueAt(slot)] = value;
  }

  #setNext(slot: number, next: number): void {
    this.#words(slot)[wordAt(slot) + NEXT] = next;
  }

  /** A slot of the pool. */
  #take(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.next(free);
      return free;
    }
    if (this.#used >= this.#capacity) this.#grow();
    return this.#used++;
  }

  #release(slot: number): void {
    if (slot >= HOME) {
      this.#setNext(slot, VACANT);
      return;
    }
    this.#setNext(slot, this.#free);
    this.#free = slot;
  }

  #add(memory: ArrayBuffer): void {
    this.#values.push(new Float64Array(memory));
    this.#meta.push(new Int32Array(memory));
    this.#capacity += memory.byteLength / 20;
    assert(this.#capacity <= HOME, 'slots of the pool have numbers below HOME');
  }

  /** Only the first segment starts small and is copied while it grows. */
  #grow(): void {
    const first = this.#meta[0] as Int32Array;
    if (first.byteLength === SEGMENT_BYTES) {
      this.#add(new ArrayBuffer(SEGMENT_BYTES));
      return;
    }
    this.#values.length = 0;
    this.#meta.length = 0;
    this.#capacity = 0;
    this.#add(new ArrayBuffer(Math.min(first.byteLength * 4, SEGMENT_BYTES)));
    (this.#meta[0] as Int32Array).set(first);
  }
}

/** Where a slot's value stands in its segment. */
function valueAt(slot: number): number {
  if (slot >= HOME) return FRONT_WORDS / 2 + ((slot & RECORDS_MASK) * RECORD_WORDS) / 2 + HOME_VALUE;
  return ((slot & MASK) >>> 4) * 40 + (slot & 15);
}

/** Where a slot's other fields begin in its segment. */
function wordAt(slot: number): number {
  if (slot >= HOME) return FRONT_WORDS + (slot & RECORDS_MASK) * RECORD_WORDS + HOME_WORD;
  return ((slot & MASK) >>> 4) * 80 + 32 + (slot & 15) * 3;
}
