/**
 * How many live keys users see, in all and of each type. A name that is live as several types counts as each of them.
 * Cost: nothing but when a key comes to life or dies.
 */
import { LAST_TAG } from '../crdt/crdt.js';
import { typeOfTag } from '../crdt/registry.js';

export class KeyCounts {
  total = 0;
  readonly #ofTag = new Int32Array(LAST_TAG + 1);

  add(tag: number, change: number): void {
    this.total += change;
    this.#ofTag[tag] = (this.#ofTag[tag] as number) + change;
  }

  /** The types that there are keys of. */
  byType(): Record<string, number> {
    const counts: Record<string, number> = {};
    this.#ofTag.forEach((n, tag) => {
      if (n > 0) counts[typeOfTag(tag)?.name ?? tag] = n;
    });
    return counts;
  }
}
