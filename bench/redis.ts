/** A Redis that keeps nothing on disk, as a rival. Undefined, and nothing is started, without a redis-server on this machine. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../src/testing/real/free-port.js';

const PIPELINED = 10_000;

export interface RunningRedis {
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

export function clientOf(port: number): Redis {
  const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
  // It tries again until the server listens.
  redis.on('error', () => undefined);
  return redis;
}

/** Raises every key by one. */
export async function incrementAll(redis: Redis, keys: number, keyOf: (i: number) => string): Promise<void> {
  for (let from = 0; from < keys; from += PIPELINED) {
    const pipeline = redis.pipeline();
    for (let i = from; i < Math.min(keys, from + PIPELINED); i++) pipeline.incr(keyOf(i));
    await pipeline.exec();
  }
}

/** Waits until a replica has everything that its master had when it was asked. */
export async function caughtUp(replica: Redis, keys: number): Promise<void> {
  for (;;) {
    const info = await replica.info('replication').catch(() => '');
    if (info.includes('master_link_status:up') && (await replica.dbsize().catch(() => 0)) === keys) return;
    await pause(5);
  }
}
