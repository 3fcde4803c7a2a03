/**
 * Increments per second through one client connection: the SDK and a server, beside ioredis and a Redis that keeps nothing on
 * disk, and redis-benchmark, which is written in C, as Redis's own figure. Without a redis-server the rivals are left out.
 */
import { execFileSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { connect } from 'merganser/client';
import { type Benchmark, type Figure, median } from './figure.js';
import { keyOf } from './keys.js';
import { startRegion } from './peer.js';
import { startRedis } from './redis.js';

const KEYS = 1_000;
const ROUNDS = 9;
/** Operations that are under way together. */
const DEPTHS = [1, 16, 64, 1_000];

type Increment = (i: number) => Promise<unknown>;

/** Median increments per second with `depth` of them under way. */
async function perSecond(increment: Increment, depth: number): Promise<number> {
  const count = depth === 1 ? 3_000 : 60_000;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < count; i += depth) {
      const group: Promise<unknown>[] = [];
      for (let j = 0; j < depth; j++) group.push(increment((i + j) % KEYS));
      await Promise.all(group);
    }
    rates.push((count / (performance.now() - begin)) * 1000);
  }
  return median(rates.slice(2));
}

/** INCR over 1,000 random keys by redis-benchmark, one connection. */
function redisBenchmark(port: number, depth: number): number {
  const count = depth === 1 ? 30_000 : 300_000;
  const words = [
    '-p',
    `${port}`,
    '-c',
    '1',
    '-P',
    `${depth}`,
    '-n',
    `${count}`,
    '-r',
    `${KEYS}`,
    '-t',
    'incr',
    '--csv',
  ];
  const csv = execFileSync('redis-benchmark', words, { encoding: 'utf8' });
  return Number(/"INCR","([\d.]+)"/.exec(csv)?.[1]);
}

async function ofRedis(): Promise<Map<number, Record<string, number>> | undefined> {
  const running = await startRedis();
  if (running === undefined) return undefined;
  const redis = new Redis(running.port, '127.0.0.1', { enableAutoPipelining: true });
  // It tries again until the server listens.
  redis.on('error', () => undefined);
  await redis.ping();
  const figures = new Map<number, Record<string, number>>();
  const names = Array.from({ length: KEYS }, (_, i) => keyOf(i));
  for (const depth of DEPTHS) {
    const ioredis = await perSecond((i) => redis.incr(names[i] as string), depth);
    figures.set(depth, { ioredis, 'redis-benchmark': redisBenchmark(running.port, depth) });
  }
  redis.disconnect();
  running.stop();
  return figures;
}

async function run(): Promise<Figure[]> {
  const region = await startRegion('us');
  const db = await connect(region.clientUrl);
  const counters = Array.from({ length: KEYS }, (_, i) => db.counter(keyOf(i)));
  const ours = new Map<number, number>();
  for (const depth of DEPTHS) {
    ours.set(depth, await perSecond((i) => (counters[i] as (typeof counters)[0]).increment(), depth));
  }
  await db.close();
  await region.stop();
  const rivals = await ofRedis();
  return DEPTHS.map((depth) => ({
    name: `increments through one connection, ${depth} under way`,
    value: ours.get(depth) as number,
    unit: '/s',
    ...(rivals === undefined ? { note: 'no redis-server here to compare with' } : { rivals: rivals.get(depth) ?? {} }),
  }));
}

export const server: Benchmark = { run };
