/**
 * The shapes of a working day at a real call centre (a bank's, some 1,500 calls a day over 27 lines, 1999), as numbers:
 * when calls come, what they want, how long they talk, how long callers are willing to wait.
 *
 * The synthetic day draws from these; waiting times are not drawn but come out of the queue that results.
 */

/** Calls per hour of the day, from midnight. */
export const ARRIVALS_PER_HOUR: readonly number[] = [
  4.2, 1.9, 0.4, 0.6, 0.6, 2.1, 4.8, 35.5, 95.5, 105.1, 119, 103.1, 98.2, 96.9, 116.5, 125.4, 141.2, 104.4, 76.6, 65,
  50.7, 44.8, 44.7, 39.7,
];

/** Agents at their desks in each hour: fewer than are seen in the hour, for they take breaks. */
export const AGENTS_PER_HOUR: readonly number[] = [
  1, 1, 0, 0, 0, 1, 1, 3, 7, 7, 7, 7, 7, 7, 8, 8, 8, 7, 5, 5, 5, 4, 4, 4,
];

export interface CallShape {
  readonly type: string;
  /** Share of all calls. */
  readonly share: number;
  /** The logarithm of the seconds talked is normal with this mean and deviation. */
  readonly logTalkMean: number;
  readonly logTalkDeviation: number;
  /** Share of calls from customers that the voice unit recognised. */
  readonly known: number;
}

export const CALL_SHAPES: readonly CallShape[] = [
  { type: 'PS', share: 0.727, logTalkMean: 4.81, logTalkDeviation: 1.03, known: 0.54 },
  { type: 'NW', share: 0.177, logTalkMean: 4.16, logTalkDeviation: 1.02, known: 0.01 },
  { type: 'NE', share: 0.05, logTalkMean: 5.18, logTalkDeviation: 1.31, known: 0.54 },
  { type: 'TT', share: 0.03, logTalkMean: 3.42, logTalkDeviation: 1.72, known: 0.76 },
  { type: 'IN', share: 0.01, logTalkMean: 5.13, logTalkDeviation: 1, known: 0 },
  { type: 'PE', share: 0.006, logTalkMean: 4.64, logTalkDeviation: 1.76, known: 0.61 },
];

/** Nobody was seen to talk longer, seconds. */
export const TALK_SECONDS_MAX = 5300;

/** Seconds in the voice unit, at even steps of probability. */
export const VOICE_UNIT_SECONDS: readonly number[] = [0, 5, 6, 7, 9, 9, 10, 11, 12, 14, 38];

/** Mean seconds a caller waits before hanging up. */
export const PATIENCE_SECONDS = 360;

/** Mean seconds of paperwork between two calls. */
export const PAPERWORK_SECONDS = 32;

/** How much earlier, in seconds, a recognised customer of this priority is served than others. */
export const HEAD_START_SECONDS: Readonly<Record<string, number>> = { '0': 0, '1': 60, '2': 90 };

/** Recognised customers: two of three have the higher priority. */
export const HIGH_PRIORITY = 0.66;

/** The lines and how much each carries; the last two digits decide the region. */
export const LINES: readonly (readonly [string, number])[] = [
  ...lines('AA01', [1, 2, 3, 4, 5, 6, 9, 10, 15], 16),
  ...lines('AA01', [7, 8, 11, 12, 16], 2.3),
  ...lines('AA01', [13], 10),
  ...lines('AA02', [1, 2, 3, 5, 6, 9, 13, 15], 14.6),
  ...lines('AA02', [4, 10, 14], 11),
  ...lines('AA02', [16], 1.4),
];

export const AGENTS: readonly string[] = [
  'ADA',
  'BORIS',
  'CHLOE',
  'DMITRI',
  'ELENA',
  'FARID',
  'GRETA',
  'HUGO',
  'INGRID',
  'JONAS',
  'KAVYA',
  'LUCIA',
  'MARTA',
  'NIKOS',
  'OLGA',
  'PAVEL',
  'QUINN',
  'ROSA',
  'SOFIA',
  'TARIQ',
  'URSULA',
  'VIKTOR',
  'WANDA',
  'XIMENA',
];

/** Oddities of real files, as shares of the calls. */
export const ODDITIES = {
  /** The caller is gone before anything happened. */
  hangsUpInVoiceUnit: 0.033,
  /** Answered, but the file does not say by whom. */
  unnamedAgent: 0.015,
  /** An agent is named, the times are missing. */
  untimedAgent: 0.0013,
  /** A record that is no call at all. */
  phantom: 0.0076,
  /** The voice unit's clock was set back: exit lies before entry. */
  clockSetBack: 0.001,
} as const;

/** The agents' clock runs a little ahead: seconds, and how often. */
export const AGENT_CLOCK_AHEAD: readonly (readonly [number, number])[] = [
  [1, 0.67],
  [0, 0.23],
  [2, 0.1],
];

function lines(prefix: string, numbers: readonly number[], weight: number): [string, number][] {
  return numbers.map((number) => [`${prefix}${String(number).padStart(2, '0')}`, weight]);
}
