/**
 * What sessions that have ended still have in gauges and presences. A share is taken back when its session ends, unless the key refuses:
 * its name has come into use as another type as well, by a write elsewhere at the same time. Then it is owed, and tried again
 * until the conflict is settled. What is much is taken back in slices. Each share stands for itself; nothing is thrown, since nobody is
 * there to catch it.
 */
import type { Share } from '../store/data-type.js';
import type { Faults } from './faults.js';
import type { NodeLog } from './log.js';
import type { Timers } from './timers.js';

/** Between two slices, and until it is tried again. */
const SOON_MS = 1;
const RETRY_MS = 60_000;

export class ShareDebts {
  readonly #timers: Timers;
  readonly #log: NodeLog;
  readonly #faults: Faults;
  /** What is owed, and what calls the next attempt off. */
  readonly #owed = new Map<Share, () => void>();

  constructor(timers: Timers, log: NodeLog, faults: Faults) {
    this.#timers = timers;
    this.#log = log;
    this.#faults = faults;
  }

  /** The share of a key ends, now or as soon as it can be done. */
  takeBack(key: string, share: Share): void {
    this.#owed.delete(share);
    let wait = SOON_MS;
    try {
      share.end();
      if (share.isEmpty) return;
    } catch (error) {
      const { code } = this.#faults.answer(error);
      this.#log.warn({ key, code }, 'the share of a session that ended cannot be taken back yet');
      wait = RETRY_MS;
    }
    this.#owed.set(
      share,
      this.#timers.after(wait, () => this.takeBack(key, share)),
    );
  }

  stop(): void {
    for (const callOff of this.#owed.values()) callOff();
  }
}
