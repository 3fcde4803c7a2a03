/** The previous version as a process, beside this one: `test/previous`. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { Database } from '../../src/client/index.js';
import { Cluster } from '../../src/testing/real/cluster.js';
import { COMMAND } from '../../src/testing/real/region-process.js';
import { allLive, converged } from '../../src/testing/real/status.js';
import { aClient, atTheEnd } from './nodes.js';

const PREVIOUS = fileURLToPath(new URL('../previous/protocol-1/server.js', import.meta.url));
const REGIONS = ['a', 'b', 'c'] as const;
type Region = (typeof REGIONS)[number];

async function aCluster(name: string, command: (region: Region) => string): Promise<Cluster<Region>> {
  const cluster = await Cluster.start<Region>({
    name: `${name}-${process.pid}`,
    regions: REGIONS,
    oneWayMs: () => 2,
    command,
    died: (reason) => {
      throw reason;
    },
  });
  atTheEnd(() => cluster.stop());
  await allLive(cluster);
  return cluster;
}

/** What every region shows. */
async function everywhere<T>(cluster: Cluster<Region>, look: (db: Database) => Promise<T>): Promise<T[]> {
  await converged(cluster);
  return Promise.all(REGIONS.map(async (region) => look(await aClient(cluster.region(region).clientUrl))));
}

describe('nodes of the previous version and of this one', () => {
  it('replicate both ways, whatever there is to be replicated', async () => {
    const cluster = await aCluster('beside', (region) => (region === 'a' ? PREVIOUS : COMMAND));
    const clients = await Promise.all(REGIONS.map((region) => aClient(cluster.region(region).clientUrl)));
    const large = 'x'.repeat(100_000);
    for (const [at, db] of clients.entries()) {
      await Promise.all([
        db.counter('c').increment(at + 1, { durable: 2 }),
        db.gauge('g').set(10),
        db.set('s').add(`of ${at}`),
        db.set('s').add(`removed ${at}`),
        db.register(`r${at}`).set(large),
        db.log('l').append(at),
        db.window('w').add(1, { at: 60_000 }),
      ]);
    }
    await converged(cluster);
    for (const [at, db] of clients.entries()) await db.set('s').delete(`removed ${(at + 1) % 3}`, { durable: 2 });
    const seen = await everywhere(cluster, async (db) => ({
      counter: await db.counter('c').value(),
      gauge: await db.gauge('g').value(),
      set: (await db.set('s').values()).toSorted(),
      registers: await Promise.all(REGIONS.map(async (_, at) => (await db.register(`r${at}`).get()) === large)),
      log: (await db.log('l').last(10)).length,
      window: await db.window('w').sum(0, 120_000),
    }));
    const all = {
      counter: 6,
      gauge: 30,
      set: ['of 0', 'of 1', 'of 2'],
      registers: [true, true, true],
      log: 3,
      window: 3,
    };
    expect(seen).toEqual([all, all, all]);
  }, 60_000);

  it('take turns in a cluster that is upgraded one node at a time under writes, and nothing is lost', async () => {
    const cluster = await aCluster('rolling', () => PREVIOUS);
    const clients = await Promise.all(REGIONS.map((region) => aClient(cluster.region(region).clientUrl)));
    const over = new AbortController();
    const writes = REGIONS.map(() => 0);
    const write = async (db: Database, at: number): Promise<void> => {
      while (!over.signal.aborted) {
        await Promise.all([
          db.counter('c').increment(1),
          db.counter(`of ${at}`).increment(1),
          db.set('s').add(`${at} ${writes[at]}`),
        ]);
        writes[at] = (writes[at] as number) + 1;
      }
    };
    const writers = clients.map(write);
    const more = async (): Promise<void> => {
      const before = [...writes];
      const least = (): number => Math.min(...writes.map((n, at) => n - (before[at] as number)));
      await vi.waitFor(() => expect(least()).toBeGreaterThan(10), 20_000);
    };
    for (const region of REGIONS) {
      await more();
      const node = cluster.region(region);
      await node.stop();
      node.command = COMMAND;
      await node.start();
      await allLive(cluster);
    }
    await more();
    over.abort();
    await Promise.all(writers);
    const total = writes.reduce((sum, n) => sum + n, 0);
    const seen = await everywhere(cluster, async (db) => [
      await db.counter('c').value(),
      await db.set('s').size(),
      await Promise.all(REGIONS.map((_, at) => db.counter(`of ${at}`).value())),
    ]);
    const all = [total, total, writes];
    expect(seen).toEqual([all, all, all]);
  }, 120_000);
});
