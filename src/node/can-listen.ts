/** Whether a port of the loopback is free now: found out by listening on it for a moment. Nothing keeps it free afterwards. */
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function canListen(port: number): Promise<boolean> {
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
