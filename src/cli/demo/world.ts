/**
 * Two to five regions and a link between every two of them, as long as real ones: a mesh of nodes on one machine, joined by
 * delayed links.
 *
 * A cut is silent, as over a cable that is unplugged: nothing arrives, nobody is told. The nodes find out by themselves.
 */
import { DelayedLink } from '../../node/delayed-link.js';
import { ask } from '../ask.js';
import { type RegionReports, RegionProcess } from './region-process.js';

const REGIONS = ['us', 'eu', 'ap', 'sa', 'af'] as const;
export const FEWEST_REGIONS = 2;
export const MOST_REGIONS: number = REGIONS.length;

/** The names of so many regions. */
export function regionNames(count: number): readonly string[] {
  return REGIONS.slice(0, count);
}

/** There and back, in milliseconds. */
const ROUND_TRIPS = {
  'us-eu': 80,
  'us-ap': 150,
  'us-sa': 120,
  'us-af': 220,
  'eu-ap': 200,
  'eu-sa': 190,
  'eu-af': 150,
  'ap-sa': 300,
  'ap-af': 250,
  'sa-af': 330,
} as const;

export interface LongLink {
  readonly name: string;
  readonly ends: readonly [string, string];
  readonly roundTripMs: number;
  readonly link: DelayedLink;
}

export class World {
  readonly regions: readonly string[];
  readonly links: readonly LongLink[];
  readonly #processes: ReadonlyMap<string, RegionProcess>;

  private constructor(links: readonly LongLink[], processes: ReadonlyMap<string, RegionProcess>) {
    this.regions = [...processes.keys()];
    this.links = links;
    this.#processes = processes;
  }

  /** @param ports one for each region, in their order */
  static async open(ports: readonly number[], cluster: string, reports: RegionReports): Promise<World> {
    const regions = regionNames(ports.length);
    const links = Object.entries(ROUND_TRIPS)
      .map(([name, roundTripMs]) => ({ name, ends: name.split('-') as [string, string], roundTripMs }))
      .filter(({ ends }) => ends.every((end) => regions.includes(end)))
      .map((link) => ({ ...link, link: new DelayedLink({ oneWayMs: link.roundTripMs / 2 }) }));
    const processes = new Map<string, RegionProcess>();
    for (const [at, region] of regions.entries()) {
      const join: string[] = [];
      for (const { ends, link } of links.filter(({ ends }) => ends.includes(region))) {
        const other = regions.indexOf(ends[0] === region ? ends[1] : ends[0]);
        join.push(`ws://127.0.0.1:${await link.door(ports[other] as number)}`);
      }
      processes.set(region, new RegionProcess({ region, port: ports[at] as number, cluster, join }, reports));
    }
    return new World(links, processes);
  }

  async start(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((region) => region.start()));
    await ask(this.region(this.regions[0] as string).url, '/v1/admin/bootstrap', {});
  }

  /** Errors: RangeError where there is no such region. */
  region(name: string): RegionProcess {
    const found = this.#processes.get(name);
    if (found === undefined) throw new RangeError(`there is no region ${name}`);
    return found;
  }

  isCut(name: string): boolean {
    return this.#find(name)?.link.status().state !== 'up';
  }

  get whole(): boolean {
    return this.links.every(({ name }) => !this.isCut(name));
  }

  /** False where there is no such link. */
  cut(name: string): boolean {
    const found = this.#find(name);
    found?.link.cut('silence');
    return found !== undefined;
  }

  heal(name: string): boolean {
    const found = this.#find(name);
    found?.link.heal();
    return found !== undefined;
  }

  /** The regions that can reach each other, over whatever links. */
  parts(): string[][] {
    const left = new Set(this.regions);
    const parts: string[][] = [];
    for (const first of this.regions) {
      if (!left.delete(first)) continue;
      const part = [first];
      for (const region of part) {
        for (const { name, ends } of this.links) {
          const other = ends[0] === region ? ends[1] : ends[1] === region ? ends[0] : undefined;
          if (other !== undefined && !this.isCut(name) && left.delete(other)) part.push(other);
        }
      }
      parts.push(part);
    }
    return parts;
  }

  /** The links between one half of the regions and the other. */
  divide(): string[] {
    const one = new Set(this.regions.slice(0, Math.floor(this.regions.length / 2)));
    return this.links.filter(({ ends }) => one.has(ends[0]) !== one.has(ends[1])).map(({ name }) => name);
  }

  /** Links are healed first, so that the nodes part in order and at once. */
  async stop(): Promise<void> {
    for (const { link } of this.links) link.heal();
    await Promise.all([...this.#processes.values()].map((region) => region.stop()));
    await Promise.all(this.links.map(({ link }) => link.close()));
  }

  abandon(): void {
    for (const region of this.#processes.values()) region.abandon();
  }

  #find(name: string): LongLink | undefined {
    return this.links.find((link) => link.name === name);
  }
}
