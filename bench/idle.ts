/** What a node costs before it does anything: time until it is ready, memory, and what is installed with it. */
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/testing/real/free-port.js';
import { type Benchmark, type Figure, median } from './figure.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STARTS = 5;
/** What starting left to be done, compiling above all, is no part of idling. */
const SETTLE_MS = 2_000;
const IDLE_MS = 4_000;
const MEBIBYTE = 2 ** 20;

interface Start {
  readonly seconds: number;
  readonly rss: number;
  /** Share of one core's time while it idles. */
  readonly cpu: number;
}

async function start(): Promise<Start> {
  const port = await freePort(new Set());
  const begin = performance.now();
  const words = [join(ROOT, 'dist/cli/main.js'), 'start', '--listen', `127.0.0.1:${port}`];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the node ended with status ${child.exitCode}`);
      if (performance.now() - begin > 20_000) throw new Error('the node was not ready within 20 s');
      try {
        if ((await fetch(`http://127.0.0.1:${port}/readyz`)).ok) break;
      } catch {
        await pause(2);
      }
    }
    const seconds = (performance.now() - begin) / 1000;
    await pause(SETTLE_MS);
    const before = cpuMs(child.pid as number);
    const idleFrom = performance.now();
    await pause(IDLE_MS);
    const cpu = (cpuMs(child.pid as number) - before) / (performance.now() - idleFrom);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return { seconds, rss: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024, cpu };
  } finally {
    child.kill();
  }
}

/** CPU time of all threads of a process so far, milliseconds. */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** Blocks taken by a package, without the packages nested in it. */
function diskUse(path: string): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) bytes += entry.name === 'node_modules' ? 0 : diskUse(inside);
    else if (entry.isFile()) bytes += statSync(inside).blocks * 512;
  }
  return bytes;
}

function dependencies(): { count: number; bytes: number } {
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const paths = [...new Set(listed.split('\n').slice(1))].filter((path) => path !== '');
  return { count: paths.length, bytes: paths.reduce((sum, path) => sum + diskUse(path), 0) };
}

async function run(): Promise<Figure[]> {
  const starts: Start[] = [];
  for (let i = 0; i < STARTS; i++) starts.push(await start());
  const { count, bytes } = dependencies();
  const rss = median(starts.map((one) => one.rss));
  return [
    { name: 'from the command to ready', value: median(starts.map(({ seconds }) => seconds)), unit: 's', atMost: 0.5 },
    {
      name: 'share of a core when idle',
      value: (100 * starts.reduce((sum, { cpu }) => sum + cpu, 0)) / STARTS,
      unit: '%',
      atMost: 1,
    },
    { name: 'resident when idle', value: rss / MEBIBYTE, unit: 'MiB', atMost: 80 },
    {
      name: 'production dependencies on disk',
      value: bytes / MEBIBYTE,
      unit: 'MiB',
      atMost: 25,
      note: `${count} packages`,
    },
  ];
}

export const idle: Benchmark = { run };
