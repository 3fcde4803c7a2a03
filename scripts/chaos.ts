/**
 * Regions in real processes, attacked: links are cut, throttled and broken in the middle of a message, processes are killed
 * and stopped, while clients write everything; at the end every write that was answered must count exactly once.
 *
 * usage: chaos [--seconds S] [--seed K] [--regions N] [--json] [--logs DIR]     exit status 1 on a violation
 */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { styleText } from 'node:util';
import { chaos, type ChaosOutcome } from '../src/testing/chaos/run.js';
import { optionsOf } from './options.js';

const USAGE = 'usage: npm run --silent chaos -- [--seconds S] [--seed K] [--regions N] [--json] [--logs DIR]';

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly regions: number;
  readonly json: boolean;
  readonly logs: string | undefined;
}

function readOptions(): Options {
  const values = optionsOf(USAGE, {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    regions: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    logs: { type: 'string' },
  });
  return {
    seconds: whole('--seconds', values.seconds, 1, 86_400),
    seed: whole('--seed', values.seed, 0, 1_000_000),
    regions: whole('--regions', values.regions, 2, 9),
    json: values.json,
    logs: values.logs,
  };
}

function whole(option: string, text: string, least: number, most: number): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < least || n > most) {
    throw new RangeError(`${option} is a whole number from ${least} to ${most}, not ${text}`);
  }
  return n;
}

/** What each process prints goes into a file of its own. */
class Logs {
  readonly #directory: string;
  readonly #files = new Map<string, WriteStream>();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  hear(region: string, text: string): void {
    let file = this.#files.get(region);
    if (file === undefined) this.#files.set(region, (file = createWriteStream(`${this.#directory}/${region}.log`)));
    file.write(text);
  }
}

function table(outcome: ChaosOutcome): string {
  const faults = Object.entries(outcome.faults).map(([kind, times]) => `${times} × ${kind}`);
  const rows: (readonly [string, string])[] = [
    ['seed', String(outcome.seed)],
    ['faults', faults.join(', ') || 'none'],
    [
      'writes',
      `${outcome.writes}, each held by ${outcome.durable} other region${outcome.durable > 1 ? 's' : ''} when answered`,
    ],
    ['looks', `${outcome.looks} times what belongs together was seen together`],
    ['converged', `${outcome.convergedMs} ms after the last fault`],
    ['idle', `at most ${outcome.idleBytesPerSecond} B/s on a link`],
    [
      'violations',
      outcome.violations.length === 0
        ? styleText('green', 'none')
        : styleText('red', String(outcome.violations.length)),
    ],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}`).join('\n');
}

async function main({ json, logs, ...run }: Options): Promise<void> {
  const start = performance.now();
  const files = logs === undefined ? undefined : new Logs(logs);
  const outcome = await chaos({
    ...run,
    say: (what) => process.stderr.write(`${((performance.now() - start) / 1000).toFixed(2).padStart(7)} s  ${what}\n`),
    ...(files !== undefined && { heard: (region: string, text: string) => files.hear(region, text) }),
  });
  process.stdout.write(json ? `${JSON.stringify(outcome, null, 2)}\n` : `${table(outcome)}\n`);
  for (const violation of outcome.violations) process.stderr.write(`${styleText('red', 'VIOLATION')} ${violation}\n`);
  if (outcome.violations.length > 0) process.exitCode = 1;
}

let options: Options;
try {
  options = readOptions();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}
// Asked to end, end: the regions go with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  await main(options);
} catch (error) {
  console.error(error);
  console.error(`the run with seed ${options.seed} failed`);
  process.exitCode = 1;
}
