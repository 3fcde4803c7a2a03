import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type NodeMessageHandler, readNodeMessage } from '../../src/sync/client-answer.js';
import { BatchWriter, CLIENT_PROTOCOL, encodeHello } from '../../src/sync/client-message.js';
import { Op } from '../../src/sync/client-operation.js';
import { blankOperation } from '../../src/sync/client-shape.js';
import { aClient, aCluster, aNode, atTheEnd, urlOf } from '../node/nodes.js';
import { Wire } from './wire.js';

describe('a subscription', () => {
  it('gets the value first, then every later one', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    await db.counter('c').increment(7);
    const seen: number[] = [];
    db.counter('c').subscribe((value) => seen.push(value));
    await vi.waitFor(() => expect(seen).toEqual([7]));
    await db.counter('c').increment();
    await vi.waitFor(() => expect(seen).toEqual([7, 8]));
    node.store.counter('c').increment(10);
    await vi.waitFor(() => expect(seen).toEqual([7, 8, 18]));
  });

  it('is told of what other regions write', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const db = await aClient(urlOf(us!));
    const last: unknown[] = [];
    db.log('calls', { cap: 3 }).subscribe((entries) => last.splice(0, 9, ...entries.map(({ value }) => value)), 2);
    const sizes: number[] = [];
    db.set('agents').subscribeSize((size) => sizes.push(size));
    eu!.store.log('calls', { cap: 3 }).append('first', { at: 1 });
    eu!.store.log('calls', { cap: 3 }).append('second', { at: 2 });
    eu!.store.log('calls', { cap: 3 }).append('third', { at: 3 });
    eu!.store.set('agents').add('ann');
    await vi.waitFor(() => expect(last).toEqual(['second', 'third']));
    await vi.waitFor(() => expect(sizes.at(-1)).toBe(1));
  });

  it('follows a register from nothing to a value and back', async () => {
    const db = await aClient(urlOf(await aNode()));
    const seen: unknown[] = [];
    db.register('r').subscribe((value) => seen.push(value));
    await vi.waitFor(() => expect(seen).toEqual([undefined]));
    await db.register('r').set('x');
    await vi.waitFor(() => expect(seen).toEqual([undefined, 'x']));
    await db.register('r').delete();
    await vi.waitFor(() => expect(seen).toEqual([undefined, 'x', undefined]));
  });

  it('follows a flag, whoever switches it', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const seen: boolean[] = [];
    db.flag('closed').subscribe((on) => seen.push(on));
    await vi.waitFor(() => expect(seen).toEqual([false]));
    await db.flag('closed').enable();
    await vi.waitFor(() => expect(seen).toEqual([false, true]));
    node.store.flag('closed').disable();
    await vi.waitFor(() => expect(seen).toEqual([false, true, false]));
  });

  it('ends when it is told to', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const seen: number[] = [];
    const others: number[] = [];
    const end = db.counter('c').subscribe((value) => seen.push(value));
    db.counter('c').subscribe((value) => others.push(value));
    await vi.waitFor(() => expect(seen).toEqual([0]));
    end();
    end();
    await db.counter('c').increment();
    await vi.waitFor(() => expect(others).toEqual([0, 1]));
    expect(seen).toEqual([0]);
    expect(db.status().subscriptions).toBe(1);
  });

  it('begins again with the value as it is after a reconnect', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    const seen: number[] = [];
    db.counter('c').subscribe((value) => seen.push(value));
    await vi.waitFor(() => expect(seen).toEqual([0]));
    wire.refusing = true;
    wire.cut();
    for (let i = 0; i < 5; i += 1) node.store.counter('c').increment();
    wire.refusing = false;
    await vi.waitFor(() => expect(seen).toEqual([0, 5]));
    await db.counter('c').increment();
    await vi.waitFor(() => expect(seen).toEqual([0, 5, 6]));
  });

  it('to a name of another type is refused, and said so', async () => {
    const db = await aClient(urlOf(await aNode()));
    await db.set('s').add('x');
    const errors: Error[] = [];
    db.on('error', (error) => errors.push(error));
    db.counter('s').subscribe(() => undefined);
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'TYPE_CONFLICT' }]));
    expect(db.status().subscriptions).toBe(0);
  });

  it('whose listener throws is reported and goes on', async () => {
    const db = await aClient(urlOf(await aNode()));
    const errors: Error[] = [];
    db.on('error', (error) => errors.push(error));
    db.counter('c').subscribe((value) => {
      throw new Error(`no ${value}`);
    });
    await vi.waitFor(() => expect(errors.map(String)).toEqual(['Error: no 0']));
    await db.counter('c').increment();
    await vi.waitFor(() => expect(errors.map(String)).toEqual(['Error: no 0', 'Error: no 1']));
  });
});

describe('a subscriber that does not read', () => {
  it('costs no queue: it gets the newest value when it reads again, and nobody waits for it', async () => {
    const node = await aNode();
    const socket = new WebSocket(`${urlOf(node).replace('http', 'ws')}/client`);
    atTheEnd(() => socket.terminate());
    await once(socket, 'open');
    const seen: string[] = [];
    const handler = new Proxy({} as NodeMessageHandler, {
      get: (_, name) => (id: number, value: string) => name === 'value' && id === 1 && seen.push(value),
    });
    socket.on('message', (bytes: Buffer) => readNodeMessage(bytes, handler));
    socket.send(encodeHello({ version: CLIENT_PROTOCOL, session: 'a-slow-reader-xx', acked: 0, resumed: false }));
    const batch = new BatchWriter(1, 0, 0);
    batch.define(0, 'register', 'r', {});
    batch.subscribe(1, { ...blankOperation(), code: Op.registerGet, slot: 0 });
    socket.send(batch.finish());
    await vi.waitFor(() => expect(seen.length).toBe(1));
    socket.pause();

    const writer = await aClient(urlOf(node));
    const large = 'x'.repeat(200_000);
    const rounds = 200;
    let told = 0;
    writer.register('r').subscribe(() => (told += 1));
    for (let i = 1; i <= rounds; i += 1) {
      await writer.register('r').set(`${i} ${large}`);
      await vi.waitFor(() => expect(told).toBeGreaterThan(i), { interval: 1 });
    }
    socket.resume();
    await vi.waitFor(() => expect(seen.at(-1)?.startsWith(`${rounds} `)).toBe(true));
    expect(seen.length).toBeLessThan(rounds / 2);
  });
});
