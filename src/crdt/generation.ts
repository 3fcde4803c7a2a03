/**
 * Types that are deleted as a whole: sketches, whose content cannot tell any more who put what in. The content belongs to a
 * generation, a number; a deletion begins the next one, empty. Of two states the one of the later generation counts, those of
 * one generation are joined. So a write that is concurrent with a deletion goes with it, and one that has seen it stays; two
 * concurrent deletions begin the same generation.
 *
 * Why a part is enough for a replica that is a generation behind: whoever covers a write of a generation covers the deletion
 * that began it. So a replica that has not seen the deletion covers nothing of what came after, and is sent all of it.
 *
 * Invariants: the number outlives the content, for a write of an earlier generation may still be under way; so such a cell is never
 * forgotten. The mods stand beside it as in every type that keeps an object.
 * Source: "delete wins" of Redis' active-active HyperLogLog. Cost: a deleted key keeps its cell, some hundred bytes.
 */
import type { ActorTable } from '../base/actor.js';
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_DOT } from '../base/limits.js';
import {
  cellObject,
  cloneWithObject,
  freeWithObject,
  mark,
  mergeMods,
  readMods,
  withObject,
  writeMods,
} from './cell-object.js';
import { joinMods } from './chain.js';
import type { Crdt, TypeName, WireContext } from './crdt.js';
import { CELL, type Slots } from './slots.js';
import { VersionVector } from './version-vector.js';

/** What a generation holds. Its join is a lattice's, without regard to contexts. */
export interface Content<T> {
  make(): T;
  isEmpty(content: T): boolean;
  copy(content: T): T;
  /** into := into ⊔ from. Keeps nothing of `from`. */
  join(into: T, from: T): void;
  /** Everything, or at least what a replica that covers `since` can lack. */
  write(content: T, w: Writer, top: VersionVector, since: VersionVector | undefined): void;
  /** @param mods the last dots that are in it. Errors: MALFORMED_MESSAGE. */
  read(r: Reader, context: WireContext, mods: VersionVector): T;
  /** The same bytes for the same content, however it came about and is kept. */
  canonical(content: T, actors: ActorTable, w: Writer): void;
}

interface Generation<T> {
  number: number;
  content: T;
}

/** What there is now, or undefined. */
export function contentOf<T>(slots: Slots, head: number): T | undefined {
  return cellObject<Generation<T>>(slots, head)?.content;
}

/** The content is about to be changed under a dot: the head of a chain that has one. */
export function touched<T>(slots: Slots, head: number, actor: number, dot: number, type: Content<T>): number {
  const result = mark(slots, head, actor, dot);
  if (slots.find(result, CELL) !== 0) return result;
  const begun: Generation<T> = { number: 0, content: type.make() };
  return slots.insert(result, CELL, 0, slots.hold(begun));
}

/** Begin the next generation. */
export function clear<T>(slots: Slots, head: number, actor: number, dot: number, type: Content<T>): number {
  const state = cellObject<Generation<T>>(slots, head);
  if (state === undefined) return head;
  state.number++;
  state.content = type.make();
  return mark(slots, head, actor, dot);
}

function merge<T>(
  slots: Slots,
  head: number,
  lctx: VersionVector,
  from: Slots,
  other: number,
  type: Content<T>,
): number {
  const result = mergeMods(slots, head, lctx, from, other);
  const theirs = cellObject<Generation<T>>(from, other);
  if (theirs === undefined) return result;
  const mine = cellObject<Generation<T>>(slots, result);
  if (mine === undefined) {
    const copy: Generation<T> = { number: theirs.number, content: type.copy(theirs.content) };
    return slots.insert(result, CELL, 0, slots.hold(copy));
  }
  if (theirs.number === mine.number) type.join(mine.content, theirs.content);
  else if (theirs.number > mine.number) {
    mine.number = theirs.number;
    mine.content = type.copy(theirs.content);
  }
  return result;
}

/** Each deletion has a dot of its own. Errors: MALFORMED_MESSAGE. */
export function checkGeneration(number: number): number {
  if (number <= MAX_DOT) return number;
  throw new MerganserError('MALFORMED_MESSAGE', 'a generation is beyond every deletion');
}

function read<T>(slots: Slots, r: Reader, context: WireContext, type: Content<T>): number {
  const head = readMods(slots, r, context);
  const number = r.uint() - 1;
  if (number < 0) return head;
  checkGeneration(number);
  const mods = new VersionVector();
  joinMods(slots, head, mods);
  const state: Generation<T> = { number, content: type.read(r, context, mods) };
  return withObject(slots, head, state);
}

/** The type whose generations hold such content. */
export function generational<T>(tag: number, name: TypeName, type: Content<T>): Crdt {
  return {
    tag,
    name,
    fields: false,
    causal: false,
    objects: 'in the cell',
    live(slots, head) {
      const content = contentOf<T>(slots, head);
      return content !== undefined && !type.isEmpty(content);
    },
    ghost: (_slots, head) => head === 0,
    merge: (slots, head, lctx, from, other) => merge(slots, head, lctx, from, other, type),
    forget: (_slots, head) => head,
    write(slots, head, w, top, since) {
      writeMods(slots, head, w, top);
      const state = cellObject<Generation<T>>(slots, head);
      w.uint(state === undefined ? 0 : state.number + 1);
      if (state !== undefined) type.write(state.content, w, top, since);
    },
    read: (slots, r, context) => read(slots, r, context, type),
    canonical(slots, head, w) {
      const state = cellObject<Generation<T>>(slots, head);
      if (state === undefined) return;
      w.uint(state.number);
      type.canonical(state.content, slots.actors, w);
    },
    clone: (slots, head) =>
      cloneWithObject<Generation<T>>(slots, head, ({ number, content }) => ({ number, content: type.copy(content) })),
    free: freeWithObject,
  };
}
