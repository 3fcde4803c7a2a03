/**
 * Repair: two replicas that have seen the same hold different states of a cell. Merging them as usual would make it worse: what
 * one has lost, though it covers it, would be taken for removed. So each is merged into the other as if neither had seen
 * anything, under the dots that it has: nothing is removed by being absent, and nothing is written anew. A write or removal that
 * is made at the same time elsewhere arrives later and finds what it observed; a fresh dot would outlive an honest removal.
 *
 * What counts, in this order:
 *   1. A dot beyond everything that was seen was never given out: its slot goes.
 *   2. If one side knows of strictly more operations on the cell, the other has lost some: it takes the whole state over.
 *   3. Otherwise the two are joined. Of one actor's slot the later dot counts; at the same dot what is live counts, because a
 *      removal always leaves a dot of its own.
 *   4. The same dot with two contents cannot be decided from two replicas. Where a guess is allowed: the word of who wrote it,
 *      else the larger one.
 *
 * Both sides compute the same from the same two states, so afterwards they are equal. Nothing is decided where a side has changed since
 * it was compared; the next comparison sees it.
 */
import { Writer } from '../base/bytes.js';
import { actorsInOrder } from '../crdt/chain.js';
import type { Crdt } from '../crdt/crdt.js';
import { BASE, CELL, Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import { homeOf } from './cells.js';
import type { Replica } from './replica.js';

const NOTHING = new VersionVector();

export interface Opinion {
  /** The actor whose word the other side is. */
  readonly peer: number | undefined;
  readonly guess: boolean;
}

/** Take out what cannot be: slots whose dots were never given out. */
export function dropImpossible(replica: Replica, cell: number): void {
  const { slots, cells, vv } = replica;
  let head = cells.head(cell);
  let gone = false;
  for (let slot = head; slot !== 0;) {
    const after = slots.next(slot);
    const actor = slots.actor(slot) & ~BASE;
    if (actor < CELL && slots.dot(slot) > vv.get(actor)) {
      letGo(replica.type(cell), slots, slot);
      head = slots.remove(head, slot);
      gone = true;
    }
    slot = after;
  }
  if (!gone) return;
  cells.setHead(cell, head);
  replica.changes.touch(cell);
  replica.settle(cell);
}

/** Join what another replica holds of the cell into what is here. `other` is given up. */
export function repair(replica: Replica, cell: number, from: Slots, other: number, opinion: Opinion): void {
  const { cells, slots } = replica;
  const type = replica.type(cell);
  dropImpossible(replica, cell);
  slots.home = homeOf(cell);
  const head = cells.head(cell);
  const [mine, theirs] = [modsOf(slots, head), modsOf(from, other)];
  if (!mine.covers(theirs) || theirs.covers(mine))
    cells.setHead(cell, joined(replica, type, head, from, other, opinion));
  replica.changes.touch(cell);
  replica.settle(cell);
}

function joined(replica: Replica, type: Crdt, head: number, from: Slots, other: number, opinion: Opinion): number {
  const { slots } = replica;
  const [mine, theirs] = [modsOf(slots, head), modsOf(from, other)];
  if (theirs.covers(mine) && !mine.covers(theirs)) {
    if (head !== 0) type.free(slots, head);
    return type.merge(slots, 0, NOTHING, from, other, NOTHING);
  }
  if (slots.find(head, CELL) !== 0 && from.find(other, CELL) !== 0 && type.objects === 'in the cell') {
    return joinedObjects(type, slots, head, from, other, opinion);
  }
  const settle = type.objects === 'pairs' ? settleActors : settleSame;
  const [own, rest] = settle(replica, type, head, from, other, opinion);
  return type.merge(slots, own, NOTHING, from, rest, NOTHING);
}

/** Objects in cells: the first keeps what both have; so both sides begin with the same. */
function joinedObjects(type: Crdt, slots: Slots, head: number, from: Slots, other: number, { guess }: Opinion): number {
  if (!guess || compare(canonical(type, slots, head), canonical(type, from, other)) >= 0) {
    return type.merge(slots, head, NOTHING, from, other, NOTHING);
  }
  const aside = new Slots(slots.actors);
  const before = type.merge(aside, 0, NOTHING, slots, head, NOTHING);
  type.free(slots, head);
  const first = type.merge(slots, 0, NOTHING, from, other, NOTHING);
  return type.merge(slots, first, NOTHING, aside, before, NOTHING);
}

/** At the same dot a merge keeps what is here, but what is dead kills: what must give way is taken out. Returns both chains. */
function settleSame(
  replica: Replica,
  type: Crdt,
  head: number,
  from: Slots,
  other: number,
  opinion: Opinion,
): [number, number] {
  const { slots } = replica;
  let [own, rest] = [head, other];
  for (let slot = head; slot !== 0;) {
    const after = slots.next(slot);
    const kind = slots.actor(slot);
    const same = kind === CELL ? 0 : from.find(rest, kind);
    if (same !== 0 && from.dot(same) === slots.dot(slot)) {
      if (isOurs(replica, type, slot, from, same, opinion)) {
        if (type.causal && from.value(same) === 0) rest = from.remove(rest, same);
      } else {
        letGo(type, slots, slot);
        own = slots.remove(own, slot);
      }
    }
    slot = after;
  }
  return [own, rest];
}

/** The same where what an actor wrote stands in two slots: at its last dot the one of which more counts. */
function settleActors(
  replica: Replica,
  type: Crdt,
  head: number,
  from: Slots,
  other: number,
  { guess, peer }: Opinion,
): [number, number] {
  const { slots, self } = replica;
  let [own, rest] = [head, other];
  for (const actor of actorsInOrder(slots, head)) {
    const same = from.find(rest, actor);
    if (same === 0 || from.dot(same) !== slots.dot(slots.find(own, actor))) continue;
    const [mine, theirs] = [ofActor(type, slots, own, actor), ofActor(type, from, rest, actor)];
    const more = mine.length - theirs.length;
    const right = !guess || actor === self || (actor !== peer && compare(mine, theirs) >= 0);
    if (more > 0 || (more === 0 && right)) rest = withoutActor(from, rest, actor);
    else own = withoutActor(slots, own, actor);
  }
  return [own, rest];
}

/** What counts of what an actor wrote. */
function ofActor(type: Crdt, slots: Slots, head: number, actor: number): Uint8Array {
  const aside = new Slots(slots.actors);
  let copy = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const kind = slots.actor(slot);
    const value = slots.value(slot);
    if (kind === actor) copy = aside.push(copy, kind, slots.dot(slot), value);
    else if (kind === (actor | BASE))
      copy = aside.push(copy, kind, slots.dot(slot), aside.holdPair(slots.first(value), slots.second(value)));
  }
  return canonical(type, aside, copy);
}

function withoutActor(slots: Slots, head: number, actor: number): number {
  const result = slots.remove(head, slots.find(head, actor));
  const base = slots.find(result, actor | BASE);
  if (base === 0) return result;
  slots.dropPair(slots.value(base));
  return slots.remove(result, base);
}

function isOurs(replica: Replica, type: Crdt, slot: number, from: Slots, same: number, opinion: Opinion): boolean {
  const { slots, self } = replica;
  const [a, b] = [slots.value(slot), from.value(same)];
  if (type.causal && (a === 0 || b === 0)) return a !== 0 || b === 0;
  const order =
    type.objects === 'in slots' ? contents(type, slots, slot, from, same) : Math.abs(a) - Math.abs(b) || a - b;
  if (order === 0 || !opinion.guess) return true;
  const actor = slots.actor(slot) & ~BASE;
  if (actor === self) return true;
  return actor === opinion.peer ? false : order > 0;
}

/** Compare one register's value with another. */
function contents(type: Crdt, slots: Slots, slot: number, from: Slots, same: number): number {
  const alone = (side: Slots, at: number): Uint8Array => {
    const aside = new Slots(side.actors);
    const held = aside.push(0, side.actor(at), side.dot(at), aside.hold(side.object(side.value(at))));
    return canonical(type, aside, held);
  };
  return compare(alone(slots, slot), alone(from, same));
}

function letGo(type: Crdt, slots: Slots, slot: number): void {
  if (type.objects === 'in slots') slots.drop(slots.value(slot));
  else if (type.objects === 'pairs' && slots.actor(slot) >= BASE) slots.dropPair(slots.value(slot));
}

function canonical(type: Crdt, slots: Slots, head: number): Uint8Array {
  const w = new Writer();
  type.canonical(slots, head, w);
  return w.finish();
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

function modsOf(slots: Slots, head: number): VersionVector {
  const mods = new VersionVector();
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor < CELL) mods.raise(actor, slots.dot(slot));
  }
  return mods;
}
