/**
 * `npm run bench [-- NAME…] [options]`: every benchmark in a process of its own, so that none inherits the heap of another.
 * Prints figures; that a bar is missed is said, and is no failure: the machine may be busy. `--help` lists what there is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Benchmark, type Figure, line } from './figure.js';

interface Entry {
  /** What it measures, in one line. */
  readonly says: string;
  /** Loaded one at a time: what one imports is no burden on another. */
  readonly load: () => Promise<Benchmark>;
}

const BENCHMARKS: Readonly<Record<string, Entry>> = {
  embedded: {
    says: 'counters in your own process, linked to a second node',
    load: async () => (await import('./embedded.js')).embedded,
  },
  memory: {
    says: 'bytes per key, and what growing costs',
    load: async () => (await import('./memory.js')).memory,
  },
  link: {
    says: 'bytes that changes take between regions',
    load: async () => (await import('./link.js')).link,
  },
  latency: {
    says: "from a client's write to a subscriber 40 ms away",
    load: async () => (await import('./latency.js')).latency,
  },
  server: {
    says: 'increments through one client connection, beside Redis',
    load: async () => (await import('./server.js')).server,
  },
  idle: {
    says: 'a node that does nothing: start, CPU, memory, disk',
    load: async () => (await import('./idle.js')).idle,
  },
  apply: {
    says: 'what a received frame costs, by type',
    load: async () => (await import('./apply.js')).apply,
  },
  bootstrap: {
    says: 'a node joins a region with a million keys, beside Redis',
    load: async () => (await import('./bootstrap.js')).bootstrap,
  },
  mesh: {
    says: 'eight nodes: how often a change crosses, and what idle links carry',
    load: async () => (await import('./mesh.js')).mesh,
  },
  cost: {
    says: 'bytes, CPU and memory against regions and keys, in counted time',
    load: async () => (await import('./cost.js')).cost,
  },
  heal: {
    says: 'a million keys after a cut, and a node that joins, beside Redis',
    load: async () => (await import('./heal.js')).heal,
  },
  log: {
    says: 'appends to a capped log, and a reader of what is new',
    load: async () => (await import('./log.js')).log,
  },
  sorted: {
    says: 'a sorted set of a million: changes, ranks, the top ten',
    load: async () => (await import('./sorted.js')).sorted,
  },
  bounded: {
    says: 'bounded counters: operations, and how rights travel in counted time',
    load: async () => (await import('./bounded.js')).bounded,
  },
  presence: {
    says: 'a presence of 100,000 members: joins, leaves, pages of it',
    load: async () => (await import('./presence.js')).presence,
  },
  compress: {
    says: 'real messages through every codec that Node has',
    load: async () => (await import('./compress.js')).compress,
  },
  types: {
    says: 'every data type beside Yjs, Loro, Automerge and delta-crdts',
    load: async () => (await import('./types.js')).types,
  },
  sketches: {
    says: 'unique, quantiles and top, beside what counts exactly',
    load: async () => (await import('./sketches.js')).sketches,
  },
};
const OPTIONS = {
  json: { type: 'boolean', default: false },
  large: { type: 'boolean', default: false },
  keys: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  /** Set in the process that measures; it prints its figures as JSON. */
  alone: { type: 'boolean', default: false },
} as const;
const HELP = `npm run bench [-- NAME…] [options]

Measures, and prints figures beside rivals and bars; without names everything, about eight minutes.

${Object.entries(BENCHMARKS)
  .map(([name, { says }]) => `  ${name.padEnd(12)} ${says}`)
  .join('\n')}

options
  --json       figures for machines (with npm run --silent)
  --large      cost: ten million keys as well
  --keys=N     heal: a cut and a joining node with so many keys
  -h, --help   this`;
const LOOK_MS = 500;
/** With less of it idle, times say more about what else the machine does. */
const QUIET = 0.9;

class Unusable extends Error {}

/** Errors: Unusable (an option or a name that is not known). */
function read(words: readonly string[]): { names: string[]; values: ReturnType<typeof parse>['values'] } {
  try {
    const { values, positionals: names } = parse(words);
    const unknown = names.find((name) => !Object.hasOwn(BENCHMARKS, name));
    if (unknown !== undefined)
      throw new Unusable(`there is no benchmark ${unknown}; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
    if (values.keys !== undefined && !(Number.isSafeInteger(Number(values.keys)) && Number(values.keys) > 0))
      throw new Unusable(`--keys takes a number of keys, not ${values.keys}`);
    return { names, values };
  } catch (error) {
    if (error instanceof TypeError) throw new Unusable(error.message);
    throw error;
  }
}

function parse(words: readonly string[]) {
  return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
}

async function apart(name: string, passedOn: readonly string[]): Promise<Figure[]> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', import.meta.filename, '--alone', name, ...passedOn],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`the benchmark ${name} ended with status ${status ?? 'none'}`);
  return JSON.parse(said) as Figure[];
}

/** Of the machine's time, how much nobody used just now. */
async function idleShare(): Promise<number> {
  const times = (): { idle: number; all: number } => {
    const sum = { idle: 0, all: 0 };
    for (const { times: one } of cpus()) {
      sum.idle += one.idle;
      sum.all += one.idle + one.user + one.nice + one.sys + one.irq;
    }
    return sum;
  };
  const before = times();
  await pause(LOOK_MS);
  const after = times();
  return (after.idle - before.idle) / (after.all - before.all);
}

async function measure(names: readonly string[], json: boolean, passedOn: readonly string[]): Promise<void> {
  const all: Record<string, Figure[]> = {};
  const idle: Record<string, number> = {};
  for (const name of names) {
    idle[name] = await idleShare();
    const figures = await apart(name, passedOn);
    all[name] = figures;
    const busy =
      idle[name] < QUIET ? `   the machine was busy (${Math.round(100 * idle[name])}% idle): believe no times` : '';
    if (!json) console.log(`\n${name}${busy}\n${figures.map((figure) => `  ${line(figure)}`).join('\n')}`);
  }
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version };
  if (json) console.log(JSON.stringify({ machine, idle, benchmarks: all }, undefined, 2));
  else console.log(`\n${machine.cpus} × ${machine.model}, Node ${machine.node}`);
}

async function main(words: readonly string[]): Promise<void> {
  const { names, values } = read(words);
  const [first] = names;
  if (values.help) console.log(HELP);
  else if (values.alone && first !== undefined) {
    const benchmark = await (BENCHMARKS[first] as Entry).load();
    console.log(JSON.stringify(await benchmark.run()));
    process.exit(0);
  } else {
    const passedOn = [
      ...(values.large ? ['--large'] : []),
      ...(values.keys === undefined ? [] : [`--keys=${values.keys}`]),
    ];
    await measure(names.length > 0 ? names : Object.keys(BENCHMARKS), values.json, passedOn);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Unusable)) throw error;
  console.error(`${error.message}\n\nnpm run bench -- --help says more`);
  process.exitCode = 2;
}
