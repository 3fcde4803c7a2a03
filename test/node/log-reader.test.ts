/** Whoever follows a log is given each entry once, though its connection is lost and goes on at another node. */
import { describe, expect, it, vi } from 'vitest';
import type { Database, LogPage } from '../../src/client/index.js';
import { Cluster } from '../../src/testing/real/cluster.js';
import { allLive, converged } from '../../src/testing/real/status.js';
import { Wire } from '../client/wire.js';
import { aClient, aCluster, atTheEnd, urlOf } from './nodes.js';

interface Followed {
  readonly values: string[];
  readonly pages: LogPage<string>[];
  end(): void;
}

function follow(db: Database, cursor?: string): Followed {
  const values: string[] = [];
  const pages: LogPage<string>[] = [];
  const end = db.log<string>('calls', { cap: 1000 }).subscribeSince((page) => {
    pages.push(page);
    values.push(...page.entries.map(({ value }) => value));
  }, cursor);
  return { values, pages, end };
}

describe('a reader of a log', () => {
  it('is given what was there, then what comes, in its order, until it has enough', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const log = us!.store.log('calls', { cap: 1000 });
    log.append('a');
    const reader = follow(await aClient(urlOf(us!)));
    await vi.waitFor(() => expect(reader.values).toEqual(['a']));
    log.append('b', { at: 1 });
    await vi.waitFor(() => expect(reader.values).toEqual(['a', 'b']));
    eu!.store.log('calls').append('late', { at: 0 });
    await vi.waitFor(() => expect(reader.values).toEqual(['a', 'b', 'late']));
    reader.end();
    log.append('unread');
    const rest = follow(await aClient(urlOf(eu!)), reader.pages.at(-1)?.cursor);
    await vi.waitFor(() => expect(rest.values).toEqual(['unread']));
    expect(reader.values).toEqual(['a', 'b', 'late']);
  });

  it('goes on where it was when the connection is lost, and is told what was cut meanwhile', async () => {
    const [us] = await aCluster('us');
    const log = us!.store.log('calls', { cap: 3 });
    const wire = await Wire.to(urlOf(us!));
    const reader = follow(await aClient(wire.url));
    log.append('a');
    await vi.waitFor(() => expect(reader.values).toEqual(['a']));
    wire.refusing = true;
    wire.cut();
    for (const value of ['b', 'c', 'd', 'e']) log.append(value);
    wire.refusing = false;
    await vi.waitFor(() => expect(reader.values).toEqual(['a', 'c', 'd', 'e']));
    expect(reader.pages.map(({ missed }) => missed)).toEqual([false, true]);
  });

  it('is refused with a cursor that is none', async () => {
    const [us] = await aCluster('us');
    const db = await aClient(urlOf(us!));
    await expect(db.log('calls').since('nonsense')).rejects.toMatchObject({ code: 'BAD_CURSOR' });
  });

  it('of processes moves to another region when its own is killed', async () => {
    const cluster = await Cluster.start({
      name: `reader-${process.pid}`,
      regions: ['a', 'b'] as const,
      oneWayMs: () => 2,
      died: (reason) => {
        throw reason;
      },
    });
    atTheEnd(() => cluster.stop());
    await allLive(cluster);
    const urls = { a: cluster.region('a').clientUrl, b: cluster.region('b').clientUrl };
    const there = (await aClient(urls.b)).log<string>('calls', { cap: 1000 });
    const here = (await aClient(urls.a)).log<string>('calls', { cap: 1000 });
    const reader = follow(await aClient([urls.a, urls.b]));
    const all: string[] = [];
    const append = async (log: typeof here, durable: number): Promise<void> => {
      const values = Array.from({ length: 50 }, (_, i) => `${all.length + i}`);
      all.push(...values);
      await Promise.all(values.map((value) => log.append(value, { durable })));
    };
    await Promise.all([append(here, 1), append(there, 1)]);
    await vi.waitFor(() => expect(reader.values.length).toBeGreaterThan(50), 20_000);
    await cluster.region('a').kill();
    await append(there, 0);
    await vi.waitFor(() => expect(reader.values.length).toBe(150), 20_000);
    await cluster.region('a').start();
    await allLive(cluster);
    await append(here, 1);
    await converged(cluster);
    await vi.waitFor(() => expect(reader.values.length).toBe(200), 20_000);
    expect(reader.values.toSorted()).toEqual(all.toSorted());
    expect(reader.pages.some(({ missed }) => missed)).toBe(false);
  }, 60_000);
});
