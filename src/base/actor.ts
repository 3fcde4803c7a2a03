/**
 * An actor is one life of a node: (node name, incarnation). Dots are numbered per actor, so an actor is never used again
 * after a crash. Inside a replica an actor is a small integer; only codecs and comparisons see its name.
 *
 * The number of an actor that is released is used again, so a number is defined at a certain `version` of the table.
 *
 * Invariants: actor 0 is the replica's own, and no later life of it is ever let in. An incarnation below the highest one known of
 * its node is closed for ever; the highest may be closed as well, when it left or was evicted. A closed or down actor's share of
 * a gauge does not count (`hidden`), which is this replica's view and not part of the replicated state.
 */
import { MerganserError } from './error.js';
import { MAX_ACTORS, MAX_HEARD_ACTORS } from './limits.js';

export interface Actor {
  readonly node: string;
  /** Larger for each life; a safe integer. */
  readonly incarnation: number;
}

const NOBODY: Actor = { node: '', incarnation: 0 };

export class ActorTable {
  #actors: Actor[] = [];
  #index = new Map<string, number>();
  #newest = new Map<string, number>();
  #down = new Set<string>();
  /** Up to which incarnation a node's lives are over, later ones not known. */
  #closed = new Map<string, number>();
  #hidden: boolean[] = [];
  /** Per number the version at which it was given out. */
  #defined: number[] = [];
  #free: number[] = [];
  /** Raised whenever some actor was hidden or came back. */
  views = 0;
  /** How many times a number was given out. */
  version = 0;
  /** Whether numbers may be used again: not while a peer is linked that takes a number for one actor for ever. */
  reuse = true;

  /** One more than the largest number in use. */
  get size(): number {
    return this.#actors.length;
  }

  /** How many numbers are in use. */
  get used(): number {
    return this.#index.size;
  }

  get(index: number): Actor {
    return this.#actors[index] as Actor;
  }

  /** Whether the number stands for an actor. */
  has(index: number): boolean {
    return this.#actors[index] !== undefined && this.#actors[index] !== NOBODY;
  }

  /** The number of an actor that is known, or undefined. */
  find(node: string, incarnation: number): number | undefined {
    return this.#index.get(idOf(node, incarnation));
  }

  /** How many more may become known by hearsay. */
  get room(): number {
    return Math.max(0, MAX_HEARD_ACTORS - this.used);
  }

  /**
   * The small integer of an actor; a new one if it was never seen. Errors: DUPLICATE_NODE, TOO_MANY_ACTORS.
   * @param met it is the other end of a link
   */
  intern(node: string, incarnation: number, met = false): number {
    const id = idOf(node, incarnation);
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    const own = this.#actors[0];
    if (own?.node === node && incarnation > own.incarnation) {
      throw new MerganserError(
        'DUPLICATE_NODE',
        `a later life of ${node} is known: ${incarnation}, this one is ${own.incarnation}`,
      );
    }
    const reused = this.reuse ? this.#free.pop() : undefined;
    const index = reused ?? this.#actors.length;
    if (met ? index >= MAX_ACTORS : this.room === 0)
      throw new MerganserError('TOO_MANY_ACTORS', `${this.used} incarnations are known`);
    this.#actors[index] = { node, incarnation };
    this.#defined[index] = this.version++;
    this.#index.set(id, index);
    this.announce(node, incarnation);
    this.#hidden[index] = this.#isHidden(node, incarnation);
    return index;
  }

  /** The numbers stand for nobody any more. Whoever keeps one has let go of it. */
  release(gone: Iterable<number>): void {
    for (const index of gone) {
      const { node, incarnation } = this.get(index);
      this.#index.delete(idOf(node, incarnation));
      this.#actors[index] = NOBODY;
      this.#free.push(index);
    }
  }

  /** The version of the table at which a number was given out. */
  definedAt(index: number): number {
    return this.#defined[index] as number;
  }

  /** A life of a node became known: earlier ones are closed. */
  announce(node: string, incarnation: number): void {
    const before = this.#newest.get(node);
    if (before !== undefined && incarnation <= before) return;
    this.#newest.set(node, incarnation);
    if (before !== undefined) this.#refresh(node);
  }

  /** The highest incarnation known of a node, or undefined. */
  newest(node: string): number | undefined {
    return this.#newest.get(node);
  }

  /** Actor 0, which has given out no dot yet, is a later life from now on. */
  rebirth(incarnation: number): void {
    const { node, incarnation: before } = this.get(0);
    this.#index.delete(idOf(node, before));
    this.#actors[0] = { node, incarnation };
    this.#defined[0] = this.version++;
    this.#index.set(idOf(node, incarnation), 0);
    this.announce(node, incarnation);
  }

  /** The lives of a node up to this one are over. */
  closeUpTo(node: string, incarnation: number): void {
    this.#closed.set(node, incarnation);
    this.#refresh(node);
  }

  /** The last incarnation of a node that is over, as far as it is known here; -1 for none. */
  overUpTo(node: string): number {
    return Math.max((this.#newest.get(node) ?? 0) - 1, this.#closed.get(node) ?? -1);
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
    return a === b ? 0 : compareActors(this.get(a), this.get(b));
  }

  #refresh(node: string): void {
    this.#actors.forEach((actor, i) => {
      if (actor.node !== node) return;
      const hidden = this.#isHidden(node, actor.incarnation);
      if (hidden === this.#hidden[i]) return;
      this.#hidden[i] = hidden;
      this.views++;
    });
  }

  #isHidden(node: string, incarnation: number): boolean {
    return incarnation <= this.overUpTo(node) || this.#down.has(node);
  }
}

/** By node name, then by incarnation. */
export function compareActors(a: Actor, b: Actor): number {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return a.incarnation - b.incarnation;
}

function idOf(node: string, incarnation: number): string {
  return `${incarnation}@${node}`;
}
