/**
 * Who is in the cluster as seen from here: per node its newest incarnation, whether it is up, and its row, the version vector
 * that it was last known to have. Who is a member says the gossiped table, also of nodes that were never linked from here; what a
 * member has comes only from what it said itself (H9: hearsay, and what an earlier life had, count for nothing).
 *
 * A node that nobody hears is suspected, and the table says so to everybody; whoever hears it is no help, but the node itself is:
 * it refutes that, by whatever it says of itself, be it that it leaves. One that does not, for as long as it was silent before, is
 * down: its gauge shares are hidden until it is heard again. A newer incarnation closes the earlier ones for good. A node that is
 * down stays a member: what it has not seen is kept. One that left or was evicted is none any more: nothing is kept for it, and
 * what it wrote stays.
 *
 * Forgetting what an evicted life has not seen is safe because every node that takes its eviction in refuses its links from then
 * on, before it forgets anything: what that life still writes can arrive only by way of nodes that do not know yet, and those
 * still keep, and pass on with it, what it has not seen.
 */
import type { ActorTable } from '../base/actor.js';
import { VersionVector } from '../crdt/version-vector.js';
import { Timeline } from './timeline.js';
import { noTraffic, type Traffic } from './traffic.js';
import { isOver, MAX_VERSION, type NodeTable, type Row } from './table.js';

const MAX_PATIENCE = 1024;

export interface Member {
  readonly node: string;
  region: string;
  incarnation: number;
  row: VersionVector;
  /** When it had written what, as it said itself. */
  written: Timeline;
  /** Its live link, if there is one. */
  link: number | undefined;
  /** Over its earlier links. */
  traffic: Traffic;
  /** When it was last heard here, milliseconds of the driver's clock; of one never heard, when it became known. */
  heard: number;
  /** Whether it was ever linked here in this life. */
  met: boolean;
  /** Since when its silence is to be reported: once, until it is heard again or somebody else turns out to be down. */
  watchedAt: number | undefined;
  suspectedAt: number | undefined;
  /** Doubled each time that it, far away, refutes a suspicion: it takes longer to say so than was waited. */
  patience: number;
  down: boolean;
}

export class Members {
  readonly #actors: ActorTable;
  readonly #table: NodeTable;
  readonly #byNode = new Map<string, Member>();
  /** Those whose last life is over: one that was declared closed by somebody else may object. */
  readonly #over = new Map<string, Member>();

  constructor(actors: ActorTable, table: NodeTable) {
    this.#actors = actors;
    this.#table = table;
  }

  get(node: string): Member | undefined {
    return this.#byNode.get(node);
  }

  all(): Iterable<Member> {
    return this.#byNode.values();
  }

  /** The members, and those whose last life is over. */
  *known(): Iterable<Member> {
    yield* this.#byNode.values();
    yield* this.#over.values();
  }

  /** The table says something new of another node. Returns the link to its life of before, if that is to be given up. */
  note(row: Row, now: number): number | undefined {
    const { node, incarnation } = row;
    this.#actors.announce(node, incarnation);
    this.#actors.closeUpTo(node, isOver(row) ? incarnation : incarnation - 1);
    const known = this.#byNode.get(node);
    if (isOver(row)) return this.#end(row, known);
    const member = known ?? this.#over.get(node) ?? newMember(row, now);
    this.#byNode.set(node, member);
    this.#over.delete(node);
    member.region = row.region;
    if (member.incarnation !== incarnation) {
      const { link, traffic } = member;
      Object.assign(member, newMember(row, now), { traffic });
      this.#actors.setDown(node, false);
      return link;
    }
    if (row.state === 'suspect') member.suspectedAt ??= now;
    else this.#refuted(member);
    return undefined;
  }

  /** It is up. */
  heard(member: Member, now: number): void {
    member.heard = now;
    member.watchedAt = now;
    member.patience = 1;
    if (member.suspectedAt !== undefined || member.down) this.#vouched(member);
  }

  /** Silent nodes are suspected after half of `downAfterMs`, and down after all of it. Returns those that are down from now on. */
  expire(now: number, downAfterMs: number): Member[] {
    const gone: Member[] = [];
    for (const member of this.#byNode.values()) {
      if (member.down || member.link !== undefined) continue;
      const { heard, watchedAt = now, patience } = member;
      const bound = (downAfterMs / 2) * patience;
      if (now - watchedAt >= bound) this.#suspect(member, now);
      const { suspectedAt = now } = member;
      if (now - heard >= downAfterMs && now - suspectedAt >= bound) gone.push(member);
    }
    for (const member of gone) this.#fall(member, now);
    return gone;
  }

  /** The node said that it stops. */
  stopped(member: Member, now: number): void {
    if (member.down || this.#byNode.get(member.node) !== member) return;
    this.#suspect(member, now);
    this.#fall(member, now);
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
      if (node === own || this.#byNode.has(node)) continue;
      const row = this.#table.get(node);
      if (row === undefined || !isOver(row)) return new VersionVector();
    }
    for (const { node, incarnation, row } of this.#byNode.values()) {
      const actor = this.#actors.find(node, incarnation);
      if (actor !== undefined && row.get(actor) > vv.get(actor)) return new VersionVector();
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

  #end({ node, state, incarnation }: Row, known: Member | undefined): number | undefined {
    if (known === undefined) return undefined;
    this.#byNode.delete(node);
    this.#over.set(node, known);
    // One that closes says what it still has to say, and goodbye.
    return state === 'evicted' || known.incarnation !== incarnation ? known.link : undefined;
  }

  #refuted(member: Member): void {
    if (member.suspectedAt !== undefined) member.patience = Math.min(2 * member.patience, MAX_PATIENCE);
    this.#vouched(member);
  }

  #vouched(member: Member): void {
    member.suspectedAt = undefined;
    if (!member.down) return;
    member.down = false;
    this.#actors.setDown(member.node, false);
  }

  #suspect(member: Member, now: number): void {
    member.watchedAt = undefined;
    member.suspectedAt ??= now;
    const row = this.#table.get(member.node);
    if (row?.state === 'joining' || row?.state === 'alive') this.#table.put({ ...row, state: 'suspect' });
    // Within a version leaving is the later word: it would never hear of this, and others not that it crashed.
    else if (row?.state === 'leaving' && row.version < MAX_VERSION)
      this.#table.put({ ...row, version: row.version + 1, state: 'suspect' });
  }

  #fall(member: Member, now: number): void {
    member.down = true;
    this.#actors.setDown(member.node, true);
    // Who would have heard others on behalf of this node may be it: their silence is to be noticed from here.
    for (const other of this.#byNode.values()) if (other.link === undefined && !other.down) other.watchedAt = now;
  }
}

function newMember({ node, region, incarnation, state }: Row, now: number): Member {
  return {
    node,
    region,
    incarnation,
    row: new VersionVector(),
    written: new Timeline(),
    link: undefined,
    traffic: noTraffic(),
    heard: now,
    met: false,
    watchedAt: now,
    suspectedAt: state === 'suspect' ? now : undefined,
    patience: 1,
    down: false,
  };
}
