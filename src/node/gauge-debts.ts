/**
 * What sessions that have ended still have in gauges. A share is taken back when its session ends, unless the gauge refuses:
 * its name has come into use as another type as well, by a write elsewhere at the same time. Then it is owed, and tried again
 * until the conflict is settled. Each gauge stands for itself; nothing is thrown, since nobody is there to catch it.
 */
import { MerganserError } from '../base/error.js';
import type { Store } from '../store/store.js';
import type { NodeLog } from './log.js';
import type { Timers } from './timers.js';

const RETRY_MS = 60_000;

export class GaugeDebts {
  readonly #store: Store;
  readonly #timers: Timers;
  readonly #log: NodeLog;
  readonly #owed = new Map<string, number>();
  #callOff: (() => void) | undefined;

  constructor(store: Store, timers: Timers, log: NodeLog) {
    this.#store = store;
    this.#timers = timers;
    this.#log = log;
  }

  /** Takes `n` out of this node's share of the gauge, now or as soon as it can be done. */
  takeBack(key: string, n: number): void {
    const owed = (this.#owed.get(key) ?? 0) + n;
    try {
      this.#store.gauge(key).add(-owed);
      this.#owed.delete(key);
    } catch (error) {
      if (!(error instanceof MerganserError)) throw error;
      this.#log.warn({ key, owed, code: error.code }, 'the share of a session that ended cannot be taken back yet');
      this.#owed.set(key, owed);
      this.#callOff ??= this.#timers.after(RETRY_MS, () => this.#retry());
    }
  }

  stop(): void {
    this.#callOff?.();
  }

  #retry(): void {
    this.#callOff = undefined;
    for (const key of this.#owed.keys()) this.takeBack(key, 0);
  }
}
