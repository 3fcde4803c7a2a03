/**
 * What lives of nodes that are over have left of presences is removed, by an ordinary observed removal, so that nobody is a ghost
 * for ever. Who does it is a matter of cost only (`Others.isHeirOf`): two who do the same do no harm, and what is removed had been
 * hidden from everybody since the life was known to be over (crdt/presence.ts).
 *
 * Invariant: of each actor it is known up to which dot what is over was looked for; when a life ends, or something of one that is over
 * arrives late, there is more, and all members are looked at again.
 * Cost: nothing while nothing ends but a look at the actors, a few times a second; then a look at each member, and a dot for each
 * that is removed, some milliseconds in one step.
 */
import * as type from '../crdt/presence.js';
import { FIELD } from './cells.js';
import type { Changing } from './changing.js';
import type { Replica } from './replica.js';

const LOOK_MS = 200;
/** Members in one step: looked at, and removed. */
const LOOKED = 20_000;
const REMOVED = 2_000;

export class Sweep {
  readonly #replica: Replica;
  readonly #access: Changing;
  /** Actor → up to which dot what is over was looked for. */
  readonly #swept = new Map<number, number>();
  /** As it will be after this round. */
  readonly #due = new Map<number, number>();
  /** What this round has still to look at: keys, and members of one. */
  #roots: number[] = [];
  #members: number[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(replica: Replica, access: Changing) {
    this.#replica = replica;
    this.#access = access;
  }

  /** `now`: milliseconds of a clock that never runs backwards. */
  tend(now: number): void {
    const { attended, overlay } = this.#replica;
    if (attended.size === 0 || overlay !== undefined || this.#access.closed) return;
    if (this.#due.size === 0) {
      if (now - this.#lookedAt < LOOK_MS) return;
      this.#lookedAt = now;
      this.#begin();
    }
    if (this.#due.size > 0) this.#goOn();
  }

  #begin(): void {
    const { actors, attended, others } = this.#replica;
    for (let actor = 0; actor < actors.size; actor++) {
      const last = this.#lastOver(actor);
      if (last > (this.#swept.get(actor) ?? 0) && others.isHeirOf(actors.get(actor).node)) this.#due.set(actor, last);
    }
    if (this.#due.size > 0) this.#roots = [...attended.keys()];
  }

  /** The last dot that is here of a life that is over. */
  #lastOver(actor: number): number {
    const { actors, vv } = this.#replica;
    const newest = actors.lives(actor).at(-1)?.incarnation ?? 0;
    return newest <= actors.overUpTo(actors.get(actor).node) ? vv.get(actor) : actors.since(actor);
  }

  #goOn(): void {
    let removed = 0;
    for (let looked = 0; looked < LOOKED && removed < REMOVED; looked++) {
      const member = this.#next();
      if (member === undefined) return this.#end();
      if (this.#sweep(member)) removed++;
    }
  }

  #next(): number | undefined {
    while (this.#members.length === 0) {
      const root = this.#roots.pop();
      if (root === undefined) return undefined;
      this.#members = this.#replica.collections.elements(root);
    }
    return this.#members.pop();
  }

  #end(): void {
    for (const [actor, last] of this.#due) this.#swept.set(actor, last);
    this.#due.clear();
  }

  /** Whether there was something to be removed. */
  #sweep(cell: number): boolean {
    const { cells, slots, self } = this.#replica;
    // It may have been given back since the round began.
    if (!cells.exists(cell) || cells.tag(cell) !== type.presence.tag || (cells.flags(cell) & FIELD) === 0) return false;
    let isDue = false;
    for (let slot = cells.head(cell); slot !== 0 && !isDue; slot = slots.next(slot))
      isDue = this.#due.has(slots.actor(slot)) && type.isLeft(slots, slot);
    if (isDue) this.#access.mutate(cell, (head, dot) => type.sweep(slots, head, self, dot));
    return isDue;
  }
}
