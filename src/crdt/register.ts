/**
 * Register: the last writer wins by hybrid logical clock, ties by actor. Every concurrent write is kept until a later one
 * has seen it: dropping the loser and removing what was observed would diverge (the loser is the winner once the winner is
 * removed elsewhere). `values` shows them all, so the multi-value view is the same state.
 *
 * Source: LWW over MV-register; δ-CRDT causal dots. Cost: 20 bytes an actor, one object per live write.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { readValue, type Value, writeValue } from '../base/value.js';
import { actorsInOrder, readDot, writeActor } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { anyLive, cloneObjects, forgetDots, mergeDots, OBJECTS, overwrite } from './dots.js';
import type { Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

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

function writeAt(slots: Slots, slot: number): Write {
  return slots.object(slots.value(slot)) as Write;
}

/** The value with the largest (time, actor), or undefined. */
export function value(slots: Slots, head: number): Value | undefined {
  let best = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.value(slot) !== 0 && (best === 0 || later(slots, slot, best))) best = slot;
  }
  return best === 0 ? undefined : writeAt(slots, best).value;
}

function later(slots: Slots, a: number, b: number): boolean {
  const difference = writeAt(slots, a).time - writeAt(slots, b).time;
  return difference === 0 ? slots.actors.compare(slots.actor(a), slots.actor(b)) > 0 : difference > 0;
}

/** All concurrent values, the shown one first. */
export function values(slots: Slots, head: number): Value[] {
  const found: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) if (slots.value(slot) !== 0) found.push(slot);
  return found.sort((a, b) => (later(slots, a, b) ? -1 : 1)).map((slot) => writeAt(slots, slot).value);
}

function write(slots: Slots, head: number, w: Writer, top: VersionVector): void {
  let count = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) count++;
  w.uint(count);
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    const live = slots.value(slot) !== 0;
    w.uint(actor * 2 + (live ? 1 : 0));
    w.uint(top.get(actor) - slots.dot(slot));
    if (!live) continue;
    const held = writeAt(slots, slot);
    w.uint(held.time);
    writeValue(w, held.value);
  }
}

function read(slots: Slots, r: Reader, context: WireContext): number {
  const count = r.count(2);
  let head = 0;
  for (let i = 0; i < count; i++) {
    const wire = r.uint();
    const actor = context.actor(Math.floor(wire / 2));
    if (slots.find(head, actor) !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a cell');
    const dot = readDot(r, actor, context);
    const held: Write | undefined = wire % 2 === 1 ? { time: r.uint(), value: readValue(r) } : undefined;
    head = slots.push(head, actor, dot, held === undefined ? 0 : slots.hold(held));
  }
  return head;
}

export const register: Crdt = {
  tag: 3,
  name: 'register',
  fields: false,
  causal: true,
  objects: 'in slots',
  live: anyLive,
  ghost: (slots, head) => !anyLive(slots, head),
  merge: (slots, head, lctx, from, other, rctx) => mergeDots(slots, head, lctx, from, other, rctx, OBJECTS),
  forget(slots, head, rctx) {
    forgetDots(slots, head, rctx, OBJECTS);
    return head;
  },
  write,
  read,
  canonical(slots, head, w) {
    for (const actor of actorsInOrder(slots, head)) {
      const slot = slots.find(head, actor);
      if (slots.value(slot) === 0) continue;
      writeActor(slots, actor, w);
      w.uint(slots.dot(slot));
      w.uint(writeAt(slots, slot).time);
      writeValue(w, writeAt(slots, slot).value);
    }
  },
  clone: cloneObjects,
  free(slots, head) {
    for (let slot = head; slot !== 0; slot = slots.next(slot)) slots.drop(slots.value(slot));
    slots.freeChain(head);
  },
};
