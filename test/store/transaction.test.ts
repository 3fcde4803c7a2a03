import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import { pair } from '../sync/lab.js';
import { store } from './a-store.js';

/** One write of each type. */
function writeEverything(tx: Store): void {
  tx.increment('calls', 5);
  tx.gauge('busy').add(2);
  tx.register('state').set({ at: 1 });
  tx.set('agents').add('ann');
  tx.log('last', { cap: 2 }).append('x', { at: 1 });
  tx.window('hours', { bucket: 10, keep: 100 }).add(3, 20);
}

describe('a transaction', () => {
  it('returns what its function returns', () => {
    expect(store().transaction((tx) => tx.counter('calls').value() + 7)).toBe(7);
  });

  it('that throws leaves no trace, in any type', () => {
    const db = store();
    writeEverything(db);
    const before = [db.digest(), db.dot, db.vv(), db.keys(), db.size];
    const work = (tx: Store): void => {
      writeEverything(tx);
      for (const key of tx.keys()) tx.delete(key);
      tx.increment('another');
      tx.set('agents').add('bob');
      throw new Error('changed my mind');
    };
    expect(() => db.transaction(work)).toThrow('changed my mind');
    expect([db.digest(), db.dot, db.vv(), db.keys(), db.size]).toEqual(before);
    expect([db.counter('calls').value(), db.set('agents').values(), db.log('last').size()]).toEqual([5, ['ann'], 1]);
  });

  it('that throws says nothing to watchers and nothing to peers', () => {
    const { lab, a, b } = pair();
    let told = 0;
    b.store.watch('counter', 'calls', () => {
      told++;
    });
    lab.sent.length = 0;
    expect(() =>
      a.store.transaction((tx) => {
        tx.increment('calls');
        throw new Error('no');
      }),
    ).toThrow('no');
    lab.run(2000);
    expect([told, lab.sent]).toEqual([0, []]);
  });

  it('goes on after an error that its function catches', () => {
    const db = store();
    db.transaction((tx) => {
      tx.increment('calls', 1);
      expect(() => tx.increment('calls', 0.5)).toThrow('safe integers');
      expect(() => tx.set('calls').add('x')).toThrow('is a counter');
      tx.increment('calls', 2);
    });
    expect(db.counter('calls').value()).toBe(3);
  });

  it('does not open inside another, and the outer one goes on', () => {
    const db = store();
    db.transaction((tx) => {
      tx.increment('calls');
      expect(() => tx.transaction(() => 1)).toThrow(expect.objectContaining({ code: 'TRANSACTION_NESTED' }));
    });
    expect(db.counter('calls').value()).toBe(1);
  });

  it('is synchronous: a promise undoes it', () => {
    const db = store();
    const work = async (tx: Store): Promise<void> => {
      tx.increment('calls');
      await Promise.resolve();
    };
    expect(() => db.transaction(work)).toThrow(expect.objectContaining({ code: 'TRANSACTION_ASYNC' }));
    expect(db.size).toBe(0);
    db.transaction((tx) => tx.increment('calls'));
    expect(db.counter('calls').value()).toBe(1);
  });

  it('that was undone does not hinder the next, which takes the same dots', () => {
    const { lab, a, b } = pair();
    for (let i = 0; i < 3; i++) {
      expect(() =>
        a.store.transaction((tx) => {
          writeEverything(tx);
          throw new Error('no');
        }),
      ).toThrow('no');
      a.store.transaction((tx) => tx.increment('calls'));
      lab.run(20);
    }
    lab.run(2000);
    expect([b.store.counter('calls').value(), b.store.keys(), b.store.dot]).toEqual([3, ['calls'], 0]);
    expect(a.store.digest()).toBe(b.store.digest());
  });
});
