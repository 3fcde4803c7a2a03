import { describe, expect, it } from 'vitest';
import { Lab, type LabNode } from './lab.js';

/** Nodes that are all linked with each other, and how many cells each was sent. */
function mesh(size: number): { lab: Lab; nodes: LabNode[]; cells: () => number } {
  const lab = new Lab();
  const nodes = Array.from({ length: size }, (_, i) => lab.start(`n${i}`));
  let cells = 0;
  nodes.forEach((node, i) => {
    const { replica } = node.store;
    const apply = replica.apply.bind(replica);
    replica.apply = (frames) => {
      for (const frame of frames) cells += frame.lazy?.size ?? frame.cells.length;
      apply(frames);
    };
    for (const other of nodes.slice(0, i)) lab.link(node, other);
  });
  lab.run(100);
  return { lab, nodes, cells: () => cells };
}

describe('a mesh', () => {
  it('of eight carries each change once to each', () => {
    const { lab, nodes, cells } = mesh(8);
    for (let i = 0; i < 40; i++) {
      for (const [n, { store }] of nodes.entries()) if ((i + n) % 3 === 0) store.increment(`${n}:${i}`);
      lab.run(10);
    }
    lab.run(3000);
    const writes = (nodes[0] as LabNode).store.size;
    expect([writes > 100, cells()]).toEqual([true, writes * 7]);
    expect(new Set(nodes.map(({ store }) => store.digest())).size).toBe(1);
  });

  it('goes around a link that carries nothing', () => {
    const { lab, nodes } = mesh(4);
    const [a, b] = nodes as [LabNode, LabNode];
    lab.hold(a, b, true);
    a.store.increment('calls');
    lab.run(2500);
    expect(nodes.map(({ store }) => store.counter('calls').value())).toEqual([1, 1, 1, 1]);
  });

  it('does not wait long for a change that hides behind a dead link', () => {
    const { lab, nodes } = mesh(4);
    const [a, b, c] = nodes as [LabNode, LabNode, LabNode];
    lab.hold(a, b, true);
    a.store.increment('first');
    lab.run(50);
    c.store.increment('second');
    lab.run(50);
    expect(b.store.counter('second').value()).toBe(0);
    lab.run(500);
    expect([b.store.counter('first').value(), b.store.counter('second').value()]).toEqual([1, 1]);
  });

  it('brings a node that was away up to date over one link', () => {
    const { lab, nodes, cells } = mesh(4);
    for (let i = 0; i < 5000; i++) (nodes[i % 4] as LabNode).store.increment(`key ${i}`);
    lab.run(100);
    const before = cells();
    const late = lab.start('late');
    for (const node of nodes) lab.link(late, node);
    let brought = 0;
    const { replica } = late.store;
    const apply = replica.apply.bind(replica);
    replica.apply = (frames) => {
      for (const frame of frames) brought += frame.lazy?.size ?? frame.cells.length;
      apply(frames);
    };
    lab.run(3000);
    expect([late.store.size, brought, cells() - before]).toEqual([5000, 5000, 0]);
  });

  it('is not told again by a node that stood still what it did not hear meanwhile that others have', () => {
    const { lab, nodes, cells } = mesh(3);
    const [a, b, c] = nodes as [LabNode, LabNode, LabNode];
    lab.run(860);
    // Shortly before b looks at who lacks what, and until it stands still, c does not tell it.
    lab.hold(c, b, true);
    a.store.increment('calls');
    lab.run(100);
    lab.stall(b, 950);
    lab.hold(c, b, false);
    lab.run(2000);
    expect([cells(), b.replicator.quiet, c.store.counter('calls').value()]).toEqual([2, true, 1]);
  });

  it('sends what others wrote not into a link that stands still, as it may come to the peer by theirs', () => {
    const { lab, nodes, cells } = mesh(3);
    const [away, b, c] = nodes as [LabNode, LabNode, LabNode];
    const hold = (held: boolean): void => {
      for (const other of [b, c]) {
        lab.hold(away, other, held);
        lab.hold(other, away, held);
      }
    };
    hold(true);
    for (let i = 0; i < 300; i++) {
      for (const [n, { store }] of nodes.entries()) store.increment(`${n}:${i}`);
      lab.run(10);
    }
    hold(false);
    lab.run(4000);
    expect([cells(), away.store.size, b.store.size]).toEqual([1800, 900, 900]);
  });

  it('acknowledges at once what a peer wrote, what others wrote a few times in the time after which it is late', () => {
    const { lab, nodes } = mesh(3);
    const [a, b, c] = nodes as [LabNode, LabNode, LabNode];
    const { actors } = b.store.replica;
    for (const { store } of [a, b]) store.increment('first');
    lab.run(100);
    const told = [a, b].map(({ store }) => {
      const actor = actors.find(store.replica.node, store.replica.incarnation) as number;
      return { actor, last: 0, times: 0 };
    });
    for (let i = 0; i < 100; i++) {
      a.store.increment('of a');
      b.store.increment('of b');
      lab.run(10);
      const row = b.replicator.membership.members.get(c.store.replica.node)?.row;
      for (const one of told) {
        const now = row?.get(one.actor) ?? 0;
        if (now > one.last) one.times++;
        one.last = now;
      }
    }
    const [others, own] = told.map(({ times }) => times) as [number, number];
    expect([own > 90, others >= 3 && others <= 5]).toEqual([true, true]);
  });
});
