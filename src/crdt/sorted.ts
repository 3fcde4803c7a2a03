/**
 * Sorted set, the state of one member: its score, which is a base that was set, plus what was added to it. Each member is a cell of
 * its own, so a million of them ship what changed.
 *
 *   slot  (actor, last dot, sum of what it added since it last set or removed)          the actor's last dot on the cell
 *   BASE  (actor, dot, number, time)     `time` ≥ 0: the actor set the score to `number` at this dot and nobody has seen it go;
 *                                        without: of the sum, `number` does not count, which it was at this dot
 *
 * Setting or removing takes away all that was observed: each actor's sum up to its dot, and each set score. What is added at the same
 * time elsewhere survives exactly, as with a counter's reset; of scores that were set at the same time the last by (hybrid
 * clock, actor) counts, and all are kept until one of them is seen and replaced. A sum begins anew when its actor sets or removes,
 * so at the dot of a BASE with a time it is zero. Only its actor writes a sum or a score: the later dot is the newer, and at one
 * dot what is known to be gone is. A member whose slots all stand at their bases is a ghost; as with a counter's, the slots of one
 * that was forgotten are born again with a base of zero just below their first dot (`reborn`).
 *
 * Not guaranteed: that a score which was set is shown, where another was set at the same time. Scores and sums are doubles within
 * ±2^53: whole numbers add up exactly; fractions are rounded as doubles are, in an order that is the same on all replicas.
 *
 * Source: counter.ts, register.ts. Cost: 20 bytes an actor that adds, 56 one that sets; an operation touches the slots of its cell.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { actorsInOrder, cloneChain, readDot, writeActor } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { BASE, CELL, type Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

/** Of a score, of what is added, and of their sum: whole numbers are exact up to here. */
export const MAX_SCORE: number = Number.MAX_SAFE_INTEGER;
/** In the place of the time of a BASE that is no score. */
const NO_SCORE = -1;
/** As long as all sums are whole and at most this, their order does not matter. */
const EXACT = 2 ** 37;

/** The member's score becomes `score`, whatever was seen of it; what others add at the same time stays. */
export function assign(slots: Slots, head: number, actor: number, dot: number, time: number, score: number): number {
  return begin(slots, observe(slots, head, actor), actor, dot, score, time);
}

/** All that was seen of the member goes. */
export function remove(slots: Slots, head: number, actor: number, dot: number): number {
  return begin(slots, observe(slots, head, actor), actor, dot, 0, NO_SCORE);
}

/**
 * Add to the score; a member that is not there begins at zero. `reborn`: earlier slots of this actor may have been forgotten here.
 * Errors: COUNTER_OVERFLOW, and then nothing changed.
 */
export function add(slots: Slots, head: number, actor: number, dot: number, n: number, reborn: boolean): number {
  const slot = slots.find(head, actor);
  const sum = slot === 0 ? n : slots.value(slot) + n;
  if (Math.abs(sum) > MAX_SCORE || Math.abs(score(slots, head) + n) > MAX_SCORE)
    throw new MerganserError('COUNTER_OVERFLOW', `adding ${n} would take a score beyond ±2^53`);
  if (slot !== 0) {
    slots.setValue(slot, sum);
    slots.setDot(slot, dot);
    return head;
  }
  const result = slots.lead(head, actor, dot, sum);
  return reborn ? setBase(slots, result, actor, dot - 1, 0, NO_SCORE) : result;
}

/** What the member is ordered by. */
export function score(slots: Slots, head: number): number {
  const base = slots.next(head);
  // Most members are one actor's.
  if (base !== 0 && slots.next(base) === 0 && slots.actor(base) === (slots.actor(head) | BASE))
    return scoreOfOne(slots, head, base);
  let sum = baseScore(slots, head);
  let exact = Number.isInteger(sum) && Math.abs(sum) <= EXACT;
  let added = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (!counts(slots, head, slot)) continue;
    const n = addedBy(slots, head, slot);
    exact &&= Number.isInteger(n) && Math.abs(n) <= EXACT;
    sum += n;
    added++;
  }
  return exact || added < 2 ? sum : scoreInOrder(slots, head);
}

function scoreOfOne(slots: Slots, slot: number, base: number): number {
  const first = slots.first(slots.value(base));
  const counted = slots.dot(slot) > slots.dot(base);
  if (isScore(slots, base)) return counted ? first + slots.value(slot) : first;
  return counted ? slots.value(slot) - first : 0;
}

function scoreInOrder(slots: Slots, head: number): number {
  let sum = baseScore(slots, head);
  for (const actor of actorsInOrder(slots, head)) {
    const slot = slots.find(head, actor);
    if (counts(slots, head, slot)) sum += addedBy(slots, head, slot);
  }
  return sum;
}

/** Of the scores that were set, the last one's by (time, actor), or 0. */
function baseScore(slots: Slots, head: number): number {
  let best = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (isScore(slots, slot) && (best === 0 || isLater(slots, slot, best))) best = slot;
  }
  return best === 0 ? 0 : slots.first(slots.value(best));
}

function isLater(slots: Slots, a: number, b: number): boolean {
  const difference = slots.second(slots.value(a)) - slots.second(slots.value(b));
  const [one, other] = [slots.actor(a) & ~BASE, slots.actor(b) & ~BASE];
  return difference === 0 ? slots.actors.compare(one, other) > 0 : difference > 0;
}

/** A BASE that is a score which nobody has seen go. */
function isScore(slots: Slots, slot: number): boolean {
  return slots.actor(slot) >= BASE && slots.second(slots.value(slot)) !== NO_SCORE;
}

/** Whether the slot is one of an actor that has added what no removal has observed. */
function counts(slots: Slots, head: number, slot: number): boolean {
  const actor = slots.actor(slot);
  if (actor >= CELL) return false;
  const base = slots.find(head, actor | BASE);
  return base === 0 || slots.dot(slot) > slots.dot(base);
}

/** How much that is. */
function addedBy(slots: Slots, head: number, slot: number): number {
  const base = slots.find(head, slots.actor(slot) | BASE);
  return slots.value(slot) - (base === 0 || isScore(slots, base) ? 0 : slots.first(slots.value(base)));
}

/** What others have here counts no more; the actor's own begins anew (`begin`). */
function observe(slots: Slots, head: number, self: number): number {
  let result = head;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor >= CELL || actor === self) continue;
    const base = slots.find(result, actor | BASE);
    if (base !== 0 && slots.dot(base) === slots.dot(slot) && !isScore(slots, base)) continue;
    result = setBase(slots, result, actor, slots.dot(slot), slots.value(slot), NO_SCORE);
  }
  return result;
}

/** The actor's sum begins anew, at its new dot. */
function begin(slots: Slots, head: number, actor: number, dot: number, number: number, time: number): number {
  const own = slots.find(head, actor);
  let result = head;
  if (own === 0) result = slots.lead(head, actor, dot, 0);
  else {
    slots.setValue(own, 0);
    slots.setDot(own, dot);
  }
  return setBase(slots, result, actor, dot, number, time);
}

function setBase(slots: Slots, head: number, actor: number, dot: number, number: number, time: number): number {
  const base = slots.find(head, actor | BASE);
  if (base === 0) return slots.insert(head, actor | BASE, dot, slots.holdPair(number, time));
  slots.setDot(base, dot);
  slots.setPair(slots.value(base), number, time);
  return head;
}

function live(slots: Slots, head: number): boolean {
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (isScore(slots, slot) || counts(slots, head, slot)) return true;
  }
  return false;
}

/** A state is always told as a whole. */
function merge(
  slots: Slots,
  head: number,
  lctx: VersionVector,
  from: Slots,
  other: number,
  rctx: VersionVector,
): number {
  let result = dropRemoved(slots, head, from, other, rctx);
  for (let slot = other; slot !== 0; slot = from.next(slot)) {
    const actor = from.actor(slot);
    if (actor >= CELL) continue;
    if (from.dot(slot) > lctx.get(actor)) slots.news = true;
    else if (slots.find(result, actor) === 0) continue; // seen here before and gone: it must not come back
    result = mergeActor(slots, result, from, slot, from.find(other, actor | BASE));
  }
  return result;
}

/** One actor's slot, and its base if it has one (else 0). */
function mergeActor(slots: Slots, head: number, from: Slots, slot: number, base: number): number {
  const actor = from.actor(slot);
  const mine = slots.find(head, actor);
  const later = mine === 0 || from.dot(slot) > slots.dot(mine);
  let result = head;
  if (mine === 0) result = slots.insert(head, actor, from.dot(slot), from.value(slot));
  else if (later) {
    slots.setDot(mine, from.dot(slot));
    slots.setValue(mine, from.value(slot));
  }
  if (base === 0) return result;
  const ours = slots.find(result, actor | BASE);
  const newer = ours === 0 ? 1 : from.dot(base) - slots.dot(ours);
  if (newer < 0 || (newer === 0 && (isScore(from, base) || !(later || isScore(slots, ours))))) return result;
  const pair = from.value(base);
  return setBase(slots, result, actor, from.dot(base), from.first(pair), from.second(pair));
}

/** Slots that the other side has seen and no longer holds were all removed there. */
function dropRemoved(slots: Slots, head: number, from: Slots, other: number, rctx: VersionVector): number {
  let result = head;
  for (let slot = head; slot !== 0;) {
    const actor = slots.actor(slot);
    if (actor >= CELL || slots.dot(slot) > rctx.get(actor) || from.find(other, actor) !== 0) {
      slot = slots.next(slot);
      continue;
    }
    slots.lost = true;
    const base = slots.find(result, actor | BASE);
    result = slots.remove(result, slot);
    if (base !== 0) {
      slots.dropPair(slots.value(base));
      result = slots.remove(result, base);
    }
    slot = result;
  }
  return result;
}

const HAS_BASE = 1;
const HAS_SCORE = 2;
/** The number that follows is a double, not an integer. */
const DOUBLE_SUM = 4;
const DOUBLE_BASE = 8;
const FLAGS = 16;

/** (count, then per actor: actor·16 + flags, distance of the dot from `top`, sum, [distance of the base's dot, number, [time]]). */
function write(slots: Slots, head: number, w: Writer, top: VersionVector): void {
  let count = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) if (slots.actor(slot) < CELL) count++;
  w.uint(count);
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor >= CELL) continue;
    const base = slots.find(head, actor | BASE);
    const pair = base === 0 ? 0 : slots.value(base);
    const scored = base !== 0 && isScore(slots, base);
    const sum = slots.value(slot);
    w.uint(
      actor * FLAGS +
        (base === 0 ? 0 : HAS_BASE) +
        (scored ? HAS_SCORE : 0) +
        (Number.isSafeInteger(sum) ? 0 : DOUBLE_SUM) +
        (base === 0 || Number.isSafeInteger(slots.first(pair)) ? 0 : DOUBLE_BASE),
    );
    w.uint(top.get(actor) - slots.dot(slot));
    writeNumber(w, sum);
    if (base === 0) continue;
    w.uint(top.get(actor) - slots.dot(base));
    writeNumber(w, slots.first(pair));
    if (scored) w.uint(slots.second(pair));
  }
}

function writeNumber(w: Writer, n: number): void {
  if (Number.isSafeInteger(n)) w.int(n);
  else w.float(n);
}

function readNumber(r: Reader, double: boolean): number {
  const n = double ? r.float() : r.int();
  if (!(Math.abs(n) <= MAX_SCORE)) throw new MerganserError('MALFORMED_MESSAGE', 'a score lies beyond ±2^53');
  return n === 0 ? 0 : n;
}

function read(slots: Slots, r: Reader, context: WireContext): number {
  let head = 0;
  for (let left = r.count(3); left > 0; left--) {
    const code = r.uint();
    const flags = code % FLAGS;
    const actor = context.actor(Math.floor(code / FLAGS));
    if (slots.find(head, actor) !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a cell');
    const dot = readDot(r, actor, context);
    const sum = readNumber(r, (flags & DOUBLE_SUM) !== 0);
    if ((flags & HAS_BASE) !== 0) {
      const at = readDot(r, actor, context);
      if (at > dot) throw new MerganserError('MALFORMED_MESSAGE', 'what was observed lies after the last dot');
      const number = readNumber(r, (flags & DOUBLE_BASE) !== 0);
      const time = (flags & HAS_SCORE) === 0 ? NO_SCORE : r.uint();
      head = slots.push(head, actor | BASE, at, slots.holdPair(number, time));
    }
    head = slots.push(head, actor, dot, sum);
  }
  return head;
}

function canonical(slots: Slots, head: number, w: Writer): void {
  for (const actor of actorsInOrder(slots, head)) {
    const slot = slots.find(head, actor);
    const base = slots.find(head, actor | BASE);
    const added = counts(slots, head, slot);
    const scored = base !== 0 && isScore(slots, base);
    if (!added && !scored) continue;
    writeActor(slots, actor, w);
    w.byte((added ? 1 : 0) + (scored ? 2 : 0));
    if (added) {
      w.uint(slots.dot(slot));
      w.float(addedBy(slots, head, slot) + 0);
    }
    if (!scored) continue;
    w.uint(slots.dot(base));
    w.float(slots.first(slots.value(base)));
    w.uint(slots.second(slots.value(base)));
  }
}

function clone(slots: Slots, head: number): number {
  return cloneChain(slots, head, (slot) => {
    const value = slots.value(slot);
    return slots.actor(slot) >= BASE ? slots.holdPair(slots.first(value), slots.second(value)) : value;
  });
}

export const sorted: Crdt = {
  tag: 9,
  name: 'sorted',
  fields: true,
  causal: false,
  objects: 'pairs',
  cumulative: true,
  score,
  live,
  ghost: (slots, head) => !live(slots, head),
  merge,
  forget: (slots, head, rctx) => dropRemoved(slots, head, slots, 0, rctx),
  write,
  read,
  canonical,
  clone,
  free(slots, head) {
    for (let slot = head; slot !== 0; slot = slots.next(slot)) {
      if (slots.actor(slot) >= BASE) slots.dropPair(slots.value(slot));
    }
    slots.freeChain(head);
  },
};
