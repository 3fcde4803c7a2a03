/**
 * Errors of this node's own making: what somebody outside asked for made it throw what is no `MerganserError`. Whoever asked is
 * answered INTERNAL_ERROR and the node goes on for everybody else: one client that finds a hole must not end what all others use. It
 * is counted, told in the status for a while, and logged with its stack, once a second at most, since a client may ask without end.
 *
 * Only what is checked before it changes anything may be guarded so: a half-made change would be spread.
 */
import { MerganserError } from '../base/error.js';
import type { NodeLog } from './log.js';

/** So long the status tells of one. */
const TOLD_MS = 600_000;
const LOG_MS = 1_000;

export class Faults {
  readonly #log: NodeLog;
  #count = 0;
  #last = Number.NEGATIVE_INFINITY;
  #logged = Number.NEGATIVE_INFINITY;

  constructor(log: NodeLog) {
    this.#log = log;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** What an operator should know. */
  problems(): string[] {
    if (performance.now() - this.#last > TOLD_MS) return [];
    return [
      `INTERNAL_ERROR: ${this.#count} requests failed for reasons that this node did not foresee; its log has them`,
    ];
  }

  /** What whoever asked is answered: the error, if it was foreseen. */
  answer(error: unknown): MerganserError {
    if (error instanceof MerganserError) return error;
    this.#count++;
    this.#last = performance.now();
    if (this.#last - this.#logged >= LOG_MS) {
      this.#logged = this.#last;
      this.#log.error({ code: 'INTERNAL_ERROR', error: textOf(error), count: this.#count }, 'a request failed');
    }
    return new MerganserError('INTERNAL_ERROR', 'the node failed at this in a way that it did not foresee');
  }

  /** Does something that nobody waits for. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.answer(error);
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : typeof error;
}
