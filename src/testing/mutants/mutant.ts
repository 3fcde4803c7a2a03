/**
 * Mutants: types with a known bug put back, each of which the laws must notice. A check that cannot fail proves nothing; these say
 * that it can, and the bugs are those that the obvious version of each type has.
 */
import { CELL, type Slots } from '../../crdt/slots.js';
import type { Crdt } from '../../crdt/crdt.js';
import { VersionVector } from '../../crdt/version-vector.js';
import type { Subject } from '../subject.js';

export interface Mutant {
  /** What is wrong with it. */
  readonly bug: string;
  readonly subject: Subject<unknown>;
}

export const NOTHING: VersionVector = new VersionVector();

/** The same type with some functions replaced. */
export function broken(subject: Subject<unknown>, change: (type: Crdt) => Partial<Crdt>): Subject<unknown> {
  return { ...subject, crdt: { ...subject.crdt, ...change(subject.crdt) } };
}

/** What a merge is about. */
export interface Merging {
  readonly slots: Slots;
  /** Before the merge. */
  readonly head: number;
  readonly from: Slots;
  readonly other: number;
  readonly lctx: VersionVector;
  readonly rctx: VersionVector;
}

/**
 * The same type with a bug in its merge: `before` looks at both sides and returns what spoils the result.
 * That returns the head, if it becomes another one.
 */
export function merging(
  subject: Subject<unknown>,
  before: (sides: Merging) => (merged: number) => number | undefined,
): Subject<unknown> {
  return broken(subject, (type) => ({
    merge(slots, head, lctx, from, other, rctx) {
      const spoil = before({ slots, head, from, other, lctx, rctx });
      const merged = type.merge(slots, head, lctx, from, other, rctx);
      return spoil(merged) ?? merged;
    },
  }));
}

/** What a write is about. */
export interface Writing {
  readonly slots: Slots;
  /** A copy of what is to be written. */
  readonly head: number;
  readonly top: VersionVector;
  readonly since: VersionVector | undefined;
}

/** The same type with a bug in what it writes: `spoil` changes a copy, and returns its head if that becomes another one. */
export function writing(
  subject: Subject<unknown>,
  spoil: (told: Writing) => number | undefined | void,
): Subject<unknown> {
  return broken(subject, (type) => ({
    write(slots, head, w, top, since) {
      const copy = type.clone(slots, head);
      const spoilt = spoil({ slots, head: copy, top, since }) ?? copy;
      type.write(slots, spoilt, w, top, since);
      type.free(slots, spoilt);
    },
  }));
}

/** Without some of its slots. Returns the head of what is left. */
export function dropping(slots: Slots, head: number, drops: (slot: number) => boolean): number {
  return slotsOf(slots, head).reduce((left, slot) => (drops(slot) ? slots.remove(left, slot) : left), head);
}

/** The slots of a chain, but that of the cell itself. */
export function slotsOf(slots: Slots, head: number): number[] {
  const found: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) if (slots.actor(slot) !== CELL) found.push(slot);
  return found;
}
