/**
 * Hunting mutants: with the laws, then the simulator's known bugs with worlds. How long each one lives. What catches it is a check that
 * has a name: a mutant that merely throws tells nothing of what the checks notice, so whatever it throws goes through.
 */
import { LawBroken } from '../law-broken.js';
import { checkLaws } from '../laws.js';
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

/** Undefined: it survived. Throws what the type throws. */
export function huntByLaws(subject: Subject<unknown>): Catch | undefined {
  for (let runs = 1; runs <= LAW_RUNS; runs++) {
    try {
      checkLaws(subject, Random.seeded(runs), { steps: LAW_STEPS });
    } catch (error) {
      if (!(error instanceof LawBroken)) throw error;
      return { check: error.message.split(': ')[0] as string, runs };
    }
  }
  return undefined;
}

/** Undefined: it survived. Throws if anything in a world does but a check. */
export function huntInWorlds(breakage: Break): Catch | undefined {
  const { from = 1 } = breakage;
  for (let runs = 1; runs <= WORLDS; runs++) {
    const failure = runSeed(from + runs - 1, newStatistics(), { breakage, lines: 0 });
    if (failure === undefined) continue;
    if (failure.check === undefined) throw new Error(failure.message);
    return { check: failure.check, runs };
  }
  return undefined;
}

export interface Prey {
  readonly name: string;
  readonly bug: string;
  /** Who must catch it. */
  readonly by: 'laws' | 'worlds';
  /** Undefined: it survived. Throws if it merely throws. */
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
