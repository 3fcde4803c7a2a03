import { describe, expect, it, vi } from 'vitest';
import { createNode, type MerganserNode, type NodeEnd } from '../../src/node/index.js';
import { advertised } from '../../src/node/dialling.js';
import { aClient, aNode, atTheEnd, urlOf } from './nodes.js';

const PATIENCE = { timeout: 10_000 };

function live(node: MerganserNode): string[] {
  const states = node.status().peers.filter(({ state }) => state === 'live');
  return states.map(({ node: name }) => name).sort();
}

async function post(
  node: MerganserNode,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${urlOf(node)}/v1/admin/${path}`, { method: 'POST', body: JSON.stringify(body), headers });
}

/** Three nodes, of which the second and the third know only the first. */
async function three(): Promise<[MerganserNode, MerganserNode, MerganserNode]> {
  const a = await aNode({ region: 'us', node: 'a' });
  const b = await aNode({ region: 'eu', node: 'b', join: [urlOf(a)] });
  const c = await aNode({ region: 'ap', node: 'c', join: [urlOf(a)] });
  await vi.waitFor(
    () =>
      expect([a, b, c].map(live)).toEqual([
        ['b', 'c'],
        ['a', 'c'],
        ['a', 'b'],
      ]),
    PATIENCE,
  );
  return [a, b, c];
}

describe('nodes that know one of them', () => {
  it('find all, and go on when that one is gone', async () => {
    const [a, b, c] = await three();
    await a.close();
    b.store.increment('calls');
    await vi.waitFor(() => expect(c.store.counter('calls').value()).toBe(1), PATIENCE);
    expect(c.members()).toMatchObject([
      { node: 'c', region: 'ap', state: 'alive', linked: false, silentMs: 0 },
      { node: 'b', region: 'eu', state: 'alive', linked: true, addresses: [expect.stringMatching(/^ws:.*\/peer$/)] },
      { node: 'a', region: 'us', state: 'down', linked: false },
    ]);
  });

  it('do not dial who wants to be found by nobody', async () => {
    const a = await aNode({ region: 'us', node: 'a' });
    const b = await aNode({ region: 'eu', node: 'b', advertise: [], join: [urlOf(a)] });
    const c = await aNode({ region: 'ap', node: 'c', advertise: [], join: [urlOf(a)] });
    b.store.increment('calls');
    await vi.waitFor(() => expect(c.store.counter('calls').value()).toBe(1), PATIENCE);
    await vi.waitFor(() => expect(c.status().peers).toMatchObject([{ node: 'a' }, { node: 'b', state: 'remote' }]));
    expect(c.status().healthy).toBe(true);
  });

  it('dial it at what it says, or where it listens unless that is everywhere', () => {
    const port = 7400;
    expect(advertised(undefined, { host: '10.0.0.2', port })).toEqual(['ws://10.0.0.2:7400/peer']);
    for (const host of ['0.0.0.0', '::']) expect(advertised(undefined, { host, port })).toEqual([]);
    expect(advertised(undefined, undefined)).toEqual([]);
    expect(advertised(['lb.example:80'], { host: '0.0.0.0', port })).toEqual(['ws://lb.example/peer']);
  });
});

describe('a member that is evicted', () => {
  it('hears it, takes no more writes, says what nobody else has, and can be started again', async () => {
    const ended: NodeEnd[] = [];
    const a = await aNode({ region: 'us', node: 'a' });
    const b = await createNode({ region: 'eu', node: 'b', join: [urlOf(a)], ended: (end) => ended.push(end) });
    atTheEnd(() => b.close());
    b.store.increment('calls');
    await vi.waitFor(() => expect(a.store.counter('calls').value()).toBe(1), PATIENCE);
    const refused = await post(a, 'evict', { node: 'b' });
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'MEMBER_ALIVE' }]);
    const done = await post(a, 'evict', { node: 'b', force: true });
    expect([done.status, await done.json()]).toMatchObject([200, { node: 'b', state: 'evicted' }]);
    await vi.waitFor(() => expect(ended).toEqual([{ reason: 'evicted', unsynced: 0 }]), PATIENCE);
    expect(() => b.store.increment('calls')).toThrow(expect.objectContaining({ code: 'EVICTED' }));
    expect(b.status().problems).toContainEqual(expect.stringContaining('EVICTED'));
    await b.close();
    const again = await createNode({ region: 'eu', node: 'b', join: [urlOf(a)] });
    atTheEnd(() => again.close());
    expect(again.store.counter('calls').value()).toBe(1);
    await vi.waitFor(() => expect(live(a)).toEqual(['b']), PATIENCE);
  });

  it('is no problem any more once it is, though it was away', async () => {
    const a = await aNode({ region: 'us', node: 'a', dropAfterMs: 0 });
    const b = await createNode({ region: 'eu', node: 'b', join: [urlOf(a)] });
    await b.close();
    await vi.waitFor(() =>
      expect(a.status().problems).toEqual([expect.stringMatching(/^1 member has been away .*evict b/)]),
    );
    expect([a.status().peers, a.members()]).toMatchObject([[], [{}, { node: 'b', state: 'down' }].reverse()]);
    expect((await post(a, 'evict', { node: 'b' })).status).toBe(200);
    expect(a.status()).toMatchObject({ healthy: true, problems: [] });
  });

  it.each([
    [{}, {}, 400, 'BAD_ARGUMENT'],
    [{ node: 7 }, {}, 400, 'BAD_ARGUMENT'],
    [{ node: 'nobody' }, {}, 404, 'NOT_FOUND'],
    [{ node: 'a' }, {}, 400, 'BAD_ARGUMENT'],
    [{ node: 'a' }, { origin: 'http://evil.example' }, 403, 'ORIGIN_REFUSED'],
  ])('must be asked for with care: %j %j', async (body, headers, status, code) => {
    const a = await aNode({ node: 'a' });
    const response = await post(a, 'evict', body, headers);
    expect([response.status, await response.json()]).toMatchObject([status, { code }]);
  });
});

describe('a node that leaves', () => {
  it('hands over what it has, sends its clients elsewhere and is waited for by nobody', async () => {
    const [a, b, c] = await three();
    const db = await aClient([urlOf(a), urlOf(b)], { durable: 0 });
    await db.counter('calls').increment(5);
    const left = a.leave();
    expect(() => a.store.increment('calls')).toThrow(expect.objectContaining({ code: 'LEAVING' }));
    await left;
    await db.counter('calls').increment(1);
    await vi.waitFor(() => expect([b, c].map(({ store }) => store.counter('calls').value())).toEqual([6, 6]), PATIENCE);
    expect(b.members()).toContainEqual(expect.objectContaining({ node: 'a', state: 'closed' }));
    expect(b.status().peers).toMatchObject([{ node: 'c' }]);
  });

  it('does not while nobody can take what it has, unless it is made to', async () => {
    const a = await aNode({ node: 'a' });
    await expect(a.leave()).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    a.store.increment('calls');
    const b = await createNode({ node: 'b', join: [urlOf(a)] });
    await b.close();
    await expect(a.leave({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(a.status().problems).toContain('the node is leaving its cluster for good');
    await a.leave({ timeoutMs: 0, force: true });
  });
});
