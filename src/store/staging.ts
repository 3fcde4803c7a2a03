/**
 * The cells' states of one large frame, decoded bit by bit into slots of their own while the replica goes on. Nothing of it
 * shows before it is finished and applied (hole H6: a frame is valid only at its top). Applying does not merge it either: it
 * lies over the replica's state and is merged cell by cell (overlay.ts).
 *
 * Invariants: a cell that is listed or pinned in a staging that is open is not dropped, so its number stays its key's; a later
 * state of a cell replaces the one before; when it is given up, the cells that were made for it end as ghosts.
 *
 * Cost: 4 bytes a cell in segments of 4,096 that are made where cells are listed, and 20 a slot. Nothing doubles.
 */
import type { Crdt } from '../crdt/crdt.js';
import type { Slots } from '../crdt/slots.js';
import type { VersionVector } from '../crdt/version-vector.js';

const SEGMENT_BITS = 12;
const MASK = (1 << SEGMENT_BITS) - 1;
/** Cells of a segment: where none of them is listed there is none. */
export const LISTED_TOGETHER: number = MASK + 1;

/** A decoded frame: states in a staging area, and the cells here that they belong to. */
export interface Staged {
  /** A large frame lists its cells here, and is merged little by little; `cells` and `heads` are empty. */
  readonly lazy?: Staging;
  readonly slots: Slots;
  /** Cells here, each once. */
  readonly cells: readonly number[];
  readonly heads: readonly number[];
  /** The sender's version vector. */
  readonly top: VersionVector;
  /** Every cell that the sender has is listed: what is not, is ⊥ there. */
  readonly full: boolean;
  readonly ghostFloor: VersionVector;
}

/** What `look` says of a cell that is not listed, and of one whose state was taken; else it is the state's head + 1. */
export const UNLISTED = 0;
export const TAKEN = -1;

/** What it takes to look at a cell in vain, where the unit is a cell with something to be done. */
export const MISS: number = 1 / 64;

/** Large frames that were given up and may wait to be cleared up after. */
const MAX_ABANDONED = 8;

export class Staging {
  /** Where states are decoded to. */
  readonly slots: Slots;
  /** Cells whose states were not taken yet. */
  size = 0;
  readonly #type: (cell: number) => Crdt;
  readonly #segments: (Int32Array | undefined)[] = [];
  #cleared = 0;

  /** `replica.stage()` makes one that is open: it is finished and applied, or abandoned. */
  constructor(type: (cell: number) => Crdt, slots: Slots) {
    this.#type = type;
    this.slots = slots;
  }

  /** Whether there is a state of the cell. */
  has(cell: number): boolean {
    return this.look(cell) > 0;
  }

  /** A cell's state, whose head in `slots` is `head`; it replaces an earlier one. */
  add(cell: number, head: number): void {
    const earlier = this.look(cell);
    if (earlier > 0) this.#type(cell).free(this.slots, earlier - 1);
    else this.size++;
    this.#set(cell, head + 1);
  }

  /** Keep a cell that is not listed, or not yet: the parent of fields. */
  pin(cell: number): void {
    if (this.look(cell) === UNLISTED) this.#set(cell, TAKEN);
  }

  /** All that the frame lists is here. */
  finish(top: VersionVector, full: boolean, ghostFloor: VersionVector): Staged {
    return { slots: this.slots, cells: [], heads: [], top, full, ghostFloor, lazy: this };
  }

  look(cell: number): number {
    const segment = this.#segments[cell >>> SEGMENT_BITS];
    return segment === undefined ? UNLISTED : (segment[cell & MASK] as number);
  }

  /** The cell is done with. */
  take(cell: number): void {
    if (this.has(cell)) this.size--;
    this.#set(cell, TAKEN);
  }

  /** The first cell at or behind `cell` that can be listed; infinite if there is none. */
  next(cell: number): number {
    for (let i = cell >>> SEGMENT_BITS; i < this.#segments.length; i++) {
      if (this.#segments[i] !== undefined) return Math.max(cell, i << SEGMENT_BITS);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Nobody will ask for cells below this one. */
  forgetBelow(cell: number): void {
    const i = (cell >>> SEGMENT_BITS) - 1;
    if (i >= 0) this.#segments[i] = undefined;
  }

  /** Visit so many of the cells that it speaks of, each once in all. Whether that was the last. */
  clear(cells: number, visit: (cell: number) => void): boolean {
    for (let left = cells; left > 0;) {
      if (this.#cleared % LISTED_TOGETHER === 0) {
        this.forgetBelow(this.#cleared);
        this.#cleared = this.next(this.#cleared);
        if (this.#cleared === Number.POSITIVE_INFINITY) return true;
      }
      const cell = this.#cleared++;
      if (this.look(cell) === UNLISTED) left -= MISS;
      else {
        visit(cell);
        left--;
      }
    }
    return false;
  }

  #set(cell: number, state: number): void {
    const i = cell >>> SEGMENT_BITS;
    let segment = this.#segments[i];
    if (segment === undefined) {
      while (this.#segments.length < i) this.#segments.push(undefined);
      segment = new Int32Array(LISTED_TOGETHER);
      this.#segments[i] = segment;
    }
    segment[cell & MASK] = state;
  }
}

/** Those that were given up, until all of their cells were visited. */
export class Abandoned {
  readonly #given: Staging[] = [];
  readonly #visit: (cell: number) => void;

  constructor(visit: (cell: number) => void) {
    this.#visit = visit;
  }

  get any(): boolean {
    return this.#given.length > 0;
  }

  /** Whoever gives them up faster than they are swept waits for that. */
  add(staging: Staging): void {
    this.#given.push(staging);
    if (this.#given.length > MAX_ABANDONED) this.sweep(Number.POSITIVE_INFINITY);
  }

  /** Visit so many cells of the first. */
  sweep(cells: number): void {
    if (this.#given[0]?.clear(cells, this.#visit) === true) this.#given.shift();
  }
}
