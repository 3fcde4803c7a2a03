/**
 * Whether regions that hold the same are quiet: nothing but heartbeats crosses a link, and nobody writes by himself.
 * A heartbeat a second each way is some forty bytes; one frame and its acknowledgement more would be over the bound, and so would be
 * a comparison in the background, which is not due for a minute after the regions have compared what they hold.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../real/cluster.js';
import { REST_MS } from '../../store/lending.js';
import { statusOf } from '../real/status.js';

const LISTEN_MS = 2_500;
/** Rights of bounded counters still move, and acknowledgements of what was written last may be under way. */
const SETTLE_MS = REST_MS + 500;
export const QUIET_BYTES_PER_SECOND = 64;

export interface Quiet {
  /** The most that crossed one link, both ways together. */
  readonly bytesPerSecond: number;
  readonly problems: readonly string[];
}

export async function listen(cluster: Cluster): Promise<Quiet> {
  await sleep(SETTLE_MS);
  const before = await look(cluster);
  const start = performance.now();
  await sleep(LISTEN_MS);
  const after = await look(cluster);
  const seconds = (performance.now() - start) / 1000;
  const problems: string[] = [];
  let most = 0;
  for (const [name, bytes] of after.bytes) {
    const perSecond = (bytes - (before.bytes.get(name) ?? 0)) / seconds;
    most = Math.max(most, perSecond);
    if (perSecond > QUIET_BYTES_PER_SECOND)
      problems.push(`${name} carries ${Math.round(perSecond)} B/s though nothing changes`);
  }
  for (const [region, dot] of after.dots) {
    if (dot !== before.dots.get(region)) problems.push(`${region} has written by itself`);
  }
  return { bytesPerSecond: Math.round(most), problems };
}

async function look(cluster: Cluster): Promise<{ bytes: Map<string, number>; dots: Map<string, number> }> {
  const { mesh, regions } = cluster;
  const bytes = new Map(mesh.names.map((name) => [name, mesh.link(name).status().carriedBytes]));
  const dots = await Promise.all(
    regions.map(async (region) => [region, (await statusOf(cluster, region)).dot] as const),
  );
  return { bytes, dots: new Map(dots) };
}
