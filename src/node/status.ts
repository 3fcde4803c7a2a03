/** What a node tells of itself: the shape of `/status`, `merganser status --json` and `node.status()`. */
import type { PeerStatus } from '../sync/ports.js';
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
  /** Ready, every seed synced, every peer up. */
  readonly healthy: boolean;
  /** Why not, in words. */
  readonly problems: readonly string[];
  readonly uptimeSeconds: number;
  readonly keys: number;
  readonly memory: NodeMemory;
  readonly clients: { readonly connections: number; readonly sessions: number; readonly topics: number };
  readonly peers: readonly PeerStatus[];
  readonly seeds: readonly SeedStatus[];
  /** Names in use as several types at once. */
  readonly typeConflicts: readonly string[];
  /** The last own dot. */
  readonly dot: number;
  readonly vv?: Readonly<Record<string, number>>;
  readonly digest?: string;
}

export function problemsOf(
  ready: boolean,
  peers: NodeStatus['peers'],
  seeds: readonly SeedStatus[],
  conflicts: readonly string[],
): string[] {
  const problems = ready ? [] : ['the node is still joining its cluster'];
  for (const { node, region, state } of peers) {
    if (state === 'down') problems.push(`peer ${node} in ${region} is down`);
  }
  for (const seed of seeds) {
    const resting = seed.code === 'DUPLICATE_LINK' || seed.code === 'SELF_LINK';
    if (seed.state !== 'connected' && !resting && seed.failures > 0)
      problems.push(`seed ${seed.url} is not connected: ${seed.trouble}`);
  }
  if (conflicts.length > 0) problems.push(`TYPE_CONFLICT: ${conflicts.length} names are in use as several types`);
  return problems;
}
