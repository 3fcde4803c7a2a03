import { describe, expect, it } from 'vitest';
import { pair } from '../sync/lab.js';
import { code } from '../error-code.js';
import { store } from './a-store.js';

describe('sketches', () => {
  it('of two regions are one', () => {
    const { lab, a, b } = pair();
    for (const name of ['ann', 'bob', 'cy']) a.store.unique('callers').add(name);
    for (const name of ['cy', 'dee']) b.store.unique('callers').add(name);
    for (const n of [1, 2, 3]) a.store.quantiles('waits').add(n);
    b.store.quantiles('waits').add(100, 2);
    a.store.top('agents').add('ann', 3);
    b.store.top('agents').add('bob', 5);
    b.store.top('agents').add('ann');
    lab.run(50);
    for (const { store: db } of [a, b]) {
      expect(db.unique('callers').count()).toBe(4);
      expect(db.quantiles('waits').quantiles([1, 0, 0.5])).toEqual([100, 1, expect.closeTo(3, 1)]);
      expect(db.quantiles('waits').summary()).toEqual({ count: 5, sum: 206, min: 1, max: 100 });
      expect(db.top('agents').largest(5)).toEqual([
        { item: 'bob', count: 5, error: 0 },
        { item: 'ann', count: 4, error: 0 },
      ]);
      expect(db.top('agents').total()).toBe(9);
    }
    expect(a.store.digest()).toBe(b.store.digest());
  });

  it('of a deleted key take with them what was written at the same time', () => {
    const { lab, a, b } = pair();
    a.store.unique('u').add('ann');
    a.store.quantiles('q').add(1);
    a.store.top('t').add('ann');
    lab.run(50);
    lab.cut(a, b);
    for (const key of ['u', 'q', 't']) a.store.delete(key);
    b.store.unique('u').add('bob');
    b.store.quantiles('q').add(2);
    b.store.top('t').add('bob');
    lab.link(a, b);
    lab.run(100);
    expect([a, b].map(({ store: db }) => db.keys())).toEqual([[], []]);
    b.store.top('t').add('cy');
    lab.run(50);
    expect(a.store.top('t').largest(9)).toEqual([{ item: 'cy', count: 1, error: 0 }]);
    expect(a.store.digest()).toBe(b.store.digest());
  });

  it('write nothing where nothing changes', () => {
    const db = store();
    db.unique('u').add('ann');
    const { dot } = db;
    db.unique('u').add('ann');
    db.unique('none').clear();
    db.quantiles('none').clear();
    db.top('none').clear();
    expect([db.dot, db.keys()]).toEqual([dot, ['u']]);
  });

  it('of a transaction that throws are as they were', () => {
    const db = store();
    const write = (n: number): void => {
      for (let i = 0; i < 3000; i++) db.unique('u').add(`${n} ${i}`);
      db.quantiles('q').add(n);
      db.top('t', { items: 2 }).add(`${n}`);
    };
    for (const n of [1, 2, 3]) write(n);
    const before = db.digest();
    const failed = (): void =>
      db.transaction(() => {
        write(4);
        db.unique('u').clear();
        throw new Error('no');
      });
    expect(failed).toThrow('no');
    expect(db.digest()).toBe(before);
    write(5);
    expect(db.top('t').largest(2)).toEqual([
      { item: '3', count: 2, error: 1 },
      { item: '5', count: 2, error: 1 },
    ]);
  });

  it('refuse what they cannot count', () => {
    const db = store();
    const { unique, quantiles, top } = { unique: db.unique('u'), quantiles: db.quantiles('q'), top: db.top('t') };
    const long = 'é'.repeat(2100);
    const cells = db.replica.cells.end;
    for (const work of [
      () => unique.add(7 as never),
      () => quantiles.add(Number.NaN),
      () => quantiles.add('7' as never),
      () => quantiles.add(1.1e15),
      () => quantiles.add(1, 0),
      () => quantiles.add(1, 0.5),
      () => quantiles.quantile(1.1),
      () => quantiles.quantiles([0.5, Number.NaN]),
      () => quantiles.quantiles('0.5' as never),
      () => quantiles.quantiles(Array.from({ length: 1001 }, () => 0)),
      () => top.add(undefined as never),
      () => top.add('a', -1),
      () => top.largest(-1),
      () => db.top('t', { items: 0 }),
      () => db.top('t', { items: 10_001 }),
    ]) {
      expect([String(work), code(work)]).toEqual([String(work), 'BAD_ARGUMENT']);
    }
    expect([code(() => unique.add(long)), code(() => top.add(long))]).toEqual(['KEY_TOO_LONG', 'KEY_TOO_LONG']);
    const tooMany = [() => quantiles.add(1, 2 ** 40), () => top.add('a', 2 ** 40)];
    expect(tooMany.map(code)).toEqual(['COUNTER_OVERFLOW', 'COUNTER_OVERFLOW']);
    expect([db.dot, db.keys(), db.replica.cells.end]).toEqual([0, [], cells]);
    db.increment('u');
    expect(code(() => unique.add('a'))).toBe('TYPE_CONFLICT');
  });

  it('show an element as every region has it, and refuse what none could be told', () => {
    const { lab, a, b } = pair();
    expect(code(() => a.store.top('t').add('half \ud800'))).toBe('BAD_ARGUMENT');
    a.store.top('t').add('whole \ud83e\udd86');
    lab.run(50);
    expect(b.store.top('t').largest(1)).toEqual(a.store.top('t').largest(1));
    expect(a.store.digest()).toBe(b.store.digest());
  });
});
