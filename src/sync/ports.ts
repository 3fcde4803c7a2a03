/** What the replication core is given and what it gives: its settings, the work it asks of the driver, what it tells of peers. */
import type { ErrorCode } from '../base/error.js';
import { DEFAULT_MAX_SKEW_MS, MAX_STAGED_CUT_BYTES } from '../base/limits.js';
import type { Agreement } from './agreement.js';
import type { Compression } from './compression.js';
import type { PeerProgress } from './progress.js';
import { PART_BYTES } from './message.js';
import type { Traffic } from './traffic.js';

export interface ReplicatorOptions {
  readonly cluster: string;
  readonly region: string;
  /** Wall clock, milliseconds since 1970. */
  readonly wall: () => number;
  readonly maxSkewMs?: number;
  /** Say something at least this often. */
  readonly heartbeatMs?: number;
  /** Give a link up after hearing nothing for this long. */
  readonly silenceMs?: number;
  /** A node without a link for this long is down. */
  readonly downAfterMs?: number;
  /** What a peer has not acknowledged for this long goes to it even if another peer is to send it. */
  readonly lagMs?: number;
  /** A frame that waits for others longer than this is refused. */
  readonly parkMs?: number;
  /** Begin again if no frame was acknowledged for this long: for transports that lose messages. */
  readonly retransmitMs?: number;
  /** Frames, and bytes, that may be unacknowledged before no more are cut. */
  readonly maxInFlight?: number;
  readonly maxInFlightBytes?: number;
  /** A frame that is larger travels in parts of this size. */
  readonly partBytes?: number;
  /** More cells than this are not encoded in one step: a frame of more is sent in slices. */
  readonly sliceCells?: number;
  /** How long what was sent, and what has arrived, of a frame in slices is kept after its link was lost. */
  readonly keepMs?: number;
  /** What frames in slices of one peer may take here until they are applied. */
  readonly maxStagedBytes?: number;
  /** Removal ghosts that members without a link may pin. */
  readonly maxGhosts?: number;
  /** How often the states of each pair of nodes are compared. */
  readonly scrubMs?: number;
  /** Undefined: messages are neither compressed nor taken compressed. */
  readonly compression?: Compression | undefined;
  /** URLs at which other nodes can dial this one. */
  readonly addresses?: readonly string[];
  /** It does not serve yet; it says when it does. */
  readonly joining?: boolean;
  /** Whether this node is the first of its cluster, or of its own for ever (backing.ts). By default it is. */
  readonly first?: () => boolean;
}

export type Output =
  | { readonly kind: 'send'; readonly link: number; readonly bytes: Uint8Array }
  /** Close the connection; what was sent before is still to be delivered. */
  | { readonly kind: 'close'; readonly link: number; readonly code: ErrorCode; readonly message: string }
  | {
      readonly kind: 'event';
      readonly event: PeerEvent;
      readonly node: string;
      readonly link?: number;
      readonly code?: string;
      readonly message: string;
    };

/**
 * up: its HELLO was accepted; synced: we have what it had; lost: its link is gone; down: it counts as down; refused: it refused
 * us; joined: it became known; left: it has left for good; evicted: it was evicted; fenced: this node was; superseded: it was
 * started once more, and this process counts no more; reborn: this node goes on as a later incarnation; orphaned: a node has writes in
 * whose place everybody else has others (orphans.ts); different: it
 * holds something else than this node, though both have seen the same; mended: something of that was put right here.
 */
export type PeerEvent =
  | 'different'
  | 'mended'
  | 'up'
  | 'synced'
  | 'lost'
  | 'down'
  | 'restarted'
  | 'refused'
  | 'joined'
  | 'left'
  | 'evicted'
  | 'fenced'
  | 'superseded'
  | 'orphaned'
  | 'reborn';

/** A large frame that is on its way here. */
export interface Arriving {
  /** Cells that are here. */
  readonly cells: number;
  /** How many there were to come when it began. */
  readonly expected: number;
  readonly bytes: number;
}

export interface PeerStatus extends PeerProgress, Readonly<Traffic> {
  readonly node: string;
  readonly region: string;
  readonly incarnation: number;
  /** remote: never linked from here, known from others, who hear it; what it lacks is not known here. */
  readonly state: 'connecting' | 'syncing' | 'live' | 'remote' | 'down';
  /** Age of the oldest change here that it has not acknowledged. */
  readonly lagMs: number;
  readonly rttMs: number;
  readonly link: number | undefined;
  /** Undefined: what it sends fits single messages. */
  readonly arriving: Arriving | undefined;
  /** Whether it holds the same. */
  readonly agreement: Agreement;
}

export const DEFAULTS: Omit<Required<ReplicatorOptions>, 'cluster' | 'region' | 'wall'> = {
  maxSkewMs: DEFAULT_MAX_SKEW_MS,
  heartbeatMs: 1000,
  silenceMs: 5000,
  downAfterMs: 3000,
  lagMs: 1000,
  parkMs: 3000,
  retransmitMs: Number.POSITIVE_INFINITY,
  maxInFlight: 256,
  maxInFlightBytes: 16 << 20,
  partBytes: PART_BYTES,
  sliceCells: 2000,
  keepMs: 60_000,
  maxStagedBytes: MAX_STAGED_CUT_BYTES,
  maxGhosts: 500_000,
  scrubMs: 60_000,
  compression: undefined,
  addresses: [],
  joining: false,
  first: () => true,
};
