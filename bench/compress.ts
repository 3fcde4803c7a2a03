/**
 * What compressing messages between regions costs and saves: real messages (frames of some changes, chunks of a transfer) through
 * each codec that Node 20 has. src/node/compression.ts is set by these figures.
 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Store } from '../src/store/store.js';
import { type Benchmark, type Figure, quantile } from './figure.js';
import { keyOf, randomNumbers } from './keys.js';
import { newStore, VirtualMesh, type VirtualNode } from './virtual-mesh.js';

/** Enough for some chunks of 24 kB. */
const MANY = 40_000;
const PASSES = 5;

type Change = (store: Store, i: number) => void;

const CHANGES: Readonly<Record<string, Change>> = {
  counters: (store, i) => store.counter(keyOf(i)).increment(1 + (i % 7)),
  'registers of JSON': (store, i) =>
    store
      .register(keyOf(i))
      .set({ agent: `agent-${i % 97}`, state: i % 3 === 0 ? 'busy' : 'free', since: 1e12 + i * 977 }),
  'elements of a set': (store, i) => store.set('all').add(keyOf(i)),
};

/** Settings of zlib: deflate of a level, with small tables, and brotli at its fastest. */
interface Codec {
  readonly pack: (bytes: Uint8Array) => Uint8Array;
  readonly unpack: (bytes: Uint8Array) => Uint8Array;
  readonly later?: (bytes: Uint8Array) => Promise<Uint8Array>;
}

const deflateLater = promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.deflateRaw);

function deflate(options: zlib.ZlibOptions): Codec {
  return {
    pack: (bytes) => zlib.deflateRawSync(bytes, options),
    unpack: (bytes) => zlib.inflateRawSync(bytes),
    later: (bytes) => deflateLater(bytes, options),
  };
}

const QUALITY = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } };

const CODECS: Readonly<Record<string, Codec>> = {
  'deflate 1': deflate({ level: 1 }),
  'deflate 3': deflate({ level: 3 }),
  'deflate 6': deflate({ level: 6 }),
  'brotli 1': {
    pack: (bytes) => zlib.brotliCompressSync(bytes, QUALITY),
    unpack: (bytes) => zlib.brotliDecompressSync(bytes),
  },
};

/** The largest messages that one node sends another after `count` keys changed, those asked for at random among `MANY`. */
function messages(change: Change, count: number): Uint8Array[] {
  const mesh = new VirtualMesh(['us', 'eu'].map((region) => ({ store: newStore(region), region })));
  mesh.settle(100);
  const [here, there] = mesh.nodes as [VirtualNode, VirtualNode];
  const sent: Uint8Array[] = [];
  const { replicator } = there;
  const receive = replicator.receive.bind(replicator);
  replicator.receive = (link, bytes, now) => {
    sent.push(bytes.slice());
    receive(link, bytes, now);
  };
  for (const i of count < MANY ? randomNumbers(count, MANY) : Array.from({ length: count }, (_, n) => n))
    change(here.store, i);
  mesh.settle();
  const largest = Math.max(...sent.map(({ length }) => length));
  return sent.filter(({ length }) => length > largest / 2).slice(0, 40);
}

/** Megabytes of plain bytes per second of this process, the best pass. */
function speed(passes: readonly number[], bytes: number): number {
  return bytes / 1e3 / quantile(passes, 0);
}

async function timed(work: () => unknown): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function measure(name: string, plain: readonly Uint8Array[], codec: Codec): Promise<Figure[]> {
  // Short messages are repeated until there is something to measure.
  const times = Math.ceil(500_000 / plain.reduce((sum, { length }) => sum + length, 0));
  const all = Array.from({ length: times }, () => plain).flat();
  const bytes = all.reduce((sum, { length }) => sum + length, 0);
  const packed = all.map(codec.pack);
  const [packing, unpacking, later]: [number[], number[], number[]] = [[], [], []];
  for (let pass = 0; pass < PASSES; pass++) {
    packing.push(await timed(() => all.forEach(codec.pack)));
    unpacking.push(await timed(() => packed.forEach(codec.unpack)));
    const { later: one } = codec;
    if (one === undefined) continue;
    later.push(
      await timed(async () => {
        for (const message of all) await one(message);
      }),
    );
  }
  const ratio = bytes / packed.reduce((sum, { length }) => sum + length, 0);
  const figures: Figure[] = [
    { name: `${name}: smaller by`, value: ratio, unit: '×' },
    { name: `${name}: compressed`, value: speed(packing, bytes), unit: 'MB/s' },
    { name: `${name}: decompressed`, value: speed(unpacking, bytes), unit: 'MB/s' },
  ];
  if (later.length > 0)
    figures.push({ name: `${name}: compressed in the thread pool`, value: speed(later, bytes), unit: 'MB/s' });
  return figures;
}

async function run(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [what, change] of Object.entries(CHANGES)) {
    for (const count of [5, 20, 100, 1000, MANY]) {
      const plain = messages(change, count);
      const bytes = Math.round(plain.reduce((sum, { length }) => sum + length, 0) / plain.length);
      for (const [name, codec] of Object.entries(CODECS))
        figures.push(...(await measure(`${what}, ${bytes} B, ${name}`, plain, codec)));
    }
  }
  return figures;
}

export const compress: Benchmark = { run };
