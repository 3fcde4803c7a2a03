/**
 * What a received frame costs: decoded, checked, merged, settled, per changed cell and type; and the same for cells that the
 * receiver never heard of. CPU time of this process, so that neighbours on the machine count little; what they do to the caches
 * counts. Beside it what a program would do that keeps totals in a Map and is told of them as JSON: no merging, no removal,
 * nothing to pass on.
 */
import type { Store } from '../src/store/store.js';
import { type Benchmark, type Figure, quantile } from './figure.js';
import { keyOf } from './keys.js';
import { newStore, VirtualMesh, type VirtualNode } from './virtual-mesh.js';

const CELLS = 50_000;
const ROUNDS = 24;
/** Of the rates of the rounds: the one that a tenth of them surpass. */
const SHOWN = 0.9;

/** Changes cell `i` of the store for the time `round`. */
type Change = (store: Store, i: number, round: number) => void;

const CHANGES: Readonly<Record<string, Change>> = {
  counter: (store, i) => store.increment(keyOf(i)),
  gauge: (store, i) => store.gauge(keyOf(i)).add(1),
  register: (store, i, round) => store.register(keyOf(i)).set(`a value of 20 chars ${round}`),
  'set element': (store, i) => store.set('all').add(keyOf(i)),
  'map field': (store, i) => store.map('all').increment(keyOf(i)),
  'sorted member': (store, i) => store.sorted('all').increment(keyOf(i), i % 97),
  flag: (store, i) => store.flag(keyOf(i)).enable(),
  log: (store, i, round) => store.log(keyOf(i), { cap: 8 }).append(round),
  window: (store, i, round) => store.window(keyOf(i)).add(1, 60_000 * round),
};

/** Changes that a second of CPU time takes in, by whether the cells were known. */
function rates(change: Change): { known: number; fresh: number } {
  const fresh: number[] = [];
  const known: number[] = [];
  let mesh = linked();
  for (let round = 0; round < ROUNDS; round++) {
    // Every third round meets an empty receiver.
    const first = round % 3 === 0;
    if (first) mesh = linked();
    const [here, there] = mesh.nodes as [VirtualNode, VirtualNode];
    for (let i = 0; i < CELLS; i++) change(here.store, i, round);
    const before = there.cpuMs;
    const cells = there.cells;
    mesh.settle();
    (first ? fresh : known).push(((there.cells - cells) / (there.cpuMs - before)) * 1000);
  }
  return { known: quantile(known, SHOWN), fresh: quantile(fresh, SHOWN) };
}

function linked(): VirtualMesh {
  const mesh = new VirtualMesh(['us', 'eu'].map((region) => ({ store: newStore(region), region })));
  mesh.settle(100);
  return mesh;
}

/** Totals as JSON into a Map, per second of CPU time, best of some. */
function ofJson(): { known: number; fresh: number } {
  const known: number[] = [];
  const fresh: number[] = [];
  for (let round = 0; round < ROUNDS / 3; round++) {
    const map = new Map<string, number>();
    for (const into of [fresh, known, known]) {
      const message = JSON.stringify(Array.from({ length: CELLS }, (_, i) => [keyOf(i), map.size + round]));
      const begin = process.cpuUsage();
      for (const [key, total] of JSON.parse(message) as [string, number][]) {
        if ((map.get(key) ?? -1) < total) map.set(key, total);
      }
      const { user, system } = process.cpuUsage(begin);
      into.push((CELLS / (user + system)) * 1e6);
    }
  }
  return { known: quantile(known, SHOWN), fresh: quantile(fresh, SHOWN) };
}

async function run(): Promise<Figure[]> {
  const rival = ofJson();
  return Object.entries(CHANGES).flatMap(([name, change]) => {
    const { known, fresh } = rates(change);
    const isCounter = name === 'counter';
    return [
      {
        name: `${name}: changes applied, cells known`,
        value: known,
        unit: '/s of CPU',
        ...(isCounter && { rivals: { 'JSON into a Map': rival.known }, atLeast: 1e6 }),
      },
      {
        name: `${name}: changes applied, cells new`,
        value: fresh,
        unit: '/s of CPU',
        ...(isCounter && { rivals: { 'JSON into a Map': rival.fresh } }),
      },
    ];
  });
}

export const apply: Benchmark = { run };
