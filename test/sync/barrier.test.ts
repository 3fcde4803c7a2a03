import { describe, expect, it } from 'vitest';
import { Reader } from '../../src/base/bytes.js';
import { readBarrier } from '../../src/sync/barrier.js';
import { WireActors } from '../../src/sync/wire-actors.js';
import { Lab, type LabNode } from './lab.js';

function mesh(): { lab: Lab; a: LabNode; b: LabNode; c: LabNode } {
  const lab = new Lab();
  const [a, b, c] = ['a', 'b', 'c'].map((node) => lab.start(node)) as [LabNode, LabNode, LabNode];
  lab.link(a, b);
  lab.link(a, c);
  lab.link(b, c);
  lab.run(100);
  return { lab, a, b, c };
}

describe('a barrier', () => {
  it('is over when everything that others had is here', () => {
    const { lab, a, b, c } = mesh();
    const { vv } = a.store.replica;
    lab.hold(b, a, true);
    b.store.increment('k');
    c.store.increment('k');
    const barrier = a.replicator.barriers.begin();
    lab.run(20);
    expect([barrier.isOver(vv), barrier.missing(vv)]).toEqual([false, ['region of b']]);
    lab.hold(b, a, false);
    lab.run(100);
    expect([barrier.isOver(vv), barrier.missing(vv)]).toEqual([true, []]);
    expect(a.store.counter('k').value()).toBe(2);
    a.replicator.barriers.end(barrier);
  });

  it('waits for what an answer names, though it comes later than the answer', () => {
    const { lab, a, b, c } = mesh();
    lab.cut(a, c);
    const { vv } = a.store.replica;
    c.store.increment('k');
    lab.run(100);
    const barrier = a.replicator.barriers.begin();
    lab.run(2000);
    expect(barrier.isOver(vv)).toBe(true);
    expect(a.store.counter('k').value()).toBe(1);
    expect(barrier.missing(vv)).toEqual(['region of c']);
    expect(b.closed).toEqual([]);
  });

  it('does not wait for a node whose link breaks, and names its region', () => {
    const { lab, a, b } = mesh();
    lab.hold(b, a, true);
    const barrier = a.replicator.barriers.begin();
    lab.run(50);
    lab.cut(a, b);
    const { vv } = a.store.replica;
    expect([barrier.isOver(vv), barrier.missing(vv)]).toEqual([true, ['region of b']]);
  });

  it('of a node alone is over at once', () => {
    const alone = new Lab().start('a');
    const barrier = alone.replicator.barriers.begin();
    expect([barrier.isOver(alone.store.replica.vv), barrier.missing(alone.store.replica.vv)]).toEqual([true, []]);
  });

  it('is of a kind that is known', () => {
    const actors = new WireActors(new Lab().start('x').store.replica);
    expect(() => readBarrier(new Reader(Uint8Array.of(7, 1)), actors)).toThrow('no barrier message of kind 7');
  });
});
