/**
 * Gauge: what is so now (calls up, agents busy). Each life of a node owns a share that only it writes; the value is the sum of the
 * shares whose owner is alive in this replica's view. A node that is down is left out at once and comes back when it was
 * only unreachable; a gauge of nothing but zeros does not exist; the share of a closed incarnation is gone for good, also if a later one goes on with its actor. So a gauge cannot keep the calls of a dead server.
 *
 * Source: the last-writer-per-owner idea of OpenSIPS' profile sharing, as a δ-CRDT map actor → (dot, share).
 * Cost: 20 bytes an actor.
 */
import { MerganserError } from '../base/error.js';
import { actorsInOrder, cloneChain, readChain, writeActor, writeChain } from './chain.js';
import type { Crdt } from './crdt.js';
import { CELL, type Slots } from './slots.js';

/** This actor's share becomes `share`. Errors: COUNTER_OVERFLOW. */
export function setShare(slots: Slots, head: number, actor: number, dot: number, share: number): number {
  if (!Number.isSafeInteger(share))
    throw new MerganserError('COUNTER_OVERFLOW', 'the share would leave the safe integers');
  const slot = slots.find(head, actor);
  if (slot === 0) return slots.push(head, actor, dot, share);
  slots.setValue(slot, share);
  slots.setDot(slot, dot);
  return head;
}

/** What the actor's newest life has set. */
export function share(slots: Slots, head: number, actor: number): number {
  const slot = slots.find(head, actor);
  return slot === 0 || slots.dot(slot) <= slots.actors.since(actor) ? 0 : slots.value(slot);
}

/** Sum of the shares whose owners are alive. */
export function value(slots: Slots, head: number): number {
  const { actors } = slots;
  let sum = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (slots.dot(slot) > actors.since(actor) && !actors.hidden(actor)) sum += slots.value(slot);
  }
  return sum;
}

export const gauge: Crdt = {
  tag: 2,
  name: 'gauge',
  fields: false,
  causal: false,
  viewed: true,
  live(slots, head) {
    let slot = head;
    while (slot !== 0 && slots.value(slot) === 0) slot = slots.next(slot);
    return slot !== 0;
  },
  ghost: (_slots, head) => head === 0,
  merge(slots, head, lctx, from, other) {
    let result = head;
    for (let slot = other; slot !== 0; slot = from.next(slot)) {
      const actor = from.actor(slot);
      if (actor === CELL) continue;
      const dot = from.dot(slot);
      if (dot > lctx.get(actor)) slots.news = true;
      const mine = slots.find(result, actor);
      if (mine === 0) result = slots.insert(result, actor, dot, from.value(slot));
      else if (dot > slots.dot(mine)) {
        slots.setDot(mine, dot);
        slots.setValue(mine, from.value(slot));
      }
    }
    return result;
  },
  forget: (_slots, head) => head,
  write: writeChain,
  read: (slots, r, context) => readChain(slots, r, context, false),
  canonical(slots, head, w) {
    for (const actor of actorsInOrder(slots, head)) {
      const slot = slots.find(head, actor);
      writeActor(slots, actor, w);
      w.uint(slots.dot(slot));
      w.int(slots.value(slot));
    }
  },
  clone: cloneChain,
  free: (slots, head) => slots.freeChain(head),
};
