/** Seeds, one after the other; the first that fails is run again with a transcript. */
import type { Break } from './breaks.js';
import { CheckFailed, Simulation, type Statistics } from './simulation.js';

export interface Failure {
  readonly seed: number;
  /** Which check, and what it saw. */
  readonly message: string;
  /** The last things that happened, one line each. */
  readonly transcript: readonly string[];
}

const TRANSCRIPT_LINES = 60;

/** Run one seed. Counts into `statistics`; returns what failed, if anything did. */
export function runSeed(
  seed: number,
  statistics: Statistics,
  breakage?: Break,
  lines: number = TRANSCRIPT_LINES,
): Failure | undefined {
  const failure = attempt(seed, 0, statistics, breakage);
  if (failure === undefined || lines === 0) return failure;
  return attempt(seed, lines, newStatistics(), breakage) ?? { ...failure, transcript: ['it did not fail again'] };
}

export function newStatistics(): Statistics {
  return { steps: 0, messages: 0, transactions: 0, faults: new Map() };
}

function attempt(seed: number, lines: number, into: Statistics, breakage: Break | undefined): Failure | undefined {
  const simulation = new Simulation(seed, lines, breakage);
  let failure: Failure | undefined;
  try {
    simulation.run();
  } catch (error) {
    const message = error instanceof CheckFailed ? error.message : `crash: ${(error as Error).stack}`;
    failure = { seed, message, transcript: simulation.transcript.lines };
  }
  const { steps, messages, faults } = simulation.statistics;
  into.steps += steps;
  into.messages += messages;
  into.transactions += simulation.history.transactions;
  for (const [fault, count] of faults) into.faults.set(fault, (into.faults.get(fault) ?? 0) + count);
  return failure;
}
