/**
 * Cuts and heals links, and measures what a heal costs (heal-report.ts).
 *
 * Before the first cut and at a heal every region is asked what it counts; then again and again, until each has everything that
 * was anywhere in the part of the mesh that it now belongs to. New calls wait meanwhile (`settled`), so that what crosses is what
 * was missing, and nothing else.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Apart, HealReport } from './demo-state.js';
import { covers, healReport, type Readings, writesBetween } from './heal-report.js';
import type { World } from './world.js';

const POLL_MS = 25;
/** A node may need two seconds to dial a link again that it gave up. */
const LIMIT_MS = 10_000;

export interface SplitsOptions {
  readonly world: World;
  /** What every region says of itself now. */
  readonly read: () => Promise<Readings>;
  readonly healed: (report: HealReport) => void;
}

interface Split {
  readonly since: number;
  readonly before: Readings;
}

export class Splits {
  readonly #options: SplitsOptions;
  #split: Promise<Split> | undefined;
  #healing: Promise<HealReport> | undefined;
  #atHeal: Promise<Readings> | undefined;
  #apart: Apart | undefined;

  constructor(options: SplitsOptions) {
    this.#options = options;
  }

  /** Since the last reading; undefined while no link is cut. */
  get apart(): Apart | undefined {
    return this.#apart;
  }

  /** False where there is no such link. */
  async cut(names: readonly string[]): Promise<boolean> {
    this.#split ??= this.#begin();
    await this.#split;
    return names.map((name) => this.#options.world.cut(name)).every(Boolean);
  }

  /** False where there is no such link. The links are healed when this resolves; what it cost is told later. */
  async heal(names: readonly string[]): Promise<boolean> {
    this.#atHeal ??= this.#options.read();
    const atHeal = await this.#atHeal;
    const done = names.map((name) => this.#options.world.heal(name)).every(Boolean);
    const split = await this.#split;
    if (split === undefined) this.#atHeal = undefined;
    else this.#healing ??= this.#measure(split, atHeal);
    return done;
  }

  /** Resolves when no heal is being measured, with what the last one of them cost. */
  async settled(): Promise<HealReport | undefined> {
    await this.#atHeal;
    return this.#healing;
  }

  /** Between two steps of the calls: what has been written while apart. */
  async note(now: Readings): Promise<void> {
    const split = await this.#split;
    if (split === undefined || this.#split === undefined) return;
    const forMs = performance.now() - split.since;
    this.#apart = { forMs: Math.round(forMs), writes: writesBetween(split.before, now) };
  }

  async #begin(): Promise<Split> {
    return { before: await this.#options.read(), since: performance.now() };
  }

  async #measure(split: Split, atHeal: Readings): Promise<HealReport> {
    const started = performance.now();
    let after = atHeal;
    let done = false;
    while (!done && performance.now() - started < LIMIT_MS) {
      await pause(POLL_MS);
      after = await this.#options.read();
      done = this.#together(atHeal, after);
    }
    const times = {
      at: Date.now(),
      apartMs: Math.round(started - split.since),
      tookMs: done ? Math.round(performance.now() - started) : undefined,
    };
    const report = healReport(split.before, atHeal, after, times);
    this.#end(after);
    if (report.ways.some(({ lacked }) => lacked > 0)) this.#options.healed(report);
    return report;
  }

  #together(atHeal: Readings, now: Readings): boolean {
    return this.#options.world.parts().every((part) => {
      const had = part.flatMap((region) => atHeal.get(region) ?? []);
      return part.every((region) => {
        const one = now.get(region);
        return one === undefined || covers(one, had);
      });
    });
  }

  /** What is still cut is another split, which begins here. */
  #end(after: Readings): void {
    this.#healing = undefined;
    this.#atHeal = undefined;
    this.#apart = undefined;
    this.#split = this.#options.world.whole ? undefined : Promise.resolve({ before: after, since: performance.now() });
  }
}
