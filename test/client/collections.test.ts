import { describe, expect, it, vi } from 'vitest';
import { aClient, aCluster, aNode, atTheEnd, urlOf } from '../node/nodes.js';

function codeOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'none',
    (error: unknown) => (error as { code: string }).code,
  );
}

describe('a map, through the SDK', () => {
  it('does what the store does', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const map = db.map('m');
    await Promise.all([
      map.set('name', { first: 'Ada' }),
      map.increment('calls'),
      map.increment('calls', 2),
      map.add('tags', 'b'),
      map.add('tags', 'a'),
      map.add('tags', 'c'),
      map.remove('tags', 'c'),
      map.set('gone', 1),
      map.delete('gone'),
      map.enable('vip'),
      map.enable('gone'),
      map.disable('gone'),
    ]);
    const value = { calls: 3, name: { first: 'Ada' }, tags: ['a', 'b'], vip: true };
    expect(await map.value()).toEqual(value);
    expect(node.store.map('m').value()).toEqual(value);
    expect(await Promise.all([map.get('tags'), map.has('gone'), map.get('gone'), map.type('calls')])).toEqual([
      ['a', 'b'],
      false,
      undefined,
      'counter',
    ]);
    expect(await Promise.all([map.fields(), map.size(), map.entries()])).toEqual([
      ['calls', 'name', 'tags', 'vip'],
      4,
      Object.entries(value),
    ]);
    await map.assign({ calls: 7, city: 'Turin' });
    expect(await map.get('calls')).toBe(7);
    await map.clear();
    expect(await map.value()).toEqual({});
  });

  it('says what is wrong with an operand', async () => {
    const map = (await aClient(urlOf(await aNode()))).map('m');
    await map.increment('calls');
    const refused = [
      [map.set('calls', 1), 'TYPE_CONFLICT'],
      [map.add('calls', 'x'), 'TYPE_CONFLICT'],
      [map.increment('n', 0.5), 'BAD_ARGUMENT'],
      [map.set(1 as never, 1), 'BAD_ARGUMENT'],
      [map.add('tags', 1 as never), 'BAD_ARGUMENT'],
      [map.assign([] as never), 'BAD_ARGUMENT'],
      [map.set('v', undefined), 'BAD_VALUE'],
      [map.set('f'.repeat(5000), 1), 'KEY_TOO_LONG'],
    ] as const;
    expect(await Promise.all(refused.map(([promise]) => codeOf(promise)))).toEqual(refused.map(([, code]) => code));
    expect(await map.value()).toEqual({ calls: 1 });
  });

  it('is followed, as a whole or by a field, wherever it changes', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const db = await aClient(urlOf(us!));
    const values: unknown[] = [];
    const tags: unknown[] = [];
    const ends = [db.map('m').subscribe((value) => values.push(value))];
    ends.push(db.map('m').subscribeField('tags', (value) => tags.push(value)));
    atTheEnd(() => ends.forEach((end) => end()));
    await vi.waitFor(() => expect([values, tags]).toEqual([[{}], [undefined]]));
    eu!.store.map('m').add('tags', 'x');
    await vi.waitFor(() => expect([values.at(-1), tags.at(-1)]).toEqual([{ tags: ['x'] }, ['x']]));
    eu!.store.map('m').remove('tags', 'x');
    await vi.waitFor(() => expect([values.at(-1), tags.at(-1)]).toEqual([{}, undefined]));
  });
});

describe('a sorted set, through the SDK', () => {
  it('does what the store does', async () => {
    const db = await aClient(urlOf(await aNode()));
    const sorted = db.sorted('s');
    await Promise.all([
      sorted.set('a', 1.5),
      sorted.set('b', 20),
      sorted.increment('c'),
      sorted.increment('a', 2),
      sorted.set('gone', 5),
      sorted.delete('gone'),
    ]);
    const all = [
      { member: 'c', score: 1 },
      { member: 'a', score: 3.5 },
      { member: 'b', score: 20 },
    ];
    expect(await sorted.range(0, 10)).toEqual(all);
    expect(await sorted.top(2)).toEqual(all.slice(1).reverse());
    expect(await sorted.rangeByScore(1, 3.5)).toEqual(all.slice(0, 2));
    expect(await sorted.rangeByScore(1, 30, 1)).toEqual(all.slice(0, 1));
    expect(
      await Promise.all([sorted.score('a'), sorted.score('gone'), sorted.has('b'), sorted.rank('b'), sorted.size()]),
    ).toEqual([3.5, undefined, true, 2, 3]);
    expect(await sorted.count(2, 20)).toBe(2);
    await sorted.clear();
    expect(await sorted.top()).toEqual([]);
  });

  it('says what is wrong with an operand', async () => {
    const sorted = (await aClient(urlOf(await aNode()))).sorted('s');
    const refused = [
      sorted.set('a', NaN),
      sorted.set('a', 2 ** 53),
      sorted.increment('a', Infinity),
      sorted.set(1 as never, 1),
      sorted.top(-1),
      sorted.range(0, 0.5),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual(refused.map(() => 'BAD_ARGUMENT'));
    expect(await sorted.size()).toBe(0);
  });

  it('is followed: the best, and the rank of one', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const db = await aClient(urlOf(us!));
    const best: unknown[] = [];
    const ranks: unknown[] = [];
    db.sorted('s').subscribe((top) => best.push(top.map(({ member }) => member)), 2);
    db.sorted('s').subscribeRank('a', (rank) => ranks.push(rank));
    await vi.waitFor(() => expect([best, ranks]).toEqual([[[]], [undefined]]));
    for (const [i, member] of ['a', 'b', 'c'].entries()) eu!.store.sorted('s').set(member, i);
    await vi.waitFor(() => expect([best.at(-1), ranks.at(-1)]).toEqual([['c', 'b'], 0]));
    eu!.store.sorted('s').increment('a', 10);
    await vi.waitFor(() => expect([best.at(-1), ranks.at(-1)]).toEqual([['a', 'c'], 2]));
  });
});
