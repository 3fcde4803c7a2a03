/**
 * What replication costs as a cluster grows: 2 to 20 regions, and ten thousand to a million keys (ten million with `--large`).
 * The real core under a time that is counted (virtual-mesh.ts): bytes, crossings and memory are exact, lag is the protocol's own,
 * without what a busy machine adds. CPU is that of all replicators, without sockets and without the writing: the CPU time of the
 * process (other processes do not count) over intervals of equally many deliveries, each long enough that a garbage collection more
 * or less does not show, and of these the median. Every region writes all the time. The figures are drawn into docs/figures, each
 * beside what theory says.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Benchmark, type Figure, median, quantile } from './figure.js';
import { keyOf, randomNumbers } from './keys.js';
import { type Axis, plot, type Point } from './plot.js';
import { newStore, VirtualMesh, type VirtualNode } from './virtual-mesh.js';

const FIGURES = fileURLToPath(new URL('../docs/figures', import.meta.url));
const REGIONS = [2, 3, 4, 6, 8, 12, 16, 20];
const SIZES = [10_000, 100_000, 1_000_000, ...(process.argv.includes('--large') ? [10_000_000] : [])];
const ONE_WAY_MS = 40;
const FLUSH_MS = 8;
/** Keys while the number of regions varies. */
const KEYS = 5_000;
/** Enough that what memory is taken in advance does not show. */
const MEMORY_KEYS = 200_000;
/** Changes that each region makes between two frames: 2,500 a second. */
const CHANGES = 20;
/** In one interval, of changes to regions: some tenths of a second of CPU time. Before the first one, as many warm up. */
const DELIVERIES = 200_000;
const LEAST_STEPS = 20;
const INTERVALS = 7;
/** What is filled before the links have carried it. */
const FILL = 20_000;

interface Cost {
  readonly x: number;
  /** Per change and receiving region. */
  readonly bytes: number;
  readonly crossings: number;
  readonly cpuMicros: number;
  readonly memory: number;
  readonly lagMs: number;
  /** Per key, when a region hears of it for the first time. */
  readonly firstBytes: number;
}

function sum(nodes: readonly VirtualNode[], of: (node: VirtualNode) => number): number {
  return nodes.reduce((total, node) => total + of(node), 0);
}

function received({ receivedBytes }: VirtualNode): number {
  return [...receivedBytes.values()].reduce((total, bytes) => total + bytes, 0);
}

/** Every region has every key. Bytes per key that crossed. */
function fill(mesh: VirtualMesh, keys: number): number {
  const [first] = mesh.nodes as [VirtualNode];
  const before = sum(mesh.nodes, received);
  for (let i = 0; i < keys; i++) {
    first.store.increment(keyOf(i));
    if (i % FILL === FILL - 1) mesh.step();
  }
  mesh.settle();
  return (sum(mesh.nodes, received) - before) / keys / (mesh.nodes.length - 1);
}

/** Every region changes keys of its own choice all the time. Returns how many changes there were. */
function steady(mesh: VirtualMesh, numbers: Int32Array, written?: () => void): number {
  const { nodes } = mesh;
  let done = 0;
  while (done < numbers.length) {
    for (const { store } of nodes) for (let i = 0; i < CHANGES; i++) store.increment(keyOf(numbers[done++] as number));
    written?.();
    mesh.step();
  }
  return done;
}

/** Milliseconds after which everybody has what the first region wrote, step by step. */
class Lag {
  readonly took: number[] = [];
  readonly #mesh: VirtualMesh;
  #open: { readonly dot: number; readonly at: number }[] = [];

  constructor(mesh: VirtualMesh) {
    this.#mesh = mesh;
  }

  note(): void {
    const [first] = this.#mesh.nodes as [VirtualNode];
    this.look();
    this.#open.push({ dot: first.store.dot, at: this.#mesh.now });
  }

  look(): void {
    const [first, ...others] = this.#mesh.nodes as [VirtualNode, ...VirtualNode[]];
    const { node, incarnation } = first.store.replica;
    const least = Math.min(
      ...others.map(({ store: { replica } }) => replica.vv.get(replica.actors.intern(node, incarnation))),
    );
    while (this.#open[0] !== undefined && this.#open[0].dot <= least) {
      this.took.push(this.#mesh.now - (this.#open.shift() as { at: number }).at);
    }
  }
}

/** Bytes per key of one store, by how many regions have written every key. */
function memoryByRegions(most: number, keys: number): number[] {
  const store = newStore('node-0');
  const perKey: number[] = [];
  for (let regions = 1; regions <= most; regions++) {
    const writer = regions === 1 ? store : newStore(`node-${regions}`);
    for (let i = 0; i < keys; i++) writer.increment(keyOf(i));
    if (writer !== store) {
      const mesh = new VirtualMesh([writer, store].map((one, i) => ({ store: one, region: `region-${i}` })));
      mesh.settle(100);
      mesh.close();
    }
    perKey[regions] = store.bytes / keys;
  }
  return perKey;
}

function measure(x: number, regions: number, keys: number): Cost {
  const stores = Array.from({ length: regions }, (_, i) => ({ store: newStore(`node-${i}`), region: `region-${i}` }));
  const mesh = new VirtualMesh(stores, { oneWayMs: ONE_WAY_MS, flushMs: FLUSH_MS });
  mesh.settle(500);
  const firstBytes = fill(mesh, keys);
  const steps = Math.max(LEAST_STEPS, Math.ceil(DELIVERIES / (CHANGES * regions * (regions - 1))));
  const inAll = CHANGES * regions * steps;
  const numbers = randomNumbers(inAll * (1 + INTERVALS), keys);
  steady(mesh, numbers.subarray(0, inAll));
  mesh.settle();
  const { nodes } = mesh;
  const before = { bytes: sum(nodes, received), cells: sum(nodes, ({ cells }) => cells) };
  const lag = new Lag(mesh);
  const cpuMicros: number[] = [];
  for (let i = 1; i <= INTERVALS; i++) {
    globalThis.gc?.();
    const began = cpu(nodes);
    const changes = steady(mesh, numbers.subarray(inAll * i, inAll * (i + 1)), () => lag.note());
    cpuMicros.push(((cpu(nodes) - began) / (changes * (regions - 1))) * 1000);
  }
  while (!mesh.quiet) {
    mesh.step();
    lag.look();
  }
  const deliveries = INTERVALS * inAll * (regions - 1);
  return {
    x,
    bytes: (sum(nodes, received) - before.bytes) / deliveries,
    crossings: (sum(nodes, ({ cells }) => cells) - before.cells) / deliveries,
    cpuMicros: median(cpuMicros),
    memory: (nodes[0] as VirtualNode).store.bytes / keys,
    lagMs: quantile(lag.took, 0.99),
    firstBytes,
  };
}

function cpu(nodes: readonly VirtualNode[]): number {
  return sum(nodes, ({ cpuMs }) => cpuMs);
}

function points(costs: readonly Cost[], of: (cost: Cost) => number): Point[] {
  return costs.map((cost) => [cost.x, of(cost)]);
}

/** The same panels over the number of regions or of keys. */
function draw(name: string, x: Axis, costs: readonly Cost[], slots: (x: number) => number): void {
  const [least] = costs as [Cost];
  const panel = (
    title: string,
    label: string,
    of: (cost: Cost) => number,
    expected: (x: number) => number,
    claim: string,
  ) => ({
    title,
    x,
    y: { label },
    measured: points(costs, of),
    theory: costs.map((cost): Point => [cost.x, expected(cost.x)]),
    claim,
  });
  const svg = plot([
    panel(
      'Bytes',
      'bytes per change and region',
      ({ bytes }) => bytes,
      () => least.bytes,
      'each change crosses once',
    ),
    panel(
      'CPU',
      'µs per change and region',
      ({ cpuMicros }) => cpuMicros,
      () => least.cpuMicros,
      'constant',
    ),
    panel(
      'Memory',
      'bytes per key',
      ({ memory }) => memory,
      (at) => 64 + 12 + 20 * (slots(at) - 1),
      '76 + 20 per further region',
    ),
    panel(
      'Lag, 99th percentile',
      'ms until everybody has it',
      ({ lagMs }) => lagMs,
      () => ONE_WAY_MS + FLUSH_MS,
      'one way + flush',
    ),
  ]);
  mkdirSync(FIGURES, { recursive: true });
  writeFileSync(`${FIGURES}/${name}.svg`, svg);
}

function figures(costs: readonly Cost[], unit: string): Figure[] {
  const [least] = costs as [Cost];
  return costs.flatMap(({ x, bytes, crossings, cpuMicros, memory, lagMs, firstBytes }) => [
    { name: `${x} ${unit}: bytes per change and region`, value: bytes, unit: 'B', rivals: { fewest: least.bytes } },
    { name: `${x} ${unit}: crossings per change and region`, value: crossings, unit: '', atMost: 1.1 },
    {
      name: `${x} ${unit}: CPU per change and region`,
      value: cpuMicros,
      unit: 'µs',
      rivals: { fewest: least.cpuMicros },
    },
    { name: `${x} ${unit}: memory per key`, value: memory, unit: 'B' },
    { name: `${x} ${unit}: lag, p99`, value: lagMs, unit: 'ms', atMost: ONE_WAY_MS + 2 * FLUSH_MS },
    { name: `${x} ${unit}: a key that is new to a region`, value: firstBytes, unit: 'B' },
  ]);
}

async function run(): Promise<Figure[]> {
  // The first time is the compiler's.
  measure(0, 3, KEYS);
  const memory = memoryByRegions(Math.max(...REGIONS), MEMORY_KEYS);
  const byRegions = REGIONS.map((regions) => ({
    ...measure(regions, regions, KEYS),
    memory: memory[regions] as number,
  }));
  const byKeys = SIZES.map((keys) => measure(keys, 2, keys));
  draw('cost-by-regions', { label: 'regions', ticks: REGIONS }, byRegions, (regions) => regions);
  draw('cost-by-keys', { label: 'keys', log: true }, byKeys, () => 1);
  return [...figures(byRegions, 'regions'), ...figures(byKeys, 'keys')];
}

export const cost: Benchmark = { run };
