/**
 * What happens after a cut, and when a node begins: a million counters were written on one side; how long until the other side
 * shows them, over a link of 100 ms one way, and for how long neither event loop answered meanwhile. And an empty node that joins.
 * Beside it a Redis replica that synchronizes in full over the same kind of link. `--keys=N` for another number of keys.
 *
 * Each side is a process of its own. A pause is measured from inside, as the longest time between two timers of 5 ms; what it
 * takes to write the keys in the first place does not count, nor do times in which other processes had the processor.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createNode, type MerganserNode } from 'merganser';
import { DelayedLink } from '../src/node/delayed-link.js';
import { freePort } from '../src/testing/real/free-port.js';
import type { Benchmark, Figure } from './figure.js';
import { keyOf } from './keys.js';
import { fullResync } from './redis.js';

const ONE_WAY_MS = 100;
const TICK_MS = 5;
const WRITTEN_AT_ONCE = 2_000;
/** Of one step, also with ten million keys on a busy machine. */
const LIMIT_MS = 600_000;

type Order =
  | { readonly do: 'start'; readonly region: string; readonly port: number; readonly join: readonly string[] }
  | { readonly do: 'write'; readonly keys: number }
  | { readonly do: 'await'; readonly dot: number }
  | { readonly do: 'count' };

interface Report {
  /** The last own dot. */
  readonly dot: number;
  readonly stallMs: number;
}

/** The longest pause of this event loop since it was last asked. */
class Stall {
  #last = performance.now();
  #cpu = process.cpuUsage();
  #longest = 0;

  constructor() {
    setInterval(() => {
      const now = performance.now();
      const { user, system } = process.cpuUsage(this.#cpu);
      const busy = Math.min(now - this.#last, (user + system) / 1000);
      this.#longest = Math.max(this.#longest, busy - TICK_MS);
      this.#last = now;
      this.#cpu = process.cpuUsage();
    }, TICK_MS);
  }

  take(): number {
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }
}

/** A side's process. */
async function side(): Promise<void> {
  const stall = new Stall();
  let node: MerganserNode | undefined;
  process.on('message', (order: Order) => void obey(order));
  async function obey(order: Order): Promise<void> {
    if (order.do === 'start') {
      const { region, port, join } = order;
      node = await createNode({
        region,
        join,
        listen: `127.0.0.1:${port}`,
        advertise: [],
        cluster: 'bench',
        eager: true,
        joinMs: LIMIT_MS,
      });
      if (join.length > 0) await node.ready();
    } else if (order.do === 'write') {
      for (let i = 0; i < order.keys; i++) {
        node?.store.increment(keyOf(i));
        if (i % WRITTEN_AT_ONCE === 0) await pause(1);
      }
      stall.take();
    } else if (order.do === 'await') {
      while (!Object.values(node?.store.vv() ?? {}).includes(order.dot)) await pause(TICK_MS);
    }
    // To count them is to merge them all.
    if (order.do === 'count') process.send?.({ dot: node?.store.size ?? 0, stallMs: 0 });
    if (order.do === 'count') return;
    const report: Report = { dot: node?.store.dot ?? 0, stallMs: stall.take() };
    process.send?.(report);
  }
}

async function told(child: ChildProcess, order: Order): Promise<Report> {
  child.send(order);
  const [report] = (await once(child, 'message', { signal: AbortSignal.timeout(LIMIT_MS) })) as [Report];
  return report;
}

function begin(): ChildProcess {
  const child = fork(import.meta.filename, [], { execArgv: ['--import', 'tsx'] });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

interface Outcome {
  readonly seconds: number;
  /** The longest of either side. */
  readonly stallMs: number;
  /** On the wire, per key. */
  readonly bytes: number;
}

/** What becomes of the keys that were written on one side of a cut, and what of an empty node that comes after. */
async function ours(keys: number): Promise<{ healed: Outcome; joined: Outcome }> {
  const link = new DelayedLink({ oneWayMs: ONE_WAY_MS });
  const port = await freePort(new Set());
  const door = `ws://127.0.0.1:${await link.door(port)}/peer`;
  const us = begin();
  const eu = begin();
  await told(us, { do: 'start', region: 'us', port, join: [] });
  await told(eu, { do: 'start', region: 'eu', port: await freePort(new Set([port])), join: [door] });

  link.cut('reset');
  const { dot } = await told(us, { do: 'write', keys });
  await pause(1000);
  const all = { do: 'await', dot } as const;
  await told(us, all);
  const measured = async (there: ChildProcess, order: Order): Promise<Outcome> => {
    const before = link.status().carriedBytes;
    const began = performance.now();
    const { stallMs } = await told(there, order);
    const seconds = (performance.now() - began) / 1000;
    const bytes = (link.status().carriedBytes - before) / keys;
    // What is left to be merged.
    await pause(3000);
    const after = [(await told(us, all)).stallMs, (await told(there, all)).stallMs];
    return { seconds, stallMs: Math.max(stallMs, ...after), bytes };
  };
  link.heal();
  const healed = await measured(eu, all);
  const ap = begin();
  const ports = new Set([port]);
  const joined = await measured(ap, { do: 'start', region: 'ap', port: await freePort(ports), join: [door] });
  const { dot: arrived } = await told(ap, { do: 'count' });
  for (const child of [us, eu, ap]) child.kill('SIGKILL');
  await link.close();
  if (arrived !== keys) throw new Error(`${arrived} of ${keys} keys arrived`);
  return { healed, joined };
}

function keysAsked(): number {
  const asked = process.argv.find((word) => word.startsWith('--keys='));
  return asked === undefined ? 1_000_000 : Number(asked.slice('--keys='.length));
}

async function run(): Promise<Figure[]> {
  const keys = keysAsked();
  const { healed, joined } = await ours(keys);
  // After a cut in which so much was written it does the same as when it begins.
  const rival = await fullResync(keys, ONE_WAY_MS);
  const beside = (theirs: number | undefined): Pick<Figure, 'rivals' | 'note'> =>
    theirs === undefined
      ? { note: 'no redis-server here to compare with' }
      : { rivals: { 'Redis, full resync': theirs } };
  const figures = (what: string, { seconds, stallMs, bytes }: Outcome, atMost: number): Figure[] => [
    {
      name: `${what} after`,
      value: seconds,
      unit: 's',
      ...(keys <= 1_000_000 && { atMost }),
      ...beside(rival?.seconds),
    },
    { name: `${what}: bytes per key`, value: bytes, unit: 'B', ...beside(rival?.bytes) },
    { name: `${what}: the longest pause of either side`, value: stallMs, unit: 'ms', atMost: 50 },
  ];
  return [
    ...figures(`${keys} keys written during a cut, shown there`, healed, 5),
    ...figures(`an empty node joins ${keys} keys, ready`, joined, 6),
  ];
}

export const heal: Benchmark = { run };

if (process.send !== undefined && process.argv[1] === import.meta.filename) await side();
