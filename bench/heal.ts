/**
 * What happens after a cut, and when a node begins: a million counters were written on one side; how long until the other side
 * shows them, over a link of 100 ms one way, and for how long neither event loop answered meanwhile. And an empty node that joins.
 * `--keys N` for another number of keys.
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

const ONE_WAY_MS = 100;
const TICK_MS = 5;
const WRITTEN_AT_ONCE = 2_000;
const LIMIT_MS = 120_000;

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

async function run(): Promise<Figure[]> {
  const at = process.argv.indexOf('--keys');
  const keys = at === -1 ? 1_000_000 : Number(process.argv[at + 1]);
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
  await told(us, { do: 'await', dot });
  link.heal();
  const healed = performance.now();
  const there = await told(eu, { do: 'await', dot });
  const healMs = performance.now() - healed;
  await pause(3000);
  const healStall = Math.max(
    there.stallMs,
    (await told(us, { do: 'await', dot })).stallMs,
    (await told(eu, { do: 'await', dot })).stallMs,
  );

  const ap = begin();
  const joined = performance.now();
  const ready = await told(ap, { do: 'start', region: 'ap', port: await freePort(new Set([port])), join: [door] });
  const joinMs = performance.now() - joined;
  await pause(3000);
  const joinStall = Math.max(
    ready.stallMs,
    (await told(us, { do: 'await', dot })).stallMs,
    (await told(ap, { do: 'await', dot })).stallMs,
  );
  const { dot: arrived } = await told(ap, { do: 'count' });
  for (const child of [us, eu, ap]) child.kill('SIGKILL');
  await link.close();
  if (arrived !== keys) throw new Error(`${arrived} of ${keys} keys arrived`);
  const large = keys > 1_000_000;
  return [
    {
      name: `${keys} changed keys after a cut, shown there after`,
      value: healMs / 1000,
      unit: 's',
      ...(!large && { atMost: 5 }),
    },
    { name: 'the longest pause of either side meanwhile', value: healStall, unit: 'ms', atMost: 50 },
    {
      name: `an empty node joins ${keys} keys: ready after`,
      value: joinMs / 1000,
      unit: 's',
      ...(!large && { atMost: 6 }),
    },
    { name: 'the longest pause of either side meanwhile', value: joinStall, unit: 'ms', atMost: 50 },
  ];
}

export const heal: Benchmark = { run };

if (process.send !== undefined && process.argv[1] === import.meta.filename) await side();
