/**
 * Watchers are one more reader of the changes feed: a write pays nothing for them. `deliver` scans what was touched since
 * the last time and tells each watched key once, however often it changed. A watcher is not told of what it found. Those of types whose value depends on who is up are told as
 * well when an actor was hidden or came back.
 */
import { WATCHED } from './cells.js';
import type { Replica } from './replica.js';

export class Watch {
  #replica: Replica;
  /** watched cell → whom to tell, and the order in the feed at which each began */
  #watchers = new Map<number, Map<() => void, number>>();
  #seen = 0;
  /** `actors.views` of the last time. */
  #views = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** `cell` stays in use for as long as it is watched. Returns the function that ends it. */
  add(cell: number, changed: () => void): () => void {
    const { cells } = this.#replica;
    let watchers = this.#watchers.get(cell);
    if (watchers === undefined) {
      watchers = new Map();
      this.#watchers.set(cell, watchers);
      cells.setFlag(cell, WATCHED, true);
    }
    watchers.set(changed, this.#replica.changes.seal());
    return () => {
      watchers.delete(changed);
      if (watchers.size > 0 || this.#watchers.get(cell) !== watchers) return;
      this.#watchers.delete(cell);
      cells.setFlag(cell, WATCHED, false);
      this.#replica.settle(cell);
    };
  }

  deliver(): void {
    const { actors, cells, changes } = this.#replica;
    const from = this.#seen;
    this.#seen = changes.seal();
    if (this.#watchers.size === 0) return;
    const told = new Map<number, number>();
    changes.scan(from, (cell, order) => {
      let key = cell;
      while (cells.isField(key)) key = cells.parent(key);
      if ((cells.flags(key) & WATCHED) !== 0) told.set(key, order);
    });
    if (actors.views !== this.#views) {
      this.#views = actors.views;
      for (const key of this.#watchers.keys())
        if (this.#replica.type(key).viewed === true) told.set(key, Number.POSITIVE_INFINITY);
    }
    this.#tell(told);
  }

  #tell(changes: ReadonlyMap<number, number>): void {
    for (const [key, order] of changes) {
      for (const [changed, since] of this.#watchers.get(key) ?? []) if (order > since) changed();
    }
  }
}
