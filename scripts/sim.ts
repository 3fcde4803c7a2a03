/**
 * The simulator from the command line:
 *
 *   npm run --silent sim -- --seeds N [--first K] [--verbose | --transcript FILE] [--all] [--mixed] [--break NAME]
 *       [--workers W]
 *
 * `--break` puts a known bug back, which must then be found: by its name, or H1 to H10 of the holes; `--break list`
 * names them. `--mixed`: some of the nodes run
 * the previous version. `--all` goes on after a failure. `--workers`: on how many cores (default all); what comes out is the same.
 * A failing seed prints what it saw and ends with status 1; `--first SEED --seeds 1` runs it again, `--verbose` with all of its
 * transcript, `--transcript` with that in a file.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { BREAKS, breakNamed, type Statistics } from '../src/testing/index.js';
import { optionsOf } from './options.js';
import { runSeeds } from './seeds.js';

const USAGE = `usage: npm run --silent sim -- [--seeds N] [--first K] [--verbose | --transcript FILE] [--all] [--mixed] [--break NAME]
    [--workers W]

  --seeds N          how many worlds (2000)
  --first K          the first seed (1)
  --verbose          of a world that fails everything, not the end
  --transcript FILE  that into a file
  --all              go on after a failure
  --mixed            some of the nodes run the previous version
  --break NAME       put a known bug back, which must be found; list: which there are
  --workers W        on how many cores (all)

exit status: 0 nothing failed; 1 a seed failed; 2 the command line is wrong`;

const values = optionsOf(USAGE, {
  seeds: { type: 'string', default: '2000' },
  first: { type: 'string', default: '1' },
  verbose: { type: 'boolean', default: false },
  transcript: { type: 'string' },
  all: { type: 'boolean', default: false },
  mixed: { type: 'boolean', default: false },
  break: { type: 'string' },
  workers: { type: 'string', default: String(availableParallelism()) },
});
const seeds = wholeNumber('seeds', values.seeds);
const first = wholeNumber('first', values.first);
const workers = Math.max(1, wholeNumber('workers', values.workers));
if (values.break !== undefined && breakNamed(values.break) === undefined) {
  if (values.break !== 'list') console.error(`--break: there is no bug ${values.break}; there are`);
  for (const [name, { bug, hole = '' }] of Object.entries(BREAKS))
    console.error(`${hole.padEnd(4)} ${name.padEnd(20)} ${bug}`);
  process.exit(values.break === 'list' ? 0 : 2);
}
const started = performance.now();
const { statistics, failures } = await runSeeds(
  {
    first,
    seeds,
    workers,
    all: values.all,
    mixed: values.mixed,
    breakage: values.break,
    lines: values.verbose || values.transcript !== undefined ? Number.MAX_SAFE_INTEGER : 60,
  },
  progress,
);
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
if (values.all) for (const { seed, message } of failures) console.error(`seed ${seed}: ${message.split('\n')[0]}`);
const [failed] = failures;
if (failed !== undefined) {
  const told = [...failed.plan, ...failed.transcript].join('\n');
  if (values.transcript === undefined) console.error(told);
  else writeFileSync(values.transcript, `${told}\n${failed.message}\n`);
  console.error(`\nseed ${failed.seed} failed: ${failed.message}`);
  const broken = `${values.mixed ? ' --mixed' : ''}${values.break === undefined ? '' : ` --break ${values.break}`}`;
  console.error(`again: npm run --silent sim -- --first ${failed.seed} --seeds 1 --verbose${broken}`);
  process.exitCode = 1;
}
console.log(summary(statistics, failures.length));

function wholeNumber(name: string, value: string): number {
  const n = Number(value);
  if (Number.isSafeInteger(n) && n >= 0) return n;
  console.error(`--${name} takes a whole number, not ${value}`);
  process.exit(2);
}

function progress(done: number, steps: number): void {
  if (!process.stderr.isTTY || done % 20 !== 0) return;
  process.stderr.write(`\r${done} of ${seeds} seeds, ${steps} steps`);
}

function summary(done: Statistics, failing: number): string {
  const { steps, messages, transactions, faults, carried, wanted, successions, orphaned } = done;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const kinds = [...faults].map(([fault, count]) => `${fault} ${count}`).join(', ');
  const times = wanted === 0 ? '' : `, each carried ${(carried / wanted).toFixed(2)} times in healthy meshes`;
  const totals = `${steps} steps, ${messages} messages, ${transactions} transactions${times}; ${successions} successions, ${orphaned} nodes with orphans`;
  return `${seeds} seeds from ${first}, ${failing} failed; ${totals}; faults: ${kinds || 'none'}; ${seconds} s`;
}
