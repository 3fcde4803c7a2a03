/**
 * Watchers are one more reader of the changes feed: a write pays nothing for them. `deliver` scans what was touched since
 * the last time and tells each watched key once, however often it changed. Gauges are told as well when an actor was hidden
 * or came back, since that changes their value without a write.
 */
import { FIELD, WATCHED } from './cells.js';
import type { Replica } from './replica.js';

export class Watch {
  #replica: Replica;
  #watchers = new Map<number, Set<() => void>>();
  #seen = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** `cell` stays in use for as long as it is watched. Returns the function that ends it. */
  add(cell: number, changed: () => void): () => void {
    const { cells } = this.#replica;
    let watchers = this.#watchers.get(cell);
    if (watchers === undefined) {
      watchers = new Set();
      this.#watchers.set(cell, watchers);
      cells.setFlag(cell, WATCHED, true);
    }
    watchers.add(changed);
    return () => {
      watchers.delete(changed);
      if (watchers.size > 0 || this.#watchers.get(cell) !== watchers) return;
      this.#watchers.delete(cell);
      cells.setFlag(cell, WATCHED, false);
      this.#replica.settle(cell);
    };
  }

  deliver(): void {
    const { cells, changes } = this.#replica;
    const from = this.#seen;
    this.#seen = changes.seal();
    if (this.#watchers.size === 0) return;
    const told = new Set<number>();
    changes.scan(from, (cell) => {
      const flags = cells.flags(cell);
      const key = (flags & FIELD) === 0 ? cell : cells.parent(cell);
      if ((cells.flags(key) & WATCHED) !== 0) told.add(key);
    });
    this.#tell(told);
  }

  /** Tell the watchers of every key of this type. */
  tellAll(tag: number): void {
    this.#tell([...this.#watchers.keys()].filter((cell) => this.#replica.cells.tag(cell) === tag));
  }

  #tell(keys: Iterable<number>): void {
    for (const key of keys) for (const changed of this.#watchers.get(key) ?? []) changed();
  }
}
