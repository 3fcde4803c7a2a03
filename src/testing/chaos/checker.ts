/**
 * Reads, in one region and all the time, what must be true at every moment: things that were written in one turn are seen
 * together or not at all, what this region answered as done is seen here from then on, and no bound is passed.
 *
 * The reads of one turn travel in one message and are answered from one state of the node.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { connect, type Database } from '../../client/database.js';
import { MerganserError } from '../../base/error.js';
import { CROWD, PAIRS, twinsOf } from './keys.js';
import type { Ledger } from './ledger.js';

const PAUSE_MS = 15;
/** One broken invariant is seen again and again: the first few say it. */
const TOLD_MAX = 3;

export class Checker {
  readonly #region: string;
  readonly #db: Database;
  readonly #ledger: Ledger;
  /** Of whom the twins are looked at, one by one. */
  readonly #writers: readonly string[];
  #told = 0;
  #stopped = false;
  /** Answers compared. */
  looks = 0;

  private constructor(region: string, db: Database, ledger: Ledger, writers: readonly string[]) {
    this.#region = region;
    this.#db = db;
    this.#ledger = ledger;
    this.#writers = writers;
  }

  static async open(region: string, url: string, ledger: Ledger, writers: readonly string[] = []): Promise<Checker> {
    return new Checker(region, await connect(url), ledger, writers);
  }

  /** Looks until it is closed. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#look();
      } catch (error) {
        if (this.#stopped && error instanceof MerganserError && error.code === 'DISCONNECTED') return;
        throw error;
      }
      await sleep(PAUSE_MS);
    }
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#db.close(0);
  }

  async #look(): Promise<void> {
    const atLeast = PAIRS.map((pair) => this.#ledger.pairAtLeast(this.#region, pair));
    const halves = PAIRS.flatMap((pair) => [`${pair}/a`, `${pair}/b`]);
    const twins = twinsOf(this.#writers[this.looks % this.#writers.length] ?? 'nobody');
    const [one, other, size, count, ...values] = await Promise.all([
      this.#db.register(twins[0]).get(),
      this.#db.register(twins[1]).get(),
      this.#db.set(CROWD.set).size(),
      this.#db.counter(CROWD.count).value(),
      ...halves.map((half) => this.#db.counter(half).value()),
    ]);
    for (const [at, pair] of PAIRS.entries()) {
      const [a, b] = [values[2 * at] as number, values[2 * at + 1] as number];
      if (a !== b) this.#tell(`${pair} was seen in half: ${a} and ${b}`);
      const least = atLeast[at] as number;
      if (a < least) this.#tell(`${pair} shows ${a}, after writes of ${least} were answered there`);
    }
    if (size !== count) this.#tell(`a set of ${size} elements was seen beside a count of ${count}`);
    if (!isDeepStrictEqual(one, other)) this.#tell(`${twins.join(' and ')} were seen apart`);
    for (const matter of this.#ledger.matters) {
      for (const difference of (await matter.look?.(this.#db)) ?? []) this.#tell(difference);
    }
    this.looks += 1;
  }

  #tell(what: string): void {
    this.#told += 1;
    if (this.#told <= TOLD_MAX) this.#ledger.problems.push(`${this.#region}: ${what}`);
  }
}
