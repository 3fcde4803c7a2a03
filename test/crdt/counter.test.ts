import { describe, expect, it } from 'vitest';
import { MerganserError } from '../../src/base/error.js';
import { Lab, pair } from '../sync/lab.js';

describe('a counter', () => {
  it('adds up what was added everywhere', () => {
    const { lab, a, b } = pair();
    a.store.increment('calls', 5);
    b.store.counter('calls').decrement(2);
    lab.run(50);
    expect([a, b].map(({ store }) => store.counter('calls').value())).toEqual([3, 3]);
  });

  it('keeps exactly the increments that a reset has not seen', () => {
    const { lab, a, b } = pair();
    a.store.increment('calls', 5);
    lab.run(50);
    lab.cut(a, b);
    a.store.increment('calls', 7);
    b.store.counter('calls').reset();
    expect(b.store.counter('calls').value()).toBe(0);
    lab.link(a, b);
    lab.run(50);
    expect([a, b].map(({ store }) => store.counter('calls').value())).toEqual([7, 7]);
  });

  it('does not exist once nobody has added to it since its reset', () => {
    const { lab, a, b } = pair();
    a.store.increment('calls');
    lab.run(50);
    b.store.counter('calls').reset();
    lab.run(50);
    expect([a, b].map(({ store }) => store.type('calls'))).toEqual([undefined, undefined]);
    expect(a.store.digest()).toBe(b.store.digest());
  });

  it('shows the nearest safe integer where regions have left them at the same time, and the sum itself once it is back', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    const most = Number.MAX_SAFE_INTEGER;
    for (const { store } of [a, b]) store.increment('calls', most);
    lab.link(a, b);
    lab.run(50);
    const shown = (): number[] => [a, b].map(({ store }) => store.counter('calls').value());
    expect(shown()).toEqual([most, most]);
    expect(() => a.store.increment('calls', 1)).toThrow(expect.objectContaining({ code: 'COUNTER_OVERFLOW' }));
    a.store.increment('calls', -5);
    lab.run(50);
    expect(shown()).toEqual([most, most]);
    b.store.increment('calls', 3 - most);
    lab.run(50);
    expect(shown()).toEqual([most - 2, most - 2]);
  });

  it('refuses what would leave the safe integers, and changes nothing', () => {
    const { a } = pair();
    const counter = a.store.counter('calls');
    counter.increment(Number.MAX_SAFE_INTEGER);
    const before = a.store.dot;
    expect(() => counter.increment()).toThrow(MerganserError);
    expect(() => counter.increment(0.5)).toThrow('safe integers');
    expect([counter.value(), a.store.dot]).toEqual([Number.MAX_SAFE_INTEGER, before]);
  });

  // Found by the simulator: the base of the old life (its sum) and that of the new one (zero) stood at the same dot.
  it('that was forgotten by its writer and begins again with the very next dot begins at zero', () => {
    const { lab, a, b } = pair();
    a.store.increment('calls', -1);
    lab.run(50);
    b.store.counter('calls').reset();
    lab.hold(a, b, true);
    lab.run(1500);
    expect([a.store.replica.ghosts, b.store.replica.ghosts]).toEqual([0, 1]);
    a.store.increment('calls', 3);
    lab.hold(a, b, false);
    lab.run(50);
    expect([a, b].map(({ store }) => store.counter('calls').value())).toEqual([3, 3]);
  });

  // Found by the simulator: what a reset had observed was forgotten before everybody had seen the reset.
  it('is not forgotten while somebody may add to it who has not seen its reset', () => {
    const lab = new Lab();
    const a = lab.start('a', { maxGhosts: 0 });
    const b = lab.start('b', { maxGhosts: 0 });
    const c = lab.start('c', { maxGhosts: 0 });
    lab.link(a, b);
    lab.link(a, c);
    lab.run(100);
    c.store.increment('calls', 5);
    lab.run(100);
    lab.cut(a, c);
    a.store.counter('calls').reset();
    c.store.increment('calls', 2);
    lab.run(3000);
    lab.link(b, c);
    lab.run(1000);
    lab.link(a, c);
    lab.run(1000);
    expect([a, b, c].map(({ store }) => store.counter('calls').value())).toEqual([2, 2, 2]);
  });
});
