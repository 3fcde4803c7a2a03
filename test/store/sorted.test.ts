import { describe, expect, it } from 'vitest';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { Sorted } from '../../src/store/handles/sorted.js';
import { pair } from '../sync/lab.js';
import { code } from '../error-code.js';
import { store } from './a-store.js';

function shown(sorted: Sorted): [string, number][] {
  return sorted.range(0, 100).map(({ member, score }) => [member, score]);
}

describe('a sorted set', () => {
  it('is in order of scores, equal ones in order of members', () => {
    const sorted = store().sorted('s');
    for (const member of ['d', 'b', 'c', 'a']) sorted.set(member, 5);
    sorted.set('b', 7);
    sorted.increment('c', -2.5);
    sorted.increment('e');
    expect(shown(sorted)).toEqual([
      ['e', 1],
      ['c', 2.5],
      ['a', 5],
      ['d', 5],
      ['b', 7],
    ]);
    expect(sorted.top(2)).toEqual([
      { member: 'b', score: 7 },
      { member: 'd', score: 5 },
    ]);
    expect(sorted.range(1, 3).map(({ member }) => member)).toEqual(['c', 'a']);
    expect(sorted.rangeByScore(2.5, 5).map(({ member }) => member)).toEqual(['c', 'a', 'd']);
    expect(sorted.rangeByScore(-Infinity, Infinity, 2).map(({ member }) => member)).toEqual(['e', 'c']);
    expect([sorted.count(5, 5), sorted.count(6, 5), sorted.size()]).toEqual([2, 0, 5]);
    expect([sorted.rank('e'), sorted.rank('b'), sorted.rank('nobody')]).toEqual([0, 4, undefined]);
    expect([sorted.score('c'), sorted.score('nobody'), sorted.has('a'), sorted.has('')]).toEqual([
      2.5,
      undefined,
      true,
      false,
    ]);
  });

  it('without members does not exist', () => {
    const db = store();
    const sorted = db.sorted('s');
    expect([sorted.top(3), sorted.range(0, 3), sorted.size(), sorted.rank('a'), sorted.count(0, 1)]).toEqual([
      [],
      [],
      0,
      undefined,
      0,
    ]);
    sorted.set('a', 0);
    sorted.set('b', 0);
    expect(db.type('s')).toBe('sorted');
    sorted.delete('a');
    sorted.delete('nobody');
    expect([db.type('s'), sorted.has('a'), shown(sorted)]).toEqual(['sorted', false, [['b', 0]]]);
    sorted.clear();
    expect([db.type('s'), shown(sorted), db.size]).toEqual([undefined, [], 0]);
  });

  it('refuses what is no score, member or rank, and nothing changed', () => {
    const db = store();
    const sorted = db.sorted('s');
    const wrong = [
      () => sorted.set('a', NaN),
      () => sorted.set('a', Infinity),
      () => sorted.set('a', 2 ** 53),
      () => sorted.set('a', '1' as never),
      () => sorted.increment('a', 2 ** 54),
      () => sorted.set(1 as never, 1),
      () => sorted.top(-1),
      () => sorted.top(0.5),
      () => sorted.range(0, NaN),
      () => sorted.rangeByScore(NaN, 1),
      () => sorted.rangeByScore(0, '1' as never),
      () => sorted.rangeByScore(0, 1, -1),
    ];
    expect(wrong.map(code)).toEqual(wrong.map(() => 'BAD_ARGUMENT'));
    expect(code(() => sorted.set('m'.repeat(5000), 1))).toBe('KEY_TOO_LONG');
    sorted.set('a', 2 ** 53 - 1);
    expect([code(() => sorted.increment('a')), sorted.score('a'), db.dot]).toEqual([
      'COUNTER_OVERFLOW',
      2 ** 53 - 1,
      1,
    ]);
  });

  it('is undone with its order when a transaction throws', () => {
    const db = store();
    const sorted = db.sorted('s');
    sorted.set('a', 1);
    sorted.set('b', 2);
    const before = db.digest();
    const failing = (): void =>
      db.transaction(() => {
        sorted.increment('a', 5);
        sorted.delete('b');
        sorted.set('c', 3);
        expect(shown(sorted)).toEqual([
          ['c', 3],
          ['a', 6],
        ]);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect([shown(sorted), sorted.rank('b'), sorted.rank('c')]).toEqual([
      [
        ['a', 1],
        ['b', 2],
      ],
      1,
      undefined,
    ]);
    expect([db.digest(), db.dot]).toEqual([before, 2]);
  });
});

describe('a score in two regions', () => {
  it('that is set in one and added to in the other at the same time has both', () => {
    const { lab, a, b } = pair();
    const [here, there] = [a.store.sorted('s'), b.store.sorted('s')];
    here.set('m', 100);
    here.increment('m', 1);
    lab.run(50);
    lab.cut(a, b);
    here.increment('m', 10);
    there.set('m', 500);
    there.increment('m', 2);
    here.increment('m', 20);
    lab.link(a, b);
    lab.run(50);
    expect([here.score('m'), there.score('m')]).toEqual([532, 532]);
  });

  it('that is set in both at the same time is what was set last, and what was added stays', () => {
    const { lab, a, b } = pair();
    const [here, there] = [a.store.sorted('s'), b.store.sorted('s')];
    lab.cut(a, b);
    here.set('m', 1);
    here.increment('m', 10);
    lab.run(20);
    there.set('m', 2);
    there.increment('m', 20);
    lab.link(a, b);
    lab.run(50);
    expect([here.score('m'), there.score('m')]).toEqual([32, 32]);
  });

  it('of a member that is removed in one keeps what the other adds meanwhile, and starts anew', () => {
    const { lab, a, b } = pair();
    const [here, there] = [a.store.sorted('s'), b.store.sorted('s')];
    here.increment('m', 7);
    lab.run(50);
    lab.cut(a, b);
    here.increment('m', 3);
    there.delete('m');
    lab.link(a, b);
    lab.run(50);
    expect([here.score('m'), there.score('m')]).toEqual([3, 3]);
    there.delete('m');
    lab.run(3000);
    expect([a, b].map(({ store: db }) => [db.replica.ghosts, db.size])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    here.increment('m', 4);
    there.increment('m', 1);
    lab.run(50);
    expect([shown(here), shown(there), a.store.digest() === b.store.digest()]).toEqual([[['m', 5]], [['m', 5]], true]);
  });

  it('ships the member that changed, and watchers of the key are told', () => {
    const { lab, a, b } = pair();
    for (let i = 0; i < 1000; i++) a.store.sorted('s').set(`m${i}`, i);
    lab.run(100);
    let told = 0;
    b.store.watch('sorted', 's', () => told++);
    lab.sent.length = 0;
    a.store.sorted('s').increment('m5', 2000);
    lab.run(50);
    expect(told).toBe(1);
    expect(b.store.sorted('s').top(1)).toEqual([{ member: 'm5', score: 2005 }]);
    expect(Math.max(...lab.sent.map(({ length }) => length))).toBeLessThan(60);
  });
});

it('a member is forgotten only when nobody can be left who has not seen its removal', () => {
  const db = store();
  const { replica } = db;
  const nothing = new VersionVector();
  db.sorted('s').increment('m');
  db.sorted('s').delete('m');
  expect([replica.collect(replica.vv, nothing), replica.collect(nothing, replica.vv)]).toEqual([0, 2]);
  db.sorted('s').increment('m', 3);
  expect([db.sorted('s').score('m'), shown(db.sorted('s'))]).toEqual([3, [['m', 3]]]);
});
