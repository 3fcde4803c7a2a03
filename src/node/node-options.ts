/** What an embedded node can be told; the server's settings (config.ts) become these. */
import type { ListenAddress } from './config.js';
import type { NodeLog } from './log.js';

export interface NodeOptions {
  /** Where the node is; regions are what durability counts. */
  readonly region?: string;
  /** Unique in the cluster, the same over restarts. `<region>-<port>` by default, or a random one without a listener. */
  readonly node?: string;
  /** Nodes of different clusters refuse each other. */
  readonly cluster?: string;
  /** `HOST:PORT`, or a port, to serve HTTP, clients and peers on; port 0 takes a free one. No listener by default. */
  readonly listen?: string | number | ListenAddress;
  /** Addresses of other nodes, dialled for as long as this one runs. */
  readonly join?: readonly string[];
  /** Addresses at which other nodes find this one; by default the listener's, unless that is on every interface. */
  readonly advertise?: readonly string[];
  /** A peer that is down for so long, in milliseconds, is not shown nor dialled any more; it stays a member. */
  readonly dropAfterMs?: number;
  /** Told when this life is over: it was evicted, and takes no more writes, or it has left. */
  readonly ended?: (end: NodeEnd) => void;
  /** The longest that a write waits, under load, for others to share its frame, in milliseconds. */
  readonly flushMs?: number;
  /** Compress what is sent to other regions, where that pays. On by default. */
  readonly compress?: boolean;
  /** The most that is sent to each peer, in bytes per second; 10,000 at least. Unbounded by default. */
  readonly maxBandwidth?: number;
  /** How long the gauge shares of a client, and its members of presences, stay when its connection is lost, in milliseconds. */
  readonly graceMs?: number;
  /** How long the results of a client's session are kept after that, in milliseconds. */
  readonly retentionMs?: number;
  /** How long to wait for the seeds before serving without them, in milliseconds. */
  readonly joinMs?: number;
  /** For how long after that a client's unknown session may still be brought by a peer, in milliseconds. */
  readonly settleMs?: number;
  /** Origins of web pages that may connect, besides this node's own and this machine's; `*` for all. */
  readonly allowOrigins?: readonly string[];
  /** Somewhere to log to, shaped as pino is. */
  readonly log?: NodeLog;
  /** Resolve at once and not when the node is ready; see `ready()`. */
  readonly eager?: boolean;
}

export interface NodeEnd {
  readonly reason: 'evicted' | 'left';
  /** Own writes (dots) that no other node is known to have. */
  readonly unsynced: number;
}
