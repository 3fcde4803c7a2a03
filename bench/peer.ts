/** A peer in a process of its own, and a node in this one that is linked to it. */
import { setTimeout as pause } from 'node:timers/promises';
import { createNode, type MerganserNode, type PeerStatus } from 'merganser';
import { freePort } from '../src/testing/real/free-port.js';
import { RegionProcess } from '../src/testing/real/region-process.js';

const FLUSHES_MS = 30;

export interface Linked {
  readonly node: MerganserNode;
  readonly peer: RegionProcess;
  readonly close: () => Promise<void>;
}

export async function startRegion(region: string, join: readonly string[] = []): Promise<RegionProcess> {
  const port = await freePort(new Set());
  const peer = new RegionProcess({ region, port, join, cluster: 'bench' }, (reason) => {
    console.error(reason.message);
    process.exit(1);
  });
  process.once('exit', () => peer.abandon());
  await peer.start();
  return peer;
}

export async function linked(): Promise<Linked> {
  const peer = await startRegion('eu');
  const node = await createNode({ region: 'us', cluster: 'bench', join: [`ws://127.0.0.1:${peer.port}/peer`] });
  await until(() => link(node)?.state === 'live');
  const close = async (): Promise<void> => {
    await node.close();
    await peer.stop();
  };
  return { node, peer, close };
}

export function link(node: MerganserNode): PeerStatus | undefined {
  return node.status().peers[0];
}

/** Waits until the peer has acknowledged everything that was written here. */
export async function drained(node: MerganserNode): Promise<void> {
  // What was written in this turn is cut into a frame at the end of the flush interval.
  await pause(FLUSHES_MS);
  await until(() => link(node)?.lagMs === 0);
}

export async function until(holds: () => boolean, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain`);
    await pause(5);
  }
}
