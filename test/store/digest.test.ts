import { describe, expect, it } from 'vitest';
import { Store } from '../../src/store/store.js';
import { pair } from '../sync/lab.js';

describe('a digest', () => {
  it('of nothing is the same everywhere', () => {
    const digests = ['a', 'b'].map((node) => new Store({ node, incarnation: 1, clock: () => 0 }).digest());
    expect(digests).toEqual(['0000000000000000', '0000000000000000']);
  });

  it('is equal where the same was seen, whatever the order and the numbers of actors', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    for (let i = 0; i < 50; i++) {
      a.store.increment(`k${i}`);
      b.store.set('s').add(`e${i}`);
      b.store.increment(`k${49 - i}`, 2);
    }
    expect(a.store.digest()).not.toBe(b.store.digest());
    lab.link(a, b);
    lab.run(50);
    expect(a.store.digest()).toBe(b.store.digest());
  });

  it('tells states apart that differ in one value, one name or one type', () => {
    const digests = new Set<string>();
    const writes = [
      (db: Store): void => db.increment('a'),
      (db: Store): void => db.increment('a', 2),
      (db: Store): void => db.increment('b'),
      (db: Store): void => db.gauge('a').set(1),
      (db: Store): void => db.set('a').add('x'),
      (db: Store): void => db.set('ax').add(''),
      (db: Store): void => db.register('a').set(1),
      (db: Store): void => db.register('a').set('1'),
    ];
    for (const write of writes) {
      const db = new Store({ node: 'a', incarnation: 1, clock: () => 1_700_000_000_000 });
      write(db);
      digests.add(db.digest());
    }
    expect(digests.size).toBe(writes.length);
  });

  it('does not depend on ghosts that one has forgotten and the other has not', () => {
    const { lab, a, b } = pair();
    a.store.set('s').add('x');
    a.store.increment('k');
    lab.run(50);
    b.store.delete('s');
    b.store.delete('k');
    lab.hold(a, b, true);
    lab.run(2000);
    expect([a.store.replica.ghosts, b.store.replica.ghosts]).toEqual([0, 2]);
    expect(a.store.digest()).toBe(b.store.digest());
  });
});
