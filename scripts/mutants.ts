/**
 * Known bugs, put back one at a time; each must be caught by the laws or by the simulator:
 *
 *   npm run --silent mutants [-- NAME…]      npm run --silent mutants -- --list
 *
 * Prints which check caught it and after how many runs, as they are caught: as many at a time as there are processors. With names,
 * only those bugs of which one is a part; `--list` says which there are and puts none back. A bug that throws is not caught by that. Exit status 1 if one survives, 2 if there is none
 * of such a name.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type Catch, PREY } from '../src/testing/mutants/hunt.js';

/** What a process of its own says of the bug with that number. */
interface Told {
  readonly at: number;
  readonly caught: Catch | undefined;
  /** What it threw, which is no catch. */
  readonly thrown?: string | undefined;
}

const words = process.argv.slice(2);
if (words.includes('--list'))
  for (const { name, by, bug } of PREY) console.log(`${name.padEnd(40)} ${by.padEnd(6)}  ${bug}`);
else if (process.send === undefined) all(words);
else process.on('message', (at: number) => process.send?.(hunt(at)));

function hunt(at: number): Told {
  try {
    return { at, caught: PREY[at]?.hunt() };
  } catch (error) {
    return { at, caught: undefined, thrown: (error as Error).stack };
  }
}

function all(names: readonly string[]): void {
  const asked = [...PREY.keys()].filter(
    (at) => names.length === 0 || names.some((name) => PREY[at]?.name.includes(name)),
  );
  const waiting = [...asked];
  const survivors: string[] = [];
  let open = 0;
  const told = ({ at, caught, thrown }: Told): void => {
    const { name, bug, by } = PREY[at] as (typeof PREY)[number];
    if (caught === undefined) survivors.push(thrown === undefined ? `${name}: ${bug}` : `${name} throws: ${thrown}`);
    const escape = thrown === undefined ? 'SURVIVES' : 'THROWS';
    const verdict = caught === undefined ? escape : `run ${String(caught.runs).padStart(4)}  ${by}: ${caught.check}`;
    console.log(`${name.padEnd(40)} ${verdict}`);
  };
  const summary = (): void => {
    console.log(`${asked.length} known bugs, ${asked.length - survivors.length} caught`);
    for (const survivor of survivors) console.error(`survives: ${survivor}`);
    process.exitCode = survivors.length > 0 ? 1 : 0;
  };
  const begin = (): void => {
    const hunter = fork(import.meta.filename, { execArgv: ['--import', 'tsx'] });
    let at = waiting.shift();
    const next = (): void => {
      if (at === undefined) hunter.disconnect();
      else hunter.send(at);
    };
    hunter.on('message', (message) => {
      told(message as Told);
      at = waiting.shift();
      next();
    });
    hunter.once('exit', (status) => {
      // What ends the process is no check.
      if (at !== undefined) survivors.push(`${PREY[at]?.name}: it ended the process with status ${status}`);
      if (--open === 0) summary();
    });
    next();
  };
  open = Math.min(waiting.length, availableParallelism());
  for (let i = open; i > 0; i--) begin();
  if (open > 0) return;
  console.error(`no bug is called ${names.join(' or ')}; without names all are put back`);
  process.exitCode = 2;
}
