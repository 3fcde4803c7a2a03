/** When writes are lost, and when that is known. */
import { describe, expect, it } from 'vitest';
import { Lab, type LabNode } from './lab.js';

/** Three nodes; the first one dies with a write that nobody got, and one that only the second got. */
function crashed(): { lab: Lab; b: LabNode; c: LabNode; spread: string; lost: string } {
  const lab = new Lab();
  const [a, b, c] = ['a', 'b', 'c'].map((node) => lab.start(node)) as [LabNode, LabNode, LabNode];
  lab.link(a, b);
  lab.link(a, c);
  lab.link(b, c);
  lab.run(100);
  lab.cut(a, c);
  lab.cut(b, c);
  a.store.increment('k');
  lab.run(100);
  const spread = a.store.token();
  a.store.increment('k');
  const lost = a.store.token();
  lab.kill(a);
  return { lab, b, c, spread, lost };
}

describe('writes that a crash took', () => {
  it('are waited for as long as their node may return with them, or another may have them', () => {
    const { lab, b, c, spread, lost } = crashed();
    lab.run(10_000);
    expect([b.store.covers(spread), b.store.covers(lost)]).toEqual(['yes', 'not yet']);
    const again = lab.start('a', { incarnation: 2 });
    again.store.increment('other');
    lab.link(again, c);
    lab.run(100);
    // c has not heard of what b has.
    expect([c.store.covers(spread), c.store.covers(lost)]).toEqual(['not yet', 'not yet']);
  });

  it('are lost once every member knows the later life and none has them', () => {
    const { lab, b, c, spread, lost } = crashed();
    const again = lab.start('a', { incarnation: 2 });
    again.store.increment('other');
    lab.link(again, b);
    lab.link(again, c);
    lab.link(b, c);
    lab.run(3000);
    for (const { store } of [b, c, again]) expect([store.covers(spread), store.covers(lost)]).toEqual(['yes', 'lost']);
  });

  it('are not lost while a node that was there before is away', () => {
    const { lab, b, lost } = crashed();
    const again = lab.start('a', { incarnation: 2 });
    again.store.increment('other');
    lab.link(again, b);
    lab.run(3000);
    expect(b.store.covers(lost)).toBe('not yet');
  });
});
