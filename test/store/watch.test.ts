import { describe, expect, it } from 'vitest';
import { Store } from '../../src/store/store.js';
import { pair } from '../sync/lab.js';

function watched(): { db: Store; told: () => number; end: () => void } {
  const db = new Store({ node: 'a', incarnation: 1, clock: () => 1_700_000_000_000 });
  let count = 0;
  const end = db.watch('counter', 'calls', () => {
    count++;
  });
  return { db, told: () => count, end };
}

describe('a watcher', () => {
  it('is told once for any number of changes, when they are delivered', () => {
    const { db, told } = watched();
    for (let i = 0; i < 100; i++) db.increment('calls');
    expect(told()).toBe(0);
    db.deliver();
    db.deliver();
    expect(told()).toBe(1);
  });

  it('is not told of other keys, nor of another type under its name', () => {
    const { db, told } = watched();
    db.increment('other');
    db.set('calls').add('x');
    db.deliver();
    expect(told()).toBe(0);
  });

  it('is not told any more once it has ended', () => {
    const { db, told, end } = watched();
    end();
    db.increment('calls');
    db.deliver();
    expect(told()).toBe(0);
  });

  it('may end itself, or watch more, while it is told', () => {
    const { db } = watched();
    const seen: string[] = [];
    const end = db.watch('counter', 'calls', () => {
      seen.push('once');
      end();
      db.watch('counter', 'calls', () => seen.push('later'));
    });
    db.increment('calls');
    db.deliver();
    db.increment('calls');
    db.deliver();
    expect(seen).toEqual(['once', 'later']);
  });

  it('of a set is told of its elements, also from other regions', () => {
    const { lab, a, b } = pair();
    const sizes: number[] = [];
    b.store.watch('set', 'agents', () => sizes.push(b.store.set('agents').size()));
    a.store.set('agents').add('ann');
    lab.run(50);
    a.store.set('agents').add('bob');
    a.store.set('agents').delete('ann');
    lab.run(50);
    expect(sizes).toEqual([1, 1]);
  });

  it('keeps its key while the key is deleted, forgotten and used again', () => {
    const { lab, a, b } = pair();
    const values: number[] = [];
    b.store.watch('counter', 'calls', () => values.push(b.store.counter('calls').value()));
    a.store.increment('calls', 3);
    lab.run(50);
    a.store.delete('calls');
    lab.run(3000);
    a.store.increment('calls', 2);
    lab.run(50);
    expect(values).toEqual([3, 0, 2]);
  });

  it('of a gauge is told when a node goes down and comes back', () => {
    const { lab, a, b } = pair();
    b.store.gauge('busy').set(3);
    lab.run(50);
    const values: number[] = [];
    a.store.watch('gauge', 'busy', () => values.push(a.store.gauge('busy').value()));
    lab.cut(a, b);
    lab.run(4000);
    lab.link(a, b);
    lab.run(50);
    expect(values).toEqual([0, 3]);
  });
});
