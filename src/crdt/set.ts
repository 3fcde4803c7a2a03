/**
 * Add-wins set. Each element is a cell of its own, so a set of a million elements ships what changed, not itself; this file
 * is the state of one element: a live dot per actor that added it. Remove takes away the dots that it observed; an add that
 * it did not see stays. The set itself is a cell without slots that its elements name as their parent.
 *
 * Source: optimised OR-set (Bieniusa et al. 2012); no tombstones: the replica's version vector is the context.
 * Cost: 20 bytes an actor and element.
 */
import { actorsInOrder, cloneChain, readChain, writeActor, writeChain } from './chain.js';
import type { Crdt } from './crdt.js';
import { NUMBERS, observedRemove, overwrite } from './dots.js';
import type { Slots } from './slots.js';

const PRESENT = 1;

export function add(slots: Slots, head: number, actor: number, dot: number): number {
  return overwrite(slots, head, actor, dot, PRESENT, NUMBERS);
}

export function remove(slots: Slots, head: number, actor: number, dot: number): number {
  return overwrite(slots, head, actor, dot, 0, NUMBERS);
}

export const set: Crdt = {
  ...observedRemove(NUMBERS),
  tag: 4,
  name: 'set',
  fields: true,
  write: (slots, head, w, top) => writeChain(slots, head, w, top, undefined),
  read: (slots, r, context) => readChain(slots, r, context, false),
  canonical(slots, head, w) {
    for (const actor of actorsInOrder(slots, head)) {
      const slot = slots.find(head, actor);
      if (slots.value(slot) === 0) continue;
      writeActor(slots, actor, w);
      w.uint(slots.dot(slot));
    }
  },
  clone: cloneChain,
  free: (slots, head) => slots.freeChain(head),
};
