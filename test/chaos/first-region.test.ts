/** The first region is told to join nobody, as where one node is started and others join it, and dies again and again. */
import { expect, it, vi } from 'vitest';
import { type Database, MerganserError } from '../../src/client/index.js';
import type { NodeStatus } from '../../src/node/index.js';
import { Cluster } from '../../src/testing/real/cluster.js';
import { converged } from '../../src/testing/real/status.js';
import { aClient, atTheEnd } from '../node/nodes.js';

const REGIONS = ['us', 'eu', 'ap'] as const;
const CIRCUITS = 480;
const ROUNDS = 3;
const PATIENT = { timeout: 20_000 };

class Trunk {
  readonly #key: string;
  seized = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** Its rights are given out. */
  async open(db: Database): Promise<void> {
    await db.bounded(this.#key, { max: CIRCUITS }).increment(1, { timeoutMs: 20_000 });
    this.seized += 1;
  }

  /** Clients seize what they are given, until they are told to stop. */
  async take(db: Database, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) await Promise.all([7, 3, 1].map((n) => this.#seize(db, n)));
  }

  async #seize(db: Database, n: number): Promise<void> {
    try {
      await db.bounded(this.#key, { max: CIRCUITS }).increment(n, { timeoutMs: 20 });
      this.seized += n;
    } catch (error) {
      if (!(error instanceof MerganserError) || error.code !== 'INSUFFICIENT_RIGHTS') throw error;
    }
  }
}

it('a trunk is never sold twice, though the region that was told of nobody is killed while clients take from it', async () => {
  const cluster = await Cluster.start({
    name: `first-${process.pid}`,
    regions: REGIONS,
    oneWayMs: () => 5,
    joins: (region) => REGIONS.slice(0, REGIONS.indexOf(region)),
    died: (reason) => {
      throw reason;
    },
  });
  atTheEnd(() => cluster.stop());
  const statusOf = async (region: (typeof REGIONS)[number]): Promise<NodeStatus> =>
    (await (await fetch(`${cluster.region(region).url}/status`)).json()) as NodeStatus;
  const clients = await Promise.all(
    REGIONS.map((region) => aClient(cluster.region(region).clientUrl, { connectTimeout: 20_000 })),
  );
  const us = cluster.region('us');
  for (let round = 0; round < ROUNDS; round++) {
    const trunk = new Trunk(`trunk ${round}`);
    const stop = new AbortController();
    await trunk.open(clients[0] as Database);
    const taking = clients.map((db) => trunk.take(db, stop.signal));
    await vi.waitFor(() => expect(trunk.seized).toBeGreaterThan(40 * (round + 1)), PATIENT);
    await us.kill();
    // Whoever dials it does so ever more seldom; a client is there at once.
    for (const region of ['eu', 'ap'] as const)
      await vi.waitFor(async () => expect((await statusOf(region)).seeds[0]?.failures).toBeGreaterThan(5), PATIENT);
    us.spawn();
    const newcomer = await aClient(us.clientUrl, { connectTimeout: 20_000 });
    taking.push(trunk.take(newcomer, stop.signal));
    await vi.waitFor(async () => expect(await statusOf('us')).toMatchObject({ complete: true }), PATIENT);
    await vi.waitFor(async () => expect(await newcomer.bounded(`trunk ${round}`).value()).toBeGreaterThan(40), PATIENT);
    stop.abort();
    await Promise.all(taking);
    await converged(cluster);
    const shown = await Promise.all(clients.map((db) => db.bounded(`trunk ${round}`).value()));
    expect(trunk.seized).toBeLessThanOrEqual(CIRCUITS);
    for (const value of shown) expect(value).toBeLessThanOrEqual(CIRCUITS);
  }
}, 120_000);
