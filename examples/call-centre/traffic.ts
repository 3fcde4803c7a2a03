/**
 * Calls without end: one made-up day after the other, in accelerated time, each region's calls through a client of that
 * region. It is what `merganser demo` shows.
 *
 * The centre's clock moves in steps: everything that happened since the last step is written at once, then nothing until
 * the next. Between two steps regions that are connected have seen everything and can be compared.
 *
 * Invariants:
 * - The same seed gives the same calls in the same order, whatever the speed.
 * - A region's writes go to that region alone. While it is away they wait in its client and are sent when it is back.
 * - A machine that slept does not make up for it: the clock goes on from where it stood.
 */
import { connect } from 'merganser/client';
import type { Database } from 'merganser/client';
import { Centre, KEYS } from './centre.js';
import type { CallEvent } from './events.js';
import { dayOf, entryOf, eventsInOrder } from './events.js';
import { parseCalls } from './record.js';
import type { CallRecord } from './record.js';
import { ARRIVALS_PER_HOUR } from './shapes.js';
import { syntheticLines } from './synthetic.js';

/** Calls by the minute, for the last minutes: at the usual speed a bar a second. */
export const PER_MINUTE = { key: 'calls/per_minute', bucket: 60_000, keep: 6 * 3_600_000 } as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday with thirty years to go before two digits no longer tell the year. */
const FIRST_DATE = '700105';
/** The first day begins with the first agents at their desks. */
const FIRST_HOUR = 8;
/** Hours with fewer calls than this pass faster. */
const QUIET_CALLS_PER_HOUR = 10;
const QUIET_HASTE = 10;

export interface TrafficOptions {
  /** Regions and where they are found. The lines of the switch are shared out among them. */
  readonly urls: ReadonlyMap<string, string>;
  readonly seed: number;
  /** Seconds of the centre's clock per second. */
  readonly speed: number;
  /** How many times as many calls as at the real centre. */
  readonly scale: number;
  /** Milliseconds between two steps. */
  readonly stepMs: number;
  /** Called before each step, when the writes of the one before have had their time; the step waits for it. */
  readonly beforeStep: () => Promise<void>;
}

interface Desk {
  readonly db: Database;
  readonly centre: Centre;
}

export class Traffic {
  /** Milliseconds since 1970 on the centre's clock. */
  now: number = dayOf(FIRST_DATE) + FIRST_HOUR * HOUR_MS;
  /** Writes that a client refused, because too many waited for a region that was away. */
  refused = 0;
  readonly #options: TrafficOptions;
  readonly #clients: ReadonlyMap<string, Database>;
  /** In the order of the regions. */
  readonly #desks: readonly Desk[];
  readonly #calls = new Map<string, number>();
  readonly #events: Iterator<CallEvent>;
  #next: CallEvent | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  private constructor(options: TrafficOptions, clients: ReadonlyMap<string, Database>) {
    this.#options = options;
    this.#clients = clients;
    this.#desks = [...clients].map(([region, db]) => {
      return { db, centre: new Centre(db, (written) => this.#track(written), region) };
    });
    this.#events = endlessEvents(options.seed, options.scale);
    this.#next = this.#take();
    for (const [region, db] of clients) {
      db.on('disconnected', () => this.#calls.delete(region));
      db.counter(KEYS.calls).subscribe((calls) => this.#calls.set(region, calls));
    }
  }

  static async start(options: TrafficOptions): Promise<Traffic> {
    const opening = [...options.urls].map(async ([region, url]) => [region, await connect(url)] as const);
    const traffic = new Traffic(options, new Map(await Promise.all(opening)));
    traffic.#plan();
    return traffic;
  }

  /** Errors: RangeError where there is no such region. */
  client(region: string): Database {
    const db = this.#clients.get(region);
    if (db === undefined) throw new RangeError(`there is no region ${region}`);
    return db;
  }

  /** All calls so far, as the region says; undefined while it is away. */
  calls(region: string): number | undefined {
    return this.#calls.get(region);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#clients.values()].map((db) => db.close()));
  }

  #plan(): void {
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#step(), this.#options.stepMs);
  }

  async #step(): Promise<void> {
    await this.#options.beforeStep();
    if (this.#stopped) return;
    const hour = Math.floor((this.now % DAY_MS) / HOUR_MS);
    const haste = (ARRIVALS_PER_HOUR[hour] ?? 0) < QUIET_CALLS_PER_HOUR ? QUIET_HASTE : 1;
    this.now += this.#options.stepMs * this.#options.speed * haste;
    while (this.#next !== undefined && this.#next.at <= this.now) {
      this.#write(this.#next);
      this.#next = this.#take();
    }
    this.#plan();
  }

  #write(event: CallEvent): void {
    const { db, centre } = this.#desks[Number(event.call.line.slice(-2)) % this.#desks.length] as Desk;
    centre.take(event);
    if (event.kind !== 'entered') return;
    const { key, ...options } = PER_MINUTE;
    this.#track(db.window(key, options).add(1, { at: event.at }));
  }

  #take(): CallEvent | undefined {
    const { value, done } = this.#events.next();
    return done === true ? undefined : value;
  }

  #track(written: Promise<void>): void {
    written.catch(() => (this.refused += 1));
  }
}

/** All events of all days in order; what begins on one day may end on the next. */
export function* endlessEvents(seed: number, scale: number): Generator<CallEvent, void, undefined> {
  let carried: CallEvent[] = [];
  for (let day = 0; ; day += 1) {
    const midnight = dayOf(FIRST_DATE) + day * DAY_MS;
    let calls = callsOf(midnight, seed + day, scale);
    if (day === 0) calls = calls.filter((call) => entryOf(call) >= midnight + FIRST_HOUR * HOUR_MS);
    const events = [...carried, ...eventsInOrder(calls)].sort((one, other) => one.at - other.at);
    const tomorrow = events.findIndex(({ at }) => at >= midnight + DAY_MS);
    carried = tomorrow === -1 ? [] : events.slice(tomorrow);
    yield* tomorrow === -1 ? events : events.slice(0, tomorrow);
  }
}

function callsOf(midnight: number, seed: number, scale: number): CallRecord[] {
  const date = new Date(midnight).toISOString().slice(2, 10).replaceAll('-', '');
  return [...parseCalls(syntheticLines({ seed, date, scale }), `the day of seed ${seed}`)];
}
