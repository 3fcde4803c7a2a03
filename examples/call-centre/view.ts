/**
 * What one region says, asked of that region alone: names and values both come out of its replica, nothing is taken from
 * whoever wrote them.
 */
import { connect } from 'merganser/client';
import type { Database } from 'merganser/client';
import type { Board } from './board.js';
import { isoHour } from './board.js';
import type { AgentState } from './centre.js';
import { CAPPED, HOURLY, KEYS, TRUNK } from './centre.js';
import { BUSIEST, type Estimates, SHARES } from './estimates.js';
import { dayOf } from './events.js';
import type { View } from './truth.js';
import { LAST_CALLS, byText, sorted } from './truth.js';

const DAY_MS = 86_400_000;

export interface Reading {
  readonly view: View;
  readonly board: Board;
  readonly estimates: Estimates;
}

/** Everything, over a connection of its own. */
export async function readRegion(url: string): Promise<Reading> {
  const db = await connect(url);
  try {
    return { view: await readView(db), board: await readBoard(db), estimates: await readEstimates(db) };
  } finally {
    await db.close();
  }
}

async function readView(db: Database): Promise<View> {
  const agents = await db.set(KEYS.agents).values();
  const last = await db.log<string>(KEYS.lastCalls, CAPPED).last(LAST_CALLS);
  return {
    calls: await db.counter(KEYS.calls).value(),
    queued: await db.counter(KEYS.queued).value(),
    wait_seconds: await db.counter(KEYS.waitSeconds).value(),
    talk_seconds: await db.counter(KEYS.talkSeconds).value(),
    customers: await db.set(KEYS.customers).size(),
    region: await family(db, KEYS.region),
    type: await family(db, KEYS.type),
    outcome: await family(db, KEYS.outcome),
    day: await family(db, KEYS.day),
    hour: await family(db, KEYS.hour),
    agent_calls: await table(db, KEYS.agentCalls, agents),
    agent_talk_seconds: await table(db, KEYS.agentTalkSeconds, agents),
    // Calls of the same second stand in the order of their text, as everywhere.
    last_100_calls: last.map(({ value }) => value).sort(byText),
  };
}

async function readBoard(db: Database): Promise<Board> {
  const agents = await db.set(KEYS.agents).values();
  const customers = await db.set(KEYS.customers).values();
  const states = await Promise.all(agents.map((name) => db.register<AgentState>(KEYS.agentState + name).get()));
  const lastCalls = await Promise.all(customers.map((id) => db.register<string>(KEYS.customerLastCall + id).get()));
  return {
    calls_in_queue: await db.gauge(KEYS.inQueue).value(),
    agents_busy: await db.gauge(KEYS.agentsBusy).value(),
    circuits_in_use: await db.bounded(KEYS.trunk, TRUNK).value(),
    agents_present: await db.presence(KEYS.present).count(),
    agents_free: states.filter((agent) => agent?.state === 'free').length,
    customers_seen: lastCalls.filter((stamp) => stamp !== undefined).length,
    calls_over_time: await overTime(db),
    cents: await family(db, KEYS.cents),
  };
}

async function readEstimates(db: Database): Promise<Estimates> {
  return {
    waits: (await db.quantiles(KEYS.waits).quantiles(SHARES)) ?? SHARES.map(() => 0),
    customers: await db.unique(KEYS.callers).count(),
    busiest: await db.top(KEYS.talkers).largest(BUSIEST),
  };
}

/** Every counter whose name begins with `prefix`. */
async function family(db: Database, prefix: string): Promise<Record<string, number>> {
  const names = (await db.keys(prefix)).map((key) => key.slice(prefix.length));
  return table(db, prefix, names);
}

async function table(db: Database, prefix: string, names: readonly string[]): Promise<Record<string, number>> {
  const values = await Promise.all(names.map((name) => db.counter(prefix + name).value()));
  return sorted(names.map((name, at) => [name, values[at] ?? 0] as const));
}

/** The window's bars that are not empty, by hour; the days of which the region has counters say where to look. */
async function overTime(db: Database): Promise<Record<string, number>> {
  const days = (await db.keys(KEYS.day)).map((key) => dayOf(key.slice(KEYS.day.length)));
  if (days.length === 0) return {};
  const from = Math.min(...days);
  // A day more at the end: clocks of real switches have been seen to count past midnight.
  const bars = await db.window(KEYS.callsOverTime, HOURLY).series(from, Math.max(...days) + 2 * DAY_MS, HOURLY.bucket);
  const named = bars.map((bar, at) => [isoHour(from + at * HOURLY.bucket), bar] as const);
  return sorted(named.filter(([, bar]) => bar !== 0));
}
