/**
 * Who is in the cluster, for operators: how each member is, and what can be done about one. A member that is away for long is
 * not shown among the peers and not dialled any more; it stays a member, for which others keep what it has not seen, until it
 * leaves or is evicted.
 */
import type { NodeLog } from './log.js';
import { MerganserError } from '../base/error.js';
import type { VersionVector } from '../crdt/version-vector.js';
import type { Store } from '../store/store.js';
import type { Membership } from '../sync/membership.js';
import type { NodeState } from '../sync/table.js';
import type { Driver } from './driver.js';

export interface MemberStatus {
  readonly node: string;
  readonly region: string;
  readonly incarnation: number;
  /** What the table says; `down` where it was suspected for too long. */
  readonly state: NodeState | 'down';
  /** URLs at which it can be dialled. */
  readonly addresses: readonly string[];
  /** Whether a link goes there from here. */
  readonly linked: boolean;
  /** Since when nothing was heard of it here, milliseconds; 0 of the node itself. */
  readonly silentMs: number;
}

export interface LeaveOptions {
  /** Leave even if somebody who is linked could not take what this node wrote. */
  readonly force?: boolean;
  /** How long to wait for that, in milliseconds; 30 s by default. */
  readonly timeoutMs?: number;
}

const LEAVE_MS = 30_000;
const PROGRESS_MS = 1_000;

export class ClusterControl {
  readonly #store: Store;
  readonly #membership: Membership;
  readonly #driver: Driver;
  readonly #log: NodeLog;
  /** A peer that is down for longer, in milliseconds, is away. */
  readonly dropAfterMs: number;
  #handedOver: (() => void) | undefined;

  constructor(store: Store, membership: Membership, driver: Driver, log: NodeLog, dropAfterMs: number) {
    this.#store = store;
    this.#membership = membership;
    this.#driver = driver;
    this.#log = log;
    this.dropAfterMs = dropAfterMs;
  }

  /** Everybody in the table, those that left or were evicted as well. */
  members(): MemberStatus[] {
    const { members, table } = this.#membership;
    const now = this.#driver.now();
    const all = [...table.all()].map(({ node, region, incarnation, state, addresses }) => {
      const member = members.get(node);
      const shown = member?.down === true ? ('down' as const) : state;
      const silentMs = member === undefined || member.link !== undefined ? 0 : Math.round(now - member.heard);
      return { node, region, incarnation, state: shown, addresses, linked: member?.link !== undefined, silentMs };
    });
    return all.sort((a, b) => order(a.region, b.region) || order(a.node, b.node));
  }

  /** What an operator should know. */
  problems(): string[] {
    const { own } = this.#membership;
    const problems: string[] = [];
    if (own.state === 'evicted') {
      const lost = this.#membership.unsynced;
      const kept = lost === 0 ? '' : `; ${lost} of its writes are nowhere else`;
      problems.push(`EVICTED: incarnation ${own.incarnation} takes no more writes${kept}. Start the node again`);
    }
    const { orphaned, superseded } = this.#membership;
    if (orphaned !== undefined) problems.push(`ORPHANED_WRITES: ${orphaned}`);
    if (superseded !== undefined) {
      problems.push(`STALE_INCARNATION: ${own.node} was started again elsewhere, as ${superseded}: stop this process`);
    }
    if (own.state === 'leaving') problems.push('the node is leaving its cluster for good');
    const away = this.members().filter(({ state, silentMs }) => state === 'down' && silentMs >= this.dropAfterMs);
    if (away.length > 0) {
      const longest = Math.max(...away.map(({ silentMs }) => silentMs));
      const who = away.map(({ node }) => node).join(', ');
      const have = away.length === 1 ? 'member has' : 'members have';
      problems.push(`${away.length} ${have} been away for ${span(longest)}: evict ${who} if they do not return`);
    }
    return problems;
  }

  /** Errors: NOT_FOUND, BAD_ARGUMENT, MEMBER_ALIVE. */
  evict(node: string, force: boolean): MemberStatus {
    this.#driver.membership((membership, now) => membership.evict(node, force, now));
    this.#log.warn({ node, force }, 'evicted');
    return this.members().find((member) => member.node === node) as MemberStatus;
  }

  /** Says that this node leaves. Errors: BAD_ARGUMENT. */
  announceLeave(): void {
    this.#driver.membership((membership, now) => membership.leave(now));
  }

  /** Resolves once every linked member has what this node has, and says so to the others. Errors: TIMEOUT. */
  async handOver({ force = false, timeoutMs = LEAVE_MS }: LeaveOptions): Promise<void> {
    const progress = setInterval(() => this.#log.info({ lacking: this.#lacking() }, 'leaving'), PROGRESS_MS);
    const inTime = await new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(false), timeoutMs);
      this.#handedOver = () => {
        clearTimeout(late);
        resolve(true);
      };
      this.#driver.step();
    });
    clearInterval(progress);
    this.#handedOver = undefined;
    if (!inTime && !force) {
      const lacking = this.#lacking().join(', ');
      const message = `after ${timeoutMs} ms not every linked member has what ${this.#name} has; transactions that lack: ${lacking}`;
      throw new MerganserError('TIMEOUT', message);
    }
    this.#driver.membership((membership, now) => membership.close(now));
  }

  /** Something may have been acknowledged. */
  check(): void {
    if (this.#handedOver === undefined) return;
    const { members } = this.#membership;
    const linked = [...members.all()].filter(({ link }) => link !== undefined);
    const lacking = this.#membership.missing().filter((member) => member.linked);
    if (linked.length > 0 && lacking.length === 0) this.#handedOver();
  }

  /** The node ends now: says what it has not handed over. */
  stop(): void {
    const { unsynced } = this.#membership;
    const lacking = this.#lacking(this.#store.replica.vv);
    if (lacking.length > 0) this.#log.warn({ lacking, unsynced }, 'stops before every member has what is here');
  }

  get #name(): string {
    return this.#store.replica.node;
  }

  /** Each member that does not have all that is here, or was when this node began to leave, and how many transactions it lacks. */
  #lacking(vv?: VersionVector): string[] {
    const missing = this.#membership.missing(vv);
    return missing.map(({ node, dots, linked }) => `${node}: ${dots}${linked ? '' : ' (not linked)'}`);
  }
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
