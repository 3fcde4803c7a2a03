/**
 * What the store must hold when all is over: the sum of everything that was ever asked for, since in the end everything must
 * be answered, and answered once.
 *
 * Expectations are entered when a write is issued. Each thing whose outcome depends on order (a register, an element, a
 * counter that is reset) is written by one session only, whose writes keep their order; everything else commutes.
 */
import type { Matter } from './matter.js';
import { allMatters } from './matters.js';

export class Ledger {
  readonly counters: Map<string, number> = new Map();
  readonly registers: Map<string, unknown> = new Map();
  readonly sets: Map<string, Set<string>> = new Map();
  /** Per gauge and session. */
  readonly gauges: Map<string, Map<string, number>> = new Map();
  /** Everything else. */
  readonly matters: readonly Matter[] = allMatters();
  readonly problems: string[] = [];
  issued = 0;
  answered = 0;
  /** Per region and pair, what was answered as done. */
  readonly #pairs = new Map<string, number>();

  /** A write is on its way; it must be answered, and not with an error. Resolves either way. */
  async track(what: string, answer: Promise<void>, done?: () => void): Promise<void> {
    this.issued += 1;
    try {
      await answer;
      done?.();
    } catch (error) {
      this.problems.push(`${what} was refused: ${String(error)}`);
    }
    this.answered += 1;
  }

  add(key: string, n: number): void {
    this.counters.set(key, (this.counters.get(key) ?? 0) + n);
  }

  element(key: string, element: string, there: boolean): void {
    const set = inner(this.sets, key, () => new Set<string>());
    if (there) set.add(element);
    else set.delete(element);
  }

  share(key: string, session: string, share: number): void {
    inner(this.gauges, key, () => new Map<string, number>()).set(session, share);
  }

  /** The session is over: what it had put into gauges goes with it. */
  ended(session: string): void {
    for (const shares of this.gauges.values()) shares.delete(session);
  }

  gauge(key: string): number {
    return [...(this.gauges.get(key)?.values() ?? [])].reduce((sum, share) => sum + share, 0);
  }

  /** A write of a client of this region to the pair was answered. */
  pairAnswered(region: string, pair: string, n: number): void {
    const key = `${region} ${pair}`;
    this.#pairs.set(key, (this.#pairs.get(key) ?? 0) + n);
  }

  /** The least that a reader in this region must see from now on. */
  pairAtLeast(region: string, pair: string): number {
    return this.#pairs.get(`${region} ${pair}`) ?? 0;
  }
}

function inner<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
