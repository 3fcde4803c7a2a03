/**
 * Who is in the cluster as seen from here: per node its newest incarnation, whether it is up, and its row, the version vector
 * that it was last known to have. Rows come only from what the node itself said.
 *
 * A node whose link is gone for longer than `downAfterMs` is down: its gauge shares are hidden until it is heard again. A
 * newer incarnation closes the earlier ones for good. A node that is down stays a member: what it has not seen is kept.
 */
import type { ActorTable } from '../base/actor.js';
import { VersionVector } from '../crdt/version-vector.js';

export interface Member {
  readonly node: string;
  region: string;
  incarnation: number;
  row: VersionVector;
  /** Its live link, if there is one. */
  link: number | undefined;
  /** Bytes over its earlier links. */
  sentBytes: number;
  receivedBytes: number;
  /** When it was last heard, milliseconds of the driver's clock. */
  heard: number;
  down: boolean;
}

export class Members {
  readonly #actors: ActorTable;
  readonly #byNode = new Map<string, Member>();

  constructor(actors: ActorTable) {
    this.#actors = actors;
  }

  get(node: string): Member | undefined {
    return this.#byNode.get(node);
  }

  all(): Iterable<Member> {
    return this.#byNode.values();
  }

  /** A node said who it is. Returns it; a newer incarnation starts with an empty row and closes the one before. */
  admit(node: string, region: string, incarnation: number, now: number): Member {
    this.#actors.announce(node, incarnation);
    let member = this.#byNode.get(node);
    if (member === undefined) {
      const row = new VersionVector();
      member = {
        node,
        region,
        incarnation,
        row,
        link: undefined,
        sentBytes: 0,
        receivedBytes: 0,
        heard: now,
        down: false,
      };
      this.#byNode.set(node, member);
    }
    member.region = region;
    if (incarnation > member.incarnation) {
      member.incarnation = incarnation;
      member.row = new VersionVector();
    }
    this.heard(member, now);
    return member;
  }

  /** It is up. */
  heard(member: Member, now: number): void {
    member.heard = now;
    if (!member.down) return;
    member.down = false;
    this.#actors.setDown(member.node, false);
  }

  /** Nodes that are down from now on. */
  expire(now: number, downAfterMs: number): Member[] {
    const gone: Member[] = [];
    for (const member of this.#byNode.values()) {
      if (member.down || member.link !== undefined || now - member.heard < downAfterMs) continue;
      this.#fall(member);
      gone.push(member);
    }
    return gone;
  }

  /** The node said that it leaves. */
  leave(member: Member): void {
    if (!member.down) this.#fall(member);
  }

  /** What every member is known to have: `floor` met with all rows, or only with those that are linked now. */
  seenByAll(floor: VersionVector, linkedOnly: boolean): VersionVector {
    const seen = floor.clone();
    for (const member of this.#byNode.values()) if (!linkedOnly || member.link !== undefined) seen.meet(member.row);
    return seen;
  }

  /**
   * What every node is known to have that can have written anything of `vv`, this one's, and whose writes of before are here as
   * well: nothing that is still under way was made without having seen it. Nothing at all while that cannot be said of a node.
   */
  stable(vv: VersionVector, own: string): VersionVector {
    const stable = vv.clone();
    for (let i = 0; i < this.#actors.size; i++) {
      const { node } = this.#actors.get(i);
      if (node !== own && !this.#byNode.has(node)) return new VersionVector();
    }
    for (const { node, incarnation, row } of this.#byNode.values()) {
      const actor = this.#actors.intern(node, incarnation);
      if (row.get(actor) > vv.get(actor)) return new VersionVector();
      stable.meet(row);
    }
    return stable;
  }

  /** How many regions besides `own` have a node that is known to have dot `n` of `actor`. */
  regionsCovering(actor: number, n: number, own: string): number {
    const regions = new Set<string>();
    for (const member of this.#byNode.values()) {
      if (member.region !== own && member.row.get(actor) >= n) regions.add(member.region);
    }
    return regions.size;
  }

  #fall(member: Member): void {
    member.down = true;
    this.#actors.setDown(member.node, true);
  }
}
