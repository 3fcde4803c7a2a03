/** A client that says exactly what a test wants said, and keeps every answer. */
import { once } from 'node:events';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { type NodeMessageHandler, readNodeMessage, type Welcome } from '../../src/sync/client-answer.js';
import { BatchWriter, CLIENT_PROTOCOL, encodeHello } from '../../src/sync/client-message.js';
import { blankOperation, type Operation } from '../../src/sync/client-shape.js';
import { atTheEnd } from './nodes.js';

export const SESSION = 'a-session-of-some-length';

type Answer = readonly [kind: string, ...rest: unknown[]];

export class RawClient {
  readonly socket: WebSocket;
  readonly answers: Answer[] = [];
  largest = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    const handler = new Proxy({} as NodeMessageHandler, {
      get:
        (_, kind) =>
        (...rest: unknown[]) =>
          this.answers.push([String(kind), ...rest]),
    });
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => {
      this.largest = Math.max(this.largest, bytes.length);
      readNodeMessage(bytes, handler);
    });
  }

  /** Connected, and welcomed. */
  static async to(url: string, acked = 0): Promise<RawClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/client`, { maxPayload: 1 << 30 });
    const client = new RawClient(socket);
    atTheEnd(() => socket.terminate());
    await once(socket, 'open');
    socket.send(encodeHello({ version: CLIENT_PROTOCOL, session: SESSION, acked, resumed: acked > 0 }));
    await client.hears('welcome');
    return client;
  }

  get welcome(): Welcome {
    return this.answers[0]?.[1] as Welcome;
  }

  send(first: number, fill: (batch: BatchWriter) => void, durable = 0): void {
    const batch = new BatchWriter(first, 0, durable);
    fill(batch);
    this.socket.send(batch.finish());
  }

  of(kind: string): Answer[] {
    return this.answers.filter((answer) => answer[0] === kind);
  }

  async hears(kind: string, times = 1): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.of(kind).length < times) throw new Error(`${kind} was not heard`);
      },
      { timeout: 10_000, interval: 5 },
    );
  }

  /** The connection breaks. */
  async breaks(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.terminate();
    await closed;
  }
}

export function operation(code: number, slot: number, operands: Partial<Operation> = {}): Operation {
  return { ...blankOperation(), code, slot, ...operands };
}
