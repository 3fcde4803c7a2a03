/**
 * The store in one's own process: increments by key and by handle, and reads, beside a plain Map that replicates nothing.
 * A peer in a second process is linked and gets everything: the frames go out between the timed batches' turns, and the last
 * figures count the time that takes as well.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from 'merganser';
import type { Benchmark, Figure } from './figure.js';
import { quantile } from './figure.js';
import { freshKeys, keyOf, randomNumbers } from './keys.js';
import { drained, linked } from './peer.js';

const BATCH = 20_000;
const ROUNDS = 100;
/** Of the rates of the rounds: the one that a tenth of them surpass, so that a neighbour on the machine says less. */
const SHOWN = 0.9;
const HOT = 1_000;
const MANY = 1_000_000;

/** Operations per second of `work` done `count` times. */
function rate(count: number, work: () => void): number {
  const begin = performance.now();
  work();
  return (count / (performance.now() - begin)) * 1000;
}

function incrementAll(store: Store, keys: readonly string[]): void {
  for (const key of keys) store.increment(key);
}

function readAll(store: Store, keys: readonly string[]): number {
  let sum = 0;
  for (const key of keys) sum += store.counter(key).value();
  return sum;
}

function addAll(map: Map<string, number>, keys: readonly string[]): void {
  for (const key of keys) map.set(key, (map.get(key) as number) + 1);
}

function getAll(map: Map<string, number>, keys: readonly string[]): number {
  let sum = 0;
  for (const key of keys) sum += map.get(key) as number;
  return sum;
}

interface Rates {
  readonly ours: number[];
  readonly map: number[];
}

/** Turn about, a batch each: what else the machine does hits both. */
async function duel(
  below: number,
  ours: (keys: readonly string[]) => void,
  map: (keys: readonly string[]) => void,
): Promise<Rates> {
  const numbers = randomNumbers(BATCH * ROUNDS, below);
  const rates: Rates = { ours: [], map: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const forMap = freshKeys(numbers, round * BATCH, BATCH);
    rates.map.push(rate(BATCH, () => map(forMap)));
    const forUs = freshKeys(numbers, round * BATCH, BATCH);
    rates.ours.push(rate(BATCH, () => ours(forUs)));
    await nextTurn();
  }
  return { ours: rates.ours.slice(ROUNDS / 4), map: rates.map.slice(ROUNDS / 4) };
}

function figure(name: string, { ours, map }: Rates, atLeast: number): Figure {
  return { name, value: quantile(ours, SHOWN), unit: '/s', rivals: { Map: quantile(map, SHOWN) }, atLeast };
}

async function byHandle(store: Store): Promise<number> {
  const handles = Array.from({ length: HOT }, (_, i) => store.counter(keyOf(i)));
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const turns = 100;
    rates.push(
      rate(HOT * turns, () => {
        for (let turn = 0; turn < turns; turn++) for (const handle of handles) handle.increment();
      }),
    );
    await nextTurn();
  }
  return quantile(rates, SHOWN);
}

/** Increments per second of wall time while every frame is cut, sent and acknowledged. */
async function throughput(store: Store, below: number, settled: () => Promise<void>): Promise<number> {
  const numbers = randomNumbers(BATCH * ROUNDS, below);
  let making = 0;
  const begin = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const made = performance.now();
    const keys = freshKeys(numbers, round * BATCH, BATCH);
    making += performance.now() - made;
    incrementAll(store, keys);
    await nextTurn();
  }
  await settled();
  return ((BATCH * ROUNDS) / (performance.now() - begin - making)) * 1000;
}

/** A million fresh keys, in batches: how fast, and the slowest ten thousand. */
function insertion(insert: (key: string) => void): { rate: number; worstMs: number } {
  let spent = 0;
  let worstMs = 0;
  const numbers = Int32Array.from({ length: MANY }, (_, i) => i);
  for (let from = 0; from < MANY; from += 10_000) {
    const keys = freshKeys(numbers, from, 10_000);
    const begin = performance.now();
    for (const key of keys) insert(key);
    const ms = performance.now() - begin;
    spent += ms;
    worstMs = Math.max(worstMs, ms);
  }
  return { rate: (MANY / spent) * 1000, worstMs };
}

async function run(): Promise<Figure[]> {
  const { node, close } = await linked();
  const { store } = node;
  const map = new Map<string, number>();
  const increment = (keys: readonly string[]): void => incrementAll(store, keys);
  const add = (keys: readonly string[]): void => addAll(map, keys);
  const read = (keys: readonly string[]): void => void readAll(store, keys);
  const get = (keys: readonly string[]): void => void getAll(map, keys);
  const settled = (): Promise<void> => drained(node);

  for (let i = 0; i < HOT; i++) map.set(keyOf(i), 0);
  const figures = [
    figure('increment by key, 1,000 hot keys', await duel(HOT, increment, add), 8e6),
    figure('read by key, 1,000 hot keys', await duel(HOT, read, get), 10e6),
    { name: 'increment by kept handle', value: await byHandle(store), unit: '/s', atLeast: 50e6 },
    { name: 'hot keys, until the peer has it all', value: await throughput(store, HOT, settled), unit: '/s' },
  ];
  const inserted = insertion((key) => store.increment(key));
  const set = insertion((key) => map.set(key, 1));
  await settled();
  figures.push(
    { name: 'insert a million keys', value: inserted.rate, unit: '/s', rivals: { Map: set.rate } },
    { name: 'insert: the slowest 10,000', value: inserted.worstMs, unit: 'ms', rivals: { Map: set.worstMs } },
    figure('increment by key, a million random keys', await duel(MANY, increment, add), 2e6),
    { name: 'random keys, until the peer has it all', value: await throughput(store, MANY, settled), unit: '/s' },
  );
  await close();
  return figures;
}

export const embedded: Benchmark = { run };
