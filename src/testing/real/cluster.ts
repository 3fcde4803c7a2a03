/**
 * Regions as they run in earnest: each a process of its own, and a delayed link between every two of them. Every region is
 * told of all others, unless asked otherwise, each through its own end of the link, so whoever starts again can reach whoever is left.
 *
 * Invariant: no process outlives this one.
 */
import { freePort } from './free-port.js';
import { Mesh } from './mesh.js';
import { RegionProcess } from './region-process.js';

export interface ClusterOptions<Region extends string> {
  /** Nodes of other clusters are refused, so that two runs on one machine can never meet. */
  readonly name: string;
  readonly regions: readonly Region[];
  readonly oneWayMs: (one: Region, other: Region) => number;
  /** Whom a region is told to join; by default all others. */
  readonly joins?: (region: Region) => readonly Region[];
  /** Further words for `merganser start`. */
  readonly flags?: readonly string[];
  /** What is run, by Node, as `merganser` is; by default this version. */
  readonly command?: (region: Region) => string | undefined;
  /** Told what the processes print. */
  readonly heard?: (region: Region, text: string) => void;
  /** Told when a process ends without having been asked to. */
  readonly died: (reason: Error) => void;
}

export class Cluster<Region extends string = string> {
  readonly mesh: Mesh;
  readonly regions: readonly Region[];
  readonly #processes: ReadonlyMap<Region, RegionProcess<Region>>;
  readonly #abandon: () => void = () => this.abandon();

  private constructor(mesh: Mesh, processes: ReadonlyMap<Region, RegionProcess<Region>>) {
    this.mesh = mesh;
    this.regions = [...processes.keys()];
    this.#processes = processes;
    process.once('exit', this.#abandon);
  }

  /** Opens the links, starts the processes and waits until all of them serve. */
  static async start<Region extends string>(options: ClusterOptions<Region>): Promise<Cluster<Region>> {
    const { regions, name, flags = [], heard, died } = options;
    const ports = new Map<Region, number>();
    for (const region of regions) ports.set(region, await freePort(new Set(ports.values())));
    const mesh = new Mesh(regions, options.oneWayMs as (one: string, other: string) => number);
    const processes = new Map<Region, RegionProcess<Region>>();
    for (const [region, port] of ports) {
      const join: string[] = [];
      for (const [other, otherPort] of ports) {
        if (other !== region && options.joins?.(region).includes(other) !== false)
          join.push(`ws://127.0.0.1:${await mesh.door(region, other, otherPort)}/peer`);
      }
      const command = options.command?.(region);
      const more = { ...(heard !== undefined && { heard }), ...(command !== undefined && { command }) };
      processes.set(region, new RegionProcess({ region, port, join, cluster: name, flags, ...more }, died));
    }
    const cluster = new Cluster(mesh, processes);
    try {
      await Promise.all([...processes.values()].map((region) => region.start()));
      await cluster.region(regions[0] as Region).bootstrap();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  region(name: Region): RegionProcess<Region> {
    const region = this.#processes.get(name);
    if (region === undefined) throw new RangeError(`there is no region ${name}`);
    return region;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((region) => region.stop()));
    await this.mesh.close();
    process.off('exit', this.#abandon);
  }

  /** Ends every process at once. */
  abandon(): void {
    for (const region of this.#processes.values()) region.abandon();
  }
}
