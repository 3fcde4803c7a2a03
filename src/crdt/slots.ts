/**
 * The state of every type is a chain of slots, one per actor that ever touched the cell, kept outside the JavaScript heap.
 *
 *   slot = { actor, dot, value, next }       20 bytes: a Float64 and three Int32
 *
 * Three slots share a block of 64 bytes, so that a slot is in one cache line: three values, then three times dot, actor
 * and next. A slot's number is its block times four, plus 0, 1 or 2.
 *
 * `dot` is the last dot of that actor that touched the cell, removals included: the chain *is* the cell's `mods`. What
 * `value` means is the type's business: a sum, a share, "live", or the number of a JavaScript object held beside the slots.
 * Two kinds of slot share the chain: BASE (what a counter's reset observed of that actor) and CELL (what belongs to no
 * actor: a log's floor and entries). A state is the number of its first slot; 0 is ⊥.
 *
 * Invariants: slot 0 is never used; a chain holds one slot per (actor, kind); dots fit 48 bits.
 * Cost: 21.3 bytes a slot. Memory grows in segments of a mebibyte, so nothing is copied and nothing doubles after the first.
 */
import type { ActorTable } from '../base/actor.js';
import { assert } from '../base/assert.js';

/** Added to the actor of a slot that holds what a reset observed. */
export const BASE = 0x8000;
/** The "actor" of the slot that holds what belongs to the cell as a whole. */
export const CELL = 0x7fff;

/** Slot numbers in a segment: 16,384 blocks, four numbers each. */
const SEGMENT_BITS = 16;
const MASK = (1 << SEGMENT_BITS) - 1;
const BLOCK_BYTES = 64;
/** Unused, in front: the allocator puts large memory 16 bytes behind a page's start, and blocks shall fill cache lines. */
const FRONT_BYTES = 48;
const SEGMENT_BYTES = (BLOCK_BYTES * (MASK + 1)) / 4 + FRONT_BYTES;
const FIRST_BYTES = BLOCK_BYTES * 16 + FRONT_BYTES;
/** Fields of a slot, in Int32s. */
const DOT = 0;
const ACTOR = 1;
const NEXT = 2;
const TWO_32 = 2 ** 32;

export class Slots {
  readonly actors: ActorTable;
  /** Set by a merge that brought a dot which the local context did not cover: the cell must be passed on (hole H1). */
  news = false;
  /** Slots of a counter were forgotten here: the actor's new slots must outrank them (counter.ts, `reborn`). */
  lost = false;
  /** Some value here is large enough that a sum over all actors might leave the safe integers. */
  large = false;
  #values: Float64Array[] = [];
  /** The same memory. */
  #meta: Int32Array[] = [];
  /** The first slot number for which there is no memory. */
  #capacity = 0;
  #used = 1;
  #free = 0;
  #objects: unknown[] = [undefined];
  #freeObjects: number[] = [];

  constructor(actors: ActorTable) {
    this.actors = actors;
    this.#add(new ArrayBuffer(FIRST_BYTES));
  }

  /** A new slot at the front of a chain; returns the chain's new head. */
  push(head: number, actor: number, dot: number, value: number): number {
    let slot = this.#free;
    if (slot !== 0) this.#free = this.next(slot);
    else {
      slot = this.#used;
      this.#used = slot + ((slot & 3) === 2 ? 2 : 1);
      if (slot >= this.#capacity) this.#grow();
    }
    const meta = this.#meta[slot >>> SEGMENT_BITS] as Int32Array;
    const at = metaAt(slot);
    meta[at + DOT] = dot | 0;
    meta[at + ACTOR] = ((dot / TWO_32) << 16) | actor;
    meta[at + NEXT] = head;
    (this.#values[slot >>> SEGMENT_BITS] as Float64Array)[valueAt(slot)] = value;
    return slot;
  }

  /** A new slot behind the first one: what came from elsewhere leaves a replica's own slot in front, where writes find it. */
  insert(head: number, actor: number, dot: number, value: number): number {
    if (head === 0) return this.push(0, actor, dot, value);
    this.#setNext(head, this.push(this.next(head), actor, dot, value));
    return head;
  }

  value(slot: number): number {
    return (this.#values[slot >>> SEGMENT_BITS] as Float64Array)[valueAt(slot)] as number;
  }

  setValue(slot: number, value: number): void {
    (this.#values[slot >>> SEGMENT_BITS] as Float64Array)[valueAt(slot)] = value;
  }

  dot(slot: number): number {
    const meta = this.#meta[slot >>> SEGMENT_BITS] as Int32Array;
    const at = metaAt(slot);
    return ((meta[at + DOT] as number) >>> 0) + ((meta[at + ACTOR] as number) >>> 16) * TWO_32;
  }

  setDot(slot: number, dot: number): void {
    const meta = this.#meta[slot >>> SEGMENT_BITS] as Int32Array;
    const at = metaAt(slot);
    meta[at + DOT] = dot | 0;
    meta[at + ACTOR] = ((dot / TWO_32) << 16) | ((meta[at + ACTOR] as number) & 0xffff);
  }

  /**
   * Add to the value of a chain's first slot under a new dot, which is all that most writes need. False, and nothing
   * changed, if the slot is not the actor's or the sum leaves ±`limit`.
   */
  add(head: number, actor: number, dot: number, n: number, limit: number): boolean {
    const meta = this.#meta[head >>> SEGMENT_BITS] as Int32Array;
    const at = metaAt(head);
    if (head === 0 || ((meta[at + ACTOR] as number) & 0xffff) !== actor) return false;
    const values = this.#values[head >>> SEGMENT_BITS] as Float64Array;
    const sum = (values[valueAt(head)] as number) + n;
    if (sum > limit || sum < -limit) return false;
    values[valueAt(head)] = sum;
    meta[at + DOT] = dot | 0;
    meta[at + ACTOR] = ((dot / TWO_32) << 16) | actor;
    return true;
  }

  /** Actor and kind in one number. */
  actor(slot: number): number {
    return ((this.#meta[slot >>> SEGMENT_BITS] as Int32Array)[metaAt(slot) + ACTOR] as number) & 0xffff;
  }

  next(slot: number): number {
    return (this.#meta[slot >>> SEGMENT_BITS] as Int32Array)[metaAt(slot) + NEXT] as number;
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
    const index = this.#freeObjects.pop();
    if (index === undefined) return this.#objects.push(object) - 1;
    this.#objects[index] = object;
    return index;
  }

  object(index: number): unknown {
    return this.#objects[index];
  }

  replace(index: number, object: unknown): void {
    assert(index > 0, 'object 0 is nobody');
    this.#objects[index] = object;
  }

  drop(index: number): void {
    if (index === 0) return;
    this.#objects[index] = undefined;
    this.#freeObjects.push(index);
  }

  /** Forget everything at once: how a staging area is used again for the next frame. */
  clear(): void {
    this.#used = 1;
    this.#free = 0;
    this.#objects.length = 1;
    this.#freeObjects.length = 0;
  }

  /** Bytes taken outside the heap. */
  get bytes(): number {
    return (this.#capacity / 4) * BLOCK_BYTES;
  }

  #setNext(slot: number, next: number): void {
    (this.#meta[slot >>> SEGMENT_BITS] as Int32Array)[metaAt(slot) + NEXT] = next;
  }

  #release(slot: number): void {
    this.#setNext(slot, this.#free);
    this.#free = slot;
  }

  #add(memory: ArrayBuffer): void {
    this.#values.push(new Float64Array(memory));
    this.#meta.push(new Int32Array(memory));
    this.#capacity += ((memory.byteLength - FRONT_BYTES) / BLOCK_BYTES) * 4;
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
    this.#add(new ArrayBuffer((first.byteLength - FRONT_BYTES) * 4 + FRONT_BYTES));
    (this.#meta[0] as Int32Array).set(first);
  }
}

/** Where a slot's value stands in its segment. */
function valueAt(slot: number): number {
  return FRONT_BYTES / 8 + ((slot & MASK & ~3) << 1) + (slot & 3);
}

/** Where a slot's other fields begin in its segment. */
function metaAt(slot: number): number {
  return FRONT_BYTES / 4 + 6 + ((slot & MASK & ~3) << 2) + (slot & 3) * 3;
}
