/**
 * What a data type is, and the laws that it obeys.
 *
 * A type is a table of functions over a state. A state is the head of a chain of slots (slots.ts) and is changed in place;
 * the functions are otherwise pure: no time, no chance, nothing kept. A local operation takes the actor and the dot it is
 * to be known by. A type is one file here and a line in registry.ts, or is registered from outside; then a row in a table on each
 * floor above (ARCHITECTURE.md says which).
 *
 * Words: L and R are states of the same cell in two replicas, `lctx` and `rctx` the version vectors of those replicas: the
 * causal contexts. "Covered" means: at or below the context.
 *
 * The one rule: a replica's state is a function of the set of transactions visible to it. From it follow the laws, which one
 * harness checks for every type (merganser/testing):
 *   1. merge is commutative, associative and idempotent, contexts joined alongside;
 *   2. merge never loses what the other side has not seen, and never brings back what it has seen and removed;
 *   3. a delta (`write` with `since`) merged where `since` is covered gives the state that the whole would have given;
 *   4. equal states have equal canonical bytes, whichever way they came about; decode ∘ encode is the identity;
 *   5. merge neither changes nor keeps its right side (immutable objects may be shared).
 */
import type { Reader, Writer } from '../base/bytes.js';
import type { Slots } from './slots.js';
import type { VersionVector } from './version-vector.js';

/** The types that come with the store. */
export type BuiltIn =
  | 'counter'
  | 'gauge'
  | 'register'
  | 'set'
  | 'log'
  | 'window'
  | 'flag'
  | 'map'
  | 'sorted'
  | 'bounded'
  | 'presence'
  | 'doc'
  | 'unique'
  | 'quantiles'
  | 'top';

/** A type's name: a built-in one, or one that was registered from outside. */
export type TypeName = BuiltIn | (string & Record<never, never>);

/** The first tag of types from outside, and the last: a tag is a byte. */
export const FIRST_OF_USERS = 64;
export const LAST_TAG = 255;

/** What `read` needs to know of the message around the payload. */
export interface WireContext {
  /** The sender's number of an actor → ours. Throws MALFORMED_MESSAGE for one that was never defined. */
  actor(wire: number): number;
  /** The version vector that the payload is valid at; dots travel as distances from it. */
  readonly top: VersionVector;
}

export interface Crdt {
  /**
   * One byte on the wire and in digests; never reused. Lower wins when two types are live under one name.
   * 1 to 63 are for types that come with the store, 64 to 255 for those that are registered from outside.
   */
  readonly tag: number;
  readonly name: TypeName;
  /** Whether the state stands in field cells below the key's own, stateless cell. */
  readonly fields: boolean;
  /** Of which types the fields are, where they are not of this one. What of them has fields itself is stateless there too. */
  readonly holds?: readonly Crdt[];
  /**
   * Whether absence speaks: what a state does not hold, though its context covers it, was removed. Such a type is always written
   * whole, and a merged state of it is valid at the two contexts joined. The merge of any other type is a join: it may be told
   * in parts, and a part says nothing of what it leaves out.
   */
  readonly causal: boolean;
  /**
   * What the state keeps beside the slots: a JavaScript object for each live slot, or one for the cell's own slot; or a pair of numbers
   * for each BASE. Without it, nothing.
   */
  readonly objects?: 'in slots' | 'in the cell' | 'pairs';
  /** Whether the value depends on who is up, in this replica's view: then it changes without a write. */
  readonly viewed?: true;
  /**
   * Whether a state may be a sum that still includes what was removed elsewhere. Then what is left of a removal waits until nobody
   * can be met any more who has not seen it.
   */
  readonly cumulative?: true;
  /**
   * The number that a live field is ordered by among its key's, where they have an order (store/order.ts); undefined: it is not shown,
   * in this replica's view of who is up.
   */
  readonly score?: (slots: Slots, head: number) => number | undefined;
  /** Whether the store has something to do about what comes in (rights.ts). */
  readonly tended?: true;
  /** Whether the value that a reader would see exists. */
  live(slots: Slots, head: number): boolean;
  /** Whether nothing is left but traces of removals: such a cell may be forgotten once every peer has seen them. */
  ghost(slots: Slots, head: number): boolean;
  /** L := L ⊔ R. Sets `slots.news` if R holds a dot that `lctx` does not cover. Returns the new head. */
  merge(slots: Slots, head: number, lctx: VersionVector, from: Slots, other: number, rctx: VersionVector): number;
  /** L := L ⊔ ⊥ under `rctx`: a full frame does not list this cell, so what it covers here was removed there. */
  forget(slots: Slots, head: number, rctx: VersionVector): number;
  /** Encode the state, or only what a replica that covers `since` can lack. `top` is the sender's version vector. */
  write(slots: Slots, head: number, w: Writer, top: VersionVector, since: VersionVector | undefined): void;
  /** Decode into a staging area; everything is checked here, so that `merge` cannot fail. Returns the head. */
  read(slots: Slots, r: Reader, context: WireContext): number;
  /** The state as every replica agrees on it: actors by name, in order, without what carries no meaning. */
  canonical(slots: Slots, head: number, w: Writer): void;
  /** An independent copy in the same slots, for undoing. */
  clone(slots: Slots, head: number): number;
  /** Give the state's slots and objects back. */
  free(slots: Slots, head: number): void;
}
