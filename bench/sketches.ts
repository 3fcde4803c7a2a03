/**
 * Sketches: what an operation and a query cost, beside a Set, a sorted array and a Map that know everything
 * exactly and replicate nothing.
 */
import { Store } from 'merganser';
import type { Benchmark, Figure } from './figure.js';
import { median } from './figure.js';
import { randomNumbers } from './keys.js';

const MANY = 1_000_000;
const ROUNDS = 20;
const READS = 200;
/** So many new elements change some register. */
const NEW = 200;
const CALLERS = 300_000;
const AGENTS = 5_000;

/** Millions of operations a second: the median of the rounds, each of which does its part of MANY. */
function rate(work: (i: number) => void): number {
  const rates: number[] = [];
  const part = MANY / ROUNDS;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = round * part; i < (round + 1) * part; i++) work(i);
    rates.push(part / (performance.now() - begin) / 1000);
  }
  return median(rates);
}

/** Microseconds. `before`: whatever makes the answer a new one. */
function cost(before: (i: number) => void, read: () => unknown): number {
  const times: number[] = [];
  for (let i = 0; i < READS; i++) {
    before(i);
    const begin = performance.now();
    read();
    times.push((performance.now() - begin) * 1000);
  }
  return median(times);
}

export const sketches: Benchmark = {
  run: () => {
    const store = new Store({ node: 'bench', incarnation: 1, clock: Date.now });
    const callers = Array.from(randomNumbers(MANY, CALLERS), (n) => `+44 20 ${n}`);
    const waits = Array.from(randomNumbers(MANY, 3_600_000), (n) => n / 1000);
    const agents = Array.from(randomNumbers(MANY, AGENTS), (n) => `agent ${Math.floor((n * n) / AGENTS)}`);
    const [unique, quantiles, top] = [store.unique('callers'), store.quantiles('waits'), store.top('agents')];
    const exact = { set: new Set<string>(), waits: [] as number[], counts: new Map<string, number>() };
    const figures: Figure[] = [
      {
        name: 'unique: adds, 300,000 different ones',
        value: rate((i) => unique.add(callers[i] as string)),
        unit: 'M/s',
        rivals: { Set: rate((i) => exact.set.add(callers[i] as string)) },
      },
      {
        name: 'unique: a count after a change',
        value: cost(
          (i) => {
            for (let n = 0; n < NEW; n++) unique.add(`new ${i} ${n}`);
          },
          () => unique.count(),
        ),
        unit: 'µs',
        note: `${unique.count()} of ${exact.set.size + READS * NEW}`,
      },
      {
        name: 'quantiles: adds',
        value: rate((i) => quantiles.add(waits[i] as number)),
        unit: 'M/s',
        rivals: { array: rate((i) => exact.waits.push(waits[i] as number)) },
      },
      {
        name: 'quantiles: the 99th percentile',
        value: cost(
          () => {},
          () => quantiles.quantile(0.99),
        ),
        unit: 'µs',
      },
      {
        name: 'top: adds, 5,000 different ones, 1,000 watched',
        value: rate((i) => top.add(agents[i] as string)),
        unit: 'M/s',
        rivals: {
          Map: rate((i) => exact.counts.set(agents[i] as string, (exact.counts.get(agents[i] as string) ?? 0) + 1)),
        },
      },
      {
        name: 'top: the ten largest',
        value: cost(
          () => {},
          () => top.largest(10),
        ),
        unit: 'µs',
      },
    ];
    return Promise.resolve(figures);
  },
};
