/** A Redis that keeps nothing on disk, as a rival. Undefined, and nothing is started, without a redis-server on this machine. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { DelayedLink } from '../src/node/delayed-link.js';
import { freePort } from '../src/testing/real/free-port.js';
import { keyOf } from './keys.js';

const PIPELINED = 10_000;

interface RunningRedis {
  readonly port: number;
  readonly stop: () => void;
}

export async function startRedis(further: readonly string[] = []): Promise<RunningRedis | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await freePort(new Set());
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...further];
  const child: ChildProcess = spawn('redis-server', settings, { stdio: 'ignore' });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  return { port, stop };
}

function clientOf(port: number): Redis {
  const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
  // It tries again until the server listens.
  redis.on('error', () => undefined);
  return redis;
}

/** Raises every key by one. */
async function incrementAll(redis: Redis, keys: number): Promise<void> {
  for (let from = 0; from < keys; from += PIPELINED) {
    const pipeline = redis.pipeline();
    for (let i = from; i < Math.min(keys, from + PIPELINED); i++) pipeline.incr(keyOf(i));
    await pipeline.exec();
  }
}

/** Waits until a replica has everything that its master had when it was asked. */
async function caughtUp(replica: Redis, keys: number): Promise<void> {
  for (;;) {
    const info = await replica.info('replication').catch(() => '');
    if (info.includes('master_link_status:up') && (await replica.dbsize().catch(() => 0)) === keys) return;
    await pause(5);
  }
}

export interface Resync {
  /** From the start of the replica's process until it has everything. */
  readonly seconds: number;
  /** On the wire, per key. */
  readonly bytes: number;
}

/**
 * A replica takes over a master's counters in full, over a link: so it is when it begins, and so it is again after a cut in which
 * more was written than the master's backlog holds, a mebibyte by default.
 */
export async function fullResync(keys: number, oneWayMs: number): Promise<Resync | undefined> {
  const master = await startRedis(['--repl-diskless-sync-delay', '0', '--client-output-buffer-limit', 'replica 0 0 0']);
  if (master === undefined) return undefined;
  const writer = clientOf(master.port);
  await incrementAll(writer, keys);
  const link = new DelayedLink({ oneWayMs });
  const door = await link.door(master.port);
  const begin = performance.now();
  const replica = await startRedis(['--replicaof', '127.0.0.1', `${door}`, '--repl-diskless-load', 'swapdb']);
  const reader = clientOf(replica?.port ?? 0);
  await caughtUp(reader, keys);
  const seconds = (performance.now() - begin) / 1000;
  const bytes = link.status().carriedBytes / keys;
  reader.disconnect();
  writer.disconnect();
  replica?.stop();
  master.stop();
  await link.close();
  return { seconds, bytes };
}
