/**
 * Where in the changes feed a given version vector was reached: a ring of (order, version vector). A link that starts or goes
 * back at version vector V scans from the newest checkpoint ⊑ V instead of from the beginning, because everything that V
 * lacks was touched after it. The ring thins itself: when it is full, every second entry goes and the spacing doubles.
 */
import type { VersionVector } from '../crdt/version-vector.js';

const LENGTH = 32;

export class Checkpoints {
  #ring: { readonly order: number; readonly vv: VersionVector }[] = [];
  #spacing = 1;

  /** `order`: the feed up to here holds nothing that is not in `vv`. */
  note(order: number, vv: VersionVector): void {
    const last = this.#ring.at(-1);
    if (last !== undefined && order - last.order < this.#spacing) return;
    if (this.#ring.length >= LENGTH) {
      this.#ring = this.#ring.filter((_, i) => i % 2 === 0);
      this.#spacing *= 2;
    }
    this.#ring.push({ order, vv: vv.clone() });
  }

  /** From where to scan for a peer that covers `vv`. */
  before(vv: VersionVector): number {
    let order = 0;
    for (const point of this.#ring) if (vv.covers(point.vv)) order = Math.max(order, point.order);
    return order;
  }
}
