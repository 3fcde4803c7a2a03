import { describe, expect, it } from 'vitest';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Store } from '../../src/store/store.js';
import { stage } from '../../property-tests/store/exchange.js';
import { store } from './a-store.js';

const NOTHING = new VersionVector();

describe('a replica', () => {
  it('counts live keys, whatever becomes of them', () => {
    const db = store();
    db.increment('a');
    db.set('b').add('x');
    db.set('b').add('y');
    db.register('c').set(1);
    expect(db.size).toBe(3);
    db.delete('a');
    db.set('b').delete('x');
    db.register('c').delete();
    expect([db.size, db.keys()]).toEqual([1, ['b']]);
  });

  it('takes no more keys than it can tell apart, and takes them again when others are forgotten', () => {
    const db = new Store({ node: 'a', incarnation: 1, clock: () => 1, maxCells: 4 });
    const { replica } = db;
    db.increment('a');
    db.set('s').add('x');
    const full = expect.objectContaining({ code: 'TOO_MANY_KEYS' });
    expect(() => db.increment('b')).toThrow(full);
    db.set('s').add('y');
    expect(() => db.set('s').add('z')).toThrow(full);
    db.increment('a');
    expect([db.keys(), db.set('s').size(), db.counter('a').value(), db.dot]).toEqual([['a', 's'], 2, 2, 4]);
    db.delete('s');
    replica.collect(replica.vv, replica.vv);
    db.increment('b');
    expect(db.keys()).toEqual(['a', 'b']);
  });

  it('forgets what was removed once everybody has seen it, and remembers that there was something', () => {
    const db = store();
    const { replica } = db;
    db.set('s').add('x');
    db.set('s').add('y');
    db.set('s').delete('x');
    expect([replica.ghosts, replica.collect(NOTHING, NOTHING), replica.ghosts]).toEqual([1, 0, 1]);
    expect([replica.collect(replica.vv, NOTHING), replica.ghosts]).toEqual([1, 0]);
    expect(replica.ghostFloor.dots).toEqual([3]);
    db.set('s').delete('y');
    replica.collect(replica.vv, NOTHING);
    expect([replica.ghostFloor.dots, db.size, db.type('s')]).toEqual([[4], 0, undefined]);
  });

  it('forgets a counter only when nobody can be left who has not seen its reset', () => {
    const db = store();
    const { replica } = db;
    db.increment('k');
    db.delete('k');
    expect([replica.collect(replica.vv, NOTHING), replica.collect(NOTHING, replica.vv)]).toEqual([0, 1]);
  });

  it('does not forget what came back to life, or what is watched', () => {
    const db = store();
    const { replica } = db;
    db.increment('k');
    db.delete('k');
    db.increment('k', 5);
    expect([replica.collect(replica.vv, replica.vv), db.counter('k').value()]).toEqual([0, 5]);
    const end = db.watch('counter', 'k', () => {});
    db.delete('k');
    expect(replica.collect(replica.vv, replica.vv)).toBe(0);
    end();
    expect(replica.collect(replica.vv, replica.vv)).toBe(1);
  });

  it('takes no memory for keys that come and go', () => {
    const db = store();
    const { replica } = db;
    const cycle = (): void => {
      for (let i = 0; i < 500; i++) {
        db.increment(`k${i}`);
        db.set(`s${i}`).add('x');
        db.register(`r${i}`).set({ i });
      }
      for (const key of db.keys()) db.delete(key);
      replica.collect(replica.vv, replica.vv);
      replica.changes.seal();
    };
    cycle();
    const before = db.bytes;
    for (let i = 0; i < 20; i++) cycle();
    expect([db.bytes <= before * 1.2, db.size, replica.ghosts]).toEqual([true, 0, 0]);
  });
});

describe('frames that are applied as one step', () => {
  it('do not take for removed what one of them has and another does not yet', () => {
    const [a, b, receiver] = [store('a'), store('b'), store('receiver')];
    a.increment('k');
    a.set('s').add('of a');
    b.replica.apply([stage(a, b)]);
    b.set('s').add('of b');
    a.replica.apply([stage(b, a)]);
    a.increment('k');
    // b leaves out what a will say itself, and the other way round.
    const [fromB, fromA] = [new VersionVector([0, 2]), new VersionVector([0, 1])];
    receiver.replica.apply([stage(b, receiver, fromB), stage(a, receiver, fromA)]);
    expect(receiver.set('s').values().toSorted()).toEqual(['of a', 'of b']);
    expect([receiver.counter('k').value(), receiver.digest()]).toEqual([2, a.digest()]);
  });

  it('do not bring back what one of them has removed and forgotten, in whichever order they come', () => {
    for (const reversed of [false, true]) {
      const [a, b, receiver] = [store('a'), store('b'), store('receiver')];
      a.register('r').set('of a');
      b.replica.apply([stage(a, b)]);
      b.register('r').delete();
      b.replica.collect(b.replica.vv, NOTHING);
      b.register('r').set('of b');
      const frames = [stage(b, receiver), stage(a, receiver)];
      receiver.replica.apply(reversed ? frames.toReversed() : frames);
      expect(receiver.register('r').values()).toEqual(['of b']);
    }
  });
});
