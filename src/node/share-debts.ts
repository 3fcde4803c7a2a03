/**
 * What sessions that have ended still have in gauges and presences. A share is taken back when its session ends, unless the key refuses:
 * its name has come into use as another type as well, by a write elsewhere at the same time. Then it is owed, and tried again
 * until the conflict is settled. Each share stands for itself; nothing is thrown, since nobody is there to catch it.
 */
import { MerganserError } from '../base/error.js';
import type { Share } from '../store/data-type.js';
import type { NodeLog } from './log.js';
import type { Timers } from './timers.js';

const RETRY_MS = 60_000;

export class ShareDebts {
  readonly #timers: Timers;
  readonly #log: NodeLog;
  /** What is owed, and of which key. */
  readonly #owed = new Map<Share, string>();
  #callOff: (() => void) | undefined;

  constructor(timers: Timers, log: NodeLog) {
    this.#timers = timers;
    this.#log = log;
  }

  /** The share ends, now or as soon as it can be done. */
  takeBack(key: string, share: Share): void {
    try {
      share.end();
      this.#owed.delete(share);
    } catch (error) {
      if (!(error instanceof MerganserError)) throw error;
      this.#log.warn({ key, code: error.code }, 'the share of a session that ended cannot be taken back yet');
      this.#owed.set(share, key);
      this.#callOff ??= this.#timers.after(RETRY_MS, () => this.#retry());
    }
  }

  stop(): void {
    this.#callOff?.();
  }

  #retry(): void {
    this.#callOff = undefined;
    for (const [share, key] of this.#owed) this.takeBack(key, share);
  }
}
