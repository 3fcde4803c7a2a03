/** Seeds, one after the other; the first that fails is run again with a transcript. */
import { CheckFailed } from './check-failed.js';
import { describePlan } from './plan.js';
import { Simulation, type SimulationOptions } from './simulation.js';
import { addStatistics, newStatistics, type Statistics } from './statistics.js';

export interface Failure {
  readonly seed: number;
  /** The name of the check; undefined if something threw that is none. */
  readonly check: string | undefined;
  /** Which check, and what it saw. */
  readonly message: string;
  /** What the world was like, one line each. */
  readonly plan: readonly string[];
  /** The last things that happened, heartbeats left out, one line each. */
  readonly transcript: readonly string[];
}

const TRANSCRIPT_LINES = 60;

/** Run one seed. Counts into `statistics`; returns what failed, if anything did, with the last `options.lines` of what happened. */
export function runSeed(seed: number, statistics: Statistics, options: SimulationOptions = {}): Failure | undefined {
  const failure = attempt(seed, statistics, { ...options, lines: 0 });
  const { lines = TRANSCRIPT_LINES } = options;
  if (failure === undefined || lines === 0) return failure;
  return attempt(seed, newStatistics(), { ...options, lines }) ?? { ...failure, transcript: ['it did not fail again'] };
}

function attempt(seed: number, into: Statistics, options: SimulationOptions): Failure | undefined {
  const simulation = new Simulation(seed, options);
  let failure: Failure | undefined;
  try {
    simulation.run();
  } catch (error) {
    const check = error instanceof CheckFailed ? error.check : undefined;
    const message = check === undefined ? `crash: ${(error as Error).stack}` : (error as Error).message;
    failure = { seed, check, message, plan: describePlan(simulation.plan), transcript: simulation.transcript.lines };
  }
  addStatistics(into, simulation.statistics);
  into.transactions += simulation.history.transactions;
  return failure;
}
