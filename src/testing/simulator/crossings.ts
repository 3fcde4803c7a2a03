/**
 * How often a change crosses the mesh. Every cell that a frame brings either tells the receiver something that it did not
 * cover, or was sent for nothing. In a mesh where nothing goes wrong each change should reach each node about once; forwarding
 * everything to everybody carries it 1.6 times in a mesh of three, and 6 times in one of eight (hole H2).
 */
import { CELL } from '../../crdt/slots.js';
import type { Staged } from '../../store/staging.js';
import type { Process } from './process.js';

export class Crossings {
  wanted = 0;
  /** Wanted or not. */
  carried = 0;

  /** Count what this process is brought from now on. */
  meter({ store: { replica } }: Process): void {
    const apply = replica.apply.bind(replica);
    replica.apply = (frames) => {
      for (const staged of frames) this.#count(staged, (actor, dot) => dot > replica.vv.get(actor));
      apply(frames);
    };
  }

  #count({ slots, heads }: Staged, news: (actor: number, dot: number) => boolean): void {
    for (const head of heads) {
      const tells: boolean[] = [];
      let whole = false;
      for (let slot = head; slot !== 0; slot = slots.next(slot)) {
        if (slots.actor(slot) < CELL) tells.push(news(slots.actor(slot), slots.dot(slot)));
        else if (slots.actor(slot) === CELL) whole = true;
      }
      // A delta brings what its sender takes for news slot by slot; what travels whole brings old things along.
      const parts = whole ? [tells.includes(true)] : tells;
      this.carried += parts.length;
      this.wanted += parts.filter(Boolean).length;
    }
  }
}
