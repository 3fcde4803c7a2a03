/**
 * Register: the last writer wins by hybrid logical clock, ties by actor. Every concurrent write is kept until a later one
 * has seen it: dropping the loser and removing what was observed would diverge (the loser is the winner once the winner is
 * removed elsewhere). `values` shows them all, so the multi-value view is the same state.
 *
 * The archive holds the live writes of all actors that ended, each with its author, who still decides ties.
 *
 * Source: LWW over MV-register; δ-CRDT causal dots. Cost: 20 bytes an actor, one object per live write.
 */
import { type Actor, compareActors } from '../base/actor.js';
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_NAME_BYTES } from '../base/limits.js';
import { readValue, type Value, writeValue } from '../base/value.js';
import { actorsInOrder, folds, readDot, removeFolded, writeActor } from './chain.js';
import type { Crdt, Fold, WireContext } from './crdt.js';
import { anyLive, forgetDots, mergeDots, OBJECTS, overwrite } from './dots.js';
import type { Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

interface Write {
  readonly time: number;
  readonly value: Value;
}

/** A write with the one who made it. */
interface Signed extends Write {
  readonly author: Actor;
}

/** @param time hybrid timestamp of the write */
export function assign(slots: Slots, head: number, actor: number, dot: number, time: number, value: Value): number {
  const held: Write = { time, value };
  return overwrite(slots, head, actor, dot, slots.hold(held), OBJECTS);
}

export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  return overwrite(slots, head, actor, dot, 0, OBJECTS);
}

/** What a live slot holds. */
function signed(slots: Slots, slot: number): readonly Signed[] {
  const held = slots.object(slots.value(slot));
  const actor = slots.actor(slot);
  if (slots.actors.isArchive(actor)) return held as readonly Signed[];
  return [{ ...(held as Write), author: slots.actors.get(actor) }];
}

function later(a: Signed, b: Signed): number {
  return b.time - a.time || compareActors(b.author, a.author);
}

/** The value with the largest (time, actor), or undefined. */
export function value(slots: Slots, head: number): Value | undefined {
  let only = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.value(slot) === 0) continue;
    if (only !== 0) return values(slots, head)[0];
    only = slot;
  }
  if (only === 0) return undefined;
  return slots.actors.isArchive(slots.actor(only))
    ? values(slots, head)[0]
    : (slots.object(slots.value(only)) as Write).value;
}

/** All concurrent values, the shown one first. */
export function values(slots: Slots, head: number): Value[] {
  const found: Signed[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.value(slot) !== 0) found.push(...signed(slots, slot));
  }
  return found.sort(later).map((write) => write.value);
}

function folded(slots: Slots, head: number, fold: Fold): number {
  if (!folds(slots, head, fold)) return head;
  const kept: Signed[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (!fold.has(slots.actor(slot)) || slots.value(slot) === 0) continue;
    kept.push(...signed(slots, slot));
    slots.drop(slots.value(slot));
  }
  const rest = removeFolded(slots, head, fold);
  return kept.length === 0 ? rest : slots.insert(rest, fold.into, 1, slots.hold(kept.sort(later)));
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
    if (slots.actors.isArchive(actor)) writeSigned(w, signed(slots, slot));
    else writeOne(w, slots.object(slots.value(slot)) as Write);
  }
}

function writeOne(w: Writer, held: Write): void {
  w.uint(held.time);
  writeValue(w, held.value);
}

function writeSigned(w: Writer, kept: readonly Signed[]): void {
  w.uint(kept.length);
  for (const held of kept) {
    w.string(held.author.node);
    w.uint(held.author.incarnation);
    writeOne(w, held);
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
    const archive = slots.actors.isArchive(actor);
    const held = wire % 2 === 0 ? undefined : archive ? readSigned(r) : readOne(r);
    head = slots.push(head, actor, dot, held === undefined ? 0 : slots.hold(held));
  }
  return head;
}

function readOne(r: Reader): Write {
  return { time: r.uint(), value: readValue(r) };
}

function readSigned(r: Reader): Signed[] {
  const kept: Signed[] = [];
  for (let left = r.count(4); left > 0; left--) {
    const author = { node: r.string(MAX_NAME_BYTES), incarnation: r.uint() };
    kept.push({ author, ...readOne(r) });
  }
  return kept;
}

function clone(slots: Slots, head: number): number {
  const order: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) order.push(slot);
  let copy = 0;
  for (const slot of order.reverse()) {
    const held = slots.value(slot);
    copy = slots.push(copy, slots.actor(slot), slots.dot(slot), held === 0 ? 0 : slots.hold(slots.object(held)));
  }
  return copy;
}

export const register: Crdt = {
  tag: 3,
  name: 'register',
  fields: false,
  causal: true,
  live: anyLive,
  ghost: (slots, head) => !anyLive(slots, head),
  merge: (slots, head, lctx, from, other, rctx) => mergeDots(slots, head, lctx, from, other, rctx, OBJECTS),
  forget(slots, head, rctx) {
    forgetDots(slots, head, rctx, OBJECTS);
    return head;
  },
  fold: folded,
  write,
  read,
  canonical(slots, head, w) {
    for (const actor of actorsInOrder(slots, head)) {
      const slot = slots.find(head, actor);
      if (slots.value(slot) === 0) continue;
      writeActor(slots, actor, w);
      w.uint(slots.dot(slot));
      const held = signed(slots, slot);
      if (slots.actors.isArchive(actor)) writeSigned(w, held);
      else {
        // As version 1 has it: equal states have equal digests there and here.
        const { time, value } = held[0] as Signed;
        w.uint(time);
        writeValue(w, value);
      }
    }
  },
  clone,
  free(slots, head) {
    for (let slot = head; slot !== 0; slot = slots.next(slot)) slots.drop(slots.value(slot));
    slots.freeChain(head);
  },
};
