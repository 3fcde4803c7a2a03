/**
 * Register: the last writer wins by hybrid logical clock, ties by actor. Every concurrent write is kept until a later one
 * has seen it: dropping the loser and removing what was observed would diverge (the loser is the winner once the winner is
 * removed elsewhere). `values` shows them all, so the multi-value view is the same state.
 *
 * Source: LWW over MV-register; δ-CRDT causal dots. Cost: that of dotted-objects.ts.
 */
import { readValue, type Value, writeValue } from '../base/value.js';
import type { Crdt } from './crdt.js';
import { dottedObjects, objectAt } from './dotted-objects.js';
import { OBJECTS, overwrite } from './dots.js';
import type { Slots } from './slots.js';

interface Write {
  readonly time: number;
  readonly value: Value;
}

/** @param time hybrid timestamp of the write */
export function assign(slots: Slots, head: number, actor: number, dot: number, time: number, value: Value): number {
  const held: Write = { time, value };
  return overwrite(slots, head, actor, dot, slots.hold(held), OBJECTS);
}

export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  return overwrite(slots, head, actor, dot, 0, OBJECTS);
}

/** The value with the largest (time, actor), or undefined. */
export function value(slots: Slots, head: number): Value | undefined {
  let best = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.value(slot) !== 0 && (best === 0 || later(slots, slot, best))) best = slot;
  }
  return best === 0 ? undefined : objectAt<Write>(slots, best).value;
}

function later(slots: Slots, a: number, b: number): boolean {
  const difference = objectAt<Write>(slots, a).time - objectAt<Write>(slots, b).time;
  return difference === 0 ? slots.actors.compare(slots.actor(a), slots.actor(b)) > 0 : difference > 0;
}

/** All concurrent values, the shown one first. */
export function values(slots: Slots, head: number): Value[] {
  const found: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) if (slots.value(slot) !== 0) found.push(slot);
  return found.sort((a, b) => (later(slots, a, b) ? -1 : 1)).map((slot) => objectAt<Write>(slots, slot).value);
}

export const register: Crdt = {
  ...dottedObjects<Write>({
    write(w, held) {
      w.uint(held.time);
      writeValue(w, held.value);
    },
    read: (r) => ({ time: r.uint(), value: readValue(r) }),
  }),
  tag: 3,
  name: 'register',
  fields: false,
};
