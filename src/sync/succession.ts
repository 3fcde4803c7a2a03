/**
 * Succession: a process that was started again goes on with the dots of an earlier life of its node, so that restarts leave nothing.
 *
 * Why that is not H7. A crashed process that goes on counting uses dots again that it had given out and has forgotten, and that others
 * may have. But when it is known that nobody has more of the actor than is here, and that nobody can come to have more, then
 * this process is where that one would be had it never made its lost tail, and the next dot is free. What was lost is lost either way.
 *
 *   1. The node starts, and is given what there is, as any that joins. Of its own it writes nothing yet.
 *   2. Everybody is asked what he has. Once all know the same table of members, so that nobody takes anything from an earlier life, and none has
 *      more of some actor of this node than is here, up to n, the node says in its row: I go on with that actor above n.
 *   3. Who has that row takes nothing of the actor beyond n that is of an earlier life. Everybody is asked again. If all answer
 *      from a table with that row, and nobody has more than n, nobody ever will: the node goes on with n + 1. If somebody had come to have
 *      more before he knew the row, it is said anew.
 *   4. From then on every word of the actor names its lives (base/lives.ts, wire-actors.ts). Whoever was not asked and has what was thought lost, an
 *      old process that wakes up or who has met nobody else, is told apart by that, and refused (orphans.ts).
 *
 * The table of members that this rests on comes with the first word of whoever gives this process anything, before what it gives.
 *
 * It needs all members, up and linked, and takes a few round trips; a node that cannot have that, or that writes before, is a new actor, as
 * everybody was before. Of several actors that earlier lives have left it takes one; so k restarts while a member is away leave
 * k actors, and later ones use them.
 */
import type { Replica } from '../store/replica.js';
import { knowsEverybody } from './closing.js';
import type { Link } from './link.js';
import type { Member } from './members.js';
import type { Membership } from './membership.js';
import { SUCCESSION } from './message.js';

export interface SuccessionOptions {
  readonly downAfterMs: number;
  readonly heartbeatMs: number;
}

export class Succession {
  readonly #replica: Replica;
  readonly #options: SuccessionOptions;
  readonly #membership: Membership;
  readonly #links: ReadonlyMap<number, Link>;
  readonly #ask: (link: Link) => void;
  /** Per link the table about which its peer was asked last, and when. */
  readonly #asked = new WeakMap<Link, { readonly table: number; readonly at: number }>();
  /** Since when all that could be waited for is here. */
  #since: number | undefined;

  /** @param ask asks the peer what it has, and which table of members it knows */
  constructor(
    replica: Replica,
    options: SuccessionOptions,
    membership: Membership,
    links: ReadonlyMap<number, Link>,
    ask: (link: Link) => void,
  ) {
    this.#replica = replica;
    this.#options = options;
    this.#membership = membership;
    this.#links = links;
    this.#ask = ask;
  }

  /** Whether it is worth to wait with writing: soon this process may go on with an earlier actor. Not for long. */
  waits(now: number): boolean {
    if (!this.#mayCome || (this.#membership.features & SUCCESSION) === 0) return false;
    const { downAfterMs } = this.#options;
    const comes = ({ link, down, suspectedAt, heard }: Member): boolean =>
      link !== undefined || (!down && suspectedAt === undefined && now - heard < downAfterMs / 2);
    if (![...this.#membership.members.all()].every(comes)) return false;
    return this.#since === undefined || now - this.#since < 2 * downAfterMs;
  }

  tick(now: number): void {
    const { own } = this.#membership;
    if (!this.#mayCome) {
      // It became another actor: everybody may have more of the one that was spoken of.
      if (own.succeeds !== undefined && this.#replica.self === 0) this.#membership.succeed(undefined);
      return;
    }
    const links = this.#everybody();
    if (links === undefined) return;
    if (links.every(({ synced }) => synced)) this.#since ??= now;
    this.#inquire(links, now);
    const free = this.#earlier().filter((actor) => this.#isFree(actor, links));
    const { actors, vv } = this.#replica;
    const [first] = free;
    const said = free.find((actor) => actors.get(actor).incarnation === own.succeeds?.actor);
    const actor = said ?? first;
    if (actor === undefined) return;
    if (actor === said && vv.get(actor) === own.succeeds?.since) this.#replica.succeed(actor);
    else if (this.#membership.require(SUCCESSION))
      this.#membership.succeed({ actor: actors.get(actor).incarnation, since: vv.get(actor) });
  }

  /** Whether this process can still go on with an earlier actor, and there is one. */
  get #mayCome(): boolean {
    return this.#membership.own.state === 'joining' && this.#replica.isFresh && this.#earlier().length > 0;
  }

  /** Actors that earlier lives of this node have left, the one with most dots first. */
  #earlier(): number[] {
    const { actors, node, vv } = this.#replica;
    const found: number[] = [];
    for (let i = 1; i < actors.size; i++) if (actors.get(i).node === node && vv.get(i) > 0) found.push(i);
    return found.sort((a, b) => vv.get(b) - vv.get(a));
  }

  /** The links to all members; undefined while one of them is away, or none is known. */
  #everybody(): Link[] | undefined {
    const links: Link[] = [];
    for (const { link: id } of this.#membership.members.all()) {
      const link = id === undefined ? undefined : this.#links.get(id);
      if (link === undefined || (link.features & SUCCESSION) === 0) return undefined;
      links.push(link);
    }
    return links.length > 0 && knowsEverybody(this.#replica, this.#membership) ? links : undefined;
  }

  /** Ask those who know the table of members as it is here, and have not said since what they have. */
  #inquire(links: readonly Link[], now: number): void {
    const { hash } = this.#membership.table;
    for (const link of links) {
      if (link.agreed === hash || link.exchange?.theirs !== hash) continue;
      const last = this.#asked.get(link);
      if (last?.table === hash && now - last.at < this.#options.heartbeatMs) continue;
      this.#asked.set(link, { table: hash, at: now });
      this.#ask(link);
    }
  }

  /** Everybody has said, knowing what is known here, that he has no more of the actor than is here. */
  #isFree(actor: number, links: readonly Link[]): boolean {
    const n = this.#replica.vv.get(actor);
    const { hash } = this.#membership.table;
    return links.every(({ agreed, member }) => agreed === hash && (member as Member).row.get(actor) <= n);
  }
}
