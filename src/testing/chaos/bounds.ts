/**
 * Bounded counters that clients of all regions take from and give back to: the circuits of a trunk, and an account in cents.
 *
 * What is held against them: no region ever shows a value beyond its bounds, or more rights than it shows to be left; what was
 * answered, with whatever is still open counted in the bound's favour, never passes a bound; in the end the value is the sum of
 * what was answered, and what all regions can still spend, with what their crashes may have spent, is no more than is left.
 * To be refused for want of rights is no violation.
 */
import type { BoundedOptions } from '../../client/bounded-handle.js';
import type { Database } from '../../client/database.js';
import { MerganserError } from '../../base/error.js';
import type { Hand, Matter } from './matter.js';

type Side = 'up' | 'down';

interface Bounds extends BoundedOptions {
  readonly min: number;
}

const TRUNK: Bounds = { min: 0, max: 480 };
const ACCOUNT: Bounds = { min: 0 };
/** The most that is taken at a time, so that both bounds are met. */
const SEIZED_MAX = 30;
const PAID_MAX = 10_000;

/** What one look at a counter shows. */
interface Shown {
  readonly value: number;
  readonly available: number;
  readonly availableUp: number;
}

export class Bounded implements Matter {
  readonly #key: string;
  readonly #bounds: Bounds;
  readonly #max: number;
  readonly #most: number;
  /** In which direction clients take; they give back what they took. */
  readonly #taken: Side;
  /** By session, what it has taken and not given back. */
  readonly #holds = new Map<string, number>();
  #answered: number;
  readonly #open = { up: 0, down: 0 };
  readonly #passed: string[] = [];
  /** What each region that was judged can spend, or may have spent. */
  readonly #left = new Map<string, { readonly down: number; readonly up: number }>();

  private constructor(key: string, bounds: Bounds, most: number, taken: Side) {
    this.#key = key;
    this.#bounds = bounds;
    this.#max = bounds.max ?? Number.POSITIVE_INFINITY;
    this.#most = most;
    this.#taken = taken;
    this.#answered = bounds.min;
  }

  static trunk(): Bounded {
    return new Bounded('bounded/trunk', TRUNK, SEIZED_MAX, 'up');
  }

  static account(): Bounded {
    return new Bounded('bounded/account', ACCOUNT, PAID_MAX, 'down');
  }

  write(hand: Hand): void {
    const { name, db, random, track } = hand;
    const has = this.#holds.get(name) ?? 0;
    const gives = has > 4 * this.#most || (has > 0 && random.chance(45));
    const n = random.between(1, gives ? Math.min(this.#most, has) : this.#most);
    // Somebody has to pay in first.
    if (this.#taken === 'down' && random.chance(20)) track(this.#key, this.#payIn(db, n));
    else track(this.#key, gives ? this.#giveBack(hand, n) : this.#take(hand, n));
  }

  async look(db: Database): Promise<string[]> {
    return this.#within(await this.#show(db));
  }

  async judge(db: Database): Promise<string[]> {
    const shown = await this.#show(db);
    const lost = await db.bounded(this.#key, this.#bounds).lost();
    const [key, answered] = [this.#key, this.#answered];
    this.#left.set(db.status().connected?.node ?? '', {
      down: shown.available + lost.down,
      up: this.#bounds.max === undefined ? 0 : shown.availableUp + lost.up,
    });
    const left = { down: 0, up: 0 };
    for (const { down, up } of this.#left.values()) {
      left.down += down;
      left.up += up;
    }
    const { value } = shown;
    const isTooMuch = left.down > value - this.#bounds.min || left.up > this.#max - value;
    return [
      ...this.#passed.splice(0),
      ...this.#within(shown),
      ...(value === answered ? [] : [`${key} is ${value}, not ${answered} (${value - answered})`]),
      ...(isTooMuch ? [`${key} is ${value}, and regions can take ${left.down} away and add ${left.up}`] : []),
    ];
  }

  async #payIn(db: Database, n: number): Promise<void> {
    await this.#change(db, 'up', n);
  }

  async #take({ name, db }: Hand, n: number): Promise<void> {
    if (await this.#change(db, this.#taken, n)) this.#holds.set(name, (this.#holds.get(name) ?? 0) + n);
  }

  /** What is being given back is not had meanwhile. */
  async #giveBack({ name, db }: Hand, n: number): Promise<void> {
    this.#holds.set(name, (this.#holds.get(name) ?? 0) - n);
    if (!(await this.#change(db, this.#taken === 'up' ? 'down' : 'up', n)))
      this.#holds.set(name, (this.#holds.get(name) ?? 0) + n);
  }

  /** Whether it was done. */
  async #change(db: Database, side: Side, n: number): Promise<boolean> {
    const counter = db.bounded(this.#key, this.#bounds);
    this.#open[side] += n;
    try {
      await (side === 'up' ? counter.increment(n) : counter.decrement(n));
      this.#answered += side === 'up' ? n : -n;
      return true;
    } catch (error) {
      if (error instanceof MerganserError && error.code === 'INSUFFICIENT_RIGHTS') return false;
      throw error;
    } finally {
      this.#open[side] -= n;
      this.#check();
    }
  }

  #check(): void {
    const { up, down } = this.#open;
    if (this.#answered - down <= this.#max && this.#answered + up >= this.#bounds.min) return;
    this.#passed.push(`${this.#key} was brought to ${this.#answered}, with ${up} up and ${down} down still open`);
  }

  #within({ value, available, availableUp }: Shown): string[] {
    const [toMin, toMax] = [value - this.#bounds.min, this.#max - value];
    return [
      ...(toMin < 0 || toMax < 0 ? [`${this.#key} shows ${value}`] : []),
      ...(available > toMin || availableUp > toMax
        ? [`${this.#key} shows ${value}, and that ${available} can be taken away and ${availableUp} added`]
        : []),
    ];
  }

  /** As one region has it at one moment: what is asked for in one turn is answered from one state. */
  async #show(db: Database): Promise<Shown> {
    const counter = db.bounded(this.#key, this.#bounds);
    const [value, available, availableUp] = await Promise.all([
      counter.value(),
      counter.available(),
      counter.availableUp(),
    ]);
    return { value, available, availableUp };
  }
}
