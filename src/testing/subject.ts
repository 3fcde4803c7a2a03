/**
 * What a type brings along to be checked. The laws (laws.ts) need how to draw an operation, how to do it, and what must come out.
 * Worlds of whole nodes (simulator/) need how the same is done and seen through a store's handles, as users do: `onStore`. Its
 * `perform`, `value`, `removed`, `lives` and `kinds` are all that a plain type needs; what is done is then what the laws draw. Beside
 * each node runs a replica that is as simple as can be, a second opinion: `simple`.
 *
 * A collection keeps each element in a cell of its own; its subject is that of one element, and `whole` says what a reader of
 * all of them sees.
 */
import type { Crdt } from '../crdt/crdt.js';
import type { Slots } from '../crdt/slots.js';
import type { Store } from '../store/store.js';
import type { ActorOrder, Event } from './models/event.js';
import type { Random } from './random.js';
import type { Simple } from './simple.js';

export interface Subject<Op> {
  readonly crdt: Crdt;
  draw(random: Random): Op;
  /** Do it as a local operation under a new dot. Returns the new head, or undefined if there is nothing to do. */
  perform(slots: Slots, head: number, self: number, dot: number, op: Op): number | undefined;
  /** What a reader sees, as plain data. */
  value(slots: Slots, head: number): unknown;
  /**
   * What a reader must see when exactly these events are visible, given in any order.
   * @param hidden of a type whose value depends on who is up: whether an actor is not
   */
  model(events: readonly Event<Op>[], order: ActorOrder, hidden?: (actor: number) => boolean): unknown;
  /** Without it the type takes no part in worlds. */
  readonly onStore?: OnStore<Op>;
  /** Without it the type's keys have no second opinion. */
  readonly simple?: Simple<Op>;
}

/** What is known of a key that handles do not show; each version of the store knows it of itself. */
export interface Looks {
  /** The declared cap of a log. */
  cap(store: Store, name: string): number | undefined;
  /** The declared keep of a window. */
  keep(store: Store, name: string): number | undefined;
  /** What the store's clock shows, in milliseconds since 1970. Version 1 takes any time, and lets a window's newest be what starts last. */
  wall?(store: Store): number;
}

/** What somebody who does something has to do with. */
export interface Scene {
  readonly store: Store;
  readonly random: Random;
  readonly looks: Looks;
  /** The time, in milliseconds since 1970, before anybody's clock goes wrong. */
  readonly now: number;
  /** How many different elements there are. */
  readonly elements: number;
  /** Whether operations of this kind happen in this world. */
  has(this: void, kind: string): boolean;
  /** A value that nobody else writes. */
  unique(this: void): string;
  /** What is opened once is kept for as long as the node lives. */
  kept<Handle>(this: void, open: () => Handle): Handle;
}

/** Something that was done, under one dot: what the model is told. */
export interface Deed<Op> {
  readonly op: Op;
  /** Of a collection. */
  readonly element?: string;
}

export interface OnStore<Op> {
  /** Do it through a handle. */
  perform(store: Store, key: string, op: Op): void;
  /** What a reader sees through a handle: what the model says, which is `expected`. */
  value(store: Store, key: string, expected: unknown): unknown;
  /** What deleting the key is to the model. */
  removed(store: Store, key: string): readonly Deed<Op>[];
  /** Whether a key exists of which the model says this. */
  lives(this: void, value: unknown, events: readonly Event<Op>[]): boolean;
  /** The kinds of operations; some worlds leave some out. */
  readonly kinds: readonly string[];
  /**
   * Draw something and do it, where that is not `draw` and `perform`. Returns what was done, one for each dot that was taken, in
   * their order; what took none does not count.
   */
  act?(scene: Scene, key: string): readonly Deed<Op>[];
  /** Called before a store does what it does by itself (`Store.tend`). Returns what says, afterwards, what a dot on the key was. */
  tending?(store: Store, key: string): (dot: number) => Deed<Op> | undefined;
  /** What must be so of all operations that were ever acknowledged, in their order, lost or not. Returns what is wrong. */
  kept?(this: void, key: string, events: readonly Event<Op>[]): string | undefined;
  /** What is wrong with the key when everything has come to rest. */
  ended?(store: Store, key: string): string | undefined;
  /** Of a collection, instead of `lives`: whether an element is there, shown or not, after these events of its own. */
  isLeft?(this: void, events: readonly Event<Op>[], actorOf: (life: number) => number): boolean;
  /** Of a collection, from what its elements show, by name: what a reader of it must see. */
  whole?(this: void, elements: ReadonlyMap<string, unknown>): unknown;
  /** Of a collection whose elements are of other types ("type name"): the subject of one. */
  part?(element: string): Subject<unknown>;
}
