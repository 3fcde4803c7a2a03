/** Ports for the demo's regions: the wanted ones, or else the next that nobody listens on. */
import { MerganserError } from '../../base/error.js';
import { canListen } from '../../node/can-listen.js';

const HIGHEST = 65_535;

export async function freePorts(first: number, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = first; port <= HIGHEST && ports.length < count; port += 1) {
    if (await canListen(port)) ports.push(port);
  }
  if (ports.length < count)
    throw new MerganserError('ADDRESS_IN_USE', `no ${count} free ports were found from ${first} on`);
  return ports;
}
