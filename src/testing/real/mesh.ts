/** The links of a full mesh: one delayed link between every two regions, named after both, the one told first in front. */
import { DelayedLink } from '../../node/delayed-link.js';
import type { Heading } from '../../node/delayed-link.js';

export class Mesh {
  readonly #regions: readonly string[];
  readonly #links = new Map<string, DelayedLink>();

  /** @param oneWayMs how far apart two regions are */
  constructor(regions: readonly string[], oneWayMs: (one: string, other: string) => number) {
    this.#regions = regions;
    for (const [at, one] of regions.entries()) {
      for (const other of regions.slice(at + 1)) {
        this.#links.set(`${one}-${other}`, new DelayedLink({ oneWayMs: oneWayMs(one, other) }));
      }
    }
  }

  get names(): readonly string[] {
    return [...this.#links.keys()];
  }

  link(name: string): DelayedLink {
    const link = this.#links.get(name);
    if (link === undefined) throw new RangeError(`there is no link ${name}`);
    return link;
  }

  nameOf(one: string, other: string): string {
    return this.#regions.indexOf(one) < this.#regions.indexOf(other) ? `${one}-${other}` : `${other}-${one}`;
  }

  /** The links that end at a region. */
  linksOf(region: string): string[] {
    return this.#regions.filter((other) => other !== region).map((other) => this.nameOf(region, other));
  }

  /** A port at `from`'s end of its link to `to`; whoever connects there reaches `toPort`. */
  door(from: string, to: string, toPort: number): Promise<number> {
    const name = this.nameOf(from, to);
    const heading: Heading = name.startsWith(`${from}-`) ? 'there' : 'back';
    return this.link(name).door(toPort, heading);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}
