/**
 * Types whose state is more than a number per actor (log, window) keep a JavaScript object in the chain's CELL slot, beside
 * the slots that are their mods. The codec of the mods is here: (count, then actor and distance of the dot from `top`).
 */
import type { Reader, Writer } from '../base/bytes.js';
import { cloneChain, readDot } from './chain.js';
import type { WireContext } from './crdt.js';
import { CELL, type Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

export function cellObject<T>(slots: Slots, head: number): T | undefined {
  const slot = slots.find(head, CELL);
  return slot === 0 ? undefined : (slots.object(slots.value(slot)) as T);
}

export function withObject(slots: Slots, head: number, object: unknown): number {
  return slots.push(head, CELL, 0, slots.hold(object));
}

/** The actor's last dot on the cell is now `dot`. */
export function mark(slots: Slots, head: number, actor: number, dot: number): number {
  const own = slots.find(head, actor);
  if (own === 0) return slots.push(head, actor, dot, 0);
  slots.setDot(own, dot);
  return head;
}

/** mods ⊔= the other chain's; sets `slots.news`. */
export function mergeMods(slots: Slots, head: number, lctx: VersionVector, from: Slots, other: number): number {
  let result = head;
  for (let slot = other; slot !== 0; slot = from.next(slot)) {
    const actor = from.actor(slot);
    if (actor === CELL) continue;
    const dot = from.dot(slot);
    if (dot > lctx.get(actor)) slots.news = true;
    const mine = slots.find(result, actor);
    if (mine === 0) result = slots.insert(result, actor, dot, 0);
    else if (dot > slots.dot(mine)) slots.setDot(mine, dot);
  }
  return result;
}

export function writeMods(slots: Slots, head: number, w: Writer, top: VersionVector): void {
  let count = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) if (slots.actor(slot) !== CELL) count++;
  w.uint(count);
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor === CELL) continue;
    w.uint(actor);
    w.uint(top.get(actor) - slots.dot(slot));
  }
}

export function readMods(slots: Slots, r: Reader, context: WireContext): number {
  const count = r.count(2);
  let head = 0;
  for (let i = 0; i < count; i++) {
    const actor = context.actor(r.uint());
    head = mark(slots, head, actor, readDot(r, actor, context));
  }
  return head;
}

export function cloneWithObject<T>(slots: Slots, head: number, copy: (object: T) => T): number {
  return cloneChain(slots, head, (slot) => {
    const value = slots.value(slot);
    return slots.actor(slot) === CELL ? slots.hold(copy(slots.object(value) as T)) : value;
  });
}

export function freeWithObject(slots: Slots, head: number): void {
  const cell = slots.find(head, CELL);
  if (cell !== 0) slots.drop(slots.value(cell));
  slots.freeChain(head);
}
