/**
 * What every handle does: keep the cell's number and look the key up again only when cells were given back since. A handle is
 * cheap, holds no state of its own and never goes stale.
 */
import { CONTESTED, LIVE } from '../cells.js';
import type { Access } from '../access.js';

/** No cell is kept. */
const NEVER = -1;

export class Handle {
  readonly key: string;
  protected readonly access: Access;
  protected readonly tag: number;
  #cell = 0;
  /** `cells.drops` when the key was looked up. */
  #drops = NEVER;

  constructor(access: Access, key: string, tag: number) {
    this.access = access;
    this.key = key;
    this.tag = tag;
  }

  /** The cell that was found last, if it still is the key's, contested or not; else 0. */
  protected get kept(): number {
    return this.#drops === this.access.replica.cells.drops ? this.#cell : 0;
  }

  /** For a write: the key's cell, made if need be. */
  protected writable(): number {
    const { cells } = this.access.replica;
    if (this.#drops === cells.drops && (cells.flags(this.#cell) & CONTESTED) === 0) return this.#cell;
    this.#cell = this.access.writable(this.tag, this.key);
    this.#drops = cells.drops;
    return this.#cell;
  }

  /** For a read: the key's cell, or 0. */
  protected readable(): number {
    const { cells } = this.access.replica;
    if (this.#drops === cells.drops && (cells.flags(this.#cell) & CONTESTED) === 0) return this.#cell;
    this.#cell = this.access.readable(this.tag, this.key);
    this.#drops = this.#cell === 0 ? NEVER : cells.drops;
    return this.#cell;
  }

  /** As `readable`, if there is anything to be seen of the key; else 0. */
  protected get liveCell(): number {
    const cell = this.readable();
    return (this.access.replica.cells.flags(cell) & LIVE) === 0 ? 0 : cell;
  }

  /** Where the key's state begins; 0 if there is none. */
  protected get head(): number {
    const cell = this.readable();
    return cell === 0 ? 0 : this.access.replica.cells.head(cell);
  }
}
