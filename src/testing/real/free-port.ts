/** Ports for processes that are started again and must find their own port free. */
import { canListen } from '../../node/can-listen.js';

/** A port nobody listens on, below the range from which the system takes ports for outgoing connections. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!taken.has(port) && (await canListen(port))) return port;
  }
  throw new Error('no free port was found between 20000 and 32000');
}
