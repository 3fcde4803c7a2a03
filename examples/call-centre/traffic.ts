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
import { REGIONS, parseCalls } from './record.js';
import type { CallRecord, Region } from './record.js';
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
  readonly urls: Readonly<Record<Region, string>>;
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

export class Traffic {
  /** Milliseconds since 1970 on the centre's clock. */
  now: number = dayOf(FIRST_DATE) + FIRST_HOUR * HOUR_MS;
  /** Writes that a client refused, because too many waited for a region that was away. */
  refused = 0;
  readonly #options: TrafficOptions;
  readonly #clients: Readonly<Record<Region, Database>>;
  readonly #centres: Readonly<Record<Region, Centre>>;
  readonly #calls: Record<Region, number | undefined> = { us: undefined, eu: undefined, ap: undefined };
  readonly #events: Iterator<CallEvent>;
  #next: CallEvent | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  private constructor(options: TrafficOptions, clients: Readonly<Record<Region, Database>>) {
    this.#options = options;
    this.#clients = clients;
    const centre = (region: Region): Centre => new Centre(clients[region], (written) => this.#track(written));
    this.#centres = { us: centre('us'), eu: centre('eu'), ap: centre('ap') };
    this.#events = endlessEvents(options.seed, options.scale);
    this.#next = this.#take();
    for (const region of REGIONS) {
      clients[region].on('disconnected', () => (this.#calls[region] = undefined));
      clients[region].counter(KEYS.calls).subscribe((calls) => (this.#calls[region] = calls));
    }
  }

  static async start(options: TrafficOptions): Promise<Traffic> {
    const [us, eu, ap] = await Promise.all([
      connect(options.urls.us),
      connect(options.urls.eu),
      connect(options.urls.ap),
    ]);
    const traffic = new Traffic(options, { us, eu, ap });
    traffic.#plan();
    return traffic;
  }

  client(region: Region): Database {
    return this.#clients[region];
  }

  /** All calls so far, as the region says; undefined while it is away. */
  calls(region: Region): number | undefined {
    return this.#calls[region];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(REGIONS.map((region) => this.#clients[region].close()));
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
    const { region } = event.call;
    this.#centres[region].take(event);
    if (event.kind !== 'entered') return;
    const { key, ...options } = PER_MINUTE;
    this.#track(this.#clients[region].window(key, options).add(1, { at: event.at }));
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
