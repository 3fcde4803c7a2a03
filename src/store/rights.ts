/**
 * What a node does about bounded counters in the background: it claims the initial rights, says ahead how far it may go, asks for
 * rights and gives some to who asks (lending.ts has the policy, crdt/escrow.ts the words). Everything that it does about a counter at
 * one time is one change of the node's own row.
 *
 * Claiming: the initial rights must never be held by two. Who sees no claim makes one; it becomes a hold once everybody is
 * known to have it and all that they had is here (`isKnownToAll`), and no earlier claim is among that. Of two that claim at the same time
 * at least one knows of the other before it holds, since what both are members with has seen one of the claims first. A claim of a
 * life that is over counts for nothing when all that is left of it is here: had it become a hold that was used, somebody would
 * have it. Whoever holds gives every other region an equal part at once.
 *
 * Taking over: an actor of an earlier life that this one does not go on with spends nothing any more. Once nobody can have more of what
 * earlier lives did than is here (`endsAreHere`), this one takes what such an actor had beyond its edge; should this life end before
 * anybody knew that, nothing was spent of it, and the next one takes it.
 *
 * Invariant: nothing here is needed for the bounds to hold, but for a claim to become a hold, and for taking over.
 * Cost: a counter is looked at after it changed, and while something is under way, ever more rarely.
 */
import * as type from '../crdt/bounded.js';
import * as escrow from '../crdt/escrow.js';
import { type Bounds, type Row, type Side, SIDES } from '../crdt/escrow.js';
import type { Changing } from './changing.js';
import { Forebears } from './forebears.js';
import { edgeFor, giftFor, LAST_LOOK_MS, type Outlook, room, turnOf, wantFor } from './lending.js';
import type { Replica } from './replica.js';
import { age, unused, type Use } from './use.js';

/** Counters that are looked at in one step: some milliseconds of work. */
const AT_ONCE = 500;
/** What is under way is looked at again after so many milliseconds, then after twice as many, and so on. */
const FIRST_LOOK_MS = 50;

/** What a node remembers of a counter that something is under way with. */
interface Memory {
  readonly down: Use;
  readonly up: Use;
  /** What is remembered is about this one. */
  readonly generation: number;
  /** As declared here, for a counter on which nothing was done yet. */
  bounds: Bounds | undefined;
  lookedAt: number;
  nextLook: number;
  wait: number;
  /** The dot of this node's claim. */
  claimedAt: number;
}

/** A row that is being changed, and the rights that come with it. */
interface Plan {
  row: Row;
  readonly rights: Record<Side, number>;
}

export class Rights {
  readonly #replica: Replica;
  readonly #access: Changing;
  readonly #memories = new Map<number, Memory>();
  readonly #forebears: Forebears;
  #now = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Which actor this node was. */
  #self: number;

  constructor(replica: Replica, access: Changing) {
    this.#replica = replica;
    this.#access = access;
    this.#self = replica.self;
    this.#forebears = new Forebears(replica);
    replica.onDrop.add((gone) => {
      for (const cell of gone) {
        this.#memories.delete(cell);
        replica.changes.tended.delete(cell);
      }
    });
  }

  /** An operation was done. */
  spent(cell: number, side: Side, n: number): void {
    const use = this.#memory(cell)[side];
    use.spent += n;
    use.spentAt = this.#now;
    this.#replica.changes.tended.add(cell);
  }

  /** An operation was refused for want of rights: more are asked for. */
  refused(cell: number, bounds: Bounds, side: Side, n: number): void {
    const memory = this.#current(cell);
    memory.bounds = bounds;
    memory.wait = FIRST_LOOK_MS;
    const use = memory[side];
    use.refused = Math.max(use.refused, n);
    use.refusedAt = this.#now;
    this.#replica.changes.tended.add(cell);
    this.#replica.changes.onNews?.();
  }

  /** A counter is looked at now: what can be had at once is there afterwards. */
  attend(cell: number): void {
    this.#look(cell, this.#current(cell));
  }

  /** Actors of earlier lives of this node that have to do with a counter, and whose rights are its own to take. */
  forebears(head: number): ReadonlySet<number> {
    const { done } = this.#forebears;
    const found = new Set<number>();
    if (done.size === 0) return found;
    for (const [actor, row] of type.rowsOf(this.#replica.slots, head)) {
      if (done.has(actor)) found.add(actor);
      for (const side of SIDES) for (const to of row[side].given.keys()) if (done.has(to)) found.add(to);
    }
    return found;
  }

  /** Time passed, or something came. `now`: milliseconds of a clock that never runs backwards. */
  tend(now: number): void {
    this.#now = now;
    const replica = this.#replica;
    if (this.#access.closed) return;
    if (this.#self !== replica.self) this.#begin();
    if (this.#forebears.tend(now)) this.#tendAll();
    if (this.#memories.size > 0 && now - this.#lookedAt >= FIRST_LOOK_MS) {
      this.#lookedAt = now;
      for (const [cell, { nextLook }] of this.#memories) if (nextLook <= now) replica.changes.tended.add(cell);
    }
    let left = AT_ONCE;
    for (const cell of replica.changes.tended) {
      if (left-- === 0) return;
      replica.changes.tended.delete(cell);
      const memory = this.#current(cell);
      if (!this.#look(cell, memory)) this.#memories.delete(cell);
      else {
        memory.nextLook = now + memory.wait;
        memory.wait = Math.min(LAST_LOOK_MS, memory.wait * 2);
      }
    }
  }

  /** This node stops: its edges go back to where it is, so that its end takes nothing from anybody. */
  rest(): void {
    if (this.#access.closed) return;
    this.#each((cell, plan) => {
      for (const side of SIDES) {
        const at = escrow.position(plan.row, side);
        if (escrow.isBounded(this.#bounds(cell), side)) plan.row = escrow.withEdge(plan.row, side, at);
      }
    });
  }

  /** This node goes for good: what it has is the richest other's. */
  bequeath(): void {
    const { cells, self } = this.#replica;
    const [anybody] = this.#replica.others.regions();
    this.#each((cell, plan) => {
      for (const side of SIDES) {
        const n = room(outlineOf(plan, side));
        const others = this.#lenders(cells.head(cell), side, self).sort((a, b) => b.room - a.room);
        const heir = others[0]?.actor ?? anybody;
        if (escrow.isBounded(this.#bounds(cell), side) && n > 0 && heir !== undefined) give(plan, side, heir, n);
      }
    });
  }

  /** All counters on which this node did something. Cost: looks at every cell. */
  #each(change: (cell: number, plan: Plan) => void): void {
    const { cells, slots, self } = this.#replica;
    this.#replica.finish();
    cells.forEach((cell) => {
      if (cells.tag(cell) !== type.bounded.tag || !type.rowsOf(slots, cells.head(cell)).has(self)) return;
      const plan = this.#plan(cell, this.#bounds(cell));
      change(cell, plan);
      this.#put(cell, this.#bounds(cell), plan);
    });
  }

  /** This node goes on as another actor: what that one had is its own. */
  #begin(): void {
    this.#self = this.#replica.self;
    this.#memories.clear();
    this.#tendAll();
  }

  #tendAll(): void {
    const { cells, changes } = this.#replica;
    this.#replica.finish();
    cells.forEach((cell) => {
      if (cells.tag(cell) === type.bounded.tag) changes.tended.add(cell);
    });
  }

  /** The memory of a counter, which is none once that was deleted. */
  #current(cell: number): Memory {
    if (this.#memories.get(cell)?.generation !== this.#generation(cell)) this.#memories.delete(cell);
    return this.#memory(cell);
  }

  #generation(cell: number): number {
    return type.generationOf(this.#replica.slots, this.#replica.cells.head(cell));
  }

  #memory(cell: number): Memory {
    let memory = this.#memories.get(cell);
    if (memory === undefined) {
      const now = this.#now;
      const looks = { lookedAt: now, nextLook: now, wait: FIRST_LOOK_MS };
      const generation = this.#generation(cell);
      memory = { down: unused(), up: unused(), generation, bounds: undefined, ...looks, claimedAt: 0 };
      this.#memories.set(cell, memory);
    }
    return memory;
  }

  #bounds(cell: number): Bounds {
    return type.boundsOf(this.#replica.slots, this.#replica.cells.head(cell)) as Bounds;
  }

  /** Does what is to be done about a counter. Whether something is still under way. */
  #look(cell: number, memory: Memory): boolean {
    const { cells, slots, self, others } = this.#replica;
    this.#replica.overlay?.resolve(cell);
    const passed = Math.max(0, this.#now - memory.lookedAt);
    memory.lookedAt = this.#now;
    for (const side of SIDES) age(memory[side], passed, this.#now);
    const head = cells.head(cell);
    const bounds = type.boundsOf(slots, head) ?? memory.bounds;
    const isOurs = (side: Side): boolean => memory[side].refused > 0 || type.received(slots, head, self, side) > 0;
    const hasLeft = (actor: number): boolean => SIDES.some((side) => type.estate(slots, head, actor, side).left > 0);
    const isHeir = [...this.forebears(head)].some(hasLeft);
    if (bounds === undefined || !(type.rowsOf(slots, head).has(self) || isHeir || SIDES.some(isOurs))) return false;
    // Nobody has done anything with it: there is nothing to ask for.
    if (type.boundsOf(slots, head) === undefined && !escrow.mustBeClaimed(bounds)) return true;
    const plan = this.#plan(cell, bounds);
    this.#takeOver(head, bounds, plan);
    let more = this.#claim(cell, memory, bounds, plan);
    for (const side of SIDES) {
      if (!escrow.isBounded(bounds, side)) continue;
      type.reach(slots, head, self, side, (dot) => others.isBacked(dot));
      if (this.#lend(cell, memory, side, plan)) more = true;
      if (this.#provide(cell, memory, side, plan)) more = true;
    }
    if (this.#put(cell, bounds, plan)) memory.wait = FIRST_LOOK_MS;
    return more || !type.isSettled(slots, cells.head(cell));
  }

  #plan(cell: number, bounds: Bounds): Plan {
    const { cells, slots, self } = this.#replica;
    const head = cells.head(cell);
    const before = type.rowsOf(slots, head).get(self) ?? escrow.BLANK;
    const row = type.isInherited(slots, head, self) ? escrow.inherited(before, bounds) : before;
    const rightsOn = (side: Side): number =>
      type.rights(slots, head, self, side) - (row[side].lost - before[side].lost);
    return { row, rights: { down: rightsOn('down'), up: rightsOn('up') } };
  }

  #put(cell: number, bounds: Bounds, { row }: Plan): boolean {
    const { cells, slots, self } = this.#replica;
    if (row === (type.rowsOf(slots, cells.head(cell)).get(self) ?? escrow.BLANK)) return false;
    this.#access.mutate(cell, (head, dot) => type.update(slots, head, self, dot, bounds, () => row));
    return true;
  }

  #takeOver(head: number, bounds: Bounds, plan: Plan): void {
    for (const actor of this.forebears(head)) {
      for (const side of SIDES) {
        const { left } = type.estate(this.#replica.slots, head, actor, side);
        if (left === 0 || !escrow.isBounded(bounds, side)) continue;
        plan.row = escrow.taking(plan.row, side, actor, left);
        plan.rights[side] += left;
      }
    }
  }

  /** Whether it is still open whose the initial rights are. */
  #claim(cell: number, memory: Memory, bounds: Bounds, plan: Plan): boolean {
    const { cells, slots, self, clock } = this.#replica;
    const head = cells.head(cell);
    if (!escrow.mustBeClaimed(bounds) || type.holderOf(slots, head) !== undefined) return false;
    const next = this.#replica.vv.get(self) + 1;
    const first = this.#firstClaim(head);
    if (plan.row.claim === 0) {
      if (first !== undefined) return true;
      plan.row = escrow.claiming(plan.row, clock.next());
      memory.claimedAt = next;
    } else if (first !== self) return true;
    if (memory.claimedAt === 0) memory.claimedAt = slots.dot(slots.find(head, self));
    if (!this.#replica.others.isKnownToAll(memory.claimedAt)) return true;
    plan.row = escrow.holding(plan.row);
    const regions = this.#replica.others.regions();
    for (const side of SIDES) {
      const all = escrow.initialRights(bounds, side);
      plan.rights[side] += all;
      const part = Math.min(Math.floor(all / (regions.length + 1)), room(outlineOf(plan, side)));
      for (const actor of regions) if (part > 0) give(plan, side, actor, part);
    }
    return false;
  }

  /** Whose claim is the first of those that count. */
  #firstClaim(head: number): number | undefined {
    const { slots, actors, isFinal, self } = this.#replica;
    let first: number | undefined;
    let time = Number.POSITIVE_INFINITY;
    for (const [actor, { claim }] of type.rowsOf(slots, head)) {
      if (claim === 0 || claim > time) continue;
      if (claim === time && actors.compare(actor, first as number) > 0) continue;
      const { node } = actors.get(actor);
      const newest = actors.lives(actor).at(-1)?.incarnation ?? 0;
      if (actor !== self && isFinal(node, newest)) continue;
      if (actor !== self && newest <= actors.overUpTo(node)) this.#replica.others.ask();
      first = actor;
      time = claim;
    }
    return first;
  }

  /** Gives to those who ask, if it is this node's turn. Whether somebody who is up still asks. */
  #lend(cell: number, memory: Memory, side: Side, plan: Plan): boolean {
    const { cells, slots, self, actors } = this.#replica;
    const head = cells.head(cell);
    const { asking, use, refused } = memory[side];
    let more = false;
    for (const [actor, row] of type.rowsOf(slots, head)) {
      const lacks = row[side].want - type.received(slots, head, actor, side);
      if (actor === self || lacks <= 0 || actors.hidden(actor)) {
        asking.delete(actor);
        continue;
      }
      if (asking.get(actor)?.want !== row[side].want) asking.set(actor, { want: row[side].want, since: this.#now });
      const since = asking.get(actor)?.since ?? this.#now;
      const isFirst = actors.compare(actor, self) < 0;
      const asker = { lacks, has: this.#room(head, actor, side), isFirst };
      const n = giftFor(asker, room(outlineOf(plan, side)), { use, refused });
      const isTurn = this.#now - since >= turnOf(self, this.#lenders(head, side, actor));
      if (n > 0 && isTurn) give(plan, side, actor, n);
      if (n < lacks || !isTurn) more = true;
    }
    return more;
  }

  /** Who is up and has rights, and how many. */
  #lenders(head: number, side: Side, asker: number): { actor: number; room: number }[] {
    const { slots, actors } = this.#replica;
    const lenders: { actor: number; room: number }[] = [];
    for (const actor of type.rowsOf(slots, head).keys())
      if (actor !== asker && !actors.hidden(actor)) lenders.push({ actor, room: this.#room(head, actor, side) });
    return lenders.sort((a, b) => actors.compare(a.actor, b.actor));
  }

  /** What an actor has and has not used, as far as it is known here. */
  #room(head: number, actor: number, side: Side): number {
    const { slots } = this.#replica;
    const row = type.rowsOf(slots, head).get(actor) ?? escrow.BLANK;
    return room({ rights: type.rights(slots, head, actor, side), position: escrow.position(row, side) });
  }

  /** How far it may go and how much it asks for. Whether that may change by itself. */
  #provide(cell: number, memory: Memory, side: Side, plan: Plan): boolean {
    const { cells, slots, self } = this.#replica;
    const head = cells.head(cell);
    const { use, refused } = memory[side];
    const received = type.received(slots, head, self, side);
    const { edge, want } = plan.row[side];
    const pending = !type.isSettled(slots, head);
    const outlook: Outlook = { ...outlineOf(plan, side), edge, want, received, pending, use, refused };
    const edgeNow = edgeFor(outlook);
    if (edgeNow !== edge) plan.row = escrow.withEdge(plan.row, side, edgeNow);
    const wantNow = wantFor(outlook);
    if (wantNow !== want) plan.row = escrow.wanting(plan.row, side, wantNow);
    return use > 0 || refused > 0;
  }
}

function outlineOf(plan: Plan, side: Side): { readonly position: number; readonly rights: number } {
  return { position: escrow.position(plan.row, side), rights: plan.rights[side] };
}

/** What is given goes from one to the other at once. */
function give(plan: Plan, side: Side, to: number, n: number): void {
  plan.row = escrow.giving(plan.row, side, to, n, plan.rights[side]);
  plan.rights[side] -= n;
}
