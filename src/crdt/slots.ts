/**
 * The state of every type is a chain of slots, one per actor that ever touched the cell, kept outside the JavaScript heap.
 *
 *   slot = { actor, dot, value, next }       20 bytes: a Float64 and three Int32, in parallel typed arrays
 *
 * `dot` is the last dot of that actor that touched the cell, removals included: the chain *is* the cell's `mods`. What
 * `value` means is the type's business: a sum, a share, "live", or the number of a JavaScript object held beside the slots.
 * Two kinds of slot share the chain: BASE (what a counter's reset observed of that actor) and CELL (what belongs to no
 * actor: a log's floor and entries). A state is the number of its first slot; 0 is ⊥.
 *
 * Invariants: slot 0 is never used; a chain holds one slot per (actor, kind); dots fit 48 bits.
 * Cost: memory grows in segments, so nothing is copied and nothing doubles after the first 16,384 slots. 24 ns a random touch.
 */
import type { ActorTable } from '../base/actor.js';
import { assert } from '../base/assert.js';

/** Added to the actor of a slot that holds what a reset observed. */
export const BASE = 0x8000;
/** The "actor" of the slot that holds what belongs to the cell as a whole. */
export const CELL = 0x7fff;

const SEGMENT_BITS = 14;
const SEGMENT = 1 << SEGMENT_BITS;
const MASK = SEGMENT - 1;
const FIRST = 64;
const TWO_32 = 2 ** 32;

export class Slots {
  readonly actors: ActorTable;
  /** Set by a merge that brought a dot which the local context did not cover: the cell must be passed on (hole H1). */
  news = false;
  /** Slots of a counter were forgotten here: the actor's new slots must outrank them (counter.ts, `reborn`). */
  lost = false;
  /** Some value here is large enough that a sum over all actors might leave the safe integers. */
  large = false;
  #values: Float64Array[] = [new Float64Array(FIRST)];
  #meta: Int32Array[] = [new Int32Array(FIRST * 3)];
  #capacity = FIRST;
  #used = 1;
  #free = 0;
  #objects: unknown[] = [undefined];
  #freeObjects: number[] = [];

  constructor(actors: ActorTable) {
    this.actors = actors;
  }

  /** A new slot at the front of a chain; returns the chain's new head. */
  push(head: number, actor: number, dot: number, value: number): number {
    let slot = this.#free;
    if (slot !== 0) this.#free = this.next(slot);
    else {
      slot = this.#used++;
      if (slot >= this.#capacity) this.#grow();
    }
    const segment = this.#meta[slot >>> SEGMENT_BITS] as Int32Array;
    const at = (slot & MASK) * 3;
    segment[at] = dot | 0;
    segment[at + 1] = ((dot / TWO_32) << 16) | actor;
    segment[at + 2] = head;
    (this.#values[slot >>> SEGMENT_BITS] as Float64Array)[slot & MASK] = value;
    return slot;
  }

  /** A new slot behind the first one: what came from elsewhere leaves a replica's own slot in front, where writes find it. */
  insert(head: number, actor: number, dot: number, value: number): number {
    if (head === 0) return this.push(0, actor, dot, value);
    this.#setNext(head, this.push(this.next(head), actor, dot, value));
    return head;
  }

  value(slot: number): number {
    return (this.#values[slot >>> SEGMENT_BITS] as Float64Array)[slot & MASK] as number;
  }

  setValue(slot: number, value: number): void {
    (this.#values[slot >>> SEGMENT_BITS] as Float64Array)[slot & MASK] = value;
  }

  dot(slot: number): number {
    const segment = this.#meta[slot >>> SEGMENT_BITS] as Int32Array;
    const at = (slot & MASK) * 3;
    return ((segment[at] as number) >>> 0) + ((segment[at + 1] as number) >>> 16) * TWO_32;
  }

  setDot(slot: number, dot: number): void {
    const segment = this.#meta[slot >>> SEGMENT_BITS] as Int32Array;
    const at = (slot & MASK) * 3;
    segment[at] = dot | 0;
    segment[at + 1] = ((dot / TWO_32) << 16) | ((segment[at + 1] as number) & 0xffff);
  }

  /** Actor and kind in one number. */
  actor(slot: number): number {
    return ((this.#meta[slot >>> SEGMENT_BITS] as Int32Array)[(slot & MASK) * 3 + 1] as number) & 0xffff;
  }

  next(slot: number): number {
    return (this.#meta[slot >>> SEGMENT_BITS] as Int32Array)[(slot & MASK) * 3 + 2] as number;
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
    return this.#capacity * 20;
  }

  #setNext(slot: number, next: number): void {
    (this.#meta[slot >>> SEGMENT_BITS] as Int32Array)[(slot & MASK) * 3 + 2] = next;
  }

  #release(slot: number): void {
    this.#setNext(slot, this.#free);
    this.#free = slot;
  }

  #grow(): void {
    if (this.#capacity < SEGMENT) {
      const size = this.#capacity * 4 > SEGMENT ? SEGMENT : this.#capacity * 4;
      const values = new Float64Array(size);
      values.set(this.#values[0] as Float64Array);
      const meta = new Int32Array(size * 3);
      meta.set(this.#meta[0] as Int32Array);
      this.#values[0] = values;
      this.#meta[0] = meta;
      this.#capacity = size;
      return;
    }
    this.#values.push(new Float64Array(SEGMENT));
    this.#meta.push(new Int32Array(SEGMENT * 3));
    this.#capacity += SEGMENT;
  }
}
