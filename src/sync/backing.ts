/**
 * What the store needs to know of the other members for what it does by itself. Of bounded counters (store/rights.ts): whether somebody
 * else has a dot of this node, and whether everybody has. Of presences (store/sweep.ts): whose it is to clear up.
 *
 * A node that knows nobody may be alone, or may not have met the others yet; it may have been started again, and cannot know that
 * it was, with an empty memory. So each says in its row of the table that it is COMPLETE: it can know everybody who has written. That is
 * handed on, from who has the same table and says so of itself; it begins with who is told that the cluster is new, or with a node
 * that nobody can ever be linked to. What a node was told to join says nothing: two that were started again at the same time and know
 * each other may both not know the third. Who is not complete counts as alone with nothing, and while one member is not nobody can
 * know what all have.
 */
import type { Others } from '../store/others.js';
import type { Replica } from '../store/replica.js';
import { knowsEverybody } from './closing.js';
import type { Barriers } from './barrier.js';
import type { Link } from './link.js';
import type { Member } from './members.js';
import type { Membership } from './membership.js';
import { BARRIERS, COMPLETE } from './message.js';
import { isOver } from './table.js';

const ASK_MS = 1000;
/** All linked members are waited for until a dot is so old, at most twice as old; then one is enough. */
const PATIENCE_MS = 500;

export class Backing implements Others {
  readonly #replica: Replica;
  readonly #membership: Membership;
  readonly #links: ReadonlyMap<number, Link>;
  readonly #barriers: Barriers;
  readonly #first: () => boolean;
  #now = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Own dots up to this one are old enough. */
  #waited = 0;
  /** What was the newest then. */
  #newest = 0;
  #newestAt = Number.NEGATIVE_INFINITY;

  /** @param first whether this node is the first of its cluster, or of its own for ever */
  constructor(
    replica: Replica,
    membership: Membership,
    links: ReadonlyMap<number, Link>,
    barriers: Barriers,
    first: () => boolean,
  ) {
    this.#replica = replica;
    this.#membership = membership;
    this.#links = links;
    this.#barriers = barriers;
    this.#first = first;
    replica.others = this;
  }

  /** Is this node complete by now? */
  tick(now: number): void {
    this.#now = now;
    if (now - this.#newestAt >= PATIENCE_MS) {
      this.#waited = this.#newest;
      this.#newest = this.#replica.vv.get(this.#replica.self);
      this.#newestAt = now;
    }
    const { own, table } = this.#membership;
    if (isOver(own)) return;
    // It was of its own for ever, and is not any more.
    const isLonely = table.size === 1 && !this.#first();
    if (this.isComplete()) {
      if (isLonely) this.#membership.complete(false);
    } else if (this.#first() || this.#isTold()) this.#membership.complete(true);
  }

  #isTold(): boolean {
    const { table } = this.#membership;
    return [...this.#links.values()].some(({ member, exchange }) => {
      const row = member === undefined ? undefined : table.get(member.node);
      return row !== undefined && (row.features & COMPLETE) !== 0 && exchange?.theirs === table.hash;
    });
  }

  isComplete(): boolean {
    return (this.#membership.own.features & COMPLETE) !== 0;
  }

  endsAreHere(): boolean {
    const { members, own, table } = this.#membership;
    // One that joins may still go on as an earlier actor, and it does not once it has written.
    if (own.state !== 'alive' || !knowsEverybody(this.#replica, this.#membership)) return false;
    const all = [...members.all()];
    // More than that each knows of the later life: one may still hear of the earlier one from another node's that is over as well.
    const isDone = ({ row, link }: Member): boolean =>
      link !== undefined && this.#links.get(link)?.agreed === table.hash && this.#replica.vv.covers(row);
    if (all.every(isDone)) return true;
    const canSay = ({ link }: Member): boolean =>
      link !== undefined && ((this.#links.get(link)?.features ?? 0) & BARRIERS) !== 0;
    if (all.every(canSay)) this.ask();
    return false;
  }

  /** Whether a member is known to have an own dot, and every linked one unless it takes too long; or there is no other member. */
  isBacked(dot: number): boolean {
    const { self } = this.#replica;
    let isAlone = true;
    let isHeld = false;
    for (const { row, link } of this.#membership.members.all()) {
      isAlone = false;
      if (row.get(self) >= dot) isHeld = true;
      else if (link !== undefined && dot > this.#waited) return false;
    }
    return isHeld || (isAlone && this.isComplete());
  }

  /** Whether every member is known to have an own dot, and all that it had then is here. */
  isKnownToAll(dot: number): boolean {
    const { self, vv } = this.#replica;
    const { members, table } = this.#membership;
    for (const row of table.all()) if (!isOver(row) && (row.features & COMPLETE) === 0) return false;
    for (const { row } of members.all()) if (row.get(self) < dot || !vv.covers(row)) return false;
    return knowsEverybody(this.#replica, this.#membership);
  }

  /** Asks everybody what they have, once in a while: whether a life's end is here can only be said after that (closing.ts). */
  ask(): void {
    if (this.#now - this.#askedAt < ASK_MS) return;
    this.#askedAt = this.#now;
    this.#barriers.end(this.#barriers.begin());
  }

  /** The node's next life clears up after it if it is up or comes up, else the one with the smallest name of those who serve. */
  isHeirOf(node: string): boolean {
    const { members, own, table } = this.#membership;
    if (own.state !== 'alive') return false;
    for (const row of table.all()) {
      const isServing = row.state === 'alive' || row.state === 'suspect';
      if (row.node === own.node || !(isServing || row.state === 'joining')) continue;
      if (members.get(row.node)?.down === true) continue;
      if (row.node === node || (isServing && own.node !== node && row.node < own.node)) return false;
    }
    return true;
  }

  /** Of each other region the member that is up and has written most. */
  regions(): number[] {
    const { actors, vv } = this.#replica;
    const most = new Map<string, number>();
    for (const { node, incarnation, region, down } of this.#membership.members.all()) {
      const actor = actors.find(node, incarnation);
      if (actor === undefined || down || region === this.#membership.own.region || vv.get(actor) === 0) continue;
      const best = most.get(region);
      if (best === undefined || vv.get(actor) > vv.get(best)) most.set(region, actor);
    }
    return [...most.values()];
  }
}
