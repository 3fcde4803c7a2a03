import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type VerifyClientCallbackAsync, WebSocket, WebSocketServer } from 'ws';
import { Listener, type ListenerHandlers } from '../../src/node/listener.js';
import { silentLog } from '../../src/node/log.js';
import { PeerTransport } from '../../src/node/peer-transport.js';
import { realTimers, type Timers } from '../../src/node/timers.js';
import { atTheEnd } from './nodes.js';

const MESSAGES = 50;

/** A transport, what it took in which turn of the event loop, and its end. */
function aTransport(): { transport: PeerTransport; taken: number[]; turns: number[]; ended: Promise<void> } {
  let turn = 0;
  let waiting = setImmediate(function next() {
    turn++;
    waiting = setImmediate(next);
  });
  atTheEnd(() => clearImmediate(waiting));
  const taken: number[] = [];
  const turns: number[] = [];
  let closed = (): void => undefined;
  const ended = new Promise<void>((resolve) => (closed = resolve));
  const events = {
    opened: () => undefined,
    writable: () => undefined,
    received: (_: number, [byte]: Uint8Array) => {
      taken.push(byte as number);
      turns.push(turn);
    },
    closed,
  };
  const transport = new PeerTransport(events, realTimers, silentLog, undefined);
  atTheEnd(() => transport.stop(100));
  return { transport, taken, turns, ended };
}

/** Many messages and the end, in one piece for whoever reads. */
function sayAllAtOnce(socket: WebSocket): void {
  const { _socket } = socket as unknown as { readonly _socket: { cork(): void; uncork(): void } };
  _socket.cork();
  for (let i = 0; i < MESSAGES; i++) socket.send(Uint8Array.of(i));
  socket.close();
  _socket.uncork();
}

/** Each message, and no two in one turn. */
const ONE_A_TURN = { taken: Array.from({ length: MESSAGES }, (_, i) => i), turns: MESSAGES };

function outcome({ taken, turns }: ReturnType<typeof aTransport>): typeof ONE_A_TURN {
  return { taken, turns: new Set(turns).size };
}

describe('messages that one read of a socket brings', () => {
  it('are taken one a turn of the event loop, in order and before the end, from a peer that was dialled', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    atTheEnd(() => server.close());
    await once(server, 'listening');
    server.on('connection', sayAllAtOnce);
    const here = aTransport();
    here.transport.join(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await here.ended;
    expect(outcome(here)).toEqual(ONE_A_TURN);
  });

  it('are so from a peer that dialled in', async () => {
    const here = aTransport();
    const listener = await Listener.open({ host: '127.0.0.1', port: 0 }, []);
    atTheEnd(() => listener.close());
    listener.serve({
      peer: (socket: WebSocket, from: string) => here.transport.accept(socket, from),
    } as Partial<ListenerHandlers> as ListenerHandlers);
    const there = new WebSocket(`${listener.url.replace('http', 'ws')}/peer`, { perMessageDeflate: false });
    await once(there, 'open');
    sayAllAtOnce(there);
    await here.ended;
    expect(outcome(here)).toEqual(ONE_A_TURN);
  });
});

describe('a dialler that gave way to another connection', () => {
  it('rests until that one ends, whoever dialled it', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    atTheEnd(() => server.close());
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const waits: number[] = [];
    const timers: Timers = {
      after: (ms) => {
        waits.push(ms);
        return () => undefined;
      },
    };
    const happened: ((link: number) => void)[] = [];
    const next = (): Promise<number> => new Promise((resolve) => happened.push(resolve));
    const tell = (link: number): void => happened.shift()?.(link);
    const events = { opened: tell, closed: tell, writable: () => undefined, received: () => undefined };
    const transport = new PeerTransport(events, timers, silentLog, undefined);
    atTheEnd(() => transport.stop(100));
    const dial = async (path: string): Promise<number> => {
      const opened = next();
      transport.join(`${url}/${path}`);
      return opened;
    };
    transport.synced(await dial('kept'));
    const spare = await dial('spare');
    const gone = next();
    transport.close(spare, 'DUPLICATE_LINK', '');
    await gone;
    expect([waits.length, (waits[0] as number) >= 300_000]).toEqual([1, true]);
    const lost = next();
    for (const client of server.clients) client.terminate();
    await lost;
    expect([waits.length, Math.max(...waits.slice(1)) <= 50]).toEqual([3, true]);
  });
});

describe('a transport that is stopped', () => {
  it('leaves no connection that it was about to make', async () => {
    let knock: (letIn: (yes: boolean) => void) => void = () => undefined;
    const knocks = new Promise<(yes: boolean) => void>((resolve) => (knock = resolve));
    const verifyClient: VerifyClientCallbackAsync = (_, letIn) => knock(letIn);
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient });
    atTheEnd(() => server.close());
    await once(server, 'listening');
    const { transport } = aTransport();
    transport.join(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const letIn = await knocks;
    await transport.stop(100);
    letIn(true);
    // As soon as nobody is connected.
    const closed = new Promise((resolve) => {
      server.close(() => resolve('closed'));
    });
    await expect(closed).resolves.toBe('closed');
  });
});
