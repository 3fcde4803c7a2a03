/**
 * How often a change crosses a mesh: eight real nodes, first in eight regions, then two each in four, all of them writing all
 * the time, each its own keys, none of them so often that two changes would share a cell of a frame. If every node passed on
 * everything, a change would cross each link of a mesh of eight about six times; in theory once to each region is enough.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { HEARTBEAT } from '../src/sync/message.js';
import { type Benchmark, type Figure, median } from './figure.js';
import { keyOf } from './keys.js';
import { until } from './peer.js';
import { converged, type Counted, type RealMesh, startMesh } from './real-mesh.js';

const NODES = 8;
const ONE_WAY_MS = 30;
/** By each node. */
const PER_SECOND = 200;
const WARM_UP_MS = 5_000;
/** A node that stood still is sent things twice for a while: the median of some windows does not see that, their mean does. */
const WINDOWS = 8;
const WINDOW_MS = 1_500;
/** Of a node's own: they come round again long after a frame has left. */
const KEYS = 2_000;
const IDLE_MS = 8_000;

/** Writes for so long; returns how many changes each node made. */
async function write({ nodes }: RealMesh, ms: number): Promise<number> {
  const begin = performance.now();
  let done = 0;
  while (performance.now() < begin + ms) {
    const due = Math.floor(((performance.now() - begin) / 1000) * PER_SECOND);
    for (; done < due; done++) {
      for (const { store, name } of nodes) store.increment(`${name}:${keyOf(done % KEYS)}`);
    }
    await pause(2);
  }
  return done;
}

interface Crossed {
  /** Cells that a node applied, per change that another node made. */
  readonly perNode: number;
  /** Cells that came from other regions, per change made there and receiving region. */
  readonly perRegion: number;
}

interface Seen extends Crossed {
  /** The same over the whole time. */
  readonly mean: number;
  readonly stallMs: number;
  /** Bytes of heartbeats, and of everything else, per second and link, when nobody writes. */
  readonly beating: number;
  readonly beyond: number;
}

/** @param each changes that each node made */
function crossings(mesh: RealMesh, { cells }: Counted, each: number): Crossed {
  const regions = new Set(mesh.nodes.map(({ region }) => region)).size;
  let [all, far] = [0, 0];
  for (const [way, n] of cells) {
    const [from, to] = way.split(' ');
    all += n;
    if (from !== to) far += n;
  }
  return { perNode: all / (each * NODES * (NODES - 1)), perRegion: far / (each * NODES * (regions - 1)) };
}

async function observe(regions: readonly string[]): Promise<Seen> {
  const mesh = await startMesh(regions, ONE_WAY_MS);
  await write(mesh, WARM_UP_MS);
  await until(() => converged(mesh));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const windows: Crossed[] = [];
  for (let i = 0; i < WINDOWS; i++) {
    const counted = mesh.count();
    const each = await write(mesh, WINDOW_MS);
    await until(() => converged(mesh));
    windows.push(crossings(mesh, counted, each));
  }
  delay.disable();
  // What is still to be acknowledged is.
  await pause(1_000);
  const { kinds } = mesh.count();
  const quiet = performance.now();
  await pause(IDLE_MS);
  const links = (NODES * (NODES - 1)) / 2;
  const perSecond = (bytes: number): number => (bytes / links / (performance.now() - quiet)) * 1000;
  const beats = kinds.get(HEARTBEAT) ?? 0;
  const said = [...kinds.values()].reduce((sum, n) => sum + n, 0);
  await mesh.close();
  return {
    perNode: median(windows.map(({ perNode }) => perNode)),
    perRegion: median(windows.map(({ perRegion }) => perRegion)),
    mean: windows.reduce((sum, { perRegion }) => sum + perRegion, 0) / WINDOWS,
    stallMs: delay.max / 1e6,
    beating: perSecond(beats),
    beyond: perSecond(said - beats),
  };
}

async function run(): Promise<Figure[]> {
  const eight = await observe(Array.from({ length: NODES }, (_, i) => `r${i}`));
  const four = await observe(Array.from({ length: NODES }, (_, i) => `r${i % 4}`));
  return [...told('eight regions of one node', eight), ...told('four regions of two nodes', four)];
}

function told(what: string, { perNode, perRegion, mean, stallMs, beating, beyond }: Seen): Figure[] {
  const note = `in theory 1; in the mean ${mean.toFixed(2)}, while the process stood still for up to ${stallMs.toFixed(0)} ms`;
  return [
    { name: `${what}: crossings per change and region`, value: perRegion, unit: '×', atMost: 1.1, note },
    { name: `${what}: applied per change and node`, value: perNode, unit: '×', atMost: 1.1, note: 'in theory 1' },
    { name: `${what}: heartbeats per idle link, both ways`, value: beating, unit: 'B/s', atMost: 100 },
    { name: `${what}: everything else on an idle link`, value: beyond, unit: 'B/s', atMost: 0 },
  ];
}

export const mesh: Benchmark = { run };
