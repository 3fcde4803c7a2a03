/**
 * Which members of presences are shown, and how many of each key, in this replica's view of who is up. So a count is read and not
 * counted. An index over the cells, not replicated state.
 *
 * Invariant: a member's SHOWN, and with it the count, is as of the view in which the member was settled last; whoever asks settles all
 * members of a key once after the view has changed.
 */
import type { ActorTable } from '../base/actor.js';
import { type Cells, SHOWN } from './cells.js';

interface Roll {
  shown: number;
  /** `actors.views` when all members were settled. */
  view: number;
}

export class Attendance {
  readonly #cells: Cells;
  readonly #actors: ActorTable;
  readonly #rolls = new Map<number, Roll>();

  constructor(cells: Cells, actors: ActorTable) {
    this.#cells = cells;
    this.#actors = actors;
  }

  /** Keys that have, or had, members. */
  get keys(): ReadonlyMap<number, unknown> {
    return this.#rolls;
  }

  /** A member was settled. */
  file(key: number, member: number, shown: boolean): void {
    let roll = this.#rolls.get(key);
    if (roll === undefined) this.#rolls.set(key, (roll = { shown: 0, view: this.#actors.views }));
    if (shown === ((this.#cells.flags(member) & SHOWN) !== 0)) return;
    this.#cells.setFlag(member, SHOWN, shown);
    roll.shown += shown ? 1 : -1;
  }

  /** How many are shown of a key. Cost: constant, but after somebody went down or came back. */
  count(key: number, settleAll: () => void): number {
    const roll = this.#rolls.get(key);
    if (roll === undefined) return 0;
    if (roll.view !== this.#actors.views) settleAll();
    roll.view = this.#actors.views;
    return roll.shown;
  }

  /** The key's cell is given back. */
  drop(key: number): void {
    this.#rolls.delete(key);
  }
}
