/**
 * Large frames that were applied and are not merged yet. The version vector has moved, so readers must see what the frames
 * bring; but merging a million cells takes a second. So a cell is merged ("resolved") when it is next used, and the others in
 * the background, slice by slice.
 *
 * Invariants: a cell is resolved before anybody reads or changes its state, so here it is still what it was when the frames were
 * applied, and the context that it is merged under is the version vector of then; it is resolved once. A cell that was made
 * later has no state when it is met. While there is an overlay no frame is cut: the changes feed does not have everything yet.
 *
 * Cost: one array look-up a frame for a cell that was resolved or is not listed.
 */
import { assert } from '../base/assert.js';
import type { VersionVector } from '../crdt/version-vector.js';
import { Raise } from './joint-context.js';
import { LISTED_TOGETHER, MISS, type Staged, type Staging, UNLISTED } from './staging.js';

/** What it is laid over. */
export interface Ground {
  /** A frame's cells as a staging. */
  lazy(staged: Staged): Staging;
  isCausal(cell: number): boolean;
  /** Merge a frame's state of the cell under a context. */
  merge(cell: number, context: VersionVector, staged: Staged, head: number): void;
  /** The frame is full and does not list the cell. */
  forget(cell: number, staged: Staged): void;
  /** Cells below a set's own. */
  fields(cell: number): readonly number[];
}

interface Layer {
  readonly staged: Staged;
  readonly staging: Staging;
  readonly raise: Raise;
}

export class Overlay {
  readonly #ground: Ground;
  readonly #layers: readonly Layer[];
  /** The version vector before. */
  readonly #before: VersionVector;
  readonly #full: boolean;
  /** No cell from here on was there. */
  readonly #end: number;
  /** Cells below it are resolved. */
  #cursor = 0;
  /** Sets whose fields are all resolved. */
  readonly #whole = new Set<number>();

  /** @param before the version vector as it was, nobody else's; @param end above every cell that there is */
  constructor(ground: Ground, frames: readonly Staged[], before: VersionVector, end: number) {
    this.#ground = ground;
    this.#layers = frames.map((staged) => ({ staged, staging: ground.lazy(staged), raise: new Raise(staged.top) }));
    this.#before = before;
    this.#full = frames.some(({ full }) => full);
    this.#end = end;
  }

  /** Cells that are still to be looked at: at most so many are left to be merged, and none if it is 0. */
  get pending(): number {
    if (this.#full) return this.#end - this.#cursor;
    let listed = 0;
    for (const { staging } of this.#layers) listed += staging.size;
    return listed;
  }

  /** The cell's state is what its readers must see. */
  resolve(cell: number): void {
    if (cell >= this.#cursor && cell < this.#end) this.#visit(cell);
  }

  /** As `resolve`, of all fields of a set. Cost: all of its elements, once. */
  resolveFields(parent: number): void {
    if (this.#whole.has(parent)) return;
    this.#whole.add(parent);
    for (const field of this.#ground.fields(parent)) this.resolve(field);
  }

  /** Resolve so many cells. */
  advance(cells: number): void {
    for (let left = cells; left > 0 && this.pending > 0;) {
      if (this.#cursor % LISTED_TOGETHER === 0) this.#skip();
      left -= this.#visit(this.#cursor++) ? 1 : MISS;
    }
  }

  /** What lies behind is done with; go on where something is listed. */
  #skip(): void {
    let next = this.#end;
    for (const { staging } of this.#layers) {
      staging.forgetBelow(this.#cursor);
      next = Math.min(next, staging.next(this.#cursor));
    }
    if (this.#full) return;
    assert(next < this.#end, 'what is pending is listed');
    this.#cursor = next;
  }

  /** Whether there was something to merge. */
  #visit(cell: number): boolean {
    let context = this.#before;
    let merged = false;
    for (const { staged, staging, raise } of this.#layers) {
      const state = staging.look(cell);
      if (state > UNLISTED) {
        staging.take(cell);
        this.#ground.merge(cell, context, staged, state - 1);
        merged = true;
      } else if (staged.full && state === UNLISTED) {
        staging.take(cell);
        this.#ground.forget(cell, staged);
        merged = true;
      }
      if (this.#layers.length > 1 && (staged.full || (state > UNLISTED && this.#ground.isCausal(cell))))
        context = raise.of(context);
    }
    return merged;
  }
}
