/**
 * From whom to hear whose changes: the receiver's half of the deferral. For every node of the cluster this node chooses one
 * source among its links, and tells the other links that they need not send that node's changes (WANT).
 *
 *   - a node of the same region, or of a region of which this node is the ear: the node itself;
 *   - the nodes of one region share what comes over the WAN: each remote node has one ear among them (rendezvous hashing), the
 *     others hear from the ear. So a change crosses to a region once, however many nodes the region has;
 *   - a node that is not linked: whoever has most of it;
 *   - and if somebody has had more of a node than we for longer than `lagMs`: that one.
 *
 * When frames wait for what does not come, their sender is asked for all that it has, whatever others send (`graft`): for a
 * moment, since it is mostly a delay that is over by then, and twice as long each time that they soon wait again.
 *
 * A node that is far behind takes everything from one peer and asks the others to wait: a bootstrap crosses once, and the
 * frames of many peers do not have to wait for each other. A peer that brings nothing for `lagMs` loses that task.
 *
 * All of this is preference. A wrong choice, or different views of who is up, cost `lagMs` (deferral.ts), never a change. So it
 * is looked at again only when something has changed that it rests on, and a few times in `lagMs` (`due`).
 */
import type { ActorTable } from '../base/actor.js';
import { VersionVector } from '../crdt/version-vector.js';

/** A peer that is linked. */
export interface Source {
  readonly node: string;
  readonly region: string;
  /** What it is known to have. */
  readonly row: VersionVector;
  /** What came over its link so far. */
  readonly bytes: number;
}

export interface Asked {
  readonly hold: boolean;
  readonly lazy: ReadonlySet<string>;
}

export function same(one: Asked, two: Asked): boolean {
  return one.hold === two.hold && one.lazy.size === two.lazy.size && [...one.lazy].every((node) => two.lazy.has(node));
}

/** Dots that one is behind before it is worth to hear from one peer only. */
const FAR_BEHIND = 2000;
/** How long a peer goes on to send all that it has, in `lagMs`: the first time, and when frames wait again and again. */
const GRAFTED = 1;
const GRAFTED_AT_MOST = 8;
/** How long a node's changes come by another peer, though it is linked itself, in `lagMs`. */
const CHOSEN = 30;
/** How often it is looked at what peers have, in `lagMs`. */
const LOOKS = 4;

interface CatchUp {
  readonly from: string;
  readonly target: VersionVector;
  bytes: number;
  movedAt: number;
}

/** The peer that sends everything, and for how long. */
interface Graft {
  readonly from: string;
  readonly since: number;
  readonly ms: number;
}

export class Routes {
  readonly #own: string;
  readonly #region: string;
  readonly #actors: ActorTable;
  /** Where a node is. */
  readonly #regionOf: (node: string) => string | undefined;
  #catchUp: CatchUp | undefined;
  /** Peers that were linked since this node was last up to date, and may be far ahead; of others a lead is only what is under way. */
  readonly #new = new Set<string>();
  /** Node → the peer that was chosen because it had most of it, and until when it stays chosen. */
  readonly #chosen = new Map<string, { readonly from: string; readonly until: number }>();
  /** The peer that sends all that it has, whatever others send. */
  #graft: Graft | undefined;
  /** The last one, which may be over. */
  #lastGraft: Graft | undefined;
  /** Per row what it has of each node; of the present call. */
  readonly #sums = new Map<VersionVector, Map<string, number>>();
  /** Something that the last choice rests on has changed. */
  #stale = true;
  #choseAt = Number.NEGATIVE_INFINITY;
  /** The version of the actor table at the last choice. */
  #known = -1;
  /** By actor: what some peer had at the last look. */
  #mark: { at: number; best: VersionVector } = { at: Number.NEGATIVE_INFINITY, best: new VersionVector() };

  constructor(own: string, region: string, actors: ActorTable, regionOf: (node: string) => string | undefined) {
    this.#own = own;
    this.#region = region;
    this.#actors = actors;
    this.#regionOf = regionOf;
  }

  /** The links have changed, and what was learnt of them does not count any more. @param node the peer that is linked now */
  relinked(node?: string): void {
    this.#chosen.clear();
    this.#graft = undefined;
    this.#stale = true;
    if (node !== undefined) this.#new.add(node);
  }

  /**
   * Frames of this peer wait for changes that do not come. It has them: let it send all that it has for a while. One peer at
   * a time, since the frames of all wait for the same; and all that it has, since other nodes may wait in a circle.
   */
  graft(from: string, now: number, lagMs: number): void {
    const current = this.#graft;
    if (current !== undefined && (now - current.since < lagMs / 2 || current.from === from)) return;
    const before = this.#lastGraft;
    const again = before !== undefined && now - before.since - before.ms < GRAFTED_AT_MOST * lagMs;
    const ms = again ? Math.min(2 * before.ms, GRAFTED_AT_MOST * lagMs) : GRAFTED * lagMs;
    this.#graft = { from, since: now, ms };
    this.#lastGraft = this.#graft;
    this.#stale = true;
  }

  /** Whether `choose` may come to something else than the last time: while it catches up always, else not often. */
  due(now: number, lagMs: number): boolean {
    const changed = this.#stale || this.#known !== this.#actors.version;
    return changed || this.#catchUp !== undefined || now - this.#choseAt >= lagMs / LOOKS;
  }

  /** What to ask of each source, in the order given. */
  choose(sources: readonly Source[], vv: VersionVector, now: number, lagMs: number): Asked[] {
    this.#stale = false;
    this.#choseAt = now;
    this.#known = this.#actors.version;
    this.#sums.clear();
    const leader = this.#leader(sources, vv, now, lagMs);
    if (leader !== undefined) return sources.map(({ node }) => ({ hold: node !== leader, lazy: new Set() }));
    if (this.#graft !== undefined && now - this.#graft.since >= this.#graft.ms) this.#graft = undefined;
    for (const [node, { until }] of this.#chosen) if (now >= until) this.#chosen.delete(node);
    if (now - this.#mark.at >= lagMs) this.#compare(sources, vv, now, lagMs);
    const asked = sources.map(() => new Set<string>());
    for (const node of this.#nodes(sources)) {
      const from = this.#sourceOf(node, sources);
      if (from === undefined) continue;
      sources.forEach((source, i) => source.node === from || source.node === this.#graft?.from || asked[i]?.add(node));
    }
    return asked.map((lazy) => ({ hold: false, lazy }));
  }

  /** Whom a node that is far behind takes everything from. */
  #leader(sources: readonly Source[], vv: VersionVector, now: number, lagMs: number): string | undefined {
    const current = this.#catchUp;
    if (current !== undefined) {
      const source = sources.find(({ node }) => node === current.from);
      if (source !== undefined && source.bytes !== current.bytes) {
        current.bytes = source.bytes;
        current.movedAt = now;
      }
      const stuck = now - current.movedAt >= 2 * lagMs;
      if (source !== undefined && !stuck && !vv.covers(current.target)) return current.from;
      if (stuck) this.#new.delete(current.from);
      else if (source !== undefined) this.#new.clear();
      this.#catchUp = undefined;
    }
    if (this.#new.size === 0) return undefined;
    const behind = sources.map(({ node, row }) => (this.#new.has(node) ? lackOf(row, vv) : 0));
    const most = Math.max(...behind);
    if (most < FAR_BEHIND) {
      this.#new.clear();
      return undefined;
    }
    const enough = sources.filter((_, i) => (behind[i] as number) >= most * 0.9);
    const chosen = enough.find(({ region }) => region === this.#region) ?? enough[0];
    if (chosen === undefined) return undefined;
    this.#catchUp = { from: chosen.node, target: chosen.row.clone(), bytes: chosen.bytes, movedAt: now };
    return chosen.node;
  }

  #nodes(sources: readonly Source[]): Set<string> {
    const nodes = new Set(sources.map(({ node }) => node));
    for (let i = 0; i < this.#actors.size; i++) nodes.add(this.#actors.get(i).node);
    nodes.delete(this.#own);
    return nodes;
  }

  #sourceOf(node: string, sources: readonly Source[]): string | undefined {
    const chosen = this.#chosen.get(node);
    if (chosen !== undefined) return chosen.from;
    const linked = sources.some((source) => source.node === node);
    const region = this.#regionOf(node);
    if (region === this.#region && linked) return node;
    const mates = sources.filter((source) => source.region === this.#region && source.node !== node);
    const ear = nearest(node, [this.#own, ...mates.map((mate) => mate.node)]);
    if (ear !== this.#own) return ear;
    if (linked) return node;
    const others = sources.filter((source) => source.region !== this.#region);
    const from = this.#fullest(node, others.length > 0 ? others : sources);
    if (from !== undefined) this.#chosen.set(node, { from, until: Number.POSITIVE_INFINITY });
    return from;
  }

  /** Who has most of a node's changes. */
  #fullest(node: string, sources: readonly Source[]): string | undefined {
    let best: Source | undefined;
    let most = -1;
    for (const source of sources) {
      const has = this.#hasOf(source.row, node);
      if (has < most || (has === most && nearest(node + this.#own, [source.node, best?.node ?? '']) !== source.node))
        continue;
      best = source;
      most = has;
    }
    return best?.node;
  }

  #hasOf(row: VersionVector, node: string): number {
    let sums = this.#sums.get(row);
    if (sums === undefined) {
      sums = new Map();
      for (let i = 0; i < row.dots.length; i++) {
        const of = this.#actors.get(i).node;
        sums.set(of, (sums.get(of) ?? 0) + row.get(i));
      }
      this.#sums.set(row, sums);
    }
    return sums.get(node) ?? 0;
  }

  /** What somebody had at the last look and we still lack shall come from whoever has most of it. */
  #compare(sources: readonly Source[], vv: VersionVector, now: number, lagMs: number): void {
    this.#mark.best.dots.forEach((n, actor) => {
      if (n <= vv.get(actor)) return;
      const { node } = this.#actors.get(actor);
      const best = this.#fullest(node, sources);
      if (best !== undefined && node !== this.#own) this.#chosen.set(node, { from: best, until: now + CHOSEN * lagMs });
    });
    const best = new VersionVector();
    for (const { row } of sources) best.join(row);
    this.#mark = { at: now, best };
  }
}

/** How many dots of `row` are not in `vv`. */
function lackOf(row: VersionVector, vv: VersionVector): number {
  return row.dots.reduce((sum, n, actor) => sum + Math.max(0, n - vv.get(actor)), 0);
}

/** Rendezvous hashing (Thaler, Ravishankar, 1998): everybody who knows the same names picks the same one. */
function nearest(key: string, names: readonly string[]): string {
  let best = '';
  let highest = -1;
  for (const name of names) {
    const weight = hash(`${key} ${name}`);
    if (name === '' || weight < highest || (weight === highest && name > best)) continue;
    best = name;
    highest = weight;
  }
  return best;
}

/** FNV-1a, finished as in MurmurHash3 so that names that differ in their last letter spread. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
