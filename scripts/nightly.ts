/**
 * The simulator, the chaos run and the decoders, for hours:
 *
 *   npm run --silent nightly -- [--hours H] [--directory DIR] [--share PERCENT]
 *
 * Worlds of the simulator by turns with the present version alone and mixed with the previous one, then chaos runs of half a minute,
 * then bytes that were spoilt for the decoder of each type, and again. How far it came stands in DIR/progress.json, and the next night goes on from there. What fails is appended to
 * DIR/failures.txt as the command that runs it again, with its message; the transcript of a failing world goes into a file
 * of its own. `--share`: how much of the time the simulator gets (default 70). Exit status 1 if anything failed tonight.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { optionsOf } from './options.js';
import { runSeeds } from './seeds.js';

const values = optionsOf('usage: npm run --silent nightly -- [--hours H] [--directory DIR] [--share PERCENT]', {
  hours: { type: 'string', default: '8' },
  directory: { type: 'string', default: '.cache/nightly' },
  share: { type: 'string', default: '70' },
});
const hours = positive('hours', values.hours);
const share = positive('share', values.share) / 100;
const directory = values.directory;
/** One round of both. */
const ROUND_MS = Math.min(120_000, hours * 3_600_000);
const CHAOS_SECONDS = 30;
/** Seeds between two looks at the clock. */
const CHUNK = 100;
/** For each type, in one round. */
const FUZZ = 5_000;
/** What is not over by then hangs, which is a failure. */
const LIMIT_MS = 10 * CHAOS_SECONDS * 1000;

interface Progress {
  /** The next seeds. */
  world: number;
  chaos: number;
  fuzz: number;
}

mkdirSync(directory, { recursive: true });
const file = join(directory, 'progress.json');
const progress: Progress = { world: 1_000_000, chaos: 1_000, fuzz: 1_000_000 };
if (existsSync(file)) Object.assign(progress, JSON.parse(readFileSync(file, 'utf8')));
const began = { ...progress };
let transactions = 0;
const end = performance.now() + hours * 3_600_000;
let failures = 0;

while (performance.now() < end) {
  const until = Math.min(end, performance.now() + ROUND_MS * share);
  while (performance.now() < until) await worlds();
  save();
  if (performance.now() + CHAOS_SECONDS * 1000 >= end) continue;
  const round = Math.min(end, performance.now() + ROUND_MS * (1 - share));
  while (performance.now() + CHAOS_SECONDS * 500 < round) await chaos(progress.chaos++);
  await decoders();
  save();
}
const cases = `${progress.fuzz - began.fuzz} cases for each decoder`;
const ran = `${progress.world - began.world} worlds, ${transactions} transactions, ${progress.chaos - began.chaos} chaos runs, ${cases}`;
console.log(`${ran}; ${failures} failed${failures === 0 ? '' : `: see ${join(directory, 'failures.txt')}`}`);
process.exitCode = failures > 0 ? 1 : 0;

/** Some seeds, on all cores; by turns with the present version alone, and with nodes of both. */
async function worlds(): Promise<void> {
  const first = progress.world;
  const mixed = Math.floor(first / CHUNK) % 2 === 1;
  const some = {
    first,
    seeds: CHUNK,
    all: true,
    workers: availableParallelism(),
    mixed,
    lines: Number.MAX_SAFE_INTEGER,
  };
  const { failures: found, statistics } = await runSeeds({ ...some, breakage: undefined }, () => undefined);
  progress.world += CHUNK;
  transactions += statistics.transactions;
  for (const { seed, plan, transcript, message } of found) {
    writeFileSync(join(directory, `seed-${seed}.txt`), [...plan, ...transcript, message, ''].join('\n'));
    failed(`npm run --silent sim -- --first ${seed} --seeds 1${mixed ? ' --mixed' : ''}`, message);
  }
}

async function chaos(seed: number): Promise<void> {
  const options = ['--seed', String(seed), '--seconds', String(CHAOS_SECONDS)];
  await run(`npm run --silent chaos -- ${options.join(' ')}`, ['--import', 'tsx', 'scripts/chaos.ts', ...options]);
}

async function decoders(): Promise<void> {
  const test = ['run', '--project', 'merganser', 'property-tests/decoders.test.ts'];
  const env = { FUZZ: String(FUZZ), FUZZ_FIRST: String(progress.fuzz) };
  const named = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  await run(`${named.join(' ')} npx vitest ${test.join(' ')}`, ['node_modules/vitest/vitest.mjs', ...test], env);
  progress.fuzz += FUZZ;
}

/** A program of its own, which fails with a status. `again`: the command that is the same. */
async function run(again: string, program: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const child = spawn(process.execPath, program, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status === null) said += `it was not over after ${LIMIT_MS / 1000} seconds\n`;
  if (status !== 0) failed(again, said.slice(-4000));
}

function failed(again: string, message: string): void {
  failures++;
  console.error(`${again}\n  ${message.split('\n')[0]}`);
  appendFileSync(join(directory, 'failures.txt'), `${new Date().toISOString()} ${again}\n${message}\n\n`);
}

function save(): void {
  writeFileSync(file, `${JSON.stringify(progress)}\n`);
}

function positive(name: string, text: string): number {
  const n = Number(text);
  if (n > 0) return n;
  console.error(`--${name} takes a number above 0, not ${text}`);
  process.exit(2);
}
