/**
 * One run from start to finish: regions in processes of their own, clients on all of them writing everything, faults drawn
 * from the seed; then everything is made whole, and what the regions say is held against what was written.
 *
 * The seed decides what is written and what goes wrong and when; what meets what is left to the machine. So a violation
 * comes back often with its seed, not always.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../client/database.js';
import { Random } from '../random.js';
import { Cluster } from '../real/cluster.js';
import { allLive, compared, converged } from '../real/status.js';
import { Trouble } from '../real/trouble.js';
import { Checker } from './checker.js';
import { Faults } from './faults.js';
import { Ledger } from './ledger.js';
import { makePlan, type Plan } from './plan.js';
import { listen } from './quiet.js';
import { judge } from './verdict.js';
import { receiveVisitors } from './visitor.js';
import { Writer } from './writer.js';

export interface ChaosOptions {
  readonly seed: number;
  /** How long things go wrong. */
  readonly seconds: number;
  readonly regions: number;
  readonly writersPerRegion?: number;
  /** Told what happens, as it happens. */
  readonly say?: (what: string) => void;
  /** Told what the processes print. */
  readonly heard?: (region: string, text: string) => void;
}

export interface ChaosOutcome {
  readonly seed: number;
  readonly durable: number;
  readonly without: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly writes: number;
  /** Times that a checker has compared what must be equal. */
  readonly looks: number;
  /** From the last fault's end until all regions held the same. */
  readonly convergedMs: number;
  /** On the busiest link, when nothing changes any more. */
  readonly idleBytesPerSecond: number;
  readonly seconds: number;
  /** One line each; none when everything held. */
  readonly violations: readonly string[];
}

/** A killed region may be away for a while; its clients wait for it. */
const CONNECT_MS = 60_000;
const ANSWERS_MS = 40_000;
const CONVERGE_MS = 40_000;
/** How long a lost client's share of a gauge stays. */
const GRACE_MS = 1_000;
const FLAGS = ['--grace', String(GRACE_MS), '--join-timeout', '20000'];
/** How far apart regions are: some are neighbours, some are not. */
const FARTHEST_MS = 60;

export async function chaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const names = Array.from({ length: options.regions }, (_, at) => `r${at + 1}`);
  const distances = Random.seeded(options.seed + 1);
  const trouble = new Trouble();
  const over = new AbortController();
  const cluster = await Cluster.start({
    name: `chaos-${options.seed}-${process.pid}`,
    regions: names,
    oneWayMs: () => distances.between(1, FARTHEST_MS),
    flags: FLAGS,
    died: (reason) => trouble.raise(reason),
    ...(options.heard !== undefined && { heard: options.heard }),
  });
  const run = new Run(cluster, options, trouble, over);
  try {
    return await trouble.unless(run.drive());
  } finally {
    over.abort();
    await run.close();
    await cluster.stop();
  }
}

class Run {
  readonly #cluster: Cluster;
  readonly #options: ChaosOptions;
  readonly #trouble: Trouble;
  readonly #over: AbortController;
  readonly #ledger = new Ledger();
  readonly #start: number = performance.now();
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #writing = new AbortController();
  #writers: Writer[] = [];
  #checkers: Checker[] = [];
  #work: Promise<void>[] = [];

  constructor(cluster: Cluster, options: ChaosOptions, trouble: Trouble, over: AbortController) {
    this.#cluster = cluster;
    this.#options = options;
    this.#trouble = trouble;
    this.#over = over;
    this.#random = Random.seeded(options.seed);
    this.#plan = makePlan(this.#random, options.seconds * 1000, cluster.regions, cluster.mesh.names);
  }

  async drive(): Promise<ChaosOutcome> {
    await allLive(this.#cluster);
    const { seed, regions, seconds } = this.#options;
    const { durable, without } = this.#plan;
    this.#say(`${regions} regions, seed ${seed}, durable ${durable}; without ${without.join(', ') || 'nothing'}`);
    await this.#openClients();
    const faults = new Faults(
      this.#cluster,
      (region) => this.#inDoubt(region),
      this.#over.signal,
      (what) => this.#say(what),
    );
    await Promise.all([
      faults.run(this.#plan, seconds * 1000),
      sleep(seconds * 1000, undefined, { signal: this.#over.signal }),
    ]);
    const healed = performance.now();
    this.#say('everything is healed');
    this.#writing.abort();
    await this.#answers();
    await this.#convergence();
    const convergedMs = Math.round(performance.now() - healed);
    this.#say(`converged ${convergedMs} ms after the last fault`);
    await Promise.all(this.#checkers.map((checker) => checker.close()));
    await Promise.all(this.#work);
    await this.#verdict();
    await Promise.all(this.#writers.map((writer) => writer.close()));
    await this.#convergence();
    await this.#comparison();
    const quiet = await listen(this.#cluster);
    await this.#convergence();
    return {
      seed,
      durable,
      without,
      faults: Object.fromEntries(faults.counts),
      writes: this.#ledger.issued,
      looks: this.#checkers.reduce((sum, { looks }) => sum + looks, 0),
      convergedMs,
      idleBytesPerSecond: quiet.bytesPerSecond,
      seconds: Math.round((performance.now() - this.#start) / 1000),
      violations: [...this.#ledger.problems, ...quiet.problems],
    };
  }

  /** Whatever is still open, after a failure too. */
  async close(): Promise<void> {
    this.#writing.abort();
    await Promise.all([...this.#checkers.map((one) => one.close()), ...this.#writers.map((one) => one.close(0))]);
  }

  #say(what: string): void {
    this.#options.say?.(what);
  }

  #inDoubt(region: string): number {
    return this.#writers.reduce((sum, writer) => sum + (writer.region === region ? writer.open : 0), 0);
  }

  async #openClients(): Promise<void> {
    const { seed, writersPerRegion = 2 } = this.#options;
    const { durable } = this.#plan;
    const { signal } = this.#writing;
    const { regions } = this.#cluster;
    const nths = Array.from({ length: writersPerRegion }, (_, at) => at + 1);
    const names = regions.flatMap((region) => nths.map((nth) => `${region}w${nth}`));
    for (const [at, region] of regions.entries()) {
      const url = this.#cluster.region(region).clientUrl;
      for (const nth of nths) {
        const db = await connect(url, { durable, connectTimeout: CONNECT_MS });
        const random = Random.seeded(seed * 1000 + at * 10 + nth);
        const writer = new Writer(`${region}w${nth}`, region, db, random, this.#ledger);
        this.#writers.push(writer);
        this.#begin(writer.run(signal));
      }
      const checker = await Checker.open(region, url, this.#ledger, names);
      this.#checkers.push(checker);
      this.#begin(checker.run());
      const visitor = { name: `${region}v`, url, durable, connectTimeout: CONNECT_MS };
      this.#begin(receiveVisitors(visitor, Random.seeded(seed * 1000 + at * 10), this.#ledger, signal));
    }
  }

  /** Work beside the faults; what it throws ends the run. */
  #begin(work: Promise<void>): void {
    const guarded = work.catch((error: unknown) =>
      this.#trouble.raise(error instanceof Error ? error : new Error(String(error))),
    );
    this.#work.push(guarded);
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + ANSWERS_MS;
    const waiting = (): number => this.#ledger.issued - this.#ledger.answered;
    while (waiting() > 0 && performance.now() < deadline) await sleep(10);
    if (waiting() > 0)
      this.#ledger.problems.push(`${waiting()} writes were not answered within ${ANSWERS_MS / 1000} s`);
    else this.#say(`all ${this.#ledger.issued} writes are answered`);
  }

  async #convergence(): Promise<void> {
    try {
      await allLive(this.#cluster, CONVERGE_MS);
      await converged(this.#cluster, CONVERGE_MS);
    } catch (error) {
      this.#problem(error);
    }
  }

  #problem(error: unknown): void {
    this.#ledger.problems.push(error instanceof Error ? error.message : String(error));
  }

  /** They find the same by themselves. */
  async #comparison(): Promise<void> {
    try {
      await compared(this.#cluster, CONVERGE_MS);
    } catch (error) {
      this.#problem(error);
    }
  }

  async #verdict(): Promise<void> {
    // A visitor that could not say goodbye, since its region was away, is missed after the grace.
    await sleep(GRACE_MS);
    await this.#convergence();
    for (const region of this.#cluster.regions) {
      this.#ledger.problems.push(...(await judge(region, this.#cluster.region(region).clientUrl, this.#ledger)));
    }
  }
}
