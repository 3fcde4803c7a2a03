/** Hunting mutants: with the laws, then the simulator's known bugs with worlds. How long each one lives. */
import { checkLaws, LawBroken } from '../laws.js';
import { Random } from '../random.js';
import type { Break } from '../simulator/break.js';
import { BREAKS } from '../simulator/breaks.js';
import { runSeed } from '../simulator/run.js';
import { newStatistics } from '../simulator/statistics.js';
import type { Subject } from '../subject.js';
import { DOT_MUTANTS } from './dot-mutants.js';
import { GENERATION_MUTANTS } from './generation-mutants.js';
import type { Mutant } from './mutant.js';
import { NUMBER_MUTANTS } from './number-mutants.js';
import { OBJECT_MUTANTS } from './object-mutants.js';

const LAW_RUNS = 500;
const LAW_STEPS = 40;
const WORLDS = 3000;

/** Types with a bug, which the laws must notice. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  ...NUMBER_MUTANTS,
  ...DOT_MUTANTS,
  ...OBJECT_MUTANTS,
  ...GENERATION_MUTANTS,
};

export interface Catch {
  /** Which check, in its own words. */
  readonly check: string;
  readonly runs: number;
}

/** Undefined: it survived. */
export function huntByLaws(subject: Subject<unknown>): Catch | undefined {
  for (let runs = 1; runs <= LAW_RUNS; runs++) {
    try {
      checkLaws(subject, Random.seeded(runs), { steps: LAW_STEPS });
    } catch (error) {
      const { message } = error as Error;
      return { check: error instanceof LawBroken ? (message.split(': ')[0] as string) : `it throws: ${message}`, runs };
    }
  }
  return undefined;
}

/** Undefined: it survived. */
export function huntInWorlds(breakage: Break): Catch | undefined {
  const { from = 1 } = breakage;
  for (let runs = 1; runs <= WORLDS; runs++) {
    const failure = runSeed(from + runs - 1, newStatistics(), { breakage, lines: 0 });
    if (failure !== undefined) return { check: failure.message.split(':')[0] as string, runs };
  }
  return undefined;
}

export interface Prey {
  readonly name: string;
  readonly bug: string;
  /** Who must catch it. */
  readonly by: 'laws' | 'worlds';
  /** Undefined: it survived. */
  hunt(this: void): Catch | undefined;
}

/** All of them, those first that take long. */
export const PREY: readonly Prey[] = [
  ...Object.entries(BREAKS).map(([name, breakage]): Prey => ({
    name,
    bug: breakage.bug,
    by: 'worlds',
    hunt: () => huntInWorlds(breakage),
  })),
  ...Object.entries(MUTANTS).map(([name, { bug, subject }]): Prey => ({
    name,
    bug,
    by: 'laws',
    hunt: () => huntByLaws(subject),
  })),
];
