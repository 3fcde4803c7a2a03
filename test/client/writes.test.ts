import { describe, expect, it, vi } from 'vitest';
import { aClient, aCluster, aNode, urlOf } from '../node/nodes.js';
import { Wire } from './wire.js';

describe('a write through the client', () => {
  it('reaches the node for every type', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    await Promise.all([
      db.counter('c').increment(5),
      db.counter('c').decrement(2),
      db.gauge('g').add(4),
      db.register('r').set({ state: 'busy', since: 1 }),
      db.set('s').add('a'),
      db.set('s').add('b'),
      db.set('s').delete('a'),
      db.log('l', { cap: 2 }).append('one', { at: 1 }),
      db.log('l', { cap: 2 }).append('two', { at: 2 }),
      db.log('l', { cap: 2 }).append('three', { at: 3 }),
      db.window('w', { bucket: 1_000, keep: 60_000 }).add(7, { at: 5_000 }),
      db.flag('f').enable(),
    ]);
    expect(await db.counter('c').value()).toBe(3);
    expect(await db.gauge('g').value()).toBe(4);
    expect(await db.register('r').get()).toEqual({ state: 'busy', since: 1 });
    expect(await db.register('r').values()).toEqual([{ state: 'busy', since: 1 }]);
    expect(await db.set('s').values()).toEqual(['b']);
    expect(await db.set('s').has('a')).toBe(false);
    expect(await db.set('s').size()).toBe(1);
    expect(await db.log('l', { cap: 2 }).last(5)).toEqual([
      { at: 2, value: 'two' },
      { at: 3, value: 'three' },
    ]);
    expect(await db.log('l', { cap: 2 }).size()).toBe(2);
    expect(await db.window('w', { bucket: 1_000, keep: 60_000 }).sum(0, 10_000)).toBe(7);
    expect(await db.window('w', { bucket: 1_000, keep: 60_000 }).series(4_000, 7_000, 1_000)).toEqual([0, 7, 0]);
    expect(await db.flag('f').enabled()).toBe(true);
    expect(await db.keys()).toEqual(['c', 'f', 'g', 'l', 'r', 's', 'w']);
    await db.flag('f').disable();
    expect(await db.flag('f').enabled()).toBe(false);
    await db.counter('c').reset();
    await db.delete('s');
    expect(await db.keys()).toEqual(['g', 'l', 'r', 'w']);
    expect(node.store.gauge('g').value()).toBe(4);
  });

  it('pages through a log by what became visible', async () => {
    const db = await aClient(urlOf(await aNode()));
    const log = db.log<string>('l');
    await log.append('late', { at: 9 });
    const first = await log.since();
    await log.append('early', { at: 1 });
    const second = await log.since(first.cursor);
    expect(first.entries.map(({ value }) => value)).toEqual(['late']);
    expect(second.entries.map(({ value }) => value)).toEqual(['early']);
  });

  it('is seen by the reads after it in the same turn', async () => {
    const db = await aClient(urlOf(await aNode()));
    void db.counter('c').increment(2);
    const between = db.counter('c').value();
    void db.counter('c').increment(3);
    expect(await between).toBe(2);
    expect(await db.counter('c').value()).toBe(5);
  });

  it('shares one replicated step with the other writes of its turn', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const db = await aClient(urlOf(us!));
    const seen: number[] = [];
    eu!.store.watch('counter', 'a', () => seen.push(eu!.store.counter('a').value() - eu!.store.counter('b').value()));
    for (let i = 0; i < 50; i += 1) await Promise.all([db.counter('a').increment(), db.counter('b').increment()]);
    await vi.waitFor(() => expect(eu!.store.counter('b').value()).toBe(50));
    expect(seen.every((difference) => difference === 0)).toBe(true);
  });

  it('that is refused is refused alone, with its code', async () => {
    const db = await aClient(urlOf(await aNode()));
    const outcomes = await Promise.allSettled([
      db.counter('c').increment(1),
      db.set('c').add('x'),
      db.counter('c').increment(Number.MAX_SAFE_INTEGER),
      db.counter('c').increment(0.5),
      db.register('r').set(() => 1),
      db.counter('c').increment(1),
    ]);
    expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'done'))).toEqual([
      'done',
      'TYPE_CONFLICT',
      'COUNTER_OVERFLOW',
      'BAD_ARGUMENT',
      'BAD_VALUE',
      'done',
    ]);
    expect(await db.counter('c').value()).toBe(2);
  });

  it('with a key that is too long, empty or reserved is refused with a code', async () => {
    const db = await aClient(urlOf(await aNode()));
    expect(() => db.counter('')).toThrow(expect.objectContaining({ code: 'BAD_KEY' }));
    expect(() => db.counter('k'.repeat(2_000))).toThrow(expect.objectContaining({ code: 'KEY_TOO_LONG' }));
    expect(() => db.counter('ä'.repeat(1_000))).toThrow(expect.objectContaining({ code: 'KEY_TOO_LONG' }));
    expect(() => db.counter('half \ud800')).toThrow(expect.objectContaining({ code: 'BAD_KEY' }));
    expect(() => db.counter('\u0000session/x')).toThrow(expect.objectContaining({ code: 'BAD_KEY' }));
    await expect(db.set('s').add('e'.repeat(5_000))).rejects.toMatchObject({ code: 'KEY_TOO_LONG' });
    await expect(db.set('s').add('half \ud800')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('is refused with QUEUE_FULL once too many wait', async () => {
    const db = await aClient(urlOf(await aNode()), { maxQueued: 10 });
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => db.counter('c').increment()));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(['QUEUE_FULL', 'QUEUE_FULL']);
    expect(await db.counter('c').value()).toBe(10);
  });

  it('goes through however many keys there are', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const total = 70_000;
    await Promise.all(Array.from({ length: total }, (_, i) => db.counter(`key/${i}`).increment()));
    await Promise.all(Array.from({ length: total }, (_, i) => db.counter(`key/${i}`).increment(i)));
    expect(node.store.size).toBe(total);
    expect(node.store.counter('key/0').value()).toBe(1);
    expect(node.store.counter('key/69999').value()).toBe(70_000);
  });
});

describe('a durable write', () => {
  it('is answered once another region holds it', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const db = await aClient(urlOf(us!), { durable: 1 });
    await db.counter('c').increment(3);
    expect(eu!.store.counter('c').value()).toBe(3);
  });

  it('waits for as long as no other region takes it, and holds no other write up', async () => {
    const us = await aNode({ region: 'us' });
    const db = await aClient(urlOf(us));
    let durable = false;
    const write = db
      .counter('c')
      .increment(1, { durable: 1 })
      .then(() => (durable = true));
    await db.counter('c').increment();
    expect(durable).toBe(false);
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    await write;
    expect(eu.store.counter('c').value()).toBe(2);
  });

  it('that no other region takes in time is said to take long, and goes on', async () => {
    const us = await aNode({ region: 'us' });
    const db = await aClient(urlOf(us), { durableTimeout: 50 });
    await expect(db.counter('c').increment(1, { durable: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    await vi.waitFor(() => expect(eu.store.counter('c').value()).toBe(1));
    await db.counter('c').increment();
    for (const durableTimeout of [0, -1, Number.NaN])
      await expect(aClient(urlOf(us), { durableTimeout })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('counts regions, not nodes', async () => {
    const us = await aNode({ region: 'us', node: 'us-1' });
    await aNode({ region: 'us', node: 'us-2', join: [urlOf(us)] });
    const db = await aClient(urlOf(us));
    let durable = false;
    void db
      .counter('c')
      .increment(1, { durable: 1 })
      .then(() => (durable = true));
    await vi.waitFor(() => expect(us.status().peers[0]?.lagMs).toBe(0));
    expect(durable).toBe(false);
    await aNode({ region: 'eu', join: [urlOf(us)] });
    await vi.waitFor(() => expect(durable).toBe(true));
  });

  it('takes a number of regions and nothing else', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    for (const durable of [-1, 1.5, Number.NaN, '1' as never]) {
      await expect(db.counter('c').increment(1, { durable })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
      await expect(aClient(urlOf(node), { durable })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
    expect(node.store.counter('c').value()).toBe(0);
  });

  it('that is refused is refused at once, whoever else is missing', async () => {
    const db = await aClient(urlOf(await aNode()), { durable: 3 });
    const waiting = Promise.allSettled([db.counter('c').increment()]);
    await expect(db.set('c').add('x')).rejects.toMatchObject({ code: 'TYPE_CONFLICT' });
    await db.close(0);
    expect(await waiting).toMatchObject([{ reason: { code: 'DISCONNECTED' } }]);
  });
});

describe('a write whose connection breaks', () => {
  it('counts once when only the answer was lost', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    await db.counter('c').increment();
    wire.deaf = true;
    const writes = Array.from({ length: 1_000 }, () => db.counter('c').increment());
    await vi.waitFor(() => expect(node.store.counter('c').value()).toBe(1_001));
    wire.deaf = false;
    wire.cut();
    await Promise.all(writes);
    expect(node.store.counter('c').value()).toBe(1_001);
    expect(db.status().queued).toBe(0);
  });

  it('counts once when the batches broke off in the middle', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    await db.counter('c').increment();
    wire.breakAfter(200_000);
    const writes = Array.from({ length: 200_000 }, (_, i) => db.counter(i % 2 === 0 ? 'c' : 'd').increment());
    await Promise.all(writes);
    expect(wire.connections).toBe(1);
    expect(node.store.counter('c').value()).toBe(100_001);
    expect(node.store.counter('d').value()).toBe(100_000);
  });

  it('learns after the fact that it was refused', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    await db.register('r').set(1);
    wire.deaf = true;
    const refused = db.counter('r').increment();
    const done = db.counter('c').increment();
    await vi.waitFor(() => expect(node.store.counter('c').value()).toBe(1));
    wire.deaf = false;
    wire.cut();
    await expect(refused).rejects.toMatchObject({ code: 'TYPE_CONFLICT' });
    await done;
  });

  it('counts once when its client comes back to another region', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const wire = await Wire.to(urlOf(us!));
    const db = await aClient([wire.url, urlOf(eu!)], { durable: 1 });
    await db.counter('c').increment();
    wire.deaf = true;
    const writes = Array.from({ length: 500 }, () => db.counter('c').increment());
    await vi.waitFor(() => expect(eu!.store.counter('c').value()).toBe(501));
    wire.refusing = true;
    wire.cut();
    await Promise.all(writes);
    expect(db.status().connected?.region).toBe('eu');
    expect(us!.store.counter('c').value()).toBe(501);
  });

  it('keeps its number when later ones were answered before it and its client goes to another node', async () => {
    const us = await aNode();
    const [eu] = await aCluster('eu', 'ap');
    const wire = await Wire.to(urlOf(us));
    const db = await aClient([wire.url, urlOf(eu!)], { durable: 1 });
    const counter = db.counter('c');
    const first = counter.increment(1);
    const answered = counter.increment(10, { durable: 0 });
    const third = counter.increment(100);
    await answered;
    wire.refusing = true;
    wire.cut();
    await Promise.all([first, third, counter.increment(1000)]);
    expect(eu!.store.counter('c').value()).toBe(1101);
  });

  it('waits in the queue while nobody answers, with the writes of that time behind it', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    wire.refusing = true;
    wire.cut();
    const writes = [1, 2, 3].map((n) => db.register('r').set(n));
    wire.refusing = false;
    await Promise.all(writes);
    expect(node.store.register('r').get()).toBe(3);
  });
});
