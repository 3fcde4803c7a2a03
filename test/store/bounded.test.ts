import { describe, expect, it } from 'vitest';
import { MAX_KEY_BYTES } from '../../src/base/limits.js';
import { code } from '../error-code.js';
import { store } from './a-store.js';

describe('a bounded counter on a node of its own', () => {
  it('goes to its bounds and not past them', () => {
    const trunk = store().bounded('trunk', { min: 0, max: 480 });
    expect([trunk.value(), trunk.available(), trunk.availableUp()]).toEqual([0, 0, 480]);
    expect(code(() => trunk.decrement())).toBe('INSUFFICIENT_RIGHTS');
    trunk.increment(480);
    expect([trunk.value(), trunk.available(), trunk.availableUp()]).toEqual([480, 480, 0]);
    expect(code(() => trunk.increment())).toBe('INSUFFICIENT_RIGHTS');
    trunk.decrement(480);
    for (let i = 0; i < 1000; i++) {
      trunk.increment(480);
      trunk.decrement(480);
    }
    expect([trunk.value(), trunk.available(), trunk.availableUp()]).toEqual([0, 0, 480]);
  });

  it('without an upper bound takes whatever comes, up to the safe integers', () => {
    const account = store().bounded('account', { min: -500 });
    expect([account.value(), account.available(), account.availableUp()]).toEqual([-500, 0, Number.MAX_SAFE_INTEGER]);
    account.increment(Number.MAX_SAFE_INTEGER);
    expect(code(() => account.increment(501))).toBe('COUNTER_OVERFLOW');
    account.decrement(Number.MAX_SAFE_INTEGER);
    expect([account.value(), code(() => account.decrement())]).toEqual([-500, 'INSUFFICIENT_RIGHTS']);
  });

  it('begins where it is told to', () => {
    const db = store();
    const stock = db.bounded('stock', { min: 0, initial: 7 });
    expect([stock.value(), stock.available()]).toEqual([7, 7]);
    stock.decrement(3);
    expect([stock.value(), stock.available()]).toEqual([4, 4]);
    expect(db.bounded('debts', { max: -5 }).value()).toBe(-5);
    expect(db.bounded('loads', { max: 5 }).value()).toBe(0);
  });

  it('names what is wrong with its bounds, and with an amount', () => {
    const db = store();
    const wrong = [
      { min: 1.5 },
      { min: '0' },
      { min: 5, max: 4 },
      { min: 0, initial: -1 },
      { max: 5, initial: 6 },
      { initial: 3 },
      { min: 5, max: 4, initial: 5 },
      { min: Number.NaN },
      { max: Number.POSITIVE_INFINITY },
      { min: 2 ** 53 },
      { min: -(2 ** 52), max: 2 ** 52 },
      { min: -(2 ** 53) + 1, initial: 1 },
      { max: 2 ** 53 - 1, initial: -1 },
      { min: null },
    ];
    for (const options of wrong) expect(code(() => db.bounded('k', options as never))).toBe('BAD_ARGUMENT');
    const counter = db.bounded('k', { max: 5 });
    for (const n of [0, -1, 1.5, Number.NaN, '1', 2 ** 53]) {
      expect(code(() => counter.increment(n as never))).toBe('BAD_ARGUMENT');
      expect(code(() => counter.decrement(n as never))).toBe('BAD_ARGUMENT');
    }
    expect(code(() => db.bounded('k').increment())).toBe('BAD_ARGUMENT');
    expect([db.size, db.dot]).toEqual([0, 0]);
  });

  it('refuses what no node can be given, and what was not lost', () => {
    const db = store();
    const counter = db.bounded('k', { min: 0, initial: 5 });
    for (const node of ['', 'a', 'nobody', 7, undefined, 'x'.repeat(100_000)]) {
      expect(code(() => counter.transfer(node as never, 1))).toBe('BAD_ARGUMENT');
      expect(code(() => counter.transferUp(node as never, 1))).toBe('BAD_ARGUMENT');
    }
    for (const n of [0, -1, 1.5, Number.NaN, '1', 2 ** 53]) {
      expect(code(() => counter.recover(n as never))).toBe('BAD_ARGUMENT');
      expect(code(() => counter.recoverUp(n as never))).toBe('BAD_ARGUMENT');
    }
    expect([code(() => counter.recover(1)), code(() => counter.recoverUp(1))]).toEqual([
      'INSUFFICIENT_RIGHTS',
      'INSUFFICIENT_RIGHTS',
    ]);
    expect([counter.lost(), counter.available(), db.size, db.dot]).toEqual([{ down: 0, up: 0 }, 5, 0, 0]);
  });

  it('is not what another type is, and has a name like any other key', () => {
    const db = store();
    db.counter('calls').increment();
    const taken = db.bounded('calls', { min: 0 });
    const deeds = [() => taken.increment(), () => taken.decrement(), () => taken.recover(1)];
    for (const deed of deeds) expect(code(deed)).toBe('TYPE_CONFLICT');
    for (const key of ['', 7, '\0session']) expect(code(() => db.bounded(key as string, { min: 0 }))).toBe('BAD_KEY');
    expect(code(() => db.bounded('x'.repeat(MAX_KEY_BYTES + 1), { min: 0 }))).toBe('KEY_TOO_LONG');
    expect(db.size).toBe(1);
  });

  it('keeps both the value and the rights within the safe integers', () => {
    const deep = store().bounded('deep', { min: -Number.MAX_SAFE_INTEGER });
    deep.increment(Number.MAX_SAFE_INTEGER);
    expect([deep.value(), deep.available()]).toEqual([0, Number.MAX_SAFE_INTEGER]);
    expect(code(() => deep.increment())).toBe('COUNTER_OVERFLOW');
    const high = store().bounded('high', { max: Number.MAX_SAFE_INTEGER });
    expect(code(() => high.decrement())).toBe('COUNTER_OVERFLOW');
    high.increment(Number.MAX_SAFE_INTEGER);
    expect(code(() => high.increment())).toBe('INSUFFICIENT_RIGHTS');
    high.decrement(Number.MAX_SAFE_INTEGER);
    expect([high.value(), high.availableUp()]).toEqual([0, Number.MAX_SAFE_INTEGER]);
  });

  it('has the bounds that it was first used with, until it is deleted', () => {
    const db = store();
    db.bounded('k', { min: 0, max: 5 }).increment(2);
    expect(code(() => db.bounded('k', { min: 0, max: 6 }).increment())).toBe('CONFIG_CONFLICT');
    db.bounded('k').increment(3);
    expect(code(() => db.bounded('k').increment())).toBe('INSUFFICIENT_RIGHTS');
    expect([db.type('k'), db.delete('k'), db.type('k'), db.size]).toEqual(['bounded', true, undefined, 0]);
    db.bounded('k', { min: 0, max: 6 }).increment(6);
    expect(db.bounded('k').value()).toBe(6);
  });

  it('is left as it was by a transaction that throws', () => {
    const db = store();
    const stock = db.bounded('stock', { min: 0, initial: 10 });
    stock.decrement(2);
    const before = db.digest();
    const sale = (): void => {
      stock.decrement(5);
      stock.decrement(5);
    };
    expect(code(() => db.transaction(sale))).toBe('INSUFFICIENT_RIGHTS');
    expect([stock.value(), stock.available(), db.digest()]).toEqual([8, 8, before]);
    stock.decrement(8);
    expect([stock.value(), stock.available()]).toEqual([0, 0]);
  });
});
