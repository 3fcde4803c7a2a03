/** Causal contexts of cells while several frames are merged as one step: a few vectors, shared by all cells that are alike. */
import type { VersionVector } from '../crdt/version-vector.js';

/** What a frame does to the contexts of the cells that it speaks of: context ⊔ its top. */
export class Raise {
  readonly #top: VersionVector;
  readonly #raised = new Map<VersionVector, VersionVector>();

  constructor(top: VersionVector) {
    this.#top = top;
  }

  /** One vector is always raised to the same one, which nobody changes. */
  of(context: VersionVector): VersionVector {
    let raised = this.#raised.get(context);
    if (raised !== undefined) return raised;
    raised = context.clone();
    raised.join(this.#top);
    this.#raised.set(context, raised);
    return raised;
  }
}
