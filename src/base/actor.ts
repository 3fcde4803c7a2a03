/**
 * An actor is one sequence of dots of a node, named by the node and by the incarnation of the life that began it. A life of the
 * node that was started again may go on with it (lives.ts, sync/succession.ts). Inside a replica an actor is a small integer; only codecs and
 * comparisons see its name.
 *
 * Invariants: number 0 is that of a new actor of this process's own life, and no later life of this node is ever let in; a number stands for one actor for
 * ever, but what is known of its lives grows, so it is defined at a certain `version` of the table. A life below the highest one known of its node is closed for
 * ever; the highest may be closed as well, when it left or was evicted. A closed or down life's share of
 * a gauge does not count (`hidden`, `since`), which is this replica's view and not part of the replicated state.
 */
import { MerganserError } from './error.js';
import { MAX_ACTORS, MAX_HEARD_ACTORS } from './limits.js';
import { joinLives, type Lives } from './lives.js';

export interface Actor {
  readonly node: string;
  /** Of the life that began it; larger for each life, a safe integer. */
  readonly incarnation: number;
}

/** A life that is about to go on with an actor of its node, and has not said yet whether it has. */
export interface Heir {
  /** Whose it is: the incarnation of the actor. */
  readonly actor: number;
  readonly incarnation: number;
  /** The last dot that it leaves to earlier lives. */
  readonly since: number;
}

export class ActorTable {
  #actors: Actor[] = [];
  /** By the actor's name. */
  #index = new Map<string, number>();
  /** By the name of any of its lives. */
  #byLife = new Map<string, number>();
  #lives: Lives[] = [];
  #since: number[] = [];
  #heirs = new Map<string, Heir>();
  #newest = new Map<string, number>();
  #down = new Set<string>();
  /** Up to which incarnation a node's lives are over, later ones not known. */
  #closed = new Map<string, number>();
  #hidden: boolean[] = [];
  /** Per number the version at which it was last defined. */
  #defined: number[] = [];
  #life = 0;
  /** Raised whenever the share of some actor came to count or not to count. */
  views = 0;
  /** How many definitions were made: of actors, and anew of those that have one more life. */
  version = 0;

  get size(): number {
    return this.#actors.length;
  }

  /** Which life of its node this process is. */
  get life(): number {
    return this.#life;
  }

  get(index: number): Actor {
    return this.#actors[index] as Actor;
  }

  /** The number of the actor that a life of a node gave out dots of, if that is known. */
  find(node: string, incarnation: number): number | undefined {
    return this.#byLife.get(idOf(node, incarnation));
  }

  /** The number of the actor of this name, if it is known. */
  named({ node, incarnation }: Actor): number | undefined {
    return this.#index.get(idOf(node, incarnation));
  }

  /** Who gave out its dots. */
  lives(index: number): Lives {
    return this.#lives[index] as Lives;
  }

  /** The last dot before those of its newest life. */
  since(index: number): number {
    return this.#since[index] as number;
  }

  /** Who is about to go on with an actor. */
  heirOf({ node, incarnation }: Actor): Heir | undefined {
    const heir = this.#heirs.get(node);
    return heir?.actor === incarnation ? heir : undefined;
  }

  /** The newest life of a node is about to go on with one of its actors, or with none. */
  bequeath(node: string, heir: Heir | undefined): void {
    if (heir === undefined) this.#heirs.delete(node);
    else this.#heirs.set(node, heir);
  }

  /** How many more may become known by hearsay. */
  get room(): number {
    return Math.max(0, MAX_HEARD_ACTORS - this.size);
  }

  /**
   * The small integer of an actor; a new one if it was never seen. Errors: DUPLICATE_NODE, TOO_MANY_ACTORS.
   * @param met it is the other end of a link
   */
  intern(node: string, incarnation: number, met = false): number {
    const id = idOf(node, incarnation);
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    this.#checkOwn(node, incarnation);
    const index = this.size;
    if (met ? index >= MAX_ACTORS : this.room === 0)
      throw new MerganserError('TOO_MANY_ACTORS', `${this.size} actors are known`);
    if (index === 0) this.#life = incarnation;
    this.#index.set(id, index);
    this.#actors.push({ node, incarnation });
    this.#define(index, [{ incarnation, since: 0 }]);
    return index;
  }

  /** More is known of who gave out its dots. Errors: DUPLICATE_NODE. */
  extend(index: number, lives: Lives): void {
    const before = this.lives(index);
    const all = joinLives(before, lives);
    if (all === before) return;
    const { node } = this.get(index);
    this.#checkOwn(node, all.at(-1)?.incarnation ?? 0);
    for (const { incarnation } of before) this.#byLife.delete(idOf(node, incarnation));
    this.#define(index, all);
    this.views++;
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

  /** This process, which has given out no dot yet, is a later life from now on. */
  rebirth(incarnation: number): void {
    const { node, incarnation: before } = this.get(0);
    this.#index.delete(idOf(node, before));
    this.#byLife.delete(idOf(node, before));
    this.#life = incarnation;
    this.#index.set(idOf(node, incarnation), 0);
    this.#actors[0] = { node, incarnation };
    this.#define(0, [{ incarnation, since: 0 }]);
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

  /** Whether the actor's newest life is closed or down as seen from here. */
  hidden(index: number): boolean {
    return this.#hidden[index] as boolean;
  }

  /** Whether a life is closed or down as seen from here. */
  hides(node: string, incarnation: number): boolean {
    return incarnation <= this.overUpTo(node) || this.#down.has(node);
  }

  /** The version of the table at which a number was last defined. */
  definedAt(index: number): number {
    return this.#defined[index] as number;
  }

  /** Total order of actors that every replica agrees on: by node, then by incarnation. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const [one, two] = [this.get(a), this.get(b)];
    if (one.node !== two.node) return one.node < two.node ? -1 : 1;
    return one.incarnation - two.incarnation;
  }

  #define(index: number, lives: Lives): void {
    const { node } = this.get(index);
    const newest = lives.at(-1) as Lives[number];
    this.#lives[index] = lives;
    this.#since[index] = newest.since;
    this.#defined[index] = this.version++;
    for (const { incarnation } of lives) this.#byLife.set(idOf(node, incarnation), index);
    this.announce(node, newest.incarnation);
    this.#hidden[index] = this.hides(node, newest.incarnation);
  }

  /** Nobody is a later life of this node while this process runs. Errors: DUPLICATE_NODE. */
  #checkOwn(node: string, incarnation: number): void {
    if (this.#actors[0]?.node !== node || incarnation <= this.#life) return;
    throw new MerganserError(
      'DUPLICATE_NODE',
      `a later life of ${node} is known: ${incarnation}, this one is ${this.#life}`,
    );
  }

  #refresh(node: string): void {
    this.#actors.forEach((actor, i) => {
      if (actor.node !== node) return;
      const hidden = this.hides(node, this.lives(i).at(-1)?.incarnation ?? 0);
      if (hidden === this.#hidden[i]) return;
      this.#hidden[i] = hidden;
      this.views++;
    });
  }
}

function idOf(node: string, incarnation: number): string {
  return `${incarnation}@${node}`;
}
