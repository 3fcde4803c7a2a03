/**
 * `merganser demo`: regions on one machine, calls without end, and somebody who cuts the links.
 *
 * The parts: the world (regions and links), the traffic (the call-centre example), the splits (cuts, heals and what they
 * cost), the control (what the pages' buttons ask), the terminal. This module puts them together, compares the regions
 * between two steps of the traffic, and takes everything down again, whatever ends it.
 */
import { Traffic } from '#call-centre/traffic.js';
import type { DetailedStatus } from '../../node/status.js';
import { type Burst, burst } from './burst.js';
import { ask, compare, type Verdict } from './comparison.js';
import { Control } from './control.js';
import { CONTROL_KEY, type DemoState, type HealReport, type LinkState, type RegionState } from './demo-state.js';
import { Splits } from './splits.js';
import { World } from './world.js';

export interface DemoOptions {
  /** One for each region, in their order. */
  readonly ports: readonly number[];
  readonly seed: number;
  /** Seconds of the centre's clock per second. */
  readonly speed: number;
}

export interface DemoReports {
  readonly say: (what: string) => void;
  readonly healed: (report: HealReport) => void;
  readonly failed: (error: Error) => void;
  /** A page asked for the scene of a heal. */
  readonly play: () => void;
}

/** Four times the calls of the real centre make a page that moves. */
const SCALE = 4;
/** The longest way takes 165 ms: after half a second regions that are connected have seen everything. */
const STEP_MS = 500;
const ANSWER_LIMIT_MS = 400;
/** What is measured waits for a region that is slow to answer. */
const READING_LIMIT_MS = 5_000;

export class Demo {
  readonly #options: DemoOptions;
  readonly #reports: DemoReports;
  readonly #world: World;
  readonly #splits: Splits;
  #traffic: Traffic | undefined;
  #control: Control | undefined;
  #verdict: Verdict = { state: 'apart', digest: undefined, views: [] };
  #readings: ReadonlyMap<string, DetailedStatus> = new Map();
  #healed: HealReport | undefined;
  #burstRefused = 0;
  #stopping: Promise<void> | undefined;

  private constructor(options: DemoOptions, reports: DemoReports, world: World) {
    this.#options = options;
    this.#reports = reports;
    this.#world = world;
    this.#splits = new Splits({
      world,
      read: () => this.#read(READING_LIMIT_MS),
      healed: (report) => this.#tell(report),
    });
  }

  /** Opens the links; nothing runs yet. */
  static async open(options: DemoOptions, reports: DemoReports): Promise<Demo> {
    const { say, failed } = reports;
    const world = await World.open(options.ports, `demo-${process.pid}`, {
      down: (region) => say(`${region} is gone; it comes back in a moment, with nothing but its command line`),
      up: (region) => say(`${region} is back`),
      failed,
    });
    return new Demo(options, reports, world);
  }

  async start(): Promise<void> {
    await this.#world.start();
    this.#control = await Control.open({
      state: () => this.state(),
      cut: (link) => this.cut([link]),
      heal: (link) => this.#splits.heal([link]),
      kill: (region) => this.kill(region),
      play: () => this.#reports.play(),
    });
    this.#traffic = await Traffic.start({
      urls: new Map(this.regions.map((region) => [region, this.#world.region(region).url])),
      seed: this.#options.seed,
      speed: this.#options.speed,
      scale: SCALE,
      stepMs: STEP_MS,
      beforeStep: () => this.#compare(),
    });
    await this.#traffic
      .client(this.regions[0] as string)
      .register(CONTROL_KEY)
      .set({ port: this.#control.port });
  }

  get regions(): readonly string[] {
    return this.#world.regions;
  }

  urls(): readonly string[] {
    return this.regions.map((region) => this.#world.region(region).url);
  }

  state(): DemoState {
    return {
      clock: this.#traffic?.now ?? 0,
      speed: this.#options.speed,
      refused: (this.#traffic?.refused ?? 0) + this.#burstRefused,
      verdict: this.#verdict.state,
      regions: this.regions.map((region) => this.#stateOf(region)),
      links: this.#world.links.map(({ name, ends, roundTripMs }) => ({
        name,
        ends,
        roundTripMs,
        cut: this.#world.isCut(name),
      })),
      apart: this.#splits.apart,
      healed: this.#healed,
    };
  }

  /** Cuts the link with this number, or heals it; answers what it did. */
  async toggle(number: number): Promise<LinkState | undefined> {
    const name = this.#world.links[number]?.name;
    if (name === undefined) return undefined;
    if (this.#world.isCut(name)) await this.#splits.heal([name]);
    else await this.cut([name]);
    return this.state().links[number];
  }

  /** The links between one half of the regions and the other. */
  divide(): readonly string[] {
    return this.#world.divide();
  }

  /** False where there is no such link. */
  cut(links: readonly string[]): Promise<boolean> {
    return this.#splits.cut(links);
  }

  /** Resolves when everybody has everything, with what it cost; undefined: nothing was cut. */
  async heal(links: readonly string[]): Promise<HealReport | undefined> {
    await this.#splits.heal(links);
    return this.#splits.settled();
  }

  /** In every region, through its own client. */
  burst(): Burst {
    const bursts = this.regions.map((region) => {
      const db = (this.#traffic as Traffic).client(region);
      return burst(db, () => (this.#burstRefused += 1));
    });
    return bursts[0] as Burst;
  }

  /** False where there is no such region. */
  kill(region: string): boolean {
    if (!this.regions.includes(region)) return false;
    this.#world.region(region).kill();
    return true;
  }

  /** Everything goes, in order. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** At once, for when the process itself ends. */
  abandon(): void {
    this.#world.abandon();
  }

  async #stop(): Promise<void> {
    await this.#traffic?.stop();
    await this.#control?.close();
    await this.#world.stop();
  }

  #stateOf(region: string): RegionState {
    const { url, running } = this.#world.region(region);
    const view = this.#verdict.views.find((view) => view.region === region);
    const incarnation = this.#readings.get(region)?.incarnation;
    return {
      region,
      url,
      running,
      incarnation,
      lacks: view?.lacks,
      digest: view?.digest,
      calls: this.#traffic?.calls(region),
    };
  }

  #tell(report: HealReport): void {
    this.#healed = report;
    this.#reports.healed(report);
  }

  async #read(withinMs: number): Promise<ReadonlyMap<string, DetailedStatus>> {
    const answers = await Promise.all(this.regions.map((region) => ask(this.#world.region(region).url, withinMs)));
    this.#readings = new Map(answers.flatMap((answer) => (answer === undefined ? [] : [[answer.region, answer]])));
    return this.#readings;
  }

  /** Before each step of the calls. */
  async #compare(): Promise<void> {
    await this.#splits.settled();
    const readings = await this.#read(ANSWER_LIMIT_MS);
    this.#verdict = compare([...readings.values()]);
    await this.#splits.note(readings);
  }
}
