/**
 * What goes wrong during a replay, and when: links are cut and healed, one region is killed and started again with
 * nothing. Moments are shares of the events replayed, so that a short file meets the same troubles as a long one.
 *
 * Invariants:
 * - A cut and the kill never overlap: the region dies only after every link is in use again.
 * - The region dies while it has callers waiting and agents talking, so that its shares of the gauges are missed if they
 *   stay behind.
 * - At the end every link is whole and every region runs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { CutMode } from '../../src/node/delayed-link.js';
import { allLive } from '../../src/testing/real/status.js';
import type { CallCluster } from './cluster.js';
import type { CallEvent } from './events.js';
import type { Lane } from './lane.js';
import type { Region } from './record.js';
import type { LinkName } from './region-links.js';
import { linksOf } from './region-links.js';

interface Cut {
  /** The share of the events after which it comes. */
  readonly at: number;
  readonly links: readonly LinkName[];
  readonly mode: CutMode;
  readonly ms: number;
}

const CUTS: readonly Cut[] = [
  { at: 0.1, links: ['us-eu'], mode: 'reset', ms: 500 },
  { at: 0.25, links: ['us-ap'], mode: 'silence', ms: 700 },
  // Cut off from both others: writes there wait, for no other region can hold them.
  { at: 0.4, links: linksOf('ap'), mode: 'reset', ms: 1_200 },
];
const KILL_FROM = 0.55;
const KILL_AT_LATEST = 0.9;
/** The region dies with so many writes in doubt; a short file has fewer to offer. */
const IN_DOUBT = { most: 4_000, shareOfEvents: 0.05 } as const;
/** How long the dead region stays away, as if somebody had to notice. */
const DOWN_MS = 300;

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

export class Faults {
  /** Filled in when it has happened. */
  killed: KillReport | undefined;
  readonly #cluster: CallCluster;
  readonly #victim: Lane;
  readonly #say: (what: string) => void;
  readonly #total: number;
  #cuts: readonly Cut[];
  #kill: 'no' | 'planned' | 'links are live' | 'done';
  /** The cut, or the restart, that goes on beside the events. */
  #mending: Promise<void> = Promise.resolve();
  #waiting = 0;
  #talking = 0;

  constructor(cluster: CallCluster, victim: Lane, total: number, options: FaultOptions, say: (what: string) => void) {
    this.#cluster = cluster;
    this.#victim = victim;
    this.#total = total;
    this.#say = say;
    this.#cuts = options.cut ? CUTS : [];
    this.#kill = options.kill ? 'planned' : 'no';
  }

  /** To be awaited before each event; `done` events lie behind. */
  before(event: CallEvent, done: number): Promise<void> | undefined {
    const share = done / this.#total;
    if (event.call.region === this.#victim.region) this.#watch(event);
    if (share >= (this.#cuts[0]?.at ?? Infinity)) return this.#nextCut();
    if (share < KILL_FROM || this.#cuts.length > 0) return undefined;
    if (this.#kill === 'planned') return this.#untilLive();
    if (this.#kill !== 'links are live') return undefined;
    const enough = Math.min(IN_DOUBT.most, this.#total * IN_DOUBT.shareOfEvents);
    const busy = this.#waiting > 0 && this.#talking > 0 && this.#victim.inFlight >= enough;
    return busy || share >= KILL_AT_LATEST ? this.#die() : undefined;
  }

  /** After the last event: what has not happened yet happens now, and everything is made whole. */
  async over(): Promise<void> {
    while (this.#cuts.length > 0) await this.#nextCut();
    if (this.#kill === 'planned') await this.#untilLive();
    if (this.#kill === 'links are live') await this.#die();
    await this.#mending;
  }

  async #nextCut(): Promise<void> {
    const [cut, ...later] = this.#cuts;
    this.#cuts = later;
    await this.#mending;
    if (cut === undefined) return;
    for (const link of cut.links) {
      this.#cluster.mesh.link(link).cut(cut.mode);
      this.#say(`CUT ${link} (${cut.mode})`);
    }
    this.#mending = this.#heal(cut);
  }

  async #heal({ links, ms }: Cut): Promise<void> {
    await pause(ms);
    for (const link of links) {
      this.#cluster.mesh.link(link).heal();
      this.#say(`HEAL ${link}`);
    }
  }

  #watch({ kind, call }: CallEvent): void {
    if (kind === 'queued') this.#waiting += 1;
    else if (kind === 'unqueued') this.#waiting -= 1;
    else if (kind === 'answered') this.#talking += 1;
    else if (kind === 'ended' && call.agent !== undefined) this.#talking -= 1;
  }

  /** Waits until the last cut is over and every link is in use again. */
  async #untilLive(): Promise<void> {
    await this.#mending;
    await allLive(this.#cluster);
    this.#kill = 'links are live';
  }

  async #die(): Promise<void> {
    this.#kill = 'done';
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
      `KILL ${region.region} (${killed.in_doubt} writes in doubt, ${killed.calls_in_queue} callers waiting there)`,
    );
    this.#mending = this.#restart(killed, died);
  }

  async #restart(killed: KillReport, died: number): Promise<void> {
    await pause(DOWN_MS);
    await this.#cluster.region(killed.region).start();
    killed.down_ms = Math.round(performance.now() - died);
    this.#say(`RESTART ${killed.region} (empty; serving again after ${killed.down_ms} ms)`);
  }
}
