/**
 * What the centre keeps without keeping all of it: how long callers waited, how many different ones there were, who talked most.
 * A region answers these from sketches of a few kilobytes, and each answer is off by no more than its type says; that is checked
 * here against the records. Between regions the answers are equal.
 */
import type { CallRecord } from './record.js';
import { byText } from './truth.js';

/** How many agents the board names. */
export const BUSIEST = 10;
/** Shares of the callers who waited, in order of how long. */
export const SHARES = [0.5, 0.9, 0.99] as const;
/** What docs/types says of them. */
const WAIT_ERROR = 0.01;
const COUNT_STANDARD_ERROR = 0.008;

export interface Estimates {
  /** Seconds in the queue up to which that share of the callers waited; 0 where nobody did. */
  readonly waits: readonly number[];
  readonly customers: number;
  /** The agents who talked most, the first of them first. */
  readonly busiest: readonly Talker[];
}

export interface Talker {
  readonly item: string;
  /** Seconds: at most this, and at least `count − error`. */
  readonly count: number;
  readonly error: number;
}

/** The same from the records, with nothing estimated; of the agents all are there. */
export function exactOf(calls: Iterable<CallRecord>): Estimates {
  const waits: number[] = [];
  const customers = new Set<string>();
  const talked = new Map<string, number>();
  for (const { queueSeconds, customer, agent, talkSeconds } of calls) {
    if (queueSeconds > 0) waits.push(queueSeconds);
    if (customer !== undefined) customers.add(customer);
    if (agent !== undefined && talkSeconds > 0) talked.set(agent, (talked.get(agent) ?? 0) + talkSeconds);
  }
  waits.sort((one, other) => one - other);
  return {
    waits: SHARES.map((share) => waits[Math.floor(share * (waits.length - 1))] ?? 0),
    customers: customers.size,
    busiest: [...talked]
      .map(([item, count]) => ({ item, count, error: 0 }))
      .sort((one, other) => other.count - one.count || byText(one.item, other.item)),
  };
}

/** Where an estimate is further off than it may be; one line each. */
export function misestimates(shown: Estimates, exact: Estimates): string[] {
  return [...wrongWaits(shown, exact), ...wrongCustomers(shown, exact), ...wrongTalkers(shown, exact)];
}

function wrongWaits(shown: Estimates, exact: Estimates): string[] {
  return SHARES.flatMap((share, at) => {
    const [is, should] = [shown.waits[at] ?? Number.NaN, exact.waits[at] as number];
    if (Math.abs(is - should) <= WAIT_ERROR * should) return [];
    return [`of those who waited ${100 * share} % did so for up to ${is} s, against ${should} s`];
  });
}

/** Four standard errors: of sixteen thousand months one is beyond that. */
function wrongCustomers(shown: Estimates, exact: Estimates): string[] {
  if (Math.abs(shown.customers - exact.customers) <= 4 * COUNT_STANDARD_ERROR * exact.customers) return [];
  return [`${shown.customers} customers are estimated, against ${exact.customers}`];
}

function wrongTalkers(shown: Estimates, exact: Estimates): string[] {
  const talked = new Map(exact.busiest.map(({ item, count }) => [item, count]));
  const wrong = shown.busiest.flatMap(({ item, count, error }) => {
    const seconds = talked.get(item) ?? 0;
    return seconds <= count && seconds >= count - error
      ? []
      : [`${item} talked ${count} s, or up to ${error} s less, against ${seconds} s`];
  });
  const least = shown.busiest.at(-1)?.count ?? 0;
  const names = new Set(shown.busiest.map(({ item }) => item));
  const missing = exact.busiest
    .slice(0, BUSIEST)
    .filter(({ item, count }) => !names.has(item) && (count > least || shown.busiest.length < BUSIEST))
    .map(({ item }) => `${item} is not among the busiest`);
  return [...wrong, ...missing];
}
