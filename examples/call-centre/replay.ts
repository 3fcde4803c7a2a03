/**
 * The command: `npm run --silent replay -- FILE [--cut] [--kill] [--json]`. See `--help`.
 */
import { writeFileSync } from 'node:fs';
import { CallFileError } from './call-file-error.js';
import type { Options } from './options.js';
import { HELP, UsageError, readOptions } from './options.js';
import { REGIONS, parseCalls, readCalls } from './record.js';
import type { CallRecord } from './record.js';
import type { Outcome } from './run.js';
import { replay } from './run.js';
import { Screen, tableOf } from './screen.js';
import { syntheticLines } from './synthetic.js';

/** What a shell reports for a program that was interrupted. */
const INTERRUPTED = 130;

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  if (options.save !== undefined) {
    writeFileSync(options.save, [...syntheticLines(options), ''].join('\r\n'), 'latin1');
    return 0;
  }
  const calls = await callsFor(options);
  return options.json ? silently(calls, options) : withScreen(calls, options);
}

async function callsFor(options: Options): Promise<CallRecord[]> {
  if (options.file === undefined) return [...parseCalls(syntheticLines(options), `the day of seed ${options.seed}`)];
  const calls: CallRecord[] = [];
  for await (const call of readCalls(options.file)) calls.push(call);
  return calls;
}

async function silently(calls: readonly CallRecord[], options: Options): Promise<number> {
  const outcome = await replay(calls, options, { say: () => {}, started: () => {} });
  console.log(JSON.stringify(reportOf(outcome), undefined, 1));
  for (const problem of outcome.problems) console.error(problem);
  return outcome.problems.length === 0 ? 0 : 1;
}

async function withScreen(calls: readonly CallRecord[], options: Options): Promise<number> {
  const screen = new Screen(process.stdout);
  screen.say(`${calls.length.toLocaleString('en-US')} calls; three regions are being started`);
  let outcome: Outcome;
  try {
    outcome = await replay(calls, options, {
      say: (what) => screen.say(what),
      started: (progress) => screen.watch(progress),
    });
  } finally {
    screen.stop();
  }
  const { operations, seconds, problems } = outcome;
  const perSecond = Math.round(operations / Math.max(seconds, 0.001)).toLocaleString('en-US');
  console.log(`\n${tableOf(outcome)}\n`);
  console.log(
    `${operations.toLocaleString('en-US')} writes in ${seconds.toFixed(1)} s (${perSecond}/s), each held by two regions;`,
  );
  console.log(`all three regions the same ${outcome.converged_ms} ms after the last`);
  if (problems.length === 0) console.log('the three regions agree with each other and with the records');
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

/** The printed object: each region's view, then what the replay itself measured. */
function reportOf(outcome: Outcome): object {
  const { readings, operations, seconds, converged_ms, killed } = outcome;
  const now = REGIONS.map((region) => {
    const { calls_in_queue, agents_busy } = readings[region].board;
    return [region, { calls_in_queue, agents_busy }];
  });
  return {
    ...Object.fromEntries(REGIONS.map((region) => [region, readings[region].view])),
    operations,
    seconds,
    converged_ms,
    gauges: Object.fromEntries(now),
    estimates: Object.fromEntries(REGIONS.map((region) => [region, readings[region].estimates])),
    ...(killed === undefined ? {} : { killed }),
  };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(INTERRUPTED));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`replay: ${error.message} (--help tells more)`);
    process.exitCode = 2;
  } else {
    const code = error instanceof CallFileError ? `${error.code}: ` : '';
    console.error(`replay: ${code}${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
// A client that still tries to reach a region must not keep the command alive.
process.exit();
