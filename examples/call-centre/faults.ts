/**
 * What goes wrong during a replay, and when: links are cut and healed, one region is killed and started again with
 * nothing. Moments are shares of the events replayed, so that a short file meets the same troubles as a long one.
 *
 * Invariants:
 * - A cut and the kill never overlap: the region dies only after every link is live again.
 * - The region dies while it has callers waiting and agents talking, so that its shares of the gauges are missed if they
 *   stay behind.
 * - At the end every link is whole and every region runs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import type { CallEvent } from './events.js';
import type { Lane } from './lane.js';
import type { Region } from './record.js';
import { LINK_NAMES, linksOf } from './region-links.js';
import { allLive } from './status.js';

/** A region cut off from both others for this long: its writes wait, for no other region can hold them. */
const ISOLATED_MS = 1_200;
/** How long the dead region stays away, as if somebody had to notice. */
const DOWN_MS = 300;
const KILL_FROM = 0.55;
const KILL_AT_LATEST = 0.9;

export interface FaultOptions {
  readonly cut: boolean;
  readonly kill: boolean;
  readonly victim: Region;
}

export interface KillReport {
  readonly region: Region;
  /** Writes whose outcome nobody knew at that moment. */
  readonly in_doubt: number;
  readonly calls_in_queue: number;
  readonly agents_busy: number;
  /** Until the region served clients again. */
  down_ms: number;
}

interface Step {
  readonly at: number;
  readonly run: () => void | Promise<void>;
}

export class Faults {
  /** Filled in when it has happened. */
  killed: KillReport | undefined;
  readonly #cluster: Cluster;
  readonly #victim: Lane;
  readonly #say: (what: string) => void;
  readonly #steps: Step[];
  readonly #total: number;
  #killPending: boolean;
  #waiting = 0;
  #talking = 0;
  #background: Promise<void>[] = [];

  constructor(cluster: Cluster, victim: Lane, total: number, options: FaultOptions, say: (what: string) => void) {
    this.#cluster = cluster;
    this.#victim = victim;
    this.#total = total;
    this.#say = say;
    this.#killPending = options.kill;
    this.#steps = options.cut ? this.#cuts() : [];
  }

  /** To be awaited before each event; `done` events lie behind. */
  before(event: CallEvent, done: number): Promise<void> | undefined {
    const share = done / this.#total;
    const step = this.#steps[0];
    if (step !== undefined && share >= step.at) {
      this.#steps.shift();
      return Promise.resolve(step.run());
    }
    if (event.call.region === this.#victim.region) this.#watch(event);
    if (this.#killPending && share >= KILL_FROM && this.#steps.length === 0) {
      if ((this.#waiting > 0 && this.#talking > 0) || share >= KILL_AT_LATEST) return this.#kill();
    }
    return undefined;
  }

  /** After the last event: what has not happened yet happens now, and everything is made whole. */
  async over(): Promise<void> {
    for (const step of this.#steps.splice(0)) await step.run();
    if (this.#killPending) await this.#kill();
    await Promise.all(this.#background);
    for (const link of LINK_NAMES) if (this.#cluster.links.state(link) !== 'up') this.#heal(link);
  }

  #cuts(): Step[] {
    const { links } = this.#cluster;
    const cut = (link: (typeof LINK_NAMES)[number], mode: 'reset' | 'silence'): void => {
      links.cut(link, mode);
      this.#say(`CUT ${link} (${mode})`);
    };
    return [
      { at: 0.1, run: () => cut('us-eu', 'reset') },
      { at: 0.2, run: () => this.#heal('us-eu') },
      { at: 0.25, run: () => cut('us-ap', 'silence') },
      { at: 0.33, run: () => this.#heal('us-ap') },
      {
        at: 0.38,
        run: () => {
          for (const link of linksOf('ap')) cut(link, 'reset');
          this.#background.push(this.#rejoin('ap'));
        },
      },
    ];
  }

  #heal(link: (typeof LINK_NAMES)[number]): void {
    this.#cluster.links.heal(link);
    this.#say(`HEAL ${link}`);
  }

  async #rejoin(region: Region): Promise<void> {
    await pause(ISOLATED_MS);
    for (const link of linksOf(region)) this.#heal(link);
  }

  #watch({ kind, call }: CallEvent): void {
    if (kind === 'queued') this.#waiting += 1;
    else if (kind === 'unqueued') this.#waiting -= 1;
    else if (kind === 'answered') this.#talking += 1;
    else if (kind === 'ended' && call.agent !== undefined) this.#talking -= 1;
  }

  async #kill(): Promise<void> {
    this.#killPending = false;
    await Promise.all(this.#background);
    await allLive(this.#cluster);
    const region = this.#cluster.region(this.#victim.region);
    const killed: KillReport = {
      region: region.region,
      in_doubt: this.#victim.inFlight,
      calls_in_queue: this.#waiting,
      agents_busy: this.#talking,
      down_ms: 0,
    };
    this.killed = killed;
    const died = performance.now();
    await region.kill();
    this.#say(
      `KILL ${killed.region} (${killed.in_doubt} writes in doubt, ${killed.calls_in_queue} callers waiting there)`,
    );
    this.#background.push(this.#restart(killed, died));
  }

  async #restart(killed: KillReport, died: number): Promise<void> {
    await pause(DOWN_MS);
    await this.#cluster.region(killed.region).start();
    killed.down_ms = Math.round(performance.now() - died);
    this.#say(`RESTART ${killed.region} (empty; serving again after ${killed.down_ms} ms)`);
  }
}
