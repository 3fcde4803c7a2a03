import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_CLIENT_MESSAGE_BYTES } from '../../src/base/limits.js';
import { connect } from '../../src/client/index.js';
import type { MerganserNode } from '../../src/node/index.js';
import { type NodeMessageHandler, readNodeMessage } from '../../src/sync/client-answer.js';
import { BatchWriter, CLIENT_PROTOCOL, encodeHello } from '../../src/sync/client-message.js';
import { Op } from '../../src/sync/client-operation.js';
import { blankOperation } from '../../src/sync/client-shape.js';
import { aClient, aNode, atTheEnd, urlOf } from './nodes.js';

const HELLO = encodeHello({ version: CLIENT_PROTOCOL, session: 'a-session-of-length', acked: 0, resumed: false });

interface Ending {
  /** The error that was said before the end. */
  readonly code: string | undefined;
  readonly status: number;
}

/** Sends these messages as a client would, and says how the connection ended. */
async function say(node: MerganserNode, ...messages: readonly (Uint8Array | string)[]): Promise<Ending> {
  const socket = new WebSocket(`${urlOf(node).replace('http', 'ws')}/client`);
  atTheEnd(() => socket.terminate());
  let code: string | undefined;
  const handler = new Proxy({} as NodeMessageHandler, {
    get: (_, name) => (first: string) => {
      if (name === 'error') code = first;
    },
  });
  socket.on('message', (bytes: Buffer) => readNodeMessage(bytes, handler));
  socket.on('error', () => undefined);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  for (const message of messages) socket.send(message);
  const [status] = (await closed) as [number];
  return { code, status };
}

function batch(fill: (writer: BatchWriter) => void): Uint8Array {
  const writer = new BatchWriter(1, 0, 0);
  fill(writer);
  return writer.finish();
}

/** Whatever was said to it, in the end the node serves others as before and holds nothing of it. */
async function aRobustNode(): Promise<MerganserNode> {
  const node = await aNode();
  atTheEnd(async () => {
    const keys = await (await connect(urlOf(node))).keys();
    if (keys.length > 0) throw new Error(`nonsense was written: ${keys.join()}`);
  });
  return node;
}

describe('a client that sends nonsense is told so on its own connection:', () => {
  it('bytes of no meaning', async () => {
    const node = await aRobustNode();
    const other = await aClient(urlOf(node));
    let seed = 42;
    const noise = Uint8Array.from(
      { length: 500 },
      () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % 256,
    );
    for (let at = 0; at < 100; at += 1) {
      expect(await say(node, HELLO, Uint8Array.of(2, 1, 0, 0, ...noise.subarray(at)))).toMatchObject({
        code: expect.any(String),
      });
    }
    expect(await other.counter('nothing').value()).toBe(0);
  });

  it('a message before the hello, a second hello, a text', async () => {
    const node = await aRobustNode();
    const malformed = { code: 'MALFORMED_MESSAGE', status: 1007 };
    expect(
      await say(
        node,
        batch((writer) => writer.ping()),
      ),
    ).toEqual(malformed);
    expect(await say(node, HELLO, HELLO)).toEqual(malformed);
    expect(await say(node, 'hello')).toEqual(malformed);
    expect(await say(node, new Uint8Array())).toEqual(malformed);
  });

  it('another version', async () => {
    const node = await aRobustNode();
    const hello = encodeHello({ version: 77, session: 'a-session-of-length', acked: 0, resumed: false });
    expect(await say(node, hello)).toEqual({ code: 'UNSUPPORTED_VERSION', status: 1002 });
  });

  it('a session id that could be guessed', async () => {
    const node = await aRobustNode();
    const hello = encodeHello({ version: CLIENT_PROTOCOL, session: 'me', acked: 0, resumed: false });
    expect(await say(node, hello)).toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });

  it('slots that were not defined, lie out of order, or are of another type', async () => {
    const node = await aRobustNode();
    const increment = { ...blankOperation(), code: Op.counterAdd, slot: 0, n: 1 };
    for (const fill of [
      (writer: BatchWriter) => writer.write(increment),
      (writer: BatchWriter) => writer.define(5, 'counter', 'c', {}),
      (writer: BatchWriter) => writer.restate({ ...increment, code: Op.gaugeSet }),
      (writer: BatchWriter) => writer.confirm(1, 5),
      (writer: BatchWriter) => {
        writer.define(0, 'set', 'c', {});
        writer.write(increment);
      },
    ]) {
      expect(await say(node, HELLO, batch(fill))).toMatchObject({ code: 'MALFORMED_MESSAGE' });
    }
  });

  it('a message over the limit', async () => {
    const node = await aRobustNode();
    expect(await say(node, HELLO, new Uint8Array(MAX_CLIENT_MESSAGE_BYTES + 1))).toEqual({
      code: 'MESSAGE_TOO_LARGE',
      status: 1009,
    });
    expect(await say(node, HELLO, new Uint8Array(3 * MAX_CLIENT_MESSAGE_BYTES))).toMatchObject({ status: 1009 });
  });

  it('values nested without end', async () => {
    const node = await aRobustNode();
    const nest = batch((writer) => {
      writer.define(0, 'register', 'r', {});
      writer.write({ ...blankOperation(), code: Op.registerSet, slot: 0, value: null });
    });
    const bytes = Uint8Array.of(
      ...nest.subarray(0, -1),
      ...Array.from({ length: 60_000 }, (_, i) => (i % 2 === 0 ? 117 : 1)),
    );
    expect(await say(node, HELLO, bytes)).toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });
});

describe('a peer that sends nonsense', () => {
  it('is closed, and the node goes on', async () => {
    const node = await aRobustNode();
    for (const message of [Uint8Array.of(255, 1, 2, 3), new Uint8Array(), Uint8Array.of(1, 2, 3), 'text']) {
      const socket = new WebSocket(`${urlOf(node).replace('http', 'ws')}/peer`);
      atTheEnd(() => socket.terminate());
      await once(socket, 'open');
      socket.send(message);
      const [status] = (await once(socket, 'close')) as [number];
      expect(status).toBe(1008);
    }
    expect(node.status().peers).toEqual([]);
  });
});

describe('two nodes that do not belong together', () => {
  it('of different clusters refuse each other, and each says why', async () => {
    const blue = await aNode({ cluster: 'blue', region: 'us' });
    const red = await aNode({ cluster: 'red', region: 'eu', join: [urlOf(blue)] });
    expect(red.isReady).toBe(true);
    await vi.waitFor(() => expect(red.status().seeds[0]).toMatchObject({ code: 'WRONG_CLUSTER' }));
    expect(red.status().problems[0]).toContain('cluster "blue"');
    red.store.counter('c').increment();
    expect(blue.store.keys()).toEqual([]);
  });

  it('of one name refuse each other', async () => {
    const one = await aNode({ node: 'twin', region: 'us' });
    const two = await aNode({ node: 'twin', region: 'eu', join: [urlOf(one)] });
    await vi.waitFor(() => expect(two.status().seeds[0]).toMatchObject({ code: 'DUPLICATE_NODE' }));
  });

  it('a node that joins itself just rests', async () => {
    const node = await aNode();
    await node.join(urlOf(node));
    await vi.waitFor(() => expect(node.status().seeds[0]).toMatchObject({ code: 'SELF_LINK' }));
    expect(node.status().healthy).toBe(true);
  });
});
