/** Three regions in three processes, and the links between them. */
import { Cluster } from '../../src/testing/real/cluster.js';
import { REGIONS } from './record.js';
import type { Region } from './record.js';
import { oneWayMs } from './region-links.js';

export type CallCluster = Cluster<Region>;

/** `died` is told when a region ends without having been asked to. */
export function startCluster(died: (reason: Error) => void): Promise<CallCluster> {
  return Cluster.start({ name: `calls-${process.pid}`, regions: REGIONS, oneWayMs, died });
}
