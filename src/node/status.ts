/** What a node tells of itself: the shape of `/status`, `merganser status --json` and `node.status()`. */
import { described } from '../base/argument.js';
import type { ExactDigest } from '../store/exact-digest.js';
import type { Store } from '../store/store.js';
import { listed } from '../sync/scrub.js';
import type { PeerStatus } from '../sync/ports.js';
import type { MemberStatus } from './cluster.js';
import type { SeedStatus } from './peer-transport.js';

export interface NodeMemory {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Cells, keys and slots, outside the JavaScript heap. */
  readonly storeBytes: number;
}

export interface NodeStatus {
  readonly node: string;
  readonly region: string;
  readonly incarnation: number;
  readonly cluster: string;
  readonly url: string | undefined;
  readonly ready: boolean;
  /** While it is not ready: what it is doing, in words. */
  readonly joining: string | undefined;
  /** It can tell a new cluster from one that it has forgotten; until then bounded counters give out nothing that they begin with. */
  readonly complete: boolean;
  /** Ready, every seed synced, every peer up. */
  readonly healthy: boolean;
  /** Why not, in words. */
  readonly problems: readonly string[];
  readonly uptimeSeconds: number;
  /** Bytes per second that each link to a peer may send; undefined: any number. */
  readonly maxBandwidth: number | undefined;
  readonly keys: number;
  /** Of each type that there are any of. */
  readonly keysByType: Readonly<Record<string, number>>;
  readonly memory: NodeMemory;
  readonly clients: {
    readonly connections: number;
    readonly sessions: number;
    readonly topics: number;
    /** WebSockets at `/doc/KEY`, and how many documents they are at. */
    readonly editors: number;
    readonly documents: number;
    /** Operations that clients wrote here, and their bytes as they came: without the names of keys, which cross a connection once. */
    readonly writes: number;
    readonly writeBytes: number;
    /** What was asked here, over HTTP as well, and failed with INTERNAL_ERROR. */
    readonly faults: number;
  };
  readonly peers: readonly PeerStatus[];
  readonly seeds: readonly SeedStatus[];
  /** Everybody in the table of members, those that left or were evicted as well. */
  readonly members: readonly MemberStatus[];
  /** Names in use as several types at once. */
  readonly typeConflicts: readonly string[];
  /** Counters that were given different scales at once. */
  readonly scaleConflicts: readonly string[];
  /** The last own dot. */
  readonly dot: number;
}

/** With what is only told when it is asked for: up to where it has seen each node's writes, and the digest of all that it holds. */
export type DetailedStatus = NodeStatus & Partial<ExactDigest>;

/** Whose status it is: what it costs nothing to look at. */
export interface StatusSource {
  readonly name: string;
  readonly region: string;
  readonly cluster: string;
  readonly incarnation: number;
  readonly url: string | undefined;
  readonly isReady: boolean;
  readonly maxBandwidth: number | undefined;
  readonly store: Store;
}

/** Names in a list. */
const LISTED = 100;

/** Of a node without a listener. */
const NO_CLIENTS: NodeStatus['clients'] = {
  connections: 0,
  sessions: 0,
  topics: 0,
  editors: 0,
  documents: 0,
  writes: 0,
  writeBytes: 0,
  faults: 0,
};

/** @param uptimeMs since it was made @param problems those that are no peer's */
export function nodeStatus(
  { name, region, cluster, incarnation, url, isReady, maxBandwidth, store }: StatusSource,
  uptimeMs: number,
  clients: NodeStatus['clients'] | undefined,
  peers: NodeStatus['peers'],
  seeds: readonly SeedStatus[],
  members: readonly MemberStatus[],
  problems: readonly string[],
): NodeStatus {
  const { replica, dot, bytes: storeBytes } = store;
  const conflicts = [...replica.conflicts];
  const all = [...problemsOf(isReady, peers, seeds, conflicts), ...scaleProblems(replica.scales.disputed), ...problems];
  const { rss, heapUsed } = process.memoryUsage();
  return {
    node: name,
    region,
    incarnation,
    cluster,
    url,
    ready: isReady,
    joining: isReady ? undefined : joiningIn(peers, replica.pending),
    complete: replica.others.isComplete(),
    healthy: all.length === 0,
    problems: all,
    uptimeSeconds: Math.round(uptimeMs / 1000),
    maxBandwidth,
    keys: replica.keys.total,
    keysByType: replica.keys.byType(),
    memory: { rssBytes: rss, heapBytes: heapUsed, storeBytes },
    clients: clients ?? NO_CLIENTS,
    peers,
    seeds,
    members,
    typeConflicts: conflicts.slice(0, LISTED),
    scaleConflicts: [...replica.scales.disputed.keys()].slice(0, LISTED),
    dot,
  };
}

function scaleProblems(disputed: ReadonlyMap<string, readonly number[]>): string[] {
  const [first] = disputed;
  if (first === undefined) return [];
  const scales = `${described(first[0])} with ${first[1].join(' and ')}`;
  return [`CONFIG_CONFLICT: ${disputed.size} counters have several scales, ${scales}: reset them`];
}

/** What a node that joins is doing. @param pending cells that are still to be merged */
export function joiningIn(peers: NodeStatus['peers'], pending: number): string {
  const parts = peers.flatMap(({ node, arriving }) => {
    if (arriving === undefined) return [];
    const { cells, expected, bytes } = arriving;
    // What is written meanwhile comes on top of what was to be expected.
    const percent = Math.min(99, Math.floor((100 * cells) / Math.max(1, expected)));
    const megabytes = (bytes / 1e6).toFixed(1);
    return [`receiving ${percent} % (${count(cells)} of ${count(expected)} keys, ${megabytes} MB) from ${node}`];
  });
  if (pending > 0) parts.push(`merging ${count(pending)} keys`);
  return parts.length > 0 ? parts.join('; ') : 'waiting for the other nodes';
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** Linked, and yet what was written so long ago has not arrived. */
const STALE_MS = 30_000;

/** A moment of today, by UTC. */
export function clock(wall: number | undefined): string {
  return wall === undefined ? '?' : new Date(wall).toISOString().slice(11, 19);
}

export function problemsOf(
  ready: boolean,
  peers: NodeStatus['peers'],
  seeds: readonly SeedStatus[],
  conflicts: readonly string[],
): string[] {
  const problems = ready ? [] : ['the node is still joining its cluster'];
  for (const {
    node,
    region,
    state,
    agreement,
    link,
    sentThrough,
    sentAgeMs,
    receivedThrough,
    receivedAgeMs,
  } of peers) {
    if (state === 'down') problems.push(`peer ${node} in ${region} is down`);
    if (agreement.state === 'DIFFERENT') {
      const keys = listed(agreement.differing, agreement.differing.length);
      problems.push(`REPLICAS_DIFFER: peer ${node} in ${region} holds something else: ${keys}`);
    }
    if (link !== undefined && (receivedAgeMs ?? 0) > STALE_MS)
      problems.push(
        `what peer ${node} in ${region} wrote since ${clock(receivedThrough)} is not here, though it is linked`,
      );
    if (link !== undefined && (sentAgeMs ?? 0) > STALE_MS)
      problems.push(`peer ${node} in ${region} has not acknowledged what was written here since ${clock(sentThrough)}`);
  }
  for (const seed of seeds) {
    const resting = seed.code === 'DUPLICATE_LINK' || seed.code === 'SELF_LINK';
    if (seed.state !== 'connected' && !resting && seed.failures > 0)
      problems.push(`seed ${seed.url} is not connected: ${seed.trouble}`);
  }
  if (conflicts.length > 0) problems.push(`TYPE_CONFLICT: ${conflicts.length} names are in use as several types`);
  return problems;
}
