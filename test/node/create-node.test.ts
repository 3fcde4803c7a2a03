/** A node as a program makes and closes it. */
import { describe, expect, it } from 'vitest';
import { createNode } from '../../src/node/index.js';
import { HOSTILE } from '../hostile-values.js';
import { aClient, aNode, atTheEnd, urlOf } from './nodes.js';

describe('an option', () => {
  it.each([
    ['regoin', 'region'],
    ['lissten', 'listen'],
    ['joins', 'join'],
    ['maxbandwidth', 'maxBandwidth'],
  ])('%s that there is not is refused, and %s named', async (name, nearest) => {
    await expect(createNode({ [name]: 'us' })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: `there is no option "${name}"; did you mean ${nearest}?`,
    });
  });

  it('of another kind than it is of is refused, and no address is taken', async () => {
    const node = await aNode();
    const wanted = /BAD_ARGUMENT|BAD_CONFIG|ADDRESS_IN_USE/;
    const listen = new URL(urlOf(node)).host;
    const names = [
      'region',
      'node',
      'cluster',
      'join',
      'advertise',
      'ended',
      'compress',
      'allowOrigins',
      'log',
      'eager',
    ];
    const times = ['dropAfterMs', 'flushMs', 'graceMs', 'retentionMs', 'joinMs', 'settleMs', 'maxBandwidth'];
    for (const [what, value] of Object.entries(HOSTILE)) {
      if (value === undefined) continue;
      const isAddress = typeof value === 'string' || typeof value === 'number';
      for (const name of [...names, ...times, ...(isAddress ? [] : ['listen'])]) {
        const refusal: unknown = await createNode({ listen, [name]: value }).then(
          (made) => atTheEnd(() => made.close()),
          (error: unknown) => error,
        );
        expect((refusal as { code?: string } | undefined)?.code, `${name}: ${what}`).toMatch(wanted);
      }
    }
    await expect(createNode(5 as never)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(createNode(null as never)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});

describe('a node that was closed', () => {
  it('takes no more writes, says so, and can still be read', async () => {
    const node = await aNode();
    const { store } = node;
    const kept = store.counter('kept');
    kept.increment(3);
    const closing = node.close();
    store.increment('late');
    await closing;
    const refused = expect.objectContaining({ code: 'SHUTTING_DOWN', message: `${node.name} was closed` });
    const writes = [
      () => kept.increment(),
      () => store.increment('kept'),
      () => store.increment('new'),
      () => store.register('r').set(1),
      () => store.set('s').add('e'),
      () => store.map('m').assign({ a: 1 }),
      () => store.doc('d').transact((doc) => doc.getText('t').insert(0, 'x')),
      () => store.transaction((tx) => tx.flag('f').enable()),
      () => store.delete('kept'),
    ];
    for (const write of writes) expect(write).toThrow(refused);
    expect([store.keys(), kept.value()]).toEqual([['kept', 'late'], 3]);
  });

  it('hands over what was written until it was', async () => {
    const us = await aNode({ region: 'us' });
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    us.store.increment('c');
    const closing = us.close();
    us.store.increment('c');
    await closing;
    expect(eu.store.counter('c').value()).toBe(2);
  });
});

describe('a map that is assigned through a client', () => {
  it('shows all of it or nothing', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const map = db.map('m');
    await map.increment('count', 1);
    await map.assign({ a: 1, b: 2 });
    const before = node.store.dot;
    await expect(map.assign({ a: 9, new: 1, count: 'no number', b: 9 })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
    expect(await map.value()).toEqual({ a: 1, b: 2, count: 1 });
    expect(node.store.map('m').fields()).toEqual(['a', 'b', 'count']);
    await map.assign({ a: 9, count: 5 });
    expect(await map.value()).toEqual({ a: 9, b: 2, count: 5 });
    expect(node.store.dot).toBeGreaterThan(before);
  });
});
