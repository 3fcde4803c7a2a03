/**
 * A client of one region that writes everything there is, a few operations per turn of the event loop, and now and then a
 * burst that is longer than a message usually is. It never waits for answers until too many are open, so that a kill or a cut finds
 * writes in every state: not sent, sent, performed, replicated, answered.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../client/database.js';
import type { Random } from '../random.js';
import * as keys from './keys.js';
import type { Ledger } from './ledger.js';

const OPEN_MAX = 1_500;
/** The most that a burst writes: past the size at which messages are usually cut. */
const BURST = 60;
const BURST_BYTES = 2_000;
const PAUSE_MAX_MS = 24;

export class Writer {
  readonly name: string;
  readonly region: string;
  readonly #db: Database;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #elements: string[] = [];
  #serial = 0;
  #open = 0;

  constructor(name: string, region: string, db: Database, random: Random, ledger: Ledger) {
    this.name = name;
    this.region = region;
    this.#db = db;
    this.#random = random;
    this.#ledger = ledger;
  }

  /** Writes that wait for an answer. */
  get open(): number {
    return this.#open;
  }

  /** Writes until it is told to stop. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      if (this.#open < OPEN_MAX) this.#turn();
      await sleep(this.#random.below(PAUSE_MAX_MS));
    }
  }

  /** @param waitMs how long open writes are waited for */
  async close(waitMs?: number): Promise<void> {
    await this.#db.close(waitMs);
  }

  #turn(): void {
    if (this.#random.chance(2)) this.#burst();
    for (let left = this.#random.between(1, 8); left > 0; left -= 1) this.#one();
  }

  #one(): void {
    const dice = this.#random.below(100);
    if (dice < 30) this.#count();
    else if (dice < 42) this.#pair();
    else if (dice < 48) this.#crowd();
    else if (dice < 58) this.#ownCounter();
    else if (dice < 70) this.#register(this.#random.below(120));
    else if (dice < 80) this.#element();
    else if (dice < 83) this.#gauge();
    else this.#matter();
  }

  /** More in one turn than several usual messages hold, and all of it belongs together. */
  #burst(): void {
    for (let i = this.#random.between(1, BURST); i > 0; i -= 1) {
      const value = { id: this.#nextId(), padding: 'x'.repeat(BURST_BYTES) };
      for (const twin of keys.twinsOf(this.name)) {
        this.#ledger.registers.set(twin, value);
        this.#track(twin, this.#db.register(twin).set(value));
      }
      this.#pair();
    }
  }

  #track(what: string, answer: Promise<void>, done?: () => void): void {
    this.#open += 1;
    void this.#ledger.track(`${this.name}: ${what}`, answer, () => done?.()).finally(() => (this.#open -= 1));
  }

  #count(): void {
    const key = keys.counterOf(this.#random.below(keys.COUNTERS));
    const n = this.#random.between(-3, 9);
    this.#ledger.add(key, n);
    this.#track(key, this.#db.counter(key).increment(n));
  }

  #pair(): void {
    const pair = this.#random.pick(keys.PAIRS);
    const n = this.#random.between(1, 5);
    const { region } = this;
    for (const half of [`${pair}/a`, `${pair}/b`]) {
      this.#ledger.add(half, n);
      const done = half.endsWith('b') ? () => this.#ledger.pairAnswered(region, pair, n) : undefined;
      this.#track(half, this.#db.counter(half).increment(n), done);
    }
  }

  #crowd(): void {
    const member = this.#nextId();
    const { set, count } = keys.CROWD;
    this.#ledger.element(set, member, true);
    this.#ledger.add(count, 1);
    this.#track(set, this.#db.set(set).add(member));
    this.#track(count, this.#db.counter(count).increment());
  }

  /** A counter that is reset now and then; nobody else touches it. */
  #ownCounter(): void {
    const key = `own/${this.name}/${this.#random.below(keys.OWN_COUNTERS)}`;
    const counter = this.#db.counter(key);
    if (this.#random.chance(15)) {
      this.#ledger.counters.set(key, 0);
      this.#track(`reset of ${key}`, counter.reset());
      return;
    }
    const n = this.#random.between(-4, 6);
    this.#ledger.add(key, n);
    this.#track(key, counter.increment(n));
  }

  #register(bytes: number): void {
    const key = `register/${this.name}/${this.#random.below(keys.OWN_REGISTERS)}`;
    const register = this.#db.register(key);
    if (this.#random.chance(8)) {
      this.#ledger.registers.set(key, undefined);
      this.#track(`delete of ${key}`, register.delete());
      return;
    }
    const value = { id: this.#nextId(), padding: 'x'.repeat(bytes) };
    this.#ledger.registers.set(key, value);
    this.#track(key, register.set(value));
  }

  /** Adds an element of its own, or removes or repeats one that it added before. */
  #element(): void {
    const old = this.#elements.length > 0 && this.#random.chance(55) ? this.#random.pick(this.#elements) : undefined;
    const element = old ?? `${this.#random.below(keys.SETS)} ${this.#nextId()}`;
    const key = keys.setOf(Number(element[0]));
    const there = old === undefined || this.#random.chance(20);
    if (old === undefined) this.#elements.push(element);
    this.#ledger.element(key, element, there);
    const set = this.#db.set(key);
    this.#track(`${there ? 'add' : 'removal'} of ${element}`, there ? set.add(element) : set.delete(element));
  }

  #gauge(): void {
    const key = keys.gaugeOf(this.#random.below(keys.GAUGES));
    const share = this.#random.between(0, 50);
    this.#ledger.share(key, this.name, share);
    this.#track(key, this.#db.gauge(key).set(share));
  }

  #matter(): void {
    const { name } = this;
    const track = (what: string, answer: Promise<void>): void => this.#track(what, answer);
    this.#random.pick(this.#ledger.matters).write({ name, db: this.#db, random: this.#random, track });
  }

  #nextId(): string {
    return `${this.name}.${(this.#serial += 1)}`;
  }
}
