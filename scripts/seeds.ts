/**
 * Seeds of the simulator on all cores. Each world is made by one process from its seed, so what comes out does not depend on how many
 * processes there are: unless all are wanted, the failure is the one of the lowest seed, and what was run beyond it does not count.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { addStatistics, type Failure, newStatistics, type Statistics } from '../src/testing/index.js';

const WORKER = fileURLToPath(new URL('seed-worker.ts', import.meta.url));

/** What kind of worlds. */
export interface Worlds {
  /** The name of a known bug that is put back. */
  readonly breakage: string | undefined;
  /** Some of the nodes run the previous version. */
  readonly mixed: boolean;
  /** Lines of the transcript of a failure. */
  readonly lines: number;
}

export interface Ran {
  readonly seed: number;
  readonly statistics: Statistics;
  readonly failure: Failure | undefined;
}

export interface Seeds extends Worlds {
  readonly first: number;
  readonly seeds: number;
  /** Go on after a failure. */
  readonly all: boolean;
  readonly workers: number;
}

export interface Outcome {
  readonly statistics: Statistics;
  /** Ascending by seed. */
  readonly failures: readonly Failure[];
}

/** @param progress told how many are done, and how many steps that were */
export async function runSeeds(
  { first, seeds, all, workers, ...worlds }: Seeds,
  progress: (done: number, steps: number) => void,
): Promise<Outcome> {
  const ran: Ran[] = [];
  let end = first + seeds;
  let next = first;
  let steps = 0;
  const processes = Array.from({ length: Math.min(workers, seeds) }, async () => {
    const worker = fork(WORKER, [JSON.stringify(worlds)], { serialization: 'advanced' });
    const died = once(worker, 'exit').then(([status, signal]) => {
      throw new Error(`a process that ran seeds ended with ${String(status ?? signal)}`);
    });
    // It also ends when it is told to.
    died.catch(() => undefined);
    try {
      while (next < end) {
        const answer = once(worker, 'message') as Promise<[Ran]>;
        worker.send(next++);
        const [one] = await Promise.race([answer, died]);
        ran.push(one);
        progress(ran.length, (steps += one.statistics.steps));
        if (one.failure !== undefined && !all) end = Math.min(end, one.seed + 1);
      }
    } finally {
      worker.kill('SIGKILL');
    }
  });
  await Promise.all(processes);
  const counted = ran.filter(({ seed }) => seed < end).sort((a, b) => a.seed - b.seed);
  const statistics = newStatistics();
  for (const one of counted) addStatistics(statistics, one.statistics);
  return { statistics, failures: counted.flatMap(({ failure }) => failure ?? []) };
}
