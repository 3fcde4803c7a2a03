/** What the regions say of themselves over HTTP: how far each has come, whether all are linked, whether all are the same, whether they find that themselves. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';

const POLL_MS = 10;
const ANSWER_LIMIT_MS = 5_000;
const COMPARE_LIMIT_MS = 60_000;
const CONVERGE_LIMIT_MS = 60_000;
const LIVE_LIMIT_MS = 30_000;

export interface PeerStatus {
  readonly region: string;
  readonly state: string;
  readonly lagMs?: number | null;
}

interface PeerComparison {
  readonly region: string;
  readonly state: 'equal' | 'DIFFERENT' | 'not comparable yet';
  readonly reason: string;
}

export interface RegionStatus {
  readonly incarnation: number;
  readonly keys: number;
  readonly dot: number;
  readonly peers: readonly PeerStatus[];
  readonly vv?: Readonly<Record<string, number>>;
  readonly digest?: string;
}

export async function statusOf<R extends string>(
  cluster: Cluster<R>,
  region: R,
  digest = false,
): Promise<RegionStatus> {
  const { url } = cluster.region(region);
  const response = await fetch(`${url}/status${digest ? '?digest' : ''}`, {
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  if (!response.ok) throw new Error(`${region} answered ${response.status} when asked for its status`);
  return (await response.json()) as RegionStatus;
}

/** Waits until every region has seen the same transactions and holds the same state; that state in one line. */
export async function converged<R extends string>(
  cluster: Cluster<R>,
  limitMs: number = CONVERGE_LIMIT_MS,
): Promise<string> {
  const { regions } = cluster;
  const deadline = performance.now() + limitMs;
  for (;;) {
    const states = await Promise.all(regions.map(async (region) => stateOf(await statusOf(cluster, region, true))));
    if (states.every((state) => state === states[0])) return states[0] ?? '';
    if (performance.now() > deadline) {
      const said = regions.map((region, at) => `  ${region} ${states[at]}`);
      throw new Error([`the regions are not the same after ${limitMs / 1000} s:`, ...said].join('\n'));
    }
    await pause(POLL_MS);
  }
}

/**
 * Waits until every region has compared all that it holds with every other, and found the same. What they compare in the
 * background is then not due for a minute.
 */
export async function compared<R extends string>(
  cluster: Cluster<R>,
  limitMs: number = CONVERGE_LIMIT_MS,
): Promise<void> {
  const { regions } = cluster;
  const deadline = performance.now() + limitMs;
  for (const region of regions) {
    for (;;) {
      const found = await comparisonsOf(cluster, region);
      const differs = found.find(({ state }) => state === 'DIFFERENT');
      if (differs !== undefined) throw new Error(`${region} finds that ${differs.region} holds something else`);
      const open = found.find(({ state }) => state !== 'equal');
      if (open === undefined && found.length === regions.length - 1) break;
      if (performance.now() > deadline)
        throw new Error(
          `${region} compared with ${found.length} regions within ${limitMs / 1000} s: ${open?.reason ?? ''}`,
        );
      await pause(POLL_MS);
    }
  }
}

async function comparisonsOf<R extends string>(cluster: Cluster<R>, region: R): Promise<readonly PeerComparison[]> {
  const { url } = cluster.region(region);
  const response = await fetch(`${url}/v1/admin/verify`, {
    method: 'POST',
    signal: AbortSignal.timeout(COMPARE_LIMIT_MS),
  });
  if (!response.ok) throw new Error(`${region} answered ${response.status} when asked to compare`);
  return (await response.json()) as readonly PeerComparison[];
}

/** Waits until every region has a live link to all others. */
export async function allLive<R extends string>(cluster: Cluster<R>, limitMs: number = LIVE_LIMIT_MS): Promise<void> {
  const { regions } = cluster;
  const deadline = performance.now() + limitMs;
  for (;;) {
    const statuses = await Promise.all(regions.map((region) => statusOf(cluster, region)));
    const live = (status: RegionStatus): number => status.peers.filter((peer) => peer.state === 'live').length;
    if (statuses.every((status) => live(status) === regions.length - 1)) return;
    if (performance.now() > deadline) {
      const said = statuses.map((status, at) => `${regions[at] ?? ''} has ${live(status)}`).join(', ');
      throw new Error(`every region needs ${regions.length - 1} live links: after ${limitMs / 1000} s ${said}`);
    }
    await pause(POLL_MS);
  }
}

/** Version vector and digest in one text that is equal where they are equal. */
function stateOf(status: RegionStatus): string {
  const vv = Object.entries(status.vv ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${status.digest ?? ''} ${JSON.stringify(Object.fromEntries(vv))}`;
}
