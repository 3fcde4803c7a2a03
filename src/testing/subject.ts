/** What a type brings along to be checked by the law harness: how to draw an operation, how to do it, and what must come out. */
import type { Crdt } from '../crdt/crdt.js';
import type { Slots } from '../crdt/slots.js';
import type { ActorOrder, Event } from './models/event.js';
import type { Random } from './random.js';

export interface Subject<Op> {
  readonly crdt: Crdt;
  draw(random: Random): Op;
  /** Do it as a local operation under a new dot. Returns the new head, or undefined if there is nothing to do. */
  perform(slots: Slots, head: number, self: number, dot: number, op: Op): number | undefined;
  /** What a reader sees, as plain data. */
  value(slots: Slots, head: number): unknown;
  /** What a reader must see when exactly these events are visible, given in any order. */
  model(events: readonly Event<Op>[], order: ActorOrder): unknown;
}
