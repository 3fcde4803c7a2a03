/**
 * The other actors of this node, which earlier lives have left and this one does not go on with (sync/succession.ts), and whether all
 * that they did is here: once nobody can have more of it, or come to, nothing that they said can be news any more.
 *
 * Cost: each actor is looked at once; while something is missing the others are asked now and then, if all can be.
 */
import type { Replica } from './replica.js';

const LOOK_MS = 50;
const NONE: ReadonlySet<number> = new Set();

export class Forebears {
  readonly #replica: Replica;
  #actors = new Set<number>();
  /** So many of the actors that are known were looked at. */
  #known = 0;
  #self: number;
  #areDone = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#self = replica.self;
  }

  /** Those that did all that they ever will, all of which is here: all of them or none. */
  get done(): ReadonlySet<number> {
    return this.#areDone ? this.#actors : NONE;
  }

  /** Returns whether that became known just now. */
  tend(now: number): boolean {
    const { actors, node, others, self } = this.#replica;
    if (this.#self !== self) {
      this.#self = self;
      this.#actors = new Set();
      this.#known = 0;
      this.#areDone = false;
    }
    for (; this.#known < actors.size; this.#known++)
      if (this.#known !== self && actors.get(this.#known).node === node) this.#actors.add(this.#known);
    if (this.#areDone || this.#actors.size === 0 || now - this.#lookedAt < LOOK_MS) return false;
    this.#lookedAt = now;
    this.#areDone = others.endsAreHere();
    return this.#areDone;
  }
}
