import { describe, expect, it } from 'vitest';
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
