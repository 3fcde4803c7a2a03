/**
 * Bytes per counter: a million keys of 18 characters with the slots of three regions, the key included; and whether there is
 * a cliff while a store grows from half a million keys to two million.
 */
import type { Store } from '../src/store/store.js';
import { held } from './cpu.js';
import type { Benchmark, Figure } from './figure.js';
import { keyOf, randomNumbers } from './keys.js';
import { newStore, VirtualMesh } from './virtual-mesh.js';

const KEYS = 1_000_000;

function fill(store: Store, from: number, to: number): void {
  for (let i = from; i < to; i++) store.increment(keyOf(i));
}

/** Everything of `from` into `into`, over a link without a network; the link is gone afterwards. */
function merge(from: Store, into: Store): void {
  const mesh = new VirtualMesh([from, into].map((store, i) => ({ store, region: `region-${i}` })));
  mesh.settle(100);
  mesh.close();
}

/** A store that got two thirds of its slots from other regions. */
function threeRegions(): Store {
  const store = newStore('us');
  fill(store, 0, KEYS);
  for (const node of ['eu', 'ap']) mergeDonor(node, store);
  if (store.counter(keyOf(KEYS - 1)).value() !== 3) throw new Error('the stores did not merge');
  return store;
}

function mergeDonor(node: string, into: Store): void {
  const donor = newStore(node);
  fill(donor, 0, KEYS);
  merge(donor, into);
}

async function mapOfObjects(): Promise<number> {
  const before = await held();
  const map = new Map<string, { us: number; eu: number; ap: number }>();
  for (let i = 0; i < KEYS; i++) map.set(keyOf(i), { us: 1, eu: 1, ap: 1 });
  // Keys that were looked up are flat strings.
  for (let i = 0; i < KEYS; i += 1) map.get(keyOf(i));
  const bytes = ((await held()) - before) / map.size;
  return bytes;
}

/** Half a million to two million keys: the most bytes per key on the way, and the longest that 1,000 inserts took. */
function growth(): { worst: number; best: number; worstMs: number } {
  const store = newStore('us');
  fill(store, 0, KEYS / 2);
  let [worst, best, worstMs] = [0, Number.POSITIVE_INFINITY, 0];
  for (let i = KEYS / 2; i < 2 * KEYS; i += 1_000) {
    const begin = performance.now();
    fill(store, i, i + 1_000);
    worstMs = Math.max(worstMs, performance.now() - begin);
    const perKey = store.bytes / (i + 1_000);
    worst = Math.max(worst, perKey);
    best = Math.min(best, perKey);
  }
  return { worst, best, worstMs };
}

async function run(): Promise<Figure[]> {
  const before = await held();
  const store = threeRegions();
  const inUse = ((await held()) - before) / KEYS;
  const accounted = store.bytes / KEYS;
  for (const i of randomNumbers(4 * KEYS, KEYS)) store.increment(keyOf(i));
  const used = store.bytes / KEYS;
  const map = await mapOfObjects();
  const { worst, best, worstMs } = growth();
  return [
    { name: 'three regions: bytes per key, accounted', value: accounted, unit: 'B', atMost: 120 },
    { name: 'the same after four million random increments', value: used, unit: 'B', atMost: 120 },
    {
      name: 'three regions: bytes per key, with what replication holds',
      value: inUse,
      unit: 'B',
      rivals: { 'Map of objects': map },
    },
    { name: 'one region, 0.5 to 2 million keys: least per key', value: best, unit: 'B' },
    { name: 'one region, 0.5 to 2 million keys: most per key', value: worst, unit: 'B', note: 'a doubling table: 2×' },
    { name: 'one region, 0.5 to 2 million keys: slowest 1,000 inserts', value: worstMs, unit: 'ms' },
  ];
}

export const memory: Benchmark = { run };
