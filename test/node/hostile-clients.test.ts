/** What a client can do to a node, by chance or on purpose, and what becomes of it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { Joining } from '../../src/node/joining.js';
import { Slot } from '../../src/node/operations.js';
import { AnswerWriter, type NodeMessageHandler, readNodeMessage } from '../../src/sync/client-answer.js';
import { MAX_ANSWER_BYTES } from '../../src/base/limits.js';
import { Op } from '../../src/sync/client-operation.js';
import { aClient, aCluster, aNode, atTheEnd, urlOf } from './nodes.js';
import { operation, RawClient, SESSION } from './raw-client.js';

const PLAIN = {} as const;

describe('a session that goes elsewhere and comes back', () => {
  it('does no write twice that was done there', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const increment = (client: RawClient, seq: number): void =>
      client.send(seq, (batch) => {
        batch.define(0, 'counter', 'x', PLAIN);
        batch.write(operation(Op.counterAdd, 0, { n: 1 }));
      });
    const first = await RawClient.to(urlOf(us!));
    increment(first, 1);
    await first.hears('result');
    await first.breaks();
    await vi.waitFor(() => expect(eu!.store.counter('x').value()).toBe(1));
    const second = await RawClient.to(urlOf(eu!), 1);
    increment(second, 2);
    await vi.waitFor(() => expect(us!.store.counter('x').value()).toBe(2));
    await second.breaks();
    const third = await RawClient.to(urlOf(us!), 1);
    expect(third.welcome).toMatchObject({ done: 2, known: false });
    increment(third, 2);
    await third.hears('result');
    expect(us!.store.counter('x').value()).toBe(2);
  });
});

describe('a node survives', () => {
  it('a client that says more at once than is done in a moment: others have their turns in between', async () => {
    const node = await aNode();
    const client = await RawClient.to(urlOf(node));
    const batches = 40;
    const members = 330;
    const room = node.store.presence('room');
    let before = 0;
    let largest = 0;
    let ended = false;
    atTheEnd(() => void (ended = true));
    const look = (): void => {
      const now = room.count();
      largest = Math.max(largest, now - before);
      before = now;
      if (!ended) setImmediate(look);
    };
    look();
    for (let i = 0; i < batches; i++) {
      client.send(1, (batch) => {
        if (i === 0) batch.define(0, 'presence', 'room', PLAIN);
        for (let n = 0; n < members; n++)
          batch.restate(operation(Op.presenceJoin, 0, { name: `${i * members + n} ${'x'.repeat(200)}`, value: {} }));
      });
    }
    await vi.waitFor(() => expect(room.count()).toBe(batches * members), { timeout: 20_000 });
    expect(largest).toBeLessThan(5 * members);
  });

  it('a WebSocket to an address that cannot be read', async () => {
    const node = await aNode();
    const socket = connect(Number(new URL(urlOf(node)).port), '127.0.0.1');
    atTheEnd(() => void socket.destroy());
    const lines = ['GET // HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'];
    socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
    expect(String(answer)).toContain('MALFORMED_MESSAGE');
  });

  it('a value that no register takes, before a subscription to something else', async () => {
    const node = await aNode();
    const client = await RawClient.to(urlOf(node));
    client.send(1, (batch) => {
      batch.define(0, 'register', 'r', PLAIN);
      batch.define(1, 'counter', 'c', PLAIN);
      batch.write(operation(Op.registerSet, 0, { value: 10n }));
      batch.subscribe(1, operation(Op.counterValue, 1));
    });
    await client.hears('value');
    expect(client.of('failed')).toMatchObject([['failed', 1, 'BAD_VALUE', expect.any(String)]]);
  });

  it('a gauge that has become something else when its session ends', async () => {
    const us = await aNode({ region: 'us', graceMs: 1 });
    const eu = await aNode({ region: 'eu' });
    const [staying, leaving] = [await aClient(urlOf(us)), await RawClient.to(urlOf(us))];
    await staying.gauge('x').add(5);
    await staying.gauge('y').add(5);
    leaving.send(1, (batch) => {
      batch.define(0, 'gauge', 'x', PLAIN);
      batch.write(operation(Op.gaugeAdd, 0, { n: 2 }));
    });
    await leaving.hears('result');
    eu.store.increment('x');
    await eu.join(urlOf(us));
    await vi.waitFor(() => expect(us.store.type('x')).toBe('counter'));
    await leaving.breaks();
    await staying.close();
    await vi.waitFor(() => expect(us.status().clients.sessions).toBe(0));
    expect(us.store.gauge('y').value()).toBe(0);
  });
});

describe('refused writes without end', () => {
  it('are stopped in the middle of a batch, before more is done than can be remembered', async () => {
    const node = await aNode();
    node.store.register('taken').set(1);
    const client = await RawClient.to(urlOf(node));
    client.send(1, (batch) => {
      batch.define(0, 'counter', 'good', PLAIN);
      batch.define(1, 'counter', 'taken', PLAIN);
      for (let i = 0; i < 60_000; i += 1) batch.write(operation(Op.counterAdd, i % 2, { n: 1 }));
    });
    await client.hears('error');
    expect(client.of('error')[0]?.[1]).toBe('QUEUE_FULL');
    const again = await RawClient.to(urlOf(node));
    expect(again.welcome).toMatchObject({ done: 2 * node.store.counter('good').value() });
    expect(node.store.internal(`session/${SESSION}`).get()).toMatchObject({ done: again.welcome.done });
  });

  it('count once each for the SDK, and so do the good ones between them', async () => {
    const node = await aNode();
    node.store.register('taken').set(1);
    const db = await aClient(urlOf(node));
    const writes = Array.from({ length: 6_000 }, (_, i) => db.counter(i % 2 === 0 ? 'good' : 'taken').increment());
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3_000);
    expect(node.store.counter('good').value()).toBe(3_000);
  });
});

describe('reads of much', () => {
  it('are answered in messages of one value each, with the writes between them done once and in order', async () => {
    const node = await aNode();
    node.store.register('r').set('x'.repeat(1_000_000));
    const client = await RawClient.to(urlOf(node));
    const reads = 40;
    const ask = (first: number): void =>
      client.send(first, (batch) => {
        if (first === 1) batch.define(0, 'register', 'r', PLAIN);
        if (first === 1) batch.define(1, 'counter', 'c', PLAIN);
        for (let i = 0; i < reads; i += 1) {
          batch.read(2 * (first + i), operation(Op.registerGet, 0));
          batch.write(operation(Op.counterAdd, 1, { n: 1 }));
          batch.read(2 * (first + i) + 1, operation(Op.counterValue, 1));
        }
      });
    ask(1);
    ask(1 + reads);
    await client.hears('reply', 4 * reads);
    const values = client.of('reply').map(([, , value]) => value);
    expect(values.filter((value) => typeof value === 'number')).toEqual(
      Array.from({ length: 2 * reads }, (_, i) => i + 1),
    );
    expect(client.largest).toBeLessThan(1_200_000);
    await vi.waitFor(() => expect(client.of('result').at(-1)?.[2]).toBe(2 * reads));
  });

  it('that are too much for one message are refused, and what was answered before them is kept', () => {
    const answers = new AnswerWriter();
    answers.result(1, 5);
    const bytes = new Uint8Array(MAX_ANSWER_BYTES);
    expect(() => answers.reply(1, bytes)).toThrow(expect.objectContaining({ code: 'VALUE_TOO_LARGE' }));
    answers.pong();
    const heard: unknown[] = [];
    const handler = new Proxy({} as NodeMessageHandler, { get: (_, kind) => () => heard.push(kind) });
    readNodeMessage(answers.take(), handler);
    expect(heard).toEqual(['result', 'pong']);
  });
});

describe('a name over the limit', () => {
  it('is not kept, only that it was', async () => {
    const node = await aNode();
    const slot = new Slot('counter', 'k'.repeat(5_000), PLAIN);
    expect(slot.key).toBe('');
    expect(() => slot.handle(node.store)).toThrow('the key has 5000 characters');
    expect(() => slot.delete(node.store)).toThrow(expect.objectContaining({ code: 'KEY_TOO_LONG' }));
  });
});

describe('a node that joins', () => {
  it('is not ready before its seeds are known, whatever happens until then', () => {
    let ready = 0;
    const timers = { after: () => () => undefined };
    const joining = new Joining({
      timers,
      joinMs: 1,
      seeds: () => [],
      peers: () => [],
      succeeding: () => false,
      doing: () => undefined,
      ready: () => (ready += 1),
    });
    joining.check();
    expect([joining.done, ready]).toEqual([false, 0]);
    joining.begin();
    expect([joining.done, ready]).toEqual([true, 1]);
  });

  it('has a name in time of its own, even when others start at the same moment', async () => {
    const nodes = await Promise.all(['a', 'b', 'c', 'd'].map((region) => aNode({ region })));
    expect(new Set(nodes.map(({ incarnation }) => incarnation)).size).toBe(4);
  });
});
