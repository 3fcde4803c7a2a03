import { describe, expect, it } from 'vitest';
import { createNode, MerganserError } from '../../src/node/index.js';
import { aCluster, aNode, atTheEnd, urlOf } from './nodes.js';

/** The code with which it fails. */
async function codeOf(waiting: Promise<unknown>): Promise<string> {
  try {
    await waiting;
    return 'nothing';
  } catch (error) {
    return error instanceof MerganserError ? error.code : String(error);
  }
}

describe('a session', () => {
  it('is followed to another node: what it wrote is there when the wait ends', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    for (let i = 0; i < 20; i++) {
      us?.store.increment('k');
      await eu?.waitFor(us?.store.token() ?? '');
      expect(eu?.store.counter('k').value()).toBe(i + 1);
    }
  });

  it('is not waited for without end: the error names what is missing', async () => {
    const [us, eu] = [await aNode({ region: 'us', node: 'us-1' }), await aNode({ region: 'eu' })];
    us.store.increment('k', 5);
    await expect(eu.waitFor(us.store.token(), { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(`us-1@${us.incarnation} up to 1`) as string,
    });
  });

  it('can be given up', async () => {
    const [us, eu] = [await aNode({ region: 'us' }), await aNode({ region: 'eu' })];
    us.store.increment('k');
    const giveUp = new AbortController();
    const waiting = eu.waitFor(us.store.token(), { signal: giveUp.signal });
    giveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(eu.waitFor(us.store.token(), { signal: giveUp.signal })).rejects.toThrow('enough');
  });

  it('with a token that is none is refused at once', async () => {
    const node = await aNode();
    await expect(node.waitFor('nonsense')).rejects.toMatchObject({ code: 'BAD_TOKEN' });
    await expect(node.waitFor(node.store.token(), { timeoutMs: -1 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('of a life whose writes no node has ends with LOST_WRITES, not at its bound', async () => {
    const eu = await aNode({ region: 'eu', node: 'eu-1' });
    const before = await createNode({ region: 'us', node: 'us-1' });
    before.store.increment('k');
    const token = before.store.token();
    await before.close();
    const waiting = codeOf(eu.waitFor(token, { timeoutMs: 20_000 }));
    const after = await aNode({ region: 'us', node: 'us-1', join: [urlOf(eu)] });
    after.store.increment('k');
    expect(await waiting).toBe('LOST_WRITES');
    await expect(after.waitFor(token, { timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'LOST_WRITES',
      message: expect.stringContaining(`us-1@${before.incarnation} up to 1`) as string,
    });
  });
});

describe('a fresh read', () => {
  it('sees what was written elsewhere before', async () => {
    const [us, eu, ap] = await aCluster('us', 'eu', 'ap');
    for (let i = 0; i < 20; i++) {
      us?.store.increment('k');
      ap?.store.increment('k');
      expect(await eu?.fresh()).toEqual({ unreachable: [] });
      expect(eu?.store.counter('k').value()).toBe(2 * i + 2);
    }
  });

  it('says which regions it says nothing of', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    await us?.close();
    expect(await eu?.fresh({ timeoutMs: 5_000 })).toEqual({ unreachable: ['us'] });
  });
});

describe('durable', () => {
  it('resolves when so many other regions have what was written', async () => {
    const [us, eu, ap] = await aCluster('us', 'eu', 'ap');
    us?.store.increment('k');
    await us?.durable(2);
    expect([eu, ap].map((node) => node?.store.counter('k').value())).toEqual([1, 1]);
  });

  it('is refused when it takes too long, and when the number is none', async () => {
    const [us] = await aCluster('us', 'eu');
    us?.store.increment('k');
    await expect(us?.durable(2, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/of 2 other regions have acknowledged write 1 /) as string,
    });
    await expect(us?.durable(0.5)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('of a node that stops is over', async () => {
    const node = await createNode();
    atTheEnd(() => node.close());
    node.store.increment('k');
    const waiting = codeOf(node.durable(1));
    await node.close();
    expect(await waiting).toBe('SHUTTING_DOWN');
  });
});
