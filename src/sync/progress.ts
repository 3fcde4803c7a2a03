/**
 * How far replication with each peer has come, as a time and as a number of keys, in both directions. What a peer says of itself in
 * its heartbeats is compared with what is here; what it acknowledged with what this node wrote when.
 */
import type { Replica } from '../store/replica.js';
import type { Checkpoints } from './checkpoints.js';
import type { Link } from './link.js';
import type { Member } from './members.js';
import type { Report } from './message.js';
import { Timeline } from './timeline.js';

/** The part of a peer's status that is about progress. */
export interface PeerProgress {
  /** Everything that this node wrote up to then was acknowledged by the peer: milliseconds since 1970 by this node's clock. */
  readonly sentThrough: number | undefined;
  /** How long ago that is, in whole milliseconds. */
  readonly sentAgeMs: number | undefined;
  /** Everything that the peer wrote up to then is here: milliseconds since 1970 by the peer's clock. Unknown of version 1. */
  readonly receivedThrough: number | undefined;
  /** How long ago that is, in whole milliseconds. */
  readonly receivedAgeMs: number | undefined;
  /** The most keys that the peer may lack. */
  readonly keysToSend: number;
  /** The most keys that the peer may have for this node, as it said last. Unknown without a link, and of version 1. */
  readonly keysToReceive: number | undefined;
}

export class Progress {
  readonly #replica: Replica;
  readonly #checkpoints: Checkpoints;
  readonly #wall: () => number;
  readonly #own = new Timeline();

  constructor(replica: Replica, checkpoints: Checkpoints, wall: () => number) {
    this.#replica = replica;
    this.#checkpoints = checkpoints;
    this.#wall = wall;
  }

  /** What the next heartbeat to a peer says. */
  report(link: Link, now: number): Report {
    const moment = { wall: Math.max(0, Math.floor(this.#wall())), at: now, dot: this.#dot };
    this.#own.note(moment);
    return { dot: moment.dot, wall: moment.wall, keys: this.#keysFor(link.member as Member) };
  }

  /** A heartbeat came. */
  heard({ member, rtt }: Link, { dot, wall }: Report, now: number): void {
    // It was under way for half a round trip.
    member?.written.note({ dot, wall, at: now - rtt / 2 });
  }

  of(member: Member, link: Link | undefined, now: number): PeerProgress {
    const { actors, vv, self } = this.#replica;
    const all = member.row.get(self) >= this.#dot;
    const sent = all ? { wall: this.#wall(), at: now } : this.#own.through(member.row.get(self));
    const actor = actors.find(member.node, member.incarnation);
    const received = member.written.through(actor === undefined ? 0 : vv.get(actor));
    return {
      sentThrough: sent?.wall,
      sentAgeMs: sent === undefined ? undefined : ageOf(sent.at, now),
      receivedThrough: received?.wall,
      receivedAgeMs: received === undefined ? undefined : ageOf(received.at, now),
      keysToSend: this.#keysFor(member),
      keysToReceive: link?.report?.keys,
    };
  }

  get #dot(): number {
    return this.#replica.vv.get(this.#replica.self);
  }

  /** What was touched since the newest checkpoint that the peer covers. */
  #keysFor({ row }: Member): number {
    const { vv, changes } = this.#replica;
    return row.covers(vv) ? 0 : changes.count(this.#checkpoints.before(row));
  }
}

function ageOf(at: number, now: number): number {
  return Math.max(0, Math.round(now - at));
}
