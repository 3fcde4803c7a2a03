/**
 * How long after a write another region shows it, beyond the distance: two regions 40 ms apart, 50,000 increments a second
 * through one client of the first, and a subscriber of the second that is told of a probe written among them. The time is that
 * between the client's call and the subscriber's callback, both in this process: it includes both client connections.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'merganser/client';
import { Cluster } from '../src/testing/real/cluster.js';
import { allLive } from '../src/testing/real/status.js';
import { type Benchmark, type Figure, quantile } from './figure.js';
import { keyOf } from './keys.js';

const ONE_WAY_MS = 40;
const PER_SECOND = 50_000;
const WARM_UP_MS = 1_000;
const MEASURED_MS = 8_000;
const PROBE_EVERY_MS = 15;

async function run(): Promise<Figure[]> {
  const cluster = await Cluster.start({
    name: 'bench',
    regions: ['us', 'eu'],
    oneWayMs: () => ONE_WAY_MS,
    died: (reason) => {
      console.error(reason.message);
      process.exit(1);
    },
  });
  await allLive(cluster);
  const here = await connect(cluster.region('us').clientUrl);
  const there = await connect(cluster.region('eu').clientUrl);

  const calledAt: number[] = [];
  const took: number[] = [];
  let seen = 0;
  const probe = here.register<number>('probe');
  there.register<number>('probe').subscribe((n) => {
    if (n === undefined) return;
    // A value that was overtaken by the next one was seen no later than that.
    for (; seen <= n; seen++) took.push(performance.now() - (calledAt[seen] as number));
  });

  const counters = Array.from({ length: 1_000 }, (_, i) => here.counter(keyOf(i)));
  const failed = (error: unknown): never => {
    throw error;
  };
  const begin = performance.now();
  let written = 0;
  let nextProbe = begin + WARM_UP_MS;
  while (performance.now() < begin + WARM_UP_MS + MEASURED_MS) {
    const due = Math.floor(((performance.now() - begin) / 1000) * PER_SECOND);
    for (; written < due; written++) counters[written % 1_000]?.increment().catch(failed);
    if (performance.now() >= nextProbe) {
      nextProbe = performance.now() + PROBE_EVERY_MS * (0.5 + Math.random());
      calledAt.push(performance.now());
      probe.set(calledAt.length - 1).catch(failed);
    }
    await pause(1);
  }
  const perSecond = written / ((performance.now() - begin) / 1000);
  await pause(10 * ONE_WAY_MS);
  await here.close();
  await there.close();
  await cluster.stop();
  const beyond = took.map((ms) => ms - ONE_WAY_MS);
  const note = `${took.length} of ${calledAt.length} probes seen, ${Math.round(perSecond)} writes/s`;
  return [
    { name: 'visible in another region, beyond one-way delay: p50', value: quantile(beyond, 0.5), unit: 'ms', note },
    {
      name: 'visible in another region, beyond one-way delay: p99',
      value: quantile(beyond, 0.99),
      unit: 'ms',
      atMost: 10,
    },
  ];
}

export const latency: Benchmark = { run };
