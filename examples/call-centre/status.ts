/**
 * What the regions say of themselves over HTTP: how far each has come, and whether all are the same.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { REGIONS } from './record.js';
import type { Region } from './record.js';

const POLL_MS = 10;
const CONVERGE_LIMIT_MS = 60_000;
const LIVE_LIMIT_MS = 30_000;

export interface PeerStatus {
  readonly region: string;
  readonly state: string;
  readonly lagMs?: number | null;
}

export interface RegionStatus {
  readonly keys: number;
  readonly peers: readonly PeerStatus[];
  readonly vv?: Readonly<Record<string, number>>;
  readonly digest?: string;
}

export async function statusOf(cluster: Cluster, region: Region, digest = false): Promise<RegionStatus> {
  const response = await fetch(`${cluster.region(region).url}/status${digest ? '?digest' : ''}`);
  if (!response.ok) throw new Error(`${region} answered ${response.status} when asked for its status`);
  return (await response.json()) as RegionStatus;
}

/** Waits until every region has seen the same transactions and holds the same state. */
export async function converged(cluster: Cluster): Promise<void> {
  const deadline = performance.now() + CONVERGE_LIMIT_MS;
  for (;;) {
    const states = await Promise.all(REGIONS.map(async (region) => stateOf(await statusOf(cluster, region, true))));
    if (states.every((state) => state === states[0])) return;
    if (performance.now() > deadline) {
      const said = REGIONS.map((region, at) => `  ${region} ${states[at]}`);
      throw new Error([`the regions are not the same after ${CONVERGE_LIMIT_MS / 1000} s:`, ...said].join('\n'));
    }
    await pause(POLL_MS);
  }
}

/** Waits until every region has a live link to both others. */
export async function allLive(cluster: Cluster): Promise<void> {
  const deadline = performance.now() + LIVE_LIMIT_MS;
  for (;;) {
    const statuses = await Promise.all(REGIONS.map((region) => statusOf(cluster, region)));
    const live = (status: RegionStatus): number => status.peers.filter((peer) => peer.state === 'live').length;
    if (statuses.every((status) => live(status) === REGIONS.length - 1)) return;
    if (performance.now() > deadline) {
      const said = statuses.map((status, at) => `${REGIONS[at] ?? ''} has ${live(status)}`).join(', ');
      throw new Error(`every region needs ${REGIONS.length - 1} live links: after ${LIVE_LIMIT_MS / 1000} s ${said}`);
    }
    await pause(POLL_MS);
  }
}

/** Version vector and digest in one text that is equal where they are equal. */
function stateOf(status: RegionStatus): string {
  const vv = Object.entries(status.vv ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${status.digest ?? ''} ${JSON.stringify(Object.fromEntries(vv))}`;
}
