/**
 * Replays a file of calls through three regions, with links cut and one region killed, and compares what each region
 * then says with the truth: the same figures computed from the file alone.
 *
 * usage: replay-truth FILE TRUTH.json [RUNS]     exit status 1 at the first difference
 *
 * Everything must be equal, but for the last calls: where more calls share the oldest shown second than there is room
 * for, which of them are shown is open.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

type View = Record<string, unknown>;

const REGIONS = ['us', 'eu', 'ap'] as const;
const LIMIT_SECONDS = 300; // of one replay: far more than it takes, far less than a build may

const [file, truthFile, runs = '1'] = process.argv.slice(2);
if (file === undefined || truthFile === undefined) {
  console.error('usage: replay-truth FILE TRUTH.json [RUNS]');
  process.exit(2);
}

/** The command's standard output; its progress goes to our standard error. */
function replay(): Promise<string> {
  // A group of its own, so that a replay that hangs is ended with the regions it started.
  const child = spawn('npm', ['run', '--silent', 'replay', '--', file as string, '--cut', '--kill', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  return new Promise((resolve, reject) => {
    const watchdog = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      reject(new Error(`the replay took more than ${LIMIT_SECONDS} s`));
    }, LIMIT_SECONDS * 1000);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(watchdog);
      if (code === 0) resolve(printed);
      else reject(new Error(`the replay ended with ${signal ?? `status ${code}`}:\n${printed.slice(0, 2000)}`));
    });
  });
}

const second = (call: string): string => call.slice(0, call.lastIndexOf(' '));

function sameLastCalls(told: unknown, truth: readonly string[]): boolean {
  if (!Array.isArray(told) || told.length !== truth.length) return false;
  const oldest = second(truth[0] ?? '');
  return truth.every((call, i) => {
    const other: unknown = told[i];
    if (typeof other !== 'string') return false;
    return second(call) === oldest ? second(other) === oldest : other === call;
  });
}

function differences(told: View, truth: View): string[] {
  const names = new Set([...Object.keys(truth), ...Object.keys(told)]);
  return [...names].flatMap((name) => {
    const [is, should] = [told[name], truth[name]];
    const same = name === 'last_100_calls' ? sameLastCalls(is, should as string[]) : isDeepStrictEqual(is, should);
    if (same) return [];
    return [`${name}: ${firstDifference(is, should)}`];
  });
}

/** One line that says where two values part, not two walls of text. */
function firstDifference(is: unknown, should: unknown): string {
  if (typeof is === 'object' && typeof should === 'object' && is !== null && should !== null) {
    const [a, b] = [is as View, should as View];
    for (const key of new Set([...Object.keys(b), ...Object.keys(a)])) {
      if (!isDeepStrictEqual(a[key], b[key]))
        return `${key} is ${JSON.stringify(a[key])}, not ${JSON.stringify(b[key])}`;
    }
  }
  return `is ${JSON.stringify(is)}, not ${JSON.stringify(should)}`;
}

const truth = JSON.parse(readFileSync(truthFile, 'utf8')) as View;
for (let run = 1; run <= Number(runs); run++) {
  const told = JSON.parse(await replay()) as View;
  const wrong = REGIONS.flatMap((region) =>
    differences((told[region] ?? {}) as View, truth).map((d) => `${region} ${d}`),
  );
  for (const name of ['operations', 'seconds', 'converged_ms']) {
    if (typeof told[name] !== 'number') wrong.push(`${name} is missing`);
  }
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exit(1);
  const figures = ['operations', 'seconds', 'converged_ms'].map((name) => `${name} ${JSON.stringify(told[name])}`);
  console.log(`replay ${run}: truth in ${REGIONS.join(', ')} (${figures.join(', ')})`);
}
