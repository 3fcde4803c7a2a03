import { describe, expect, it } from 'vitest';
import { Cut } from '../../property-tests/store/exchange.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { Staged } from '../../src/store/staging.js';
import type { Store } from '../../src/store/store.js';
import { Random } from '../../src/testing/random.js';
import { store } from './a-store.js';

const NOTHING = new VersionVector();

/** Everything that `from` has, as a large frame. */
function large(from: Store, to: Store, full = false): Staged {
  const parts = new Cut(from, undefined, full).littleByLittle(to, Random.seeded(1));
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

function counters(node: string, count: number): Store {
  const db = store(node);
  for (let i = 0; i < count; i++) db.increment(`k${i}`, i + 1);
  return db;
}

describe('a large frame', () => {
  it('is visible at once and merged in the background', () => {
    const [a, b] = [counters('a', 100), store('b')];
    b.replica.apply([large(a, b)]);
    expect([b.vv(), b.replica.pending, b.replica.keys.total]).toEqual([{ 'a@1': 100 }, 100, 0]);
    expect([b.counter('k7').value(), b.replica.pending, b.replica.keys.total]).toEqual([8, 99, 1]);
    expect([b.replica.advance(40), b.replica.pending]).toEqual([true, 59]);
    expect([b.replica.advance(1000), b.replica.pending, b.replica.busy, b.replica.keys.total]).toEqual([
      false,
      0,
      false,
      100,
    ]);
    expect(b.digest()).toBe(a.digest());
  });

  it('is merged before the whole store is looked at', () => {
    for (const look of [(db: Store) => db.size, (db: Store) => db.keys().length]) {
      const [a, b] = [counters('a', 100), store('b')];
      b.replica.apply([large(a, b)]);
      expect([look(b), b.replica.pending]).toEqual([100, 0]);
    }
  });

  it('is merged before the next one', () => {
    const [a, b, c] = [counters('a', 10), counters('b', 20), store('c')];
    c.replica.apply([large(a, c)]);
    c.replica.apply([large(b, c)]);
    expect(c.replica.pending).toBe(20);
    expect([c.counter('k3').value(), c.size]).toEqual([8, 20]);
  });

  it('takes away what it does not list if it is full, when that is looked at', () => {
    const [a, b] = [store('a'), store('b')];
    a.register('gone').set(1);
    a.register('kept').set(2);
    b.register('own').set(3);
    b.replica.apply([new Cut(a).into(b)]);
    a.register('gone').delete();
    a.replica.collect(a.replica.vv, NOTHING);
    b.replica.apply([large(a, b, true)]);
    expect(b.replica.ghostFloor.get(b.replica.actors.intern('a', 1))).toBe(3);
    expect([b.register('gone').get(), b.register('own').get(), b.register('kept').get()]).toEqual([undefined, 3, 2]);
    expect([b.replica.pending > 0, b.keys(), b.replica.pending]).toEqual([true, ['kept', 'own'], 0]);
  });

  it('does not tell a watcher of what was there when it began', () => {
    const [a, b] = [counters('a', 10), store('b')];
    b.replica.apply([large(a, b)]);
    let told = 0;
    b.watch('counter', 'k3', () => told++);
    b.deliver();
    expect([told, b.counter('k3').value()]).toEqual([0, 4]);
  });

  it('tells those who watch already, when a cell is merged', () => {
    const [a, b] = [counters('a', 10), store('b')];
    const told = new Set<string>();
    for (const key of ['k3', 'k4', 'other']) b.watch('counter', key, () => told.add(key));
    b.replica.apply([large(a, b)]);
    b.counter('k4').value();
    b.deliver();
    expect([...told]).toEqual(['k4']);
    b.replica.finish();
    b.deliver();
    expect([...told]).toEqual(['k4', 'k3']);
  });

  it('keeps its cells and their parents while it comes in, whatever becomes of them here', () => {
    const [a, b] = [store('a'), store('b')];
    a.set('s').add('x');
    b.replica.apply([new Cut(a).into(b)]);
    b.set('s').delete('x');
    const frame = large(a, b);
    expect([b.replica.ghosts, b.replica.collect(b.replica.vv, NOTHING)]).toEqual([1, 0]);
    b.replica.apply([frame]);
    expect([b.set('s').values(), b.replica.collect(b.replica.vv, NOTHING), b.replica.ghosts]).toEqual([[], 2, 0]);
  });

  it('keeps a set that it has named before any element of it came', () => {
    const b = store('b');
    b.set('s').add('x');
    b.set('s').delete('x');
    const staging = b.replica.stage();
    const root = b.replica.ensure(4, b.replica.cells.encode('s', 0), 0);
    staging.pin(root);
    expect([b.replica.collect(b.replica.vv, NOTHING), b.replica.cells.exists(root)]).toEqual([1, true]);
    b.replica.abandon(staging);
    expect([b.replica.collect(b.replica.vv, NOTHING), b.replica.cells.exists(root)]).toEqual([1, false]);
  });

  it('does not bring back what another one that it waited for has removed and forgotten', () => {
    for (const reversed of [false, true]) {
      const [a, b, receiver] = [store('a'), store('b'), store('receiver')];
      a.register('r').set('of a');
      b.replica.apply([new Cut(a).into(b)]);
      b.register('r').delete();
      b.replica.collect(b.replica.vv, NOTHING);
      b.register('r').set('of b');
      const frames = [large(b, receiver), new Cut(a).into(receiver)];
      receiver.replica.apply(reversed ? frames.toReversed() : frames);
      expect(receiver.register('r').values()).toEqual(['of b']);
    }
  });

  it('leaves nothing behind when it is given up', () => {
    const [a, b] = [store('a'), store('b')];
    a.increment('k');
    a.set('s').add('x');
    new Cut(a).abandonedBy(b, Random.seeded(3));
    b.replica.abandon([b.replica.ensure(1, b.replica.cells.encode('of a small frame', 0), 0)]);
    expect([b.replica.busy, b.replica.advance(1000), b.replica.busy]).toEqual([true, false, false]);
    b.replica.collect(NOTHING, NOTHING);
    const left: string[] = [];
    b.replica.cells.forEach((cell) => left.push(b.replica.cells.name(cell)));
    expect([left, b.replica.ghosts]).toEqual([[], 0]);
  });
});
