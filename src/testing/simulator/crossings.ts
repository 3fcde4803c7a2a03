/**
 * How often a change crosses the mesh. Every cell that a frame brings either tells the receiver something that it did not
 * cover, or was sent for nothing. In a mesh where nothing goes wrong each change should reach each node about once; forwarding
 * everything to everybody carries it 1.6 times in a mesh of three, and 6 times in one of eight (hole H2).
 */
import { counter } from '../../crdt/counter.js';
import { CELL, type Slots } from '../../crdt/slots.js';
import type { VersionVector } from '../../crdt/version-vector.js';
import type { Plan } from './plan.js';
import type { Process } from './process.js';
import type { Statistics } from './statistics.js';

/** The most that may be carried for each change that is wanted. */
const BOUND = 1.1;
/** Below this many a ratio says little. */
const ENOUGH = 200;

export class Crossings {
  #wanted = 0;
  /** Wanted or not. */
  #carried = 0;

  /** Count what this process is brought from now on. */
  meter({ store: { replica } }: Process): void {
    const apply = replica.apply.bind(replica);
    replica.apply = (frames) => {
      for (const staged of frames) {
        staged.heads.forEach((head, i) =>
          this.#count(staged.slots, head, replica.cells.tag(staged.cells[i] as number), replica.vv),
        );
      }
      apply(frames);
    };
  }

  /** P9, in a healthy mesh of regions. Counts into `statistics`. */
  check({ faults, mesh, nodes, regions }: Plan, statistics: Statistics): string | undefined {
    if (faults.size > 0 || !mesh || nodes < 4 || new Set(regions).size < nodes) return undefined;
    statistics.carried = this.#carried;
    statistics.wanted = this.#wanted;
    const times = this.#carried / this.#wanted;
    if (this.#wanted < ENOUGH || times <= BOUND) return undefined;
    return `P9: each change was carried ${times.toFixed(2)} times to each node (${this.#wanted} were wanted)`;
  }

  #count(slots: Slots, head: number, tag: number, vv: VersionVector): void {
    const tells: boolean[] = [];
    let whole = tag !== counter.tag;
    for (let slot = head; slot !== 0; slot = slots.next(slot)) {
      const actor = slots.actor(slot);
      if (actor < CELL) tells.push(slots.dot(slot) > vv.get(actor));
      whole ||= actor === CELL;
    }
    // A counter's delta brings what its sender takes for news, slot by slot; what travels whole brings old things along.
    const parts = whole ? [tells.includes(true)] : tells;
    this.#carried += parts.length;
    this.#wanted += parts.filter(Boolean).length;
  }
}
