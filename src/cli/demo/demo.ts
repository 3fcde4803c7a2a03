/**
 * `merganser demo`: three regions on one machine, calls without end, and somebody who cuts the links.
 *
 * The parts: the world (regions and links), the traffic (the call-centre example), the control (what the pages' buttons
 * ask), the terminal. This module puts them together, compares the regions between two steps of the traffic, and takes
 * everything down again, whatever ends it.
 */
import { Traffic } from '#call-centre/traffic.js';
import { ask, compare, type Verdict } from './comparison.js';
import { Control, CONTROL_KEY } from './control.js';
import { REGIONS, type Region, World } from './world.js';

export interface DemoOptions {
  readonly ports: readonly number[];
  readonly seed: number;
  /** Seconds of the centre's clock per second. */
  readonly speed: number;
}

export interface DemoReports {
  readonly say: (what: string) => void;
  readonly failed: (error: Error) => void;
}

export interface RegionState {
  readonly region: Region;
  readonly url: string;
  readonly running: boolean;
  /** Writes that another region has and this one not yet; undefined while it is away. */
  readonly lacks: number | undefined;
  readonly digest: string | undefined;
  /** All calls so far, as this region says. */
  readonly calls: number | undefined;
}

export interface LinkState {
  readonly name: string;
  readonly ends: readonly [Region, Region];
  readonly roundTripMs: number;
  readonly cut: boolean;
}

/** The demo as the pages show it. */
export interface DemoState {
  /** Milliseconds since 1970 on the centre's clock. */
  readonly clock: number;
  readonly speed: number;
  /** Writes given up, because too many waited for a region that was away. */
  readonly refused: number;
  readonly verdict: Verdict['state'];
  readonly regions: readonly RegionState[];
  readonly links: readonly LinkState[];
}

/** Four times the calls of the real centre make a page that moves. */
const SCALE = 4;
/** The longest way takes 100 ms: after half a second regions that are connected have seen everything. */
const STEP_MS = 500;
const ANSWER_LIMIT_MS = 400;

export class Demo {
  readonly #options: DemoOptions;
  readonly #world: World;
  #traffic: Traffic | undefined;
  #control: Control | undefined;
  #verdict: Verdict = { state: 'apart', digest: undefined, views: [] };
  #stopping: Promise<void> | undefined;

  private constructor(options: DemoOptions, world: World) {
    this.#options = options;
    this.#world = world;
  }

  /** Opens the links; nothing runs yet. */
  static async open(options: DemoOptions, { say, failed }: DemoReports): Promise<Demo> {
    const world = await World.open(options.ports, `demo-${process.pid}`, {
      down: (region) => say(`${region} is gone; it comes back in a moment, with nothing but its command line`),
      up: (region) => say(`${region} is back`),
      failed,
    });
    return new Demo(options, world);
  }

  async start(): Promise<void> {
    await this.#world.start();
    this.#control = await Control.open({ world: this.#world, state: () => this.state() });
    const url = (region: Region): string => this.#world.region(region).url;
    this.#traffic = await Traffic.start({
      urls: { us: url('us'), eu: url('eu'), ap: url('ap') },
      seed: this.#options.seed,
      speed: this.#options.speed,
      scale: SCALE,
      stepMs: STEP_MS,
      beforeStep: () => this.#compare(),
    });
    await this.#traffic.client('us').register(CONTROL_KEY).set({ port: this.#control.port });
  }

  urls(): readonly string[] {
    return REGIONS.map((region) => this.#world.region(region).url);
  }

  state(): DemoState {
    return {
      clock: this.#traffic?.now ?? 0,
      speed: this.#options.speed,
      refused: this.#traffic?.refused ?? 0,
      verdict: this.#verdict.state,
      regions: REGIONS.map((region) => {
        const { url, running } = this.#world.region(region);
        const view = this.#verdict.views.find((view) => view.region === region);
        return { region, url, running, lacks: view?.lacks, digest: view?.digest, calls: this.#traffic?.calls(region) };
      }),
      links: this.#world.links.map(({ name, ends, roundTripMs }) => ({
        name,
        ends,
        roundTripMs,
        cut: this.#world.isCut(name),
      })),
    };
  }

  /** Cuts the link with this number, or heals it; answers what it did. */
  toggle(number: number): LinkState | undefined {
    const name = this.#world.links[number]?.name;
    if (name === undefined) return undefined;
    if (this.#world.isCut(name)) this.#world.heal(name);
    else this.#world.cut(name);
    return this.state().links[number];
  }

  kill(region: Region): void {
    this.#world.region(region).kill();
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

  async #compare(): Promise<void> {
    const answers = await Promise.all(REGIONS.map((region) => ask(this.#world.region(region).url, ANSWER_LIMIT_MS)));
    this.#verdict = compare(answers.filter((answer) => answer !== undefined));
  }
}
