/** What an embedded node can be told; the server's settings (config.ts) become these. */
import { isPlainObject, wrongArgument } from '../base/argument.js';
import { checkKnown } from '../base/known-options.js';
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

interface Kind {
  readonly what: string;
  is(this: void, value: unknown): boolean;
}

const TEXT: Kind = { what: 'a string', is: (value) => typeof value === 'string' };
const TEXTS: Kind = { what: 'an array of strings', is: (value) => Array.isArray(value) && value.every(TEXT.is) };
const NUMBER: Kind = { what: 'a number', is: (value) => typeof value === 'number' };
const MILLISECONDS: Kind = { what: 'a number of milliseconds', is: (value) => typeof value === 'number' && value >= 0 };
const SWITCH: Kind = { what: 'true or false', is: (value) => typeof value === 'boolean' };
const FUNCTION: Kind = { what: 'a function', is: (value) => typeof value === 'function' };
const LOG: Kind = {
  what: 'an object with the methods of pino',
  is: (value) => typeof value === 'object' && value !== null,
};
const ADDRESS: Kind = {
  what: 'HOST:PORT, or a port',
  is: (value) =>
    TEXT.is(value) || NUMBER.is(value) || (isPlainObject(value) && TEXT.is(value.host) && NUMBER.is(value.port)),
};

const KINDS: Readonly<Record<keyof NodeOptions, Kind>> = {
  region: TEXT,
  node: TEXT,
  cluster: TEXT,
  listen: ADDRESS,
  join: TEXTS,
  advertise: TEXTS,
  dropAfterMs: MILLISECONDS,
  ended: FUNCTION,
  flushMs: MILLISECONDS,
  compress: SWITCH,
  maxBandwidth: NUMBER,
  graceMs: MILLISECONDS,
  retentionMs: MILLISECONDS,
  joinMs: MILLISECONDS,
  settleMs: MILLISECONDS,
  allowOrigins: TEXTS,
  log: LOG,
  eager: SWITCH,
};

/** What is given is of its kind; whether it is also what it should be is asked where it is used. Errors: BAD_ARGUMENT. */
export function checkNodeOptions(options: NodeOptions): NodeOptions {
  for (const [name, value] of Object.entries(checkKnown(options, KINDS))) {
    const { what, is } = KINDS[name as keyof NodeOptions];
    if (value !== undefined && !holds(is, value)) throw wrongArgument(`${name} is ${what}`, value);
  }
  return options;
}

/** What is asked of a proxy that was revoked throws. */
function holds(is: Kind['is'], value: unknown): boolean {
  try {
    return is(value);
  } catch {
    return false;
  }
}
