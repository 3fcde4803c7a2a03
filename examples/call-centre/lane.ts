/**
 * One region's share of the replay: its events go through one client of that region, in order, with a bounded number of
 * writes on the way.
 *
 * Invariant: a write counts as done when it is acknowledged and another region holds it too (`durable: 1`). What is in
 * doubt after a crash is settled by the client's session: it asks what the region has seen and repeats the rest, each
 * write once.
 */
import { connect } from 'merganser/client';
import type { Database } from 'merganser/client';
import { Centre } from './centre.js';
import type { CallEvent } from './events.js';
import type { Region } from './record.js';

/** Writes on the way per region: enough to fill the longest round trip, few enough to stay small in memory. */
export const IN_FLIGHT_MAX = 16_384;

interface Waiter {
  readonly below: number;
  readonly resolve: () => void;
}

export class Lane {
  readonly region: Region;
  /** Writes done so far. */
  done = 0;
  /** Writes sent and not yet done. */
  inFlight = 0;
  readonly #db: Database;
  readonly #centre: Centre;
  readonly #failed: (error: Error) => void;
  #waiters: Waiter[] = [];

  private constructor(region: Region, db: Database, failed: (error: Error) => void) {
    this.region = region;
    this.#db = db;
    this.#failed = failed;
    this.#centre = new Centre(db, (written) => this.#track(written));
  }

  static async open(region: Region, url: string, failed: (error: Error) => void): Promise<Lane> {
    return new Lane(region, await connect(url, { durable: 1, maxQueued: 4 * IN_FLIGHT_MAX }), failed);
  }

  take(event: CallEvent): void {
    this.#centre.take(event);
  }

  get full(): boolean {
    return this.inFlight >= IN_FLIGHT_MAX;
  }

  /** Resolves once there is room again. */
  room(): Promise<void> {
    return this.#below(IN_FLIGHT_MAX);
  }

  /** Resolves once every write is done. */
  drained(): Promise<void> {
    return this.#below(1);
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  #below(below: number): Promise<void> {
    if (this.inFlight < below) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ below, resolve }));
  }

  #track(written: Promise<void>): void {
    this.inFlight += 1;
    void this.#settle(written);
  }

  async #settle(written: Promise<void>): Promise<void> {
    try {
      await written;
      this.done += 1;
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
    this.#settled();
  }

  #settled(): void {
    this.inFlight -= 1;
    if (this.#waiters.length === 0) return;
    const now: Waiter['resolve'][] = [];
    const later: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (this.inFlight < waiter.below) now.push(waiter.resolve);
      else later.push(waiter);
    }
    this.#waiters = later;
    for (const resolve of now) resolve();
  }
}
