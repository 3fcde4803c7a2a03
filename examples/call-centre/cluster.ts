/**
 * Three regions and the links between them. Every region is told of both others, each through its own end of the link,
 * so whoever starts again can reach whoever is left.
 */
import { REGIONS } from './record.js';
import type { Region } from './record.js';
import { RegionLinks } from './region-links.js';
import { RegionProcess, freePort } from './region-process.js';

export class Cluster {
  readonly links: RegionLinks;
  readonly #regions: ReadonlyMap<Region, RegionProcess>;

  private constructor(links: RegionLinks, regions: ReadonlyMap<Region, RegionProcess>) {
    this.links = links;
    this.#regions = regions;
  }

  /** Opens the links, starts the three processes and waits until all of them serve. */
  static async start(died: (reason: Error) => void): Promise<Cluster> {
    const ports = new Map<Region, number>();
    for (const region of REGIONS) ports.set(region, await freePort(new Set(ports.values())));
    const links = new RegionLinks();
    const regions = new Map<Region, RegionProcess>();
    for (const [region, port] of ports) {
      const join: string[] = [];
      for (const [other, otherPort] of ports) {
        if (other !== region) join.push(`ws://127.0.0.1:${await links.door(region, other, otherPort)}/peer`);
      }
      // A name of its own, so that two replays on one machine can never meet.
      regions.set(region, new RegionProcess({ region, port, join, cluster: `calls-${process.pid}` }, died));
    }
    const cluster = new Cluster(links, regions);
    const abandon = (): void => cluster.abandon();
    process.once('exit', abandon);
    try {
      await Promise.all([...regions.values()].map((region) => region.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  region(name: Region): RegionProcess {
    const region = this.#regions.get(name);
    if (region === undefined) throw new RangeError(`there is no region ${name}`);
    return region;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#regions.values()].map((region) => region.stop()));
    await this.links.close();
  }

  abandon(): void {
    for (const region of this.#regions.values()) region.abandon();
  }
}
