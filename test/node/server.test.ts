import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/client/index.js';
import { createNode } from '../../src/node/index.js';
import { Wire } from '../client/wire.js';
import { aClient, aCluster, aNode, atTheEnd, urlOf } from './nodes.js';

async function ask(
  url: string,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; json: () => unknown }> {
  const response = await fetch(`${url}${path}`, init);
  const text = await response.text();
  return { status: response.status, text, json: () => JSON.parse(text) as unknown };
}

/** The HTTP answer to a WebSocket that is refused. */
async function refusal(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    NodeJS.ReadableStream & { statusCode: number },
  ];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  socket.terminate();
  return { status: response.statusCode, body };
}

describe('a node over HTTP', () => {
  it('says that it lives, is ready and is healthy', async () => {
    const url = urlOf(await aNode());
    expect(await ask(url, '/livez')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await ask(url, '/readyz')).toMatchObject({ status: 200, text: 'ok\n' });
    expect((await ask(url, '/readyz?verbose')).json()).toEqual({ ready: true, seeds: [] });
    expect((await ask(url, '/healthz')).json()).toEqual({ ready: true, healthy: true, problems: [] });
  });

  it('dials ever more rarely where it is refused', async () => {
    const us = await aNode({ region: 'us' });
    const join = [urlOf(us).replace('http', 'ws')];
    const earlier = await aNode({ region: 'eu', node: 'eu-1', join });
    await aNode({ region: 'eu', node: 'eu-1', join });
    await expect.poll(() => earlier.status().seeds[0]?.failures, { timeout: 10_000 }).toBeGreaterThan(3);
    expect(earlier.status().problems.join()).toContain('STALE_INCARNATION');
  });

  it('counts what clients write and what peers bring', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const db = await aClient(urlOf(us!));
    await Promise.all([db.counter('c').increment(), db.counter('c').increment(), db.register('r').set('value')]);
    await vi.waitFor(() => expect(eu!.store.register('r').get()).toBe('value'));
    const { writes, writeBytes } = us!.status().clients;
    // A code, a slot and what is added; a code, a slot and a string with its tag and length.
    expect([writes, writeBytes]).toEqual([3, 3 + 3 + 9]);
    const [peer] = eu!.status().peers;
    expect(peer!.receivedFrames).toBeGreaterThan(0);
    expect(peer!.receivedCells).toBeGreaterThanOrEqual(2);
    expect(us!.status().peers[0]!.receivedCells).toBe(0);
  });

  it('tells its status, with the version vector and the digest when asked', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    us!.store.counter('c').increment();
    await vi.waitFor(() => expect(eu!.store.size).toBe(1));
    const brief = (await ask(urlOf(eu!), '/status')).json() as object;
    expect(brief).toMatchObject({
      node: eu!.name,
      region: 'eu',
      ready: true,
      keys: 1,
      peers: [{ region: 'us', state: 'live' }],
    });
    expect(brief).not.toHaveProperty('digest');
    expect(brief).not.toHaveProperty('vv');
    expect((await ask(urlOf(us!), '/status?vv')).json()).toMatchObject({ vv: us!.store.vv() });
    const [one, two] = await Promise.all(
      [us!, eu!].map(async (node) => (await ask(urlOf(node), '/status?digest')).json()),
    );
    expect((one as { digest: string }).digest).toBe((two as { digest: string }).digest);
    expect((one as { vv: object }).vv).toEqual((two as { vv: object }).vv);
  });

  it('answers what is not there with a problem and its code', async () => {
    const url = urlOf(await aNode());
    const answer = await ask(url, '/nowhere');
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND', detail: 'GET /nowhere is not here' });
    expect((await ask(url, '/status', { method: 'DELETE' })).json()).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal(url, '/elsewhere')).toMatchObject({ status: 404, body: expect.stringContaining('NOT_FOUND') });
  });

  it('lets pages of its own and of this machine in, others only when allowed', async () => {
    const node = await aNode({ allowOrigins: ['https://calls.example'] });
    const url = urlOf(node);
    expect(await refusal(url, '/client', { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      body: expect.stringContaining('ORIGIN_REFUSED'),
    });
    expect(await refusal(url, '/client', { origin: 'null' })).toMatchObject({ status: 403 });
    expect(await refusal(url, '/peer', { origin: url })).toMatchObject({ status: 403 });
    for (const origin of [url, 'http://localhost:5173', 'https://calls.example']) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/client`, { headers: { origin } });
      await once(socket, 'open');
      socket.terminate();
    }
  });

  it('on an address that is taken says what to do', async () => {
    const taken = urlOf(await aNode()).replace('http://', '');
    await expect(createNode({ listen: taken })).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining('--listen'),
    });
  });
});

describe('a node that joins', () => {
  /** Accepts connections and says nothing. */
  async function aSilentSeed(): Promise<string> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atTheEnd(() => void server.close());
    server.on('connection', (socket) => atTheEnd(() => void socket.destroy()));
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  it('has what its seeds have before it is ready', async () => {
    const us = await aNode({ region: 'us' });
    for (let i = 0; i < 5_000; i += 1) us.store.counter(`c/${i}`).increment(i);
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    expect(eu.store.size).toBe(5_000);
    expect(eu.store.digest()).toBe(us.store.digest());
  });

  it('welcomes no client before it is ready; the client tries again by itself', async () => {
    const node = await aNode({ join: [await aSilentSeed()], eager: true, joinMs: 300 });
    expect(await ask(urlOf(node), '/readyz')).toMatchObject({ status: 503, text: expect.stringMatching(/^joining: /) });
    expect(node.status().problems[0]).toContain('joining');
    await expect(connect(urlOf(node), { connectTimeout: 1 })).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    const reasons: string[] = [];
    const db = await aClient(urlOf(node));
    db.on('reconnecting', () => reasons.push('again'));
    expect(node.isReady).toBe(true);
    await db.counter('c').increment();
    expect(node.store.counter('c').value()).toBe(1);
  });

  it('tells a client that comes too early so, with a code', async () => {
    const node = await aNode({ join: [await aSilentSeed()], eager: true, joinMs: 60_000 });
    const early = connect(urlOf(node), { connectTimeout: 300 });
    await expect(early).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('NOT_READY'),
    });
  });

  it('serves without a seed that is not there, and names it', async () => {
    const node = await aNode({ join: ['127.0.0.1:9'] });
    expect(node.isReady).toBe(true);
    expect(node.status().problems[0]).toContain('ws://127.0.0.1:9/peer is not connected');
  });

  it('finds a seed that starts after it', async () => {
    const first = await aNode({ region: 'us' });
    const address = urlOf(first).replace('http://', '');
    await first.close();
    const node = await aNode({ region: 'eu', join: [address] });
    node.store.counter('c').increment();
    const late = await aNode({ region: 'us', listen: address });
    await vi.waitFor(() => expect(late.store.counter('c').value()).toBe(1), { timeout: 10_000 });
    await vi.waitFor(() => expect(node.status().healthy).toBe(true));
  });
});

describe('nodes', () => {
  it('converge, whoever writes', async () => {
    const nodes = await aCluster('us', 'eu', 'ap');
    for (const [i, { store }] of nodes.entries()) {
      store.counter('c').increment(i + 1);
      store.set('s').add(`from ${i}`);
      store.register('r').set(i);
    }
    await vi.waitFor(() => expect(new Set(nodes.map((node) => node.store.digest())).size).toBe(1));
    expect(nodes.map(({ store }) => store.counter('c').value())).toEqual([6, 6, 6]);
    expect(nodes[0]!.store.set('s').size()).toBe(3);
  });

  it('that dial each other keep one connection', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    await us!.join(urlOf(eu!));
    await vi.waitFor(() =>
      expect(
        [...us!.status().seeds, ...eu!.status().seeds].filter(({ code }) => code === 'DUPLICATE_LINK').length,
      ).toBe(1),
    );
    us!.store.counter('c').increment();
    await vi.waitFor(() => expect(eu!.store.counter('c').value()).toBe(1));
    expect([us!.status().healthy, eu!.status().healthy]).toEqual([true, true]);
    expect([us!.status().peers.length, eu!.status().peers.length]).toEqual([1, 1]);
  });

  it('hand over what they have when they stop', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    us!.store.counter('c').increment(7);
    await us!.close();
    expect(eu!.store.counter('c').value()).toBe(7);
    expect(eu!.status().healthy).toBe(false);
  });

  it('that come back under their name are a new incarnation, with everything', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    us!.store.counter('c').increment(7);
    const before = us!.incarnation;
    const [name, address] = [us!.name, urlOf(us!).replace('http://', '')];
    await us!.close();
    const again = await aNode({ region: 'us', node: name, listen: address, join: [urlOf(eu!)] });
    expect(again.incarnation).toBeGreaterThan(before);
    expect(again.store.counter('c').value()).toBe(7);
    again.store.counter('c').increment();
    await vi.waitFor(() => expect(eu!.store.counter('c').value()).toBe(8));
  });

  it('work without a listener, in the process that made them', async () => {
    const us = await aNode({ region: 'us' });
    const embedded = await createNode({ region: 'eu', join: [urlOf(us)], flushMs: 0 });
    atTheEnd(() => embedded.close());
    expect(embedded.url).toBeUndefined();
    embedded.store.transaction((tx) => {
      tx.counter('c').increment();
      tx.register('r').set('x');
    });
    await vi.waitFor(() => expect(us.store.register('r').get()).toBe('x'));
    expect(us.store.counter('c').value()).toBe(1);
  });
});

describe('a node that stops', () => {
  it('tells its clients to come back, and they do', async () => {
    const node = await aNode();
    const address = urlOf(node).replace('http://', '');
    const db = await aClient(urlOf(node));
    await db.counter('c').increment();
    const reasons: string[] = [];
    db.on('disconnected', ({ reason }) => reasons.push(reason));
    await node.close();
    await vi.waitFor(() => expect(reasons).toEqual(['SHUTTING_DOWN']));
    const waiting = db.counter('c').increment();
    const again = await aNode({ listen: address });
    await waiting;
    expect(again.store.counter('c').value()).toBe(1);
    expect(db.status().connected?.missing).toBe(1);
  });

  it('can be stopped twice', async () => {
    const node = await aNode();
    expect(await Promise.all([node.close(), node.close()])).toHaveLength(2);
  });
});

describe('a session', () => {
  it('belongs to one connection: the older one ends for good', async () => {
    const node = await aNode();
    const session = 'one-session-for-two';
    const first = await aClient(urlOf(node), { session });
    const errors: Error[] = [];
    first.on('error', (error) => errors.push(error));
    const second = await aClient(urlOf(node), { session });
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: 'SESSION_TAKEN' }]));
    await expect(first.counter('c').increment()).rejects.toMatchObject({ code: 'SESSION_TAKEN' });
    await second.counter('c').increment();
    expect(first.status().state).toBe('closed');
  });

  it('is taken up by another process where the last one left it', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const session = 'one-session-for-two';
    const first = await aClient(wire.url, { session });
    for (let i = 0; i < 5; i += 1) await first.counter('c').increment();
    await first
      .set('c')
      .add('x')
      .catch(() => undefined);
    wire.refusing = true;
    wire.cut();
    const second = await aClient(urlOf(node), { session });
    await Promise.all([second.counter('c').increment(), second.counter('c').increment()]);
    expect(node.store.counter('c').value()).toBe(7);
    expect(second.status()).toMatchObject({ lastWrite: 8, ackedWrite: 8 });
  });

  it('that a node which has just started does not know waits for the peer that does', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const db = await aClient(urlOf(us!), { durable: 1 });
    await db.counter('c').increment();
    const [name, address] = [us!.name, urlOf(us!).replace('http://', '')];
    await us!.close();
    const again = await aNode({ region: 'us', node: name, listen: address, settleMs: 60_000 });
    await vi.waitFor(async () => expect(db.status().state).toBe('connecting'));
    await eu!.join(urlOf(again));
    await db.counter('c').increment();
    expect(again.store.counter('c').value()).toBe(2);
    expect(db.status().connected?.missing).toBe(0);
  });

  it('whose connection went silent is taken up again on a new one', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url, { heartbeat: 20 });
    await db.counter('c').increment();
    wire.deaf = true;
    const lost = new Promise<string>((resolve) => db.on('disconnected', ({ reason }) => resolve(reason)));
    const write = db.counter('c').increment();
    await lost;
    wire.deaf = false;
    await write;
    expect(node.store.counter('c').value()).toBe(2);
  });

  it('counts money exactly', async () => {
    const node = await aNode();
    const revenue = (await aClient(urlOf(node))).counter('revenue', { scale: 2 });
    await Promise.all([revenue.increment(0.1), revenue.increment(0.2)]);
    expect([await revenue.value(), node.store.counter('revenue').value()]).toEqual([0.3, 30]);
    await expect(revenue.increment(0.001)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});
