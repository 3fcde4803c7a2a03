import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DelayedLink } from '../../src/node/delayed-link.js';

/** Longer than any machine hesitates over a small answer; short enough to wait for. */
const ONE_WAY_MS = 30;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A server that sends back what it gets, and the link before it. */
async function echo(): Promise<{ link: DelayedLink; port: number; accepted: Socket[] }> {
  const accepted: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = new DelayedLink({ oneWayMs: ONE_WAY_MS });
  open.push(link, { close: () => server.close() });
  return { link, port: await link.door((server.address() as AddressInfo).port), accepted };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {});
  open.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

async function receive(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let got = 0; got < length;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    chunks.push(chunk);
    got += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Unlike `once`, which takes an error before the close for a failure. */
function closed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('close', (hadError) => resolve(hadError ? 'after an error' : 'in order'));
  });
}

describe('a delayed link', () => {
  it('takes its time in both directions', async () => {
    const { port } = await echo();
    const socket = await dial(port);
    const start = performance.now();
    socket.write('ping');
    expect(String(await receive(socket, 4))).toBe('ping');
    expect(performance.now() - start).toBeGreaterThanOrEqual(2 * ONE_WAY_MS - 1);
  });

  it('delivers many bytes in their order', async () => {
    const { link, port } = await echo();
    const socket = await dial(port);
    const sent = Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, n) => n).buffer);
    const received = receive(socket, sent.length);
    socket.write(sent);
    expect((await received).equals(sent)).toBe(true);
    expect(link.status()).toMatchObject({ carriedBytes: 2 * sent.length, bufferedBytes: 0, connections: 1 });
  });

  it('passes on a close after the bytes before it', async () => {
    const { link, port } = await echo();
    const socket = await dial(port);
    const ended = once(socket, 'end');
    const received = receive(socket, 3);
    socket.end('bye');
    expect(String(await received)).toBe('bye');
    await ended;
    socket.destroy();
    expect(link.status().bufferedBytes).toBe(0);
  });

  it('cut by reset, ends both sides and refuses new connections until it is healed', async () => {
    const { link, port, accepted } = await echo();
    const socket = await dial(port);
    socket.write('ping');
    await receive(socket, 4);
    const farClosed = closed(accepted[0] as Socket);
    const nearClosed = closed(socket);
    link.cut('reset');
    await Promise.all([nearClosed, farClosed]);
    const refused = connect(port, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    link.heal();
    const again = await dial(port);
    again.write('pong');
    expect(String(await receive(again, 4))).toBe('pong');
  });

  it('cut by silence, delivers nothing and loses nothing', async () => {
    const { link, port } = await echo();
    const socket = await dial(port);
    socket.write('one');
    await receive(socket, 3);
    let heard = '';
    socket.on('data', (bytes) => (heard += String(bytes)));
    link.cut('silence');
    expect(link.status().state).toBe('silence');
    socket.write('two');
    // A connection over another link of the same length goes there and back meanwhile.
    const other = await echo();
    const meanwhile = await dial(other.port);
    meanwhile.write('x');
    await receive(meanwhile, 1);
    expect(heard).toBe('');
    const knocking = await dial(port);
    knocking.write('new');
    link.heal();
    expect(String(await receive(knocking, 3))).toBe('new');
    expect(heard).toBe('two');
  });

  it('silent in one direction, still carries the other', async () => {
    const { link, port, accepted } = await echo();
    const socket = await dial(port);
    socket.write('one');
    await receive(socket, 3);
    link.cut('silence', 'back');
    expect(link.status()).toMatchObject({ state: 'silence', heading: 'back' });
    let heard = '';
    socket.on('data', (bytes) => (heard += String(bytes)));
    const arrived = once(accepted[0] as Socket, 'data');
    socket.write('two');
    await arrived;
    expect(heard).toBe('');
    const knocking = await dial(port);
    knocking.write('new');
    link.heal();
    expect(String(await receive(knocking, 3))).toBe('new');
    expect(heard).toBe('two');
  });

  it('throttled, lets bytes out at the pace, and at once when the throttle is gone', async () => {
    const { link, port, accepted } = await echo();
    const socket = await dial(port);
    socket.write('x');
    await receive(socket, 1);
    link.throttle(100_000);
    const start = performance.now();
    const arrived = receive(accepted[0] as Socket, 30_000);
    socket.write(Buffer.alloc(30_000));
    await arrived;
    expect(performance.now() - start).toBeGreaterThanOrEqual(250);
    link.throttle(1);
    socket.write(Buffer.alloc(30_000));
    link.throttle(undefined);
    await receive(accepted[0] as Socket, 30_000);
    expect(link.status().bytesPerSecond).toBeUndefined();
  });

  it('breaks in the middle of a message, and carries new connections', async () => {
    const { link, port, accepted } = await echo();
    const socket = await dial(port);
    socket.write('x');
    await receive(socket, 1);
    let received = 0;
    accepted[0]?.on('data', (bytes: Buffer) => (received += bytes.length));
    const ended = Promise.all([closed(socket), closed(accepted[0] as Socket)]);
    link.breakAfter(700);
    socket.write(Buffer.alloc(1000));
    await ended;
    expect(received).toBe(700);
    const again = await dial(port);
    again.write('y');
    expect(String(await receive(again, 1))).toBe('y');
  });

  it('made longer or shorter, keeps the order of what is under way', async () => {
    const { link, port } = await echo();
    const socket = await dial(port);
    link.slow(3 * ONE_WAY_MS);
    const start = performance.now();
    socket.write('slow');
    await receive(socket, 4);
    expect(performance.now() - start).toBeGreaterThanOrEqual(6 * ONE_WAY_MS - 1);
    const answers = receive(socket, 9);
    socket.write('first');
    // A door of another link, and no delay: by the answer the first word is under way.
    const other = await echo();
    other.link.slow(0);
    const meanwhile = await dial(other.port);
    meanwhile.write('x');
    await receive(meanwhile, 1);
    link.slow(0);
    socket.write('then');
    expect(String(await answers)).toBe('firstthen');
  });

  it('cut by reset, ends a connection that one side has closed already', async () => {
    const { link, port, accepted } = await echo();
    const socket = await dial(port);
    socket.write('ping');
    await receive(socket, 4);
    const farEnded = once(accepted[0] as Socket, 'end');
    socket.end();
    await farEnded;
    const nearClosed = closed(socket);
    link.cut('reset');
    await nearClosed;
    await expect.poll(() => link.status().connections).toBe(0);
  });

  it('resets whoever connects when nobody listens at the far end', async () => {
    const { link } = await echo();
    const nobody = createServer();
    nobody.listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const port = await link.door((nobody.address() as AddressInfo).port);
    await new Promise((resolve) => nobody.close(resolve));
    const socket = await dial(port);
    expect(await closed(socket)).toBe('after an error');
  });
});
