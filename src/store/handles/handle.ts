/**
 * What every handle does: keep the cell's number and look the key up again only when cells were given back since. A handle is
 * cheap, holds no state of its own and never goes stale.
 */
import { CONTESTED } from '../cells.js';
import type { Store } from '../store.js';

export class Handle {
  readonly key: string;
  protected readonly store: Store;
  readonly #tag: number;
  #cell = 0;
  #drops = -1;

  constructor(store: Store, key: string, tag: number) {
    this.store = store;
    this.key = key;
    this.#tag = tag;
  }

  /** For a write: the key's cell, made if need be. */
  protected writable(): number {
    const { cells } = this.store.replica;
    if (this.#drops === cells.drops && this.#cell !== 0 && (cells.flags(this.#cell) & CONTESTED) === 0)
      return this.#cell;
    this.#cell = this.store.writable(this.#tag, this.key);
    this.#drops = cells.drops;
    return this.#cell;
  }

  /** For a read: the key's cell, or 0. */
  protected readable(): number {
    const { cells } = this.store.replica;
    if (this.#drops === cells.drops && this.#cell !== 0 && (cells.flags(this.#cell) & CONTESTED) === 0)
      return this.#cell;
    this.#cell = this.store.readable(this.#tag, this.key);
    this.#drops = cells.drops;
    return this.#cell;
  }

  /** Where the key's state begins; 0 if there is none. */
  protected get head(): number {
    const cell = this.readable();
    return cell === 0 ? 0 : this.store.replica.cells.head(cell);
  }
}
