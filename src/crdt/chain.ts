/**
 * What types that keep one number per actor share: the codec of a chain of slots, its copy, and the walk over its mods.
 * A chain on the wire: (count, then per slot: actor·2 + base?, distance of the dot from `top`, value).
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import type { WireContext } from './crdt.js';
import { BASE, CELL, type Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

export const WHOLE = 1;

/** Whether some actor's last dot on this cell is not covered: is there anything to send to a replica that covers `context`? */
export function newerThan(slots: Slots, head: number, context: VersionVector): boolean {
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor < CELL && slots.dot(slot) > context.get(actor)) return true;
  }
  return false;
}

/** into ⊔= the cell's mods. */
export function joinMods(slots: Slots, head: number, into: VersionVector): void {
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor < CELL) into.raise(actor, slots.dot(slot));
  }
}

/** @param kept what the copy of a slot holds, where that is not the same value */
export function cloneChain(
  slots: Slots,
  head: number,
  kept: (slot: number) => number = (slot) => slots.value(slot),
): number {
  const order: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) order.push(slot);
  let copy = 0;
  for (const slot of order.reverse()) copy = slots.push(copy, slots.actor(slot), slots.dot(slot), kept(slot));
  return copy;
}

/**
 * Whether a reset, or a slot's new life, may be unknown to a replica that covers `since`: both leave a base at or above what
 * `since` has of its actor (a reset stands at its own dot in its actor's base, a birth just below its first dot).
 */
function rebased(slots: Slots, head: number, since: VersionVector): boolean {
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const kind = slots.actor(slot);
    if (kind >= BASE && slots.dot(slot) >= since.get(kind & ~BASE)) return true;
  }
  return false;
}

/** What a replica that covers `since` needs of a slot: new ones, and with a new one its base. */
function wanted(slots: Slots, head: number, slot: number, since: VersionVector): boolean {
  const kind = slots.actor(slot);
  if (kind < BASE) return slots.dot(slot) > since.get(kind);
  const based = slots.find(head, kind & ~BASE);
  return based !== 0 && slots.dot(based) > since.get(kind & ~BASE);
}

/** The slots that a replica covering `since` can lack, or all. */
export function writeChain(
  slots: Slots,
  head: number,
  w: Writer,
  top: VersionVector,
  since: VersionVector | undefined,
): void {
  const partial = since !== undefined && !rebased(slots, head, since) ? since : undefined;
  let count = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (partial === undefined || wanted(slots, head, slot, partial)) count++;
  }
  w.uint(count * 2 + (partial === undefined ? WHOLE : 0));
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (partial !== undefined && !wanted(slots, head, slot, partial)) continue;
    const kind = slots.actor(slot);
    const actor = kind & ~BASE;
    w.uint(actor * 2 + (kind >= BASE ? 1 : 0));
    w.uint(top.get(actor) - slots.dot(slot));
    w.int(slots.value(slot));
  }
}

/** A dot as its distance below `top`. */
export function readDot(r: Reader, actor: number, context: WireContext): number {
  const dot = context.top.get(actor) - r.uint();
  if (dot < 0) throw new MerganserError('MALFORMED_MESSAGE', 'a dot lies before the first');
  return dot;
}

/** Mirror of `writeChain`. The chain comes back in the same order; `whole` is kept in a CELL slot so that merge can see it. */
export function readChain(slots: Slots, r: Reader, context: WireContext, base: boolean): number {
  const header = r.uint();
  const count = Math.floor(header / 2);
  if (count * 3 > r.left)
    throw new MerganserError('MALFORMED_MESSAGE', `${count} slots announced, ${r.left} bytes left`);
  let head = 0;
  for (let i = 0; i < count; i++) {
    const wire = r.uint();
    const isBase = wire % 2 === 1;
    if (isBase && !base) throw new MerganserError('MALFORMED_MESSAGE', 'a baseline in a type that has none');
    const actor = context.actor(Math.floor(wire / 2));
    const kind = isBase ? actor | BASE : actor;
    if (slots.find(head, kind) !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a cell');
    const dot = readDot(r, actor, context);
    const value = r.int();
    if (!Number.isSafeInteger(value)) throw new MerganserError('MALFORMED_MESSAGE', 'a value is not a safe integer');
    head = slots.push(head, kind, dot, value);
  }
  return header % 2 === WHOLE ? slots.push(head, CELL, 0, WHOLE) : head;
}

/** Actors of a chain in the order that every replica agrees on. */
export function actorsInOrder(slots: Slots, head: number): number[] {
  const found: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor < CELL) found.push(actor);
  }
  return found.sort((a, b) => slots.actors.compare(a, b));
}

export function writeActor(slots: Slots, actor: number, w: Writer): void {
  const { node, incarnation } = slots.actors.get(actor);
  w.string(node);
  w.uint(incarnation);
}
