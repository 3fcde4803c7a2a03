/** Ports for the demo's regions: the wanted ones, or else the next that nobody listens on. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { MerganserError } from '../../base/error.js';

const HIGHEST = 65_535;

export async function freePorts(first: number, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = first; port <= HIGHEST && ports.length < count; port += 1) {
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count)
    throw new MerganserError('ADDRESS_IN_USE', `no ${count} free ports were found from ${first} on`);
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false; // taken, or not ours to take
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}
