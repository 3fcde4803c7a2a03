/**
 * An actor is one life of a node: (node name, incarnation). Dots are numbered per actor, so an actor is never used again
 * after a crash. Inside a replica an actor is a small integer; only codecs and comparisons see its name.
 *
 * Invariants: actor 0 is the replica's own, and no later life of it is ever let in. An incarnation below the highest one known of
 * its node is closed for ever; the highest may be closed as well, when it left or was evicted. A closed or down actor's share of
 * a gauge does not count (`hidden`), which is this replica's view and not part of the replicated state.
 */
import { MerganserError } from './error.js';
import { MAX_ACTORS } from './limits.js';

export interface Actor {
  readonly node: string;
  /** Larger for each life; a safe integer. */
  readonly incarnation: number;
}

export class ActorTable {
  #actors: Actor[] = [];
  #index = new Map<string, number>();
  #newest = new Map<string, number>();
  #down = new Set<string>();
  /** Up to which incarnation a node's lives are over, later ones not known. */
  #closed = new Map<string, number>();
  #hidden: boolean[] = [];
  /** Raised whenever some actor was hidden or came back. */
  views = 0;

  get size(): number {
    return this.#actors.length;
  }

  get(index: number): Actor {
    return this.#actors[index] as Actor;
  }

  has(index: number): boolean {
    return index < this.#actors.length;
  }

  /** The small integer of an actor; a new one if it was never seen. */
  intern(node: string, incarnation: number): number {
    const id = `${incarnation}@${node}`;
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    const index = this.#actors.length;
    const own = this.#actors[0];
    if (own?.node === node && incarnation > own.incarnation) {
      throw new MerganserError(
        'DUPLICATE_NODE',
        `a later life of ${node} is known: ${incarnation}, this one is ${own.incarnation}`,
      );
    }
    if (index >= MAX_ACTORS) throw new MerganserError('TOO_MANY_ACTORS', `${index} incarnations are known`);
    this.#actors.push({ node, incarnation });
    this.#index.set(id, index);
    this.#hidden.push(false);
    this.announce(node, incarnation);
    return index;
  }

  /** A life of a node became known: earlier ones are closed. */
  announce(node: string, incarnation: number): void {
    if (incarnation > (this.#newest.get(node) ?? -1)) this.#newest.set(node, incarnation);
    this.#refresh(node);
  }

  /** The highest incarnation known of a node, or undefined. */
  newest(node: string): number | undefined {
    return this.#newest.get(node);
  }

  /** The small integer of an actor that was seen. */
  find(node: string, incarnation: number): number | undefined {
    return this.#index.get(`${incarnation}@${node}`);
  }

  /** The lives of a node up to this one are over. */
  closeUpTo(node: string, incarnation: number): void {
    this.#closed.set(node, incarnation);
    this.#refresh(node);
  }

  setDown(node: string, down: boolean): void {
    if (down) this.#down.add(node);
    else this.#down.delete(node);
    this.#refresh(node);
  }

  /** Whether the actor's node is closed or down as seen from here. */
  hidden(index: number): boolean {
    return this.#hidden[index] as boolean;
  }

  /** Total order of actors that every replica agrees on. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const x = this.get(a);
    const y = this.get(b);
    if (x.node !== y.node) return x.node < y.node ? -1 : 1;
    return x.incarnation - y.incarnation;
  }

  #refresh(node: string): void {
    const over = Math.max((this.#newest.get(node) ?? 0) - 1, this.#closed.get(node) ?? -1);
    this.#actors.forEach((actor, i) => {
      const hidden = actor.incarnation <= over || this.#down.has(node);
      if (actor.node !== node || hidden === this.#hidden[i]) return;
      this.#hidden[i] = hidden;
      this.views++;
    });
  }
}
