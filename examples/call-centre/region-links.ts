/** The three links between the three regions, as long as the real ones. */
import type { Region } from './record.js';

const ROUND_TRIPS_MS = { 'us-eu': 80, 'us-ap': 150, 'eu-ap': 200 } as const;
export type LinkName = keyof typeof ROUND_TRIPS_MS;
export const LINK_NAMES: readonly LinkName[] = ['us-eu', 'us-ap', 'eu-ap'];

export function oneWayMs(one: Region, other: Region): number {
  const name = LINK_NAMES.find((link) => link === `${one}-${other}` || link === `${other}-${one}`);
  if (name === undefined) throw new RangeError(`${one} and ${other} have no link`);
  return ROUND_TRIPS_MS[name] / 2;
}

export function linksOf(region: Region): LinkName[] {
  return LINK_NAMES.filter((name) => name.split('-').includes(region));
}
