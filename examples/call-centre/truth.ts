/**
 * What a file of calls adds up to, computed from its records alone: no store, no region, no event. It is what the
 * three regions' views are held against.
 *
 * Cost: one pass over the records; the stamps of all calls are kept until the last hundred are known.
 */
import type { CallRecord } from './record.js';
import { hourOf, stampOf } from './record.js';

/** How many of the latest calls the log keeps and the view shows. */
export const LAST_CALLS = 100;

/** One view of the month. The names are those of the printed JSON. */
export interface View {
  calls: number;
  queued: number;
  wait_seconds: number;
  talk_seconds: number;
  customers: number;
  region: Record<string, number>;
  type: Record<string, number>;
  outcome: Record<string, number>;
  day: Record<string, number>;
  hour: Record<string, number>;
  agent_calls: Record<string, number>;
  agent_talk_seconds: Record<string, number>;
  last_100_calls: string[];
}

export function truthOf(calls: Iterable<CallRecord>): View {
  const tally = new Map<keyof View, Map<string, number>>();
  const add = (table: keyof View, name: string, n: number): void => {
    const rows = tally.get(table) ?? new Map<string, number>();
    tally.set(table, rows.set(name, (rows.get(name) ?? 0) + n));
  };
  const customers = new Set<string>();
  const stamps: string[] = [];
  let queued = 0;
  let waited = 0;
  let talked = 0;
  for (const call of calls) {
    add('region', call.region, 1);
    add('type', call.type, 1);
    add('outcome', call.outcome, 1);
    add('day', call.date, 1);
    add('hour', hourOf(call), 1);
    if (call.queueSeconds > 0) queued += 1;
    waited += call.queueSeconds;
    if (call.agent !== undefined) {
      add('agent_calls', call.agent, 1);
      add('agent_talk_seconds', call.agent, call.talkSeconds);
      talked += call.talkSeconds;
    }
    if (call.customer !== undefined) customers.add(call.customer);
    stamps.push(stampOf(call));
  }
  const table = (name: keyof View): Record<string, number> => sorted(tally.get(name) ?? new Map<string, number>());
  return {
    calls: stamps.length,
    queued,
    wait_seconds: waited,
    talk_seconds: talked,
    customers: customers.size,
    region: table('region'),
    type: table('type'),
    outcome: table('outcome'),
    day: table('day'),
    hour: table('hour'),
    agent_calls: table('agent_calls'),
    agent_talk_seconds: table('agent_talk_seconds'),
    last_100_calls: stamps.sort(byText).slice(-LAST_CALLS),
  };
}

/** A table as an object whose names stand in the order of their text. */
export function sorted(table: Iterable<readonly [string, number]>): Record<string, number> {
  return Object.fromEntries([...table].sort(([one], [other]) => byText(one, other)));
}

/** By code unit, not by a locale's idea of order. */
export function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
