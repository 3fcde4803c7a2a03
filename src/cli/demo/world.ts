/**
 * Three regions and the three links between them, as long as real ones: a triangle of nodes on one machine, joined by
 * delayed links.
 *
 * A cut is silent, as over a cable that is unplugged: nothing arrives, nobody is told. The nodes find out by themselves.
 */
import { DelayedLink } from '../../node/delayed-link.js';
import { type RegionReports, RegionProcess } from './region-process.js';

export const REGIONS = ['us', 'eu', 'ap'] as const;
export type Region = (typeof REGIONS)[number];

/** There and back, in milliseconds. */
const LINKS = [
  { name: 'us-eu', ends: ['us', 'eu'], roundTripMs: 80 },
  { name: 'us-ap', ends: ['us', 'ap'], roundTripMs: 150 },
  { name: 'eu-ap', ends: ['eu', 'ap'], roundTripMs: 200 },
] as const;

export interface LongLink {
  readonly name: string;
  readonly ends: readonly [Region, Region];
  readonly roundTripMs: number;
  readonly link: DelayedLink;
}

export class World {
  readonly links: readonly LongLink[];
  readonly #regions: ReadonlyMap<Region, RegionProcess>;

  private constructor(links: readonly LongLink[], regions: ReadonlyMap<Region, RegionProcess>) {
    this.links = links;
    this.#regions = regions;
  }

  /** @param ports one for each region, in their order */
  static async open(ports: readonly number[], cluster: string, reports: RegionReports): Promise<World> {
    const links = LINKS.map((link) => ({ ...link, link: new DelayedLink({ oneWayMs: link.roundTripMs / 2 }) }));
    const regions = new Map<Region, RegionProcess>();
    for (const [at, region] of REGIONS.entries()) {
      const join: string[] = [];
      for (const { ends, link } of links.filter(({ ends }) => (ends as readonly Region[]).includes(region))) {
        const other = REGIONS.indexOf(ends[0] === region ? ends[1] : ends[0]);
        join.push(`ws://127.0.0.1:${await link.door(ports[other] as number)}`);
      }
      regions.set(region, new RegionProcess({ region, port: ports[at] as number, cluster, join }, reports));
    }
    return new World(links, regions);
  }

  async start(): Promise<void> {
    await Promise.all([...this.#regions.values()].map((region) => region.start()));
  }

  region(name: Region): RegionProcess {
    return this.#regions.get(name) as RegionProcess;
  }

  isCut(name: string): boolean {
    return this.#find(name)?.link.status().state !== 'up';
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

  /** Links are healed first, so that the nodes part in order and at once. */
  async stop(): Promise<void> {
    for (const { link } of this.links) link.heal();
    await Promise.all([...this.#regions.values()].map((region) => region.stop()));
    await Promise.all(this.links.map(({ link }) => link.close()));
  }

  abandon(): void {
    for (const region of this.#regions.values()) region.abandon();
  }

  #find(name: string): LongLink | undefined {
    return this.links.find((link) => link.name === name);
  }
}
