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
import type { Crdt } from '../crdt/crdt.js';
import { isRoot } from '../crdt/nesting.js';
import { typeOfTag } from '../crdt/registry.js';
import { CELL, Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import { CONTESTED, Cells, FIELD, GHOST, homeOf, INTERNAL, LIVE, WATCHED } from './cells.js';
import { Changes } from './changes.js';
import { Collections } from './collections.js';
import { noteConflict } from './conflicts.js';
import { Raise } from './joint-context.js';
import { KeyCounts } from './key-counts.js';
import { Orders } from './order.js';
import { NOBODY, type Others } from './others.js';
import { Overlay } from './overlay.js';
import { checkRoom } from './room.js';
import { Scales } from './scales.js';
import { Abandoned, type Staged, Staging, UNLISTED } from './staging.js';

export interface ReplicaOptions {
  /** Unique name of the node in its cluster. */
  readonly node: string;
  /** Larger for each life of the node. */
  readonly incarnation: number;
  /** Wall clock, milliseconds since 1970. */
  readonly clock: () => number;
  /** The most cells that it can have: keys, and elements of sets. */
  readonly maxCells?: number;
}

export class Replica {
  readonly node: string;
  readonly actors: ActorTable = new ActorTable();
  readonly cells: Cells;
  readonly slots: Slots;
  readonly changes: Changes;
  readonly collections: Collections = new Collections();
  readonly orders: Orders;
  /** Keys whose members are ordered if they are shown by who is up → `actors.views` when all were looked at. */
  readonly attended: Map<number, number> = new Map();
  readonly clock: HybridClock;
  readonly vv: VersionVector = new VersionVector();
  readonly ghostFloor: VersionVector = new VersionVector();
  /** The actor whose dots this process gives out: a new one, number 0, or one of an earlier life. */
  self = 0;
  /** Live keys that users see, as far as large frames are merged. */
  readonly keys: KeyCounts = new KeyCounts();
  /** Names that are live as more than one type, as far as large frames are merged; a field's as `key[field]`. */
  readonly conflicts: Set<string> = new Set();
  readonly scales: Scales = new Scales();
  /** Told of cells that are about to be given back: their state is gone, their names are not. */
  readonly onDrop: Set<(gone: ReadonlySet<number>) => void> = new Set();
  /** Whether a life of a node is over and nothing of it is anywhere that is not here; who knows the other replicas says so. */
  isFinal: (node: string, incarnation: number) => boolean = () => false;
  others: Others = NOBODY;
  /** Large frames that were applied and not merged yet: before a cell's state is read or changed it has to be resolved. */
  overlay: Overlay | undefined;
  /** Large frames that are still coming in: what they speak of is not dropped. */
  readonly #stagings = new Set<Staging>();
  readonly #abandoned = new Abandoned((cell) => this.cells.exists(cell) && this.settle(cell));
  #ghosts: number[] = [];
  /** Ghosts that the present round of `collect` has looked at and kept. */
  #kept: number[] = [];

  constructor(options: ReplicaOptions) {
    this.node = options.node;
    this.cells = new Cells(options.maxCells);
    this.slots = new Slots(this.actors, this.cells.homes);
    this.changes = new Changes(this.cells);
    this.orders = new Orders(this.cells);
    this.clock = new HybridClock(options.clock);
    const self = this.actors.intern(options.node, options.incarnation);
    assert(self === this.self, 'the first actor is our own');
    this.vv.set(this.self, 0);
  }

  /** Which life of the node this is. */
  get incarnation(): number {
    return this.actors.life;
  }

  /** Nothing was written yet: be a later life than was thought, since a later one than that is known elsewhere. */
  rebirth(incarnation: number): void {
    assert(this.isFresh && incarnation > this.incarnation, 'only who wrote nothing begins again in place');
    this.actors.rebirth(incarnation);
  }

  /** Whether this process has given out no dot, and goes on with no earlier actor. */
  get isFresh(): boolean {
    return this.self === 0 && this.vv.get(0) === 0;
  }

  /**
   * Go on with an actor of an earlier life, all of which is here and none of which can still come. What is here is then what that life
   * would have, had it not made its lost tail; but for removals that were forgotten before this process began, whose sums
   * may stand elsewhere with their bases still.
   */
  succeed(actor: number): void {
    assert(this.isFresh && this.actors.get(actor).node === this.node, "one goes on with what is one's own, once");
    this.actors.extend(actor, [
      ...this.actors.lives(actor),
      { incarnation: this.incarnation, since: this.vv.get(actor) },
    ]);
    this.self = actor;
    if (this.ghostFloor.get(actor) > 0) this.slots.lost = true;
  }

  type(cell: number): Crdt {
    const type = typeOfTag(this.cells.tag(cell));
    assert(type !== undefined, 'a cell has a registered type');
    return type;
  }

  /** The type of the cell above, if there is one. */
  typeAbove(cell: number): Crdt | undefined {
    const parent = this.cells.parent(cell);
    return parent === 0 ? undefined : this.type(parent);
  }

  /** Whether the cell is the stateless root of others. */
  isRoot(cell: number): boolean {
    const type = this.type(cell);
    return type.fields && isRoot(type, this.typeAbove(cell));
  }

  /** How many cells wait to be forgotten. */
  get ghosts(): number {
    return this.#ghosts.length + this.#kept.length;
  }

  /**
   * The cell of a name, made if it is not there. A rival type under the name marks both as contested.
   * Errors: TOO_MANY_KEYS, and then nothing changed.
   */
  ensure(tag: number, length: number, parent: number): number {
    const found = this.cells.find(tag, length, parent);
    if (found !== 0) return found;
    // A root that is made for a field leaves room for that.
    checkRoom(this.cells, parent === 0 ? 2 : 1);
    const { rival } = this.cells;
    const internal = parent === 0 && this.cells.scratch[0] === 0 ? INTERNAL : 0;
    const cell = this.cells.create(tag, length, parent, internal | (rival === 0 ? 0 : CONTESTED));
    if (rival !== 0)
      for (const other of this.cells.sameName(length, parent)) this.cells.setFlag(other, CONTESTED, true);
    if (parent !== 0) this.collections.add(parent, cell);
    this.overlay?.resolve(cell);
    return cell;
  }

  /** After a cell's state changed: is it live, is it a ghost? */
  settle(cell: number): void {
    const type = this.type(cell);
    const head = this.cells.head(cell);
    const flags = this.cells.flags(cell);
    const live = head !== 0 ? type.live(this.slots, head) : this.collections.live(cell) > 0;
    if (type.score !== undefined && (flags & FIELD) !== 0)
      this.orders.file(this.cells.parent(cell), cell, live ? type.score(this.slots, head) : undefined);
    if (live !== ((flags & LIVE) !== 0)) this.#setLive(cell, flags, live);
    if ((flags & INTERNAL) !== 0) this.scales.note(this.cells, this.slots, cell);
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
   * @param slowly nothing is merged before it is looked at, or `advance` comes to it; the frames keep their slots until then
   */
  apply(frames: readonly Staged[], slowly: boolean = frames.some(({ lazy }) => lazy !== undefined)): void {
    if (slowly) return this.#lay(frames);
    if (frames.some(({ full }) => full)) this.finish();
    const contexts = new Map<number, VersionVector>();
    let before = this.vv;
    for (const staged of frames) {
      const raise = new Raise(staged.top);
      const last = staged === frames.at(-1);
      for (let i = 0; i < staged.cells.length; i++) {
        const cell = staged.cells[i] as number;
        const context = contexts.get(cell) ?? before;
        this.overlay?.resolve(cell);
        this.#merge(cell, context, staged, staged.heads[i] as number);
        if (!last && this.type(cell).causal) contexts.set(cell, raise.of(context));
      }
      if (!staged.full) continue;
      this.#forgetUnlisted(staged);
      if (last) continue;
      for (const [cell, context] of contexts) contexts.set(cell, raise.of(context));
      before = raise.of(before);
    }
    for (const { top } of frames) this.vv.join(top);
  }

  /** Where the states of a large frame are gathered; end it by applying what it makes, or with `abandon`. */
  stage(): Staging {
    const staging = new Staging((cell) => this.type(cell), new Slots(this.actors));
    this.#stagings.add(staging);
    return staging;
  }

  /** At most so many cells are still to be merged of large frames that were applied. While there are any no frame may be cut. */
  get pending(): number {
    return this.overlay?.pending ?? 0;
  }

  /** Merge so many more cells of large frames, or clear up after so many of frames that were given up. Whether there is more. */
  advance(cells: number): boolean {
    if (this.overlay !== undefined) {
      this.overlay.advance(cells);
      if (this.overlay.pending === 0) this.overlay = undefined;
    } else this.#abandoned.sweep(cells);
    return this.busy;
  }

  /** Whether there is something for `advance` to do. */
  get busy(): boolean {
    return this.overlay !== undefined || this.#abandoned.any;
  }

  /** Merge all that is left of large frames, now. Cost: as long as it takes, a second for a million cells. */
  finish(): void {
    if (this.overlay !== undefined) this.advance(Number.POSITIVE_INFINITY);
  }

  /** What a name shows is its cell's state, or that of all cells below it. */
  resolveTree(cell: number): void {
    const { overlay } = this;
    if (overlay === undefined || cell === 0) return;
    overlay.resolve(cell);
    if (!this.isRoot(cell)) return;
    overlay.resolveFields(cell);
    if (this.type(cell).holds === undefined) return;
    for (const field of this.collections.elements(cell)) if (this.isRoot(field)) overlay.resolveFields(field);
  }

  /** A frame that these cells were made for, or that a staging was for, is not applied: what is left without state is a ghost. */
  abandon(given: Staging | readonly number[]): void {
    if (given instanceof Staging) {
      this.#stagings.delete(given);
      this.#abandoned.add(given);
    } else for (const cell of given) this.settle(cell);
  }

  /**
   * Drop the ghosts whose removals are covered by `seen`, which peers have acknowledged; those of sums only if nobody is
   * left who could not have seen them (`stable`). A late dot of an element says by itself that it is newer than a removal; a
   * late sum includes what was reset, and without the base nobody can tell how much.
   * @param most how many ghosts to look at; the next call goes on with others
   */
  collect(seen: VersionVector, stable: VersionVector, most: number = Number.POSITIVE_INFINITY): number {
    const gone = new Set<number>();
    for (let left = Math.min(most, this.ghosts); left > 0; left--) {
      if (this.#ghosts.length === 0) [this.#ghosts, this.#kept] = [this.#kept, this.#ghosts];
      const cell = this.#ghosts.pop();
      if (cell === undefined) break;
      this.overlay?.resolve(cell);
      if (!this.#isGhost(cell)) this.cells.setFlag(cell, GHOST, false);
      else if (!this.#isStaged(cell) && this.#modsCovered(cell, this.type(cell).cumulative === true ? stable : seen))
        gone.add(cell);
      else this.#kept.push(cell);
    }
    if (gone.size > 0) this.#drop(gone);
    return gone.size;
  }

  /** The version vector moves at once, and what is seen of each cell with it; the states are merged when they are looked at. */
  #lay(frames: readonly Staged[]): void {
    this.finish();
    const ground = {
      lazy: (staged: Staged): Staging => staged.lazy ?? this.#listed(staged),
      isCausal: (cell: number): boolean => this.type(cell).causal,
      merge: (cell: number, context: VersionVector, staged: Staged, head: number): void =>
        this.#merge(cell, context, staged, head),
      forget: (cell: number, staged: Staged): void => this.#forget(cell, staged),
      fields: (cell: number): readonly number[] => this.collections.elements(cell),
    };
    this.overlay = new Overlay(ground, frames, this.vv.clone(), this.cells.end);
    for (const { lazy, top, full, ghostFloor } of frames) {
      if (lazy !== undefined) this.#stagings.delete(lazy);
      if (full) this.ghostFloor.join(ghostFloor);
      this.vv.join(top);
    }
    // Whoever keeps a cell's number looks it up again, and resolves the cell.
    this.cells.drops++;
  }

  /** A small frame that is applied together with a large one. */
  #listed(staged: Staged): Staging {
    const staging = new Staging((cell) => this.type(cell), staged.slots);
    staged.cells.forEach((cell, i) => staging.add(cell, staged.heads[i] as number));
    return staging;
  }

  #merge(cell: number, context: VersionVector, staged: Staged, other: number): void {
    const { slots, cells } = this;
    slots.news = false;
    slots.home = homeOf(cell);
    const head = cells.head(cell);
    const merged = this.type(cell).merge(slots, head, context, staged.slots, other, staged.top);
    if (slots.news && this.type(cell).tended === true) this.changes.tended.add(cell);
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
      if (this.type(cell).viewed === true && !this.attended.has(parent)) this.attended.set(parent, this.actors.views);
      this.settle(parent);
    } else if ((flags & INTERNAL) === 0) this.keys.add(this.cells.tag(cell), live ? 1 : -1);
    if ((flags & CONTESTED) !== 0) noteConflict(this.cells, this.conflicts, cell);
  }

  #forgetUnlisted(staged: Staged): void {
    const listed = new Set(staged.cells);
    this.cells.forEach((cell) => {
      if (!listed.has(cell)) this.#forget(cell, staged);
    });
    this.ghostFloor.join(staged.ghostFloor);
  }

  #forget(cell: number, { top }: Staged): void {
    const head = this.cells.exists(cell) ? this.cells.head(cell) : 0;
    if (head === 0) return;
    this.slots.home = homeOf(cell);
    this.cells.setHead(cell, this.type(cell).forget(this.slots, head, top));
    this.settle(cell);
    this.changes.touch(cell);
  }

  #isStaged(cell: number): boolean {
    for (const staging of this.#stagings) if (staging.look(cell) !== UNLISTED) return true;
    return false;
  }

  #isGhost(cell: number): boolean {
    if ((this.cells.flags(cell) & WATCHED) !== 0) return false;
    const head = this.cells.head(cell);
    if (head !== 0) return this.type(cell).ghost(this.slots, head);
    return this.collections.size(cell) === 0;
  }

  #modsCovered(cell: number, seen: VersionVector): boolean {
    for (let slot = this.cells.head(cell); slot !== 0; slot = this.slots.next(slot)) {
      const actor = this.slots.actor(slot);
      if (actor < CELL && this.slots.dot(slot) > seen.get(actor)) return false;
    }
    return true;
  }

  #drop(gone: Set<number>): void {
    for (const cell of gone) {
      const head = this.cells.head(cell);
      joinMods(this.slots, head, this.ghostFloor);
      if (head !== 0 && this.type(cell).cumulative === true) this.slots.lost = true;
      this.type(cell).free(this.slots, head);
      this.changes.remove(cell);
      if (!this.cells.isField(cell)) continue;
      const parent = this.cells.parent(cell);
      if (this.collections.remove(parent, cell) && this.#isGhost(parent)) this.#orphan(parent, gone);
    }
    const fields = [...gone].filter((cell) => this.cells.isField(cell));
    const roots = [...gone].filter((cell) => !this.cells.isField(cell));
    for (const told of this.onDrop) told(gone);
    for (const cell of roots) this.attended.delete(cell);
    for (const cell of [...fields, ...roots]) this.cells.drop(cell);
  }

  /** The last cell below goes: so does the root, now or when its turn comes. */
  #orphan(parent: number, gone: Set<number>): void {
    if ((this.cells.flags(parent) & GHOST) !== 0) return;
    if (this.#isStaged(parent)) this.settle(parent);
    else gone.add(parent);
  }
}
