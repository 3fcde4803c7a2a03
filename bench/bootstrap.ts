/**
 * A new node joins a region that holds a million counters, 50 ms away (one way): from its start until it serves and has
 * everything. Beside it a Redis replica that synchronizes in full over a link of the same length.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createNode } from 'merganser';
import { DelayedLink } from '../src/node/delayed-link.js';
import { freePort } from '../src/testing/real/free-port.js';
import type { Benchmark, Figure } from './figure.js';
import { keyOf } from './keys.js';
import { startRegion } from './peer.js';
import { fullResync } from './redis.js';

const KEYS = 1_000_000;
const ONE_WAY_MS = 50;

interface Joined {
  readonly seconds: number;
  readonly bytes: number;
  /** The longest that the event loop of the node that serves stood still. */
  readonly stallMs: number;
}

async function ours(): Promise<Joined> {
  const port = await freePort(new Set());
  const node = await createNode({ region: 'us', cluster: 'bench', listen: `127.0.0.1:${port}` });
  for (let i = 0; i < KEYS; i++) node.store.increment(keyOf(i));
  const link = new DelayedLink({ oneWayMs: ONE_WAY_MS });
  const door = await link.door(port);
  const stalls = watchLoop();
  const begin = performance.now();
  const joined = await startRegion('eu', [`ws://127.0.0.1:${door}/peer`]);
  // Ready it is also when it has waited long enough.
  while ((await keysOf(joined.url)) < KEYS) await pause(20);
  const seconds = (performance.now() - begin) / 1000;
  const stallMs = stalls();
  const bytes = link.status().carriedBytes / KEYS;
  await joined.stop();
  await node.close();
  await link.close();
  return { seconds, bytes, stallMs };
}

async function keysOf(url: string): Promise<number> {
  const response = await fetch(`${url}/status`);
  return ((await response.json()) as { readonly keys: number }).keys;
}

/** The longest time between two turns that were due every millisecond, until the answer is asked for. */
function watchLoop(): () => number {
  let [worst, last] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return worst;
  };
}

async function run(): Promise<Figure[]> {
  const { seconds, bytes, stallMs } = await ours();
  const rival = await fullResync(KEYS, ONE_WAY_MS);
  const beside = (theirs: number | undefined): Pick<Figure, 'rivals' | 'note'> =>
    theirs === undefined
      ? { note: 'no redis-server here to compare with' }
      : { rivals: { 'Redis, full resync': theirs } };
  return [
    {
      name: 'a node joins a million keys: from its start until it has them',
      value: seconds,
      unit: 's',
      atMost: 6,
      ...beside(rival?.seconds),
    },
    { name: 'a node joins a million keys: bytes per key', value: bytes, unit: 'B', ...beside(rival?.bytes) },
    {
      name: 'a node joins a million keys: longest stall of the other',
      value: stallMs,
      unit: 'ms',
      atMost: 50,
    },
  ];
}

export const bootstrap: Benchmark = { run };
