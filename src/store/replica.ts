/**
 * One replica's state: cells, their slots, the version vector that is the causal context of all of them, the changes feed.
 * Local operations (store.ts) and merges from peers (sync/) both end here, in `settle` and `touch`.
 *
 * Invariants
 *   - state is a function of the transactions covered by `vv`; `vv` moves only by a local dot or by `apply`;
 *   - a visible transaction of actor o that touched cell c is ≤ c.mods[o], or ≤ `ghostFloor`[o];
 *   - LIVE of a cell, the live count of its parent and `size` agree after every `settle`.
 *
 * Removal ghosts (cells with nothing but traces of removals) are dropped once every peer has acknowledged those removals;
 * `ghostFloor` remembers that they existed: a peer that does not cover it gets a full frame.
 */
import { ActorTable } from '../base/actor.js';
import { assert } from '../base/assert.js';
import { HybridClock } from '../base/hlc.js';
import { joinMods } from '../crdt/chain.js';
import { counter } from '../crdt/counter.js';
import type { Crdt } from '../crdt/crdt.js';
import { typeOfTag } from '../crdt/registry.js';
import { CELL, Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import { CONTESTED, Cells, FIELD, GHOST, homeOf, INTERNAL, LIVE, WATCHED } from './cells.js';
import { Changes } from './changes.js';
import { Collections } from './collections.js';

export interface ReplicaOptions {
  /** Unique name of the node in its cluster. */
  readonly node: string;
  /** Larger for each life of the node. */
  readonly incarnation: number;
  /** Wall clock, milliseconds since 1970. */
  readonly clock: () => number;
}

/** A decoded frame: states in a staging area, and the cells here that they belong to. */
export interface Staged {
  readonly slots: Slots;
  /** Cells here, each once. */
  readonly cells: readonly number[];
  readonly heads: readonly number[];
  /** The sender's version vector. */
  readonly top: VersionVector;
  /** Every cell that the sender has is listed: what is not, is ⊥ there. */
  readonly full: boolean;
  readonly ghostFloor: VersionVector;
}

export class Replica {
  readonly node: string;
  readonly incarnation: number;
  readonly actors: ActorTable = new ActorTable();
  readonly cells: Cells = new Cells();
  readonly slots: Slots = new Slots(this.actors, this.cells.homes);
  readonly changes: Changes = new Changes(this.cells);
  readonly collections: Collections = new Collections();
  readonly clock: HybridClock;
  readonly vv: VersionVector = new VersionVector();
  readonly ghostFloor: VersionVector = new VersionVector();
  /** This node's own actor; always 0. */
  readonly self = 0;
  /** Live keys that users see. */
  size = 0;
  /** Names that are live as more than one type. */
  readonly conflicts: Set<string> = new Set();
  /** Told when cell numbers were given back. */
  readonly onDrop: Set<(gone: ReadonlySet<number>) => void> = new Set();
  /** Whether a life of a node is over and nothing of it is anywhere that is not here; who knows the other replicas says so. */
  isFinal: (node: string, incarnation: number) => boolean = () => false;
  #ghosts: number[] = [];

  constructor(options: ReplicaOptions) {
    this.node = options.node;
    this.incarnation = options.incarnation;
    this.clock = new HybridClock(options.clock);
    const self = this.actors.intern(options.node, options.incarnation);
    assert(self === this.self, 'the first actor is our own');
    this.vv.set(this.self, 0);
  }

  type(cell: number): Crdt {
    const type = typeOfTag(this.cells.tag(cell));
    assert(type !== undefined, 'a cell has a registered type');
    return type;
  }

  /** How many cells wait to be forgotten. */
  get ghosts(): number {
    return this.#ghosts.length;
  }

  /** The cell of a name, made if it is not there. A rival type under the name marks both as contested. */
  ensure(tag: number, length: number, parent: number): number {
    const found = this.cells.find(tag, length, parent);
    if (found !== 0) return found;
    const { rival } = this.cells;
    const internal = parent === 0 && this.cells.scratch[0] === 0 ? INTERNAL : 0;
    const cell = this.cells.create(tag, length, parent, internal | (rival === 0 ? 0 : CONTESTED));
    if (rival !== 0)
      for (const other of this.cells.sameName(length, parent)) this.cells.setFlag(other, CONTESTED, true);
    if (parent !== 0) this.collections.add(parent, cell);
    return cell;
  }

  /** After a cell's state changed: is it live, is it a ghost? */
  settle(cell: number): void {
    const type = this.type(cell);
    const head = this.cells.head(cell);
    const flags = this.cells.flags(cell);
    const live = (flags & FIELD) !== 0 || head !== 0 ? type.live(this.slots, head) : this.collections.live(cell) > 0;
    if (live !== ((flags & LIVE) !== 0)) this.#setLive(cell, flags, live);
    if (!live && (flags & GHOST) === 0 && this.#isGhost(cell)) {
      this.cells.setFlag(cell, GHOST, true);
      this.#ghosts.push(cell);
    }
  }

  /**
   * L := L ⊔ R for every cell of the frames, as one step.
   *
   * Several frames are merged at once when each waits for another: then this replica's version vector says nothing of a cell that
   * one of them brought a state for. A cell of a causal type is merged under a context of its own, which is what was here
   * before, raised by each frame that listed it; one frame after the other would take what is in none of them yet for removed
   * (hole H4). A full frame says of every cell what it is at its top.
   */
  apply(frames: readonly Staged[]): void {
    const contexts = new Map<number, VersionVector>();
    let before = this.vv;
    for (const staged of frames) {
      const raised = new Map<VersionVector, VersionVector>();
      const raise = (context: VersionVector): VersionVector => {
        const known = raised.get(context);
        if (known !== undefined) return known;
        const joined = context.clone();
        joined.join(staged.top);
        raised.set(context, joined);
        return joined;
      };
      const last = staged === frames.at(-1);
      for (let i = 0; i < staged.cells.length; i++) {
        const cell = staged.cells[i] as number;
        const context = contexts.get(cell) ?? before;
        this.#merge(cell, context, staged, staged.heads[i] as number);
        if (!last && this.type(cell).causal) contexts.set(cell, raise(context));
      }
      if (!staged.full) continue;
      this.#forgetUnlisted(staged);
      if (last) continue;
      for (const [cell, context] of contexts) contexts.set(cell, raise(context));
      before = raise(before);
    }
    for (const { top } of frames) this.vv.join(top);
  }

  /**
   * Drop the ghosts whose removals are covered by `seen`, which peers have acknowledged; those of counters only if nobody is
   * left who could not have seen them (`stable`). A late dot of an element says by itself that it is newer than a removal; a
   * late sum includes what was reset, and without the base nobody can tell how much.
   */
  collect(seen: VersionVector, stable: VersionVector): number {
    const gone = new Set<number>();
    const kept: number[] = [];
    for (const cell of this.#ghosts) {
      if (!this.#isGhost(cell)) this.cells.setFlag(cell, GHOST, false);
      else if (this.#modsCovered(cell, this.cells.tag(cell) === counter.tag ? stable : seen)) gone.add(cell);
      else kept.push(cell);
    }
    this.#ghosts = kept;
    if (gone.size > 0) this.#drop(gone);
    return gone.size;
  }

  #merge(cell: number, context: VersionVector, staged: Staged, other: number): void {
    const { slots, cells } = this;
    slots.news = false;
    slots.home = homeOf(cell);
    const head = cells.head(cell);
    const merged = this.type(cell).merge(slots, head, context, staged.slots, other, staged.top);
    if (merged !== head) cells.setHead(cell, merged);
    // In a full frame a cell can also lose what was removed elsewhere, without news: watchers have to look.
    if (slots.news || staged.full) this.changes.touch(cell);
    this.settle(cell);
  }

  #setLive(cell: number, flags: number, live: boolean): void {
    this.cells.setFlag(cell, LIVE, live);
    if ((flags & FIELD) !== 0) {
      const parent = this.cells.parent(cell);
      this.collections.count(parent, live ? 1 : -1);
      this.settle(parent);
      return;
    }
    if ((flags & INTERNAL) === 0) this.size += live ? 1 : -1;
    if ((flags & CONTESTED) !== 0) this.#noteConflict(cell);
  }

  #noteConflict(cell: number): void {
    const name = this.cells.name(cell);
    const live = this.cells.sameName(this.cells.encode(name, 0), 0).filter((c) => (this.cells.flags(c) & LIVE) !== 0);
    if (live.length > 1) this.conflicts.add(name);
    else this.conflicts.delete(name);
  }

  #forgetUnlisted(staged: Staged): void {
    const listed = new Set(staged.cells);
    this.cells.forEach((cell) => {
      const head = this.cells.head(cell);
      if (head === 0 || listed.has(cell)) return;
      this.slots.home = homeOf(cell);
      this.cells.setHead(cell, this.type(cell).forget(this.slots, head, staged.top));
      this.settle(cell);
      this.changes.touch(cell);
    });
    this.ghostFloor.join(staged.ghostFloor);
  }

  #isGhost(cell: number): boolean {
    if ((this.cells.flags(cell) & WATCHED) !== 0) return false;
    const head = this.cells.head(cell);
    if (head !== 0) return this.type(cell).ghost(this.slots, head);
    return this.collections.elements(cell).length === 0;
  }

  #modsCovered(cell: number, seen: VersionVector): boolean {
    for (let slot = this.cells.head(cell); slot !== 0; slot = this.slots.next(slot)) {
      const actor = this.slots.actor(slot);
      if (actor < CELL && this.slots.dot(slot) > seen.get(actor)) return false;
    }
    return true;
  }

  #drop(gone: Set<number>): void {
    const parents = new Set<number>();
    for (const cell of gone) {
      const head = this.cells.head(cell);
      joinMods(this.slots, head, this.ghostFloor);
      if (head !== 0 && this.cells.tag(cell) === counter.tag) this.slots.lost = true;
      this.type(cell).free(this.slots, head);
      this.changes.remove(cell);
      if (this.cells.isField(cell)) parents.add(this.cells.parent(cell));
    }
    for (const parent of parents) {
      if (this.collections.remove(parent, gone) && this.#isGhost(parent)) gone.add(parent);
    }
    const fields = [...gone].filter((cell) => this.cells.isField(cell));
    const roots = [...gone].filter((cell) => !this.cells.isField(cell));
    for (const cell of [...fields, ...roots]) this.cells.drop(cell);
    this.#ghosts = this.#ghosts.filter((cell) => !gone.has(cell));
    for (const told of this.onDrop) told(gone);
  }
}
