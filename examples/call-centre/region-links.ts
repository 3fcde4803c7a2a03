/**
 * The three links between the three regions, as long as the real ones: a triangle of delayed TCP proxies on this machine.
 */
import type { CutMode, LinkState } from '../../src/node/delayed-link.js';
import { DelayedLink } from '../../src/node/delayed-link.js';
import type { Region } from './record.js';

export const ROUND_TRIPS_MS = { 'us-eu': 80, 'us-ap': 150, 'eu-ap': 200 } as const;
export type LinkName = keyof typeof ROUND_TRIPS_MS;
export const LINK_NAMES: readonly LinkName[] = ['us-eu', 'us-ap', 'eu-ap'];

export class RegionLinks {
  readonly #links = new Map<LinkName, DelayedLink>();

  constructor() {
    for (const name of LINK_NAMES) this.#links.set(name, new DelayedLink({ oneWayMs: ROUND_TRIPS_MS[name] / 2 }));
  }

  /** A port at `from`'s end of its link to `to`; whoever connects there reaches `toPort`. */
  door(from: Region, to: Region, toPort: number): Promise<number> {
    return this.#link(nameOf(from, to)).door(toPort);
  }

  cut(name: LinkName, mode: CutMode): void {
    this.#link(name).cut(mode);
  }

  heal(name: LinkName): void {
    this.#link(name).heal();
  }

  state(name: LinkName): LinkState {
    return this.#link(name).status().state;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }

  #link(name: LinkName): DelayedLink {
    const link = this.#links.get(name);
    if (link === undefined) throw new RangeError(`there is no link ${name}`);
    return link;
  }
}

export function nameOf(one: Region, other: Region): LinkName {
  const name = LINK_NAMES.find((link) => link === `${one}-${other}` || link === `${other}-${one}`);
  if (name === undefined) throw new RangeError(`${one} and ${other} have no link`);
  return name;
}

export function linksOf(region: Region): LinkName[] {
  return LINK_NAMES.filter((name) => name.split('-').includes(region));
}
