/**
 * One replay from start to finish: three regions, every event in order through a client of its region, troubles on the
 * way, and at the end each region's own view held against the others and against the records.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { converged } from '../../src/testing/real/status.js';
import { Trouble } from '../../src/testing/real/trouble.js';
import { boardOf } from './board.js';
import type { CallCluster } from './cluster.js';
import { startCluster } from './cluster.js';
import { differences } from './differences.js';
import { exactOf, misestimates } from './estimates.js';
import type { CallEvent } from './events.js';
import { eventsInOrder, eventsOf } from './events.js';
import type { FaultOptions, KillReport } from './faults.js';
import { Faults } from './faults.js';
import { Lane } from './lane.js';
import { REGIONS } from './record.js';
import type { CallRecord, Region } from './record.js';
import { truthOf } from './truth.js';
import type { Reading } from './view.js';
import { readRegion } from './view.js';

export interface ReplayOptions extends FaultOptions {
  /** Calls begun per second; undefined: as fast as it goes. */
  readonly rate: number | undefined;
}

/** Where the replay stands, for whoever watches. */
export interface Progress {
  readonly events: number;
  readonly totalEvents: number;
  /** Milliseconds since 1970 on the centre's clock; undefined before the first event. */
  readonly at: number | undefined;
  readonly operations: number;
  readonly inFlight: Readonly<Record<Region, number>>;
  readonly cluster: CallCluster;
}

export interface Watcher {
  readonly say: (what: string) => void;
  readonly started: (progress: () => Progress) => void;
}

export interface Outcome {
  readonly readings: Readonly<Record<Region, Reading>>;
  /** What the records add up to. */
  readonly expected: Reading;
  readonly operations: number;
  readonly seconds: number;
  readonly converged_ms: number;
  readonly killed: KillReport | undefined;
  /** One line each; none when all three regions agree with each other and with the records. */
  readonly problems: readonly string[];
}

export async function replay(calls: readonly CallRecord[], options: ReplayOptions, watcher: Watcher): Promise<Outcome> {
  const trouble = new Trouble();
  const cluster = await startCluster((reason) => trouble.raise(reason));
  try {
    return await trouble.unless(drive(cluster, calls, options, watcher, trouble));
  } finally {
    await cluster.stop();
  }
}

async function drive(
  cluster: CallCluster,
  calls: readonly CallRecord[],
  options: ReplayOptions,
  watcher: Watcher,
  trouble: Trouble,
): Promise<Outcome> {
  const lanes = await openLanes(cluster, trouble);
  const totalEvents = calls.reduce((sum, call) => sum + eventsOf(call).length, 0);
  const faults = new Faults(cluster, lanes[options.victim], totalEvents, options, watcher.say);
  const operations = (): number => REGIONS.reduce((sum, region) => sum + lanes[region].done, 0);
  const pump = new Pump(lanes, faults, options.rate);
  watcher.started(() => ({
    events: pump.events,
    totalEvents,
    at: pump.at,
    operations: operations(),
    inFlight: { us: lanes.us.inFlight, eu: lanes.eu.inFlight, ap: lanes.ap.inFlight },
    cluster,
  }));
  const start = performance.now();
  await pump.run(eventsInOrder(calls));
  await faults.over();
  await Promise.all(REGIONS.map((region) => lanes[region].drained()));
  const done = performance.now();
  await converged(cluster);
  const same = performance.now();
  watcher.say(`CONVERGED ${Math.round(same - done)} ms after the last write`);
  const readings = await readAll(cluster);
  await Promise.all(REGIONS.map((region) => lanes[region].close()));
  const expected = { view: truthOf(calls), board: boardOf(calls), estimates: exactOf(calls) };
  return {
    readings,
    expected,
    operations: operations(),
    seconds: Math.round(done - start) / 1000,
    converged_ms: Math.round(same - done),
    killed: faults.killed,
    problems: judge(readings, expected),
  };
}

/** Hands out the events, and waits where a region has enough to do. */
class Pump {
  events = 0;
  at: number | undefined;
  readonly #lanes: Readonly<Record<Region, Lane>>;
  readonly #faults: Faults;
  readonly #rate: number | undefined;

  constructor(lanes: Readonly<Record<Region, Lane>>, faults: Faults, rate: number | undefined) {
    this.#lanes = lanes;
    this.#faults = faults;
    this.#rate = rate;
  }

  async run(events: Iterable<CallEvent>): Promise<void> {
    const start = performance.now();
    let begun = 0;
    for (const event of events) {
      const fault = this.#faults.before(event, this.events);
      if (fault !== undefined) await fault;
      if (event.kind === 'entered' && this.#rate !== undefined) {
        const early = start + (begun * 1000) / this.#rate - performance.now();
        begun += 1;
        if (early > 1) await pause(early);
      }
      const lane = this.#lanes[event.call.region];
      // One turn of the event loop takes in answers; without it the sockets would never be read.
      if (lane.full) await lane.room();
      lane.take(event);
      this.events += 1;
      this.at = event.at;
      if (this.events % TURN_EVENTS === 0) await new Promise(setImmediate);
    }
  }
}

/** Events handed out in one turn of the event loop, so that links and answers are never kept waiting for long. */
const TURN_EVENTS = 64;

async function openLanes(cluster: CallCluster, trouble: Trouble): Promise<Record<Region, Lane>> {
  const open = (region: Region): Promise<Lane> =>
    Lane.open(region, cluster.region(region).clientUrl, (error) => trouble.raise(error));
  const [us, eu, ap] = await Promise.all([open('us'), open('eu'), open('ap')]);
  return { us, eu, ap };
}

async function readAll(cluster: CallCluster): Promise<Record<Region, Reading>> {
  const read = (region: Region): Promise<Reading> => readRegion(cluster.region(region).clientUrl);
  const [us, eu, ap] = await Promise.all([read('us'), read('eu'), read('ap')]);
  return { us, eu, ap };
}

/** First the regions against each other, then each against what the records add up to. */
function judge(readings: Readonly<Record<Region, Reading>>, expected: Reading): string[] {
  const between = (['eu', 'ap'] as const).flatMap((region) =>
    [...compare(readings.us, readings[region]), ...differences(readings.us.estimates, readings[region].estimates)].map(
      (difference) => `us and ${region} differ: ${difference}`,
    ),
  );
  const against = REGIONS.flatMap((region) =>
    [...compare(readings[region], expected), ...misestimates(readings[region].estimates, expected.estimates)].map(
      (difference) => `${region} differs from the records: ${difference}`,
    ),
  );
  return [...between, ...against];
}

function compare(one: Reading, other: Reading): string[] {
  return [...differences(one.view, other.view), ...differences(one.board, other.board)];
}
