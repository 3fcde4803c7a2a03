/**
 * `npm run bench [-- NAME…] [--json]`: every benchmark in a process of its own, so that none inherits the heap of another.
 * Prints figures; that a bar is missed is said, and is no failure: the machine may be busy.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Benchmark, type Figure, line } from './figure.js';

/** Loaded one at a time: what one imports is no burden on another. */
const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  embedded: async () => (await import('./embedded.js')).embedded,
  memory: async () => (await import('./memory.js')).memory,
  link: async () => (await import('./link.js')).link,
  latency: async () => (await import('./latency.js')).latency,
  server: async () => (await import('./server.js')).server,
  idle: async () => (await import('./idle.js')).idle,
  apply: async () => (await import('./apply.js')).apply,
  bootstrap: async () => (await import('./bootstrap.js')).bootstrap,
  mesh: async () => (await import('./mesh.js')).mesh,
  cost: async () => (await import('./cost.js')).cost,
  heal: async () => (await import('./heal.js')).heal,
  log: async () => (await import('./log.js')).log,
  sorted: async () => (await import('./sorted.js')).sorted,
  presence: async () => (await import('./presence.js')).presence,
  compress: async () => (await import('./compress.js')).compress,
  sketches: async () => (await import('./sketches.js')).sketches,
};
/** Set in the process that measures; it prints its figures as JSON. */
const ALONE = '--alone';
/** Words that a benchmark may look for, some with a value: `--keys=N`. */
const PASSED_ON = ['--large', '--keys'];
const LOOK_MS = 500;
/** With less of it idle, times say more about what else the machine does. */
const QUIET = 0.9;

async function apart(name: string): Promise<Figure[]> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', import.meta.filename, ALONE, name, ...passedOn],
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

const words = process.argv.slice(2);
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

const names = words.filter((word) => !word.startsWith('--'));
const passedOn = words.filter((word) => PASSED_ON.includes(word.split('=')[0] ?? ''));
const unknown = names.find((name) => BENCHMARKS[name] === undefined);

if (unknown !== undefined) {
  console.error(`there is no benchmark ${unknown}; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exitCode = 2;
} else if (words.includes(ALONE)) {
  const benchmark = await BENCHMARKS[names[0] ?? '']?.();
  console.log(JSON.stringify((await benchmark?.run()) ?? []));
  process.exit(0);
} else {
  const json = words.includes('--json');
  const all: Record<string, Figure[]> = {};
  const idle: Record<string, number> = {};
  for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
    idle[name] = await idleShare();
    const figures = await apart(name);
    all[name] = figures;
    const busy =
      idle[name] < QUIET ? `   the machine was busy (${Math.round(100 * idle[name])}% idle): believe no times` : '';
    if (!json) console.log(`\n${name}${busy}\n${figures.map((figure) => `  ${line(figure)}`).join('\n')}`);
  }
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version };
  if (json) console.log(JSON.stringify({ machine, idle, benchmarks: all }, undefined, 2));
  else console.log(`\n${machine.cpus} × ${machine.model}, Node ${machine.node}`);
}
