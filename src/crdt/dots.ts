/**
 * Observed-remove: what set elements and registers share. A slot's value is 0 when the actor's last dot on the cell is no
 * longer live, and otherwise what the type keeps for it. An actor has at most one live dot per cell, its last one: every
 * operation of that actor on the cell replaces the one before.
 *
 *   merge(L, R) = L∩R ∪ {d ∈ L∖R : d not covered by rctx} ∪ {d ∈ R∖L : d not covered by lctx}
 *
 * Source: Almeida, Shoker, Baquero (JPDC 2018), causal CRDTs with one context per replica as in DottedDB (SRDS 2017).
 */
import { cloneChain } from './chain.js';
import type { Crdt } from './crdt.js';
import { CELL, type Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

/** How a type lets go of, and takes over, what a live slot's value stands for. */
export interface Holding {
  take(slots: Slots, from: Slots, value: number): number;
  drop(slots: Slots, value: number): void;
}

/** For types whose live value is a plain number. */
export const NUMBERS: Holding = { take: (_slots, _from, value) => value, drop: () => {} };

/** For types that keep an immutable object. */
export const OBJECTS: Holding = {
  take: (slots, from, value) => slots.hold(from.object(value)),
  drop: (slots, value) => slots.drop(value),
};

/** A copy of a chain that keeps objects. */
export function cloneObjects(slots: Slots, head: number): number {
  return cloneChain(slots, head, (slot) => {
    const held = slots.value(slot);
    return held === 0 ? 0 : slots.hold(slots.object(held));
  });
}

export function anyLive(slots: Slots, head: number): boolean {
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.value(slot) !== 0 && slots.actor(slot) < CELL) return true;
  }
  return false;
}

/** A local operation: all that is observed dies, and the actor's slot takes the dot with `value` (0: a removal). */
export function overwrite(
  slots: Slots,
  head: number,
  actor: number,
  dot: number,
  value: number,
  holding: Holding,
): number {
  let own = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.actor(slot) === CELL) continue;
    kill(slots, slot, holding);
    if (slots.actor(slot) === actor) own = slot;
  }
  if (own === 0) return slots.push(head, actor, dot, value);
  slots.setDot(own, dot);
  slots.setValue(own, value);
  return head;
}

function kill(slots: Slots, slot: number, holding: Holding): void {
  const value = slots.value(slot);
  if (value === 0) return;
  holding.drop(slots, value);
  slots.setValue(slot, 0);
}

/** What types of observed dots have in common. */
export function observedRemove(holding: Holding): Pick<Crdt, 'causal' | 'live' | 'ghost' | 'merge' | 'forget'> {
  return {
    causal: true,
    live: anyLive,
    ghost: (slots, head) => !anyLive(slots, head),
    merge: (slots, head, lctx, from, other, rctx) => mergeDots(slots, head, lctx, from, other, rctx, holding),
    forget(slots, head, rctx) {
      forgetDots(slots, head, rctx, holding);
      return head;
    },
  };
}

export function mergeDots(
  slots: Slots,
  head: number,
  lctx: VersionVector,
  from: Slots,
  other: number,
  rctx: VersionVector,
  holding: Holding,
): number {
  forgetDots(slots, head, rctx, holding, from, other);
  let result = head;
  for (let slot = other; slot !== 0; slot = from.next(slot)) {
    const actor = from.actor(slot);
    if (actor === CELL) continue;
    const dot = from.dot(slot);
    const covered = dot <= lctx.get(actor);
    if (!covered) slots.news = true;
    const mine = slots.find(result, actor);
    const theirs = from.value(slot);
    if (mine === 0) {
      if (!covered) result = slots.insert(result, actor, dot, theirs === 0 ? 0 : holding.take(slots, from, theirs));
    } else if (dot > slots.dot(mine)) {
      kill(slots, mine, holding);
      slots.setDot(mine, dot);
      if (!covered && theirs !== 0) slots.setValue(mine, holding.take(slots, from, theirs));
    } else if (dot === slots.dot(mine) && theirs === 0) kill(slots, mine, holding);
  }
  return result;
}

/** Kill what `rctx` covers, unless the other side still holds the very dot. */
export function forgetDots(
  slots: Slots,
  head: number,
  rctx: VersionVector,
  holding: Holding,
  from: Slots = slots,
  other = 0,
): void {
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    const dot = slots.dot(slot);
    if (actor === CELL || slots.value(slot) === 0 || dot > rctx.get(actor)) continue;
    const same = from.find(other, actor);
    if (same === 0 || from.dot(same) !== dot) kill(slots, slot, holding);
  }
}
