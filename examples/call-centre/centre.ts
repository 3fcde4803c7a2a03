/**
 * What each event writes: the whole of the application. A contact centre would look much like this.
 *
 * Every event of a call is written in the call's own region and in one turn of the event loop, so that other regions see
 * it whole or not at all. Nobody asks another region for anything: counters add up, the set and the log merge, gauges
 * are the sum of what each region says of itself, and of the circuits that all share each region has some to give out.
 */
import type { Database } from 'merganser/client';
import type { CallEvent } from './events.js';
import { centsFor } from './rate.js';
import type { CallRecord } from './record.js';
import { hourOf, stampOf } from './record.js';
import { LAST_CALLS } from './truth.js';

/** The names of everything that is kept. A name that ends in a slash stands for a family: what follows is read back from the store. */
export const KEYS = {
  calls: 'calls',
  region: 'calls/region/',
  type: 'calls/type/',
  outcome: 'calls/outcome/',
  day: 'calls/day/',
  hour: 'calls/hour/',
  queued: 'queue/calls',
  waitSeconds: 'queue/wait_seconds',
  inQueue: 'queue/now',
  agents: 'agents',
  agentsBusy: 'agents/busy',
  agentState: 'agent/state/',
  agentCalls: 'agent/calls/',
  agentTalkSeconds: 'agent/talk_seconds/',
  talkSeconds: 'talk_seconds',
  cents: 'cents/day/',
  customers: 'customers',
  customerLastCall: 'customer/last_call/',
  lastCalls: 'calls/last',
  callsOverTime: 'calls/over_time',
  trunk: 'trunk',
  waits: 'queue/waits',
  callers: 'customers/estimated',
  talkers: 'agents/busiest',
  present: 'agents/present',
} as const;

const HOUR_MS = 3_600_000;

/** A bar per hour, for as long as any replay may reach back. */
export const HOURLY = { bucket: HOUR_MS, keep: 9_000 * HOUR_MS } as const;
export const CAPPED = { cap: LAST_CALLS } as const;
/**
 * The circuits of the trunk, which all regions share: never more are in use than there are. There is no `min`: every release follows its
 * call, so none may ever be refused, not even when a crash leaves open how many there were.
 */
export const TRUNK = { max: 480 } as const;
/** A caller for whom no circuit is free hears that it rings for so long. All calls of a replay did happen. */
const RINGING = { timeoutMs: 600_000 } as const;

export interface AgentState {
  readonly state: 'busy' | 'free';
  readonly region: string;
  readonly last_call: string;
}

/** Told of every write, so that somebody counts and awaits them. */
export type Track = (written: Promise<void>) => void;

/** The call centre as one region sees it. */
export class Centre {
  readonly #db: Database;
  readonly #track: Track;
  readonly #agents = new Set<string>();
  readonly #region: string | undefined;

  /** @param region its name, if it is not to be that of the calls */
  constructor(db: Database, track: Track, region?: string) {
    this.#db = db;
    this.#track = track;
    this.#region = region;
  }

  /** Writes what the event means. */
  take({ kind, call, at }: CallEvent): void {
    switch (kind) {
      case 'entered':
        this.#entered(call, at);
        return;
      case 'queued':
        this.#gauge(KEYS.inQueue, 1);
        this.#count(KEYS.queued, 1);
        return;
      case 'unqueued':
        this.#gauge(KEYS.inQueue, -1);
        this.#count(KEYS.waitSeconds, call.queueSeconds);
        this.#track(this.#db.quantiles(KEYS.waits).add(call.queueSeconds));
        return;
      case 'answered':
        this.#answered(call);
        return;
      case 'ended':
        this.#ended(call);
        return;
    }
  }

  #entered(call: CallRecord, at: number): void {
    const stamp = stampOf(call);
    this.#track(this.#db.bounded(KEYS.trunk, TRUNK).increment(1, RINGING));
    this.#count(KEYS.calls, 1);
    this.#count(KEYS.region + (this.#region ?? call.region), 1);
    this.#count(KEYS.type + call.type, 1);
    this.#count(KEYS.day + call.date, 1);
    this.#count(KEYS.hour + hourOf(call), 1);
    this.#track(this.#db.window(KEYS.callsOverTime, HOURLY).add(1, { at }));
    this.#track(this.#db.log(KEYS.lastCalls, CAPPED).append(stamp, { at }));
    if (call.customer === undefined) return;
    this.#track(this.#db.set(KEYS.customers).add(call.customer));
    this.#track(this.#db.unique(KEYS.callers).add(call.customer));
    this.#track(this.#db.register(KEYS.customerLastCall + call.customer).set(stamp));
  }

  #answered(call: CallRecord): void {
    if (call.agent === undefined) return;
    // An agent is made known once by each region; after that the set would only be told what it knows.
    if (!this.#agents.has(call.agent)) {
      this.#agents.add(call.agent);
      this.#track(this.#db.set(KEYS.agents).add(call.agent));
      this.#track(this.#db.presence(KEYS.present).join(call.agent));
    }
    this.#gauge(KEYS.agentsBusy, 1);
    this.#agent(call.agent, 'busy', call);
  }

  #ended(call: CallRecord): void {
    this.#track(this.#db.bounded(KEYS.trunk, TRUNK).decrement(1, RINGING));
    this.#count(KEYS.outcome + call.outcome, 1);
    if (call.agent === undefined) return;
    this.#gauge(KEYS.agentsBusy, -1);
    this.#agent(call.agent, 'free', call);
    this.#count(KEYS.agentCalls + call.agent, 1);
    this.#count(KEYS.agentTalkSeconds + call.agent, call.talkSeconds);
    if (call.talkSeconds > 0) this.#track(this.#db.top(KEYS.talkers).add(call.agent, call.talkSeconds));
    this.#count(KEYS.talkSeconds, call.talkSeconds);
    this.#count(KEYS.cents + call.date, centsFor(call.talkSeconds));
  }

  #count(key: string, n: number): void {
    this.#track(this.#db.counter(key).increment(n));
  }

  #gauge(key: string, n: number): void {
    this.#track(this.#db.gauge(key).add(n));
  }

  #agent(name: string, state: AgentState['state'], call: CallRecord): void {
    const value: AgentState = { state, region: this.#region ?? call.region, last_call: stampOf(call) };
    this.#track(this.#db.register(KEYS.agentState + name).set({ ...value }));
  }
}
