/**
 * The simulator from the command line:
 *
 *   npm run --silent sim -- --seeds N [--first K] [--verbose | --transcript FILE] [--all] [--mixed] [--break NAME]
 *
 * `--break` puts a known bug back, which must then be found: by its name, or H1 to H10 of the holes; `--break list`
 * names them. `--mixed`: some of the nodes run
 * the previous version. `--all` goes on after a failure.
 * A failing seed prints what it saw and ends with status 1; `--first SEED --seeds 1` runs it again, `--verbose` with all of its
 * transcript, `--transcript` with that in a file.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BREAKS, breakNamed, newStatistics, runSeed, type Failure, type Statistics } from '../src/testing/index.js';
import { CORE as PROTOCOL_1 } from '../test/previous/protocol-1/core.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    first: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
    transcript: { type: 'string' },
    all: { type: 'boolean', default: false },
    mixed: { type: 'boolean', default: false },
    break: { type: 'string' },
  },
});
const seeds = wholeNumber('seeds', values.seeds);
const first = wholeNumber('first', values.first);
const breakage = values.break === undefined ? undefined : breakNamed(values.break);
if (values.break !== undefined && breakage === undefined) {
  for (const [name, { bug, hole = '' }] of Object.entries(BREAKS))
    console.error(`${hole.padEnd(4)} ${name.padEnd(20)} ${bug}`);
  process.exit(2);
}
const options = {
  breakage,
  previous: values.mixed ? PROTOCOL_1 : undefined,
  lines: values.verbose || values.transcript !== undefined ? Infinity : 60,
};
const started = performance.now();
const statistics = newStatistics();
const failures: Failure[] = [];

for (let seed = first; seed < first + seeds; seed++) {
  const failure = runSeed(seed, statistics, options);
  progress(seed);
  if (failure === undefined) continue;
  failures.push(failure);
  if (!values.all) break;
}
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

function progress(seed: number): void {
  if (!process.stderr.isTTY || (seed - first) % 20 !== 0) return;
  process.stderr.write(`\r${seed - first + 1} of ${seeds} seeds, ${statistics.steps} steps`);
}

function summary(done: Statistics, failing: number): string {
  const { steps, messages, transactions, faults, carried, wanted, successions, orphaned } = done;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const kinds = [...faults].map(([fault, count]) => `${fault} ${count}`).join(', ');
  const times = wanted === 0 ? '' : `, each carried ${(carried / wanted).toFixed(2)} times in healthy meshes`;
  const totals = `${steps} steps, ${messages} messages, ${transactions} transactions${times}; ${successions} successions, ${orphaned} nodes with orphans`;
  return `${seeds} seeds from ${first}, ${failing} failed; ${totals}; faults: ${kinds || 'none'}; ${seconds} s`;
}
