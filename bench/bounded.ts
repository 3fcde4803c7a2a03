/**
 * Bounded counters: what an operation within the region's rights takes, beside a counter without bounds and a Map that knows nothing of
 * other regions (CPU time of this process, since others make it wait), and, in a time that is counted and not waited for, how
 * long it takes until rights are where they are wanted.
 */
import type { Bounded } from '../src/store/handles/bounded.js';
import { each, held } from './cpu.js';
import type { Benchmark, Figure } from './figure.js';
import { keyOf } from './keys.js';
import { newStore, VirtualMesh } from './virtual-mesh.js';

const TIMES = 400_000;
const COUNTERS = 100_000;
const TRUNK = { min: 0, max: 480 };
const ACCOUNT = { min: 0 };
const ONE_WAY_MS = 50;

async function operations(): Promise<Figure[]> {
  const store = newStore('us');
  const [trunk, counter, map] = [store.bounded('trunk', TRUNK), store.counter('calls'), new Map<string, number>()];
  trunk.increment(240);
  const figure: Figure = {
    name: 'seize or release, within the rights',
    value: each(TIMES, (i) => (i % 2 === 0 ? trunk.increment() : trunk.decrement())),
    unit: 'µs',
    rivals: {
      counter: each(TIMES, (i) => counter.increment(i % 2 === 0 ? 1 : -1)),
      Map: each(TIMES, (i) => map.set('calls', (map.get('calls') ?? 0) + (i % 2 === 0 ? 1 : -1))),
    },
  };
  const before = await held();
  for (let i = 0; i < COUNTERS; i++) store.bounded(keyOf(i), ACCOUNT).increment(100);
  // What is done about them in the background comes to rest, and what it remembers goes.
  for (let now = 0; now < 60_000; now += 50) store.tend(now);
  const bytes = ((await held()) - before) / COUNTERS;
  return [figure, { name: 'bytes per account', value: bytes, unit: 'B', note: 'its name of 18 characters included' }];
}

/** Milliseconds until it is so. */
function until(mesh: VirtualMesh, holds: () => boolean): number {
  const begin = mesh.now;
  while (!holds()) {
    if (mesh.now - begin > 60_000) throw new Error('it takes more than a minute');
    step(mesh);
  }
  return mesh.now - begin;
}

function step(mesh: VirtualMesh): void {
  for (const { store } of mesh.nodes) store.tend(mesh.now);
  mesh.step();
}

function wasDone(operation: () => void): boolean {
  try {
    operation();
    return true;
  } catch {
    return false;
  }
}

function regions(): Figure[] {
  const stores = ['us', 'eu', 'ap'].map(newStore);
  const mesh = new VirtualMesh(
    stores.map((store, i) => ({ store, region: `region-${i}` })),
    { oneWayMs: ONE_WAY_MS },
  );
  for (const store of stores) store.increment('started');
  mesh.settle(2000);
  const at = (key: string, bounds: object): [Bounded, Bounded, Bounded] =>
    stores.map((store) => store.bounded(key, bounds)) as [Bounded, Bounded, Bounded];
  const trunks = at('trunk', TRUNK);
  const idle = new Set(trunks);
  const claimed = until(mesh, () => {
    for (const trunk of idle) if (wasDone(() => trunk.increment())) idle.delete(trunk);
    return idle.size === 0;
  });
  const [us, eu] = at('account', ACCOUNT);
  us.increment(1_000_000);
  until(mesh, () => eu.value() === 1_000_000);
  const lent = until(mesh, () => wasDone(() => eu.decrement(10)));
  let [done, refusedLast] = [0, 0];
  const dots = (): number => stores.reduce((sum, { dot }) => sum + dot, 0);
  const begin = dots();
  const since = mesh.now;
  for (let i = 0; i < 5000; i++) {
    if (wasDone(() => eu.decrement(10))) done++;
    else refusedLast = mesh.now - since;
    if (i % 5 === 0) step(mesh);
  }
  const words = dots() - begin - done;
  return [
    { name: 'until all of three regions can seize', value: claimed, unit: 'ms', note: '50 ms apart, of a new trunk' },
    { name: 'until what was refused can be done', value: lent, unit: 'ms' },
    {
      name: 'until nothing is refused of 500 a second',
      value: refusedLast,
      unit: 'ms',
      note: 'all rights are elsewhere',
    },
    { name: 'changes about rights in 10 seconds of it', value: words, unit: '' },
  ];
}

export const bounded: Benchmark = { run: async () => [...(await operations()), ...regions()] };
