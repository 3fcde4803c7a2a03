/**
 * Presence: who is there. Each member is a cell of its own below the presence's, as an element of a set is; this file is the state of one
 * member. A member is there through sessions: each actor keeps the sessions that brought it along at that node, each with what it said
 * of the member, and only that actor changes them. So two people who log in as one are there until both have gone.
 *
 * A member is seen while the life of a node through which it is there is alive in this replica's view: of a node that is down
 * it is not seen, and seen again when that one was only out of reach. What a life left that is over is removed for good by an ordinary
 * observed removal (`sweep`), which whoever has seen it may make.
 *
 * Source: OR-set without tombstones (Bieniusa et al. 2012), a dot per owner that the owner alone replaces.
 * Cost: 20 bytes an owner, and a small object per session.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_NAME_BYTES } from '../base/limits.js';
import { giverOf } from '../base/lives.js';
import { readValue, type Value, writeValue } from '../base/value.js';
import type { Crdt } from './crdt.js';
import { dottedObjects, objectAt } from './dotted-objects.js';
import { OBJECTS } from './dots.js';
import type { Slots } from './slots.js';

/** A session that brought the member along, and what it says of it; never changed. The next ones follow in the order of their names. */
export interface Presences {
  readonly session: string;
  readonly meta: Value;
  readonly next: Presences | undefined;
}

/** A session brings the member along, or says something else of it. */
export function join(slots: Slots, head: number, actor: number, dot: number, session: string, meta: Value): number {
  return own(slots, head, actor, dot, withSession(sessionsOf(slots, head, actor), session, meta));
}

/** A session has gone. */
export function leave(slots: Slots, head: number, actor: number, dot: number, session: string): number {
  return own(slots, head, actor, dot, without(sessionsOf(slots, head, actor), session));
}

/** All the actor's sessions have gone. */
export function leaveAll(slots: Slots, head: number, actor: number, dot: number): number {
  return own(slots, head, actor, dot, undefined);
}

/** Remove what lives have left that are over. */
export function sweep(
  slots: Slots,
  head: number,
  actor: number,
  dot: number,
  isOver: (slots: Slots, slot: number) => boolean = isLeft,
): number {
  const kept = sessionsOf(slots, head, actor);
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (slots.value(slot) === 0 || !isOver(slots, slot)) continue;
    OBJECTS.drop(slots, slots.value(slot));
    slots.setValue(slot, 0);
  }
  return own(slots, head, actor, dot, kept);
}

/** Whether a live slot speaks for a life that is over: it will never be seen again. */
export function isLeft(slots: Slots, slot: number): boolean {
  const { actors } = slots;
  const actor = slots.actor(slot);
  if (slots.value(slot) === 0) return false;
  const giver = giverOf(actors.lives(actor), slots.dot(slot));
  return giver === undefined || giver.incarnation <= actors.overUpTo(actors.get(actor).node);
}

/** The first of the sessions at this actor's newest life. */
export function sessionsOf(slots: Slots, head: number, actor: number): Presences | undefined {
  const slot = slots.find(head, actor);
  if (slot === 0 || slots.value(slot) === 0 || slots.dot(slot) <= slots.actors.since(actor)) return undefined;
  return presencesAt(slots, slot);
}

/** Whether one of these is the session's. */
export function holds(first: Presences | undefined, session: string): boolean {
  for (let one = first; one !== undefined; one = one.next) if (one.session === session) return true;
  return false;
}

/** Whether a slot speaks for a life that is alive as seen from here. */
export function seen(slots: Slots, slot: number): boolean {
  const actor = slots.actor(slot);
  return slots.value(slot) !== 0 && slots.dot(slot) > slots.actors.since(actor) && !slots.actors.hidden(actor);
}

/** Whether the member is there, as seen from here. */
function isThere(slots: Slots, head: number): boolean {
  for (let slot = head; slot !== 0; slot = slots.next(slot)) if (seen(slots, slot)) return true;
  return false;
}

/** What is said of the member, and the actor through which it is there: of several the last by actor and session. */
export function said(slots: Slots, head: number): { readonly actor: number; readonly meta: Value } | undefined {
  let best = 0;
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    if (!seen(slots, slot)) continue;
    if (best === 0 || slots.actors.compare(slots.actor(slot), slots.actor(best)) > 0) best = slot;
  }
  if (best === 0) return undefined;
  let last = presencesAt(slots, best);
  while (last.next !== undefined) last = last.next;
  return { actor: slots.actor(best), meta: last.meta };
}

/** The first session of a live slot. */
export function presencesAt(slots: Slots, slot: number): Presences {
  return objectAt(slots, slot);
}

function withSession(first: Presences | undefined, session: string, meta: Value): Presences {
  const before: Presences[] = [];
  let rest = first;
  for (; rest !== undefined && rest.session < session; rest = rest.next) before.push(rest);
  if (rest?.session === session) rest = rest.next;
  return following(before, { session, meta, next: rest }) as Presences;
}

function without(first: Presences | undefined, session: string): Presences | undefined {
  const before: Presences[] = [];
  let rest = first;
  for (; rest !== undefined && rest.session !== session; rest = rest.next) before.push(rest);
  return rest === undefined ? first : following(before, rest.next);
}

/** These, and then the rest. */
function following(before: readonly Presences[], rest: Presences | undefined): Presences | undefined {
  return before.reduceRight<Presences | undefined>((next, { session, meta }) => ({ session, meta, next }), rest);
}

function own(slots: Slots, head: number, actor: number, dot: number, sessions: Presences | undefined): number {
  const value = sessions === undefined ? 0 : slots.hold(sessions);
  const slot = slots.find(head, actor);
  if (slot === 0) return slots.push(head, actor, dot, value);
  if (slots.value(slot) !== 0) OBJECTS.drop(slots, slots.value(slot));
  slots.setDot(slot, dot);
  slots.setValue(slot, value);
  return head;
}

function writeSessions(w: Writer, first: Presences): void {
  let count = 0;
  for (let one: Presences | undefined = first; one !== undefined; one = one.next) count++;
  w.uint(count);
  for (let one: Presences | undefined = first; one !== undefined; one = one.next) {
    w.string(one.session);
    writeValue(w, one.meta);
  }
}

function readSessions(r: Reader): Presences {
  const found: Presences[] = [];
  for (let left = r.count(2); left > 0; left--) {
    const session = r.string(MAX_NAME_BYTES);
    const before = found.at(-1)?.session;
    if (before !== undefined && before >= session)
      throw new MerganserError('MALFORMED_MESSAGE', 'the sessions of a member are not in order');
    found.push({ session, meta: readValue(r), next: undefined });
  }
  const first = following(found, undefined);
  if (first === undefined) throw new MerganserError('MALFORMED_MESSAGE', 'a member is there through no session');
  return first;
}

export const presence: Crdt = {
  ...dottedObjects<Presences>({ write: writeSessions, read: readSessions }),
  tag: 11,
  name: 'presence',
  fields: true,
  viewed: true,
  score: (slots, head) => (isThere(slots, head) ? 0 : undefined),
};
