/**
 * Observed-remove types that keep an immutable object with each live dot: registers the value that was written, presences the sessions
 * that are there. They differ in how the object is written, and in what their operations make of it.
 *
 * On the wire: (count, then per slot: actor·2 + live?, distance of the dot from `top`, [object]).
 * Source: dots.ts. Cost: 20 bytes an actor, one object per live dot.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { actorsInOrder, readDot, writeActor } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { cloneObjects, OBJECTS, observedRemove } from './dots.js';
import type { Slots } from './slots.js';

interface ObjectCodec<T> {
  write(w: Writer, object: T): void;
  /** Errors: MALFORMED_MESSAGE. */
  read(r: Reader): T;
}

type Shared =
  | 'causal'
  | 'objects'
  | 'live'
  | 'ghost'
  | 'merge'
  | 'forget'
  | 'write'
  | 'read'
  | 'canonical'
  | 'clone'
  | 'free';

export function objectAt<T>(slots: Slots, slot: number): T {
  return slots.object(slots.value(slot)) as T;
}

export function dottedObjects<T>(codec: ObjectCodec<T>): Pick<Crdt, Shared> {
  return {
    ...observedRemove(OBJECTS),
    objects: 'in slots',
    write(slots, head, w, top) {
      let count = 0;
      for (let slot = head; slot !== 0; slot = slots.next(slot)) count++;
      w.uint(count);
      for (let slot = head; slot !== 0; slot = slots.next(slot)) {
        const actor = slots.actor(slot);
        const isLive = slots.value(slot) !== 0;
        w.uint(actor * 2 + (isLive ? 1 : 0));
        w.uint(top.get(actor) - slots.dot(slot));
        if (isLive) codec.write(w, objectAt(slots, slot));
      }
    },
    read: (slots, r, context) => read(codec, slots, r, context),
    canonical(slots, head, w) {
      for (const actor of actorsInOrder(slots, head)) {
        const slot = slots.find(head, actor);
        if (slots.value(slot) === 0) continue;
        writeActor(slots, actor, w);
        w.uint(slots.dot(slot));
        codec.write(w, objectAt(slots, slot));
      }
    },
    clone: cloneObjects,
    free(slots, head) {
      for (let slot = head; slot !== 0; slot = slots.next(slot)) slots.drop(slots.value(slot));
      slots.freeChain(head);
    },
  };
}

function read<T>(codec: ObjectCodec<T>, slots: Slots, r: Reader, context: WireContext): number {
  let head = 0;
  for (let left = r.count(2); left > 0; left--) {
    const wire = r.uint();
    const actor = context.actor(Math.floor(wire / 2));
    if (slots.find(head, actor) !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a cell');
    const dot = readDot(r, actor, context);
    head = slots.push(head, actor, dot, wire % 2 === 1 ? slots.hold(codec.read(r)) : 0);
  }
  return head;
}
