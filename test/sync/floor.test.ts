/** The ghost floor between nodes: who is told in full, and who is not (H8). */
import { describe, expect, it } from 'vitest';
import { Lab, type LabNode } from './lab.js';

const FORGETFUL = { maxGhosts: 0, lagMs: 100 };

/** Cells that frames brought to this node from now on. */
function brought({ store: { replica } }: LabNode): () => number {
  let cells = 0;
  const apply = replica.apply.bind(replica);
  replica.apply = (frames) => {
    for (const frame of frames) cells += frame.lazy?.size ?? frame.cells.length;
    apply(frames);
  };
  return () => cells;
}

function floorOf({ store: { replica } }: LabNode, { store }: LabNode): number {
  const actor = replica.actors.find(store.replica.node, store.replica.incarnation);
  return actor === undefined ? 0 : replica.ghostFloor.get(actor);
}

function elements(nodes: readonly LabNode[]): string[][] {
  return nodes.map(({ store }) => [...store.set('s').values()] as string[]);
}

/** `a` forgets by itself that x was in a set. */
function forgets(lab: Lab, a: LabNode): void {
  const set = a.store.set('s');
  set.add('x');
  set.delete('x');
  lab.run(2000);
  expect(floorOf(a, a)).toBe(2);
}

describe('what was forgotten', () => {
  it('is told in full by who forgot it, and makes nobody else repeat what was sent already', () => {
    const lab = new Lab();
    const nodes = ['a', 'b', 'c', 'd'].map((node) => lab.start(node, FORGETFUL));
    forgets(lab, nodes[0] as LabNode);
    for (const { store } of nodes) for (let i = 0; i < 5; i++) store.increment(`${store.replica.node}${i}`);
    const counts = nodes.map(brought);
    nodes.forEach((node, i) => nodes.slice(0, i).forEach((other) => lab.link(node, other)));
    lab.run(3000);
    expect(counts.map((count) => count())).toEqual([15, 15, 15, 15]);
    expect(nodes.map((node) => floorOf(node, nodes[0] as LabNode))).toEqual([2, 2, 2, 2]);
    expect(new Set(nodes.map(({ store }) => store.digest())).size).toBe(1);
  });

  it('is told in full by who heard it that way, to who may have it still', () => {
    const lab = new Lab();
    const [a, b, c] = ['a', 'b', 'c'].map((node) => lab.start(node, FORGETFUL)) as [LabNode, LabNode, LabNode];
    a.store.set('s').add('x');
    lab.link(a, c);
    lab.run(500);
    lab.cut(a, c);
    a.store.set('s').delete('x');
    lab.run(2000);
    lab.link(a, b);
    lab.run(500);
    expect([elements([a, b, c]), floorOf(b, a)]).toEqual([[[], [], ['x']], 2]);
    lab.link(b, c);
    lab.run(1000);
    expect([elements([a, b, c]), floorOf(c, a)]).toEqual([[[], [], []], 2]);
    expect(c.store.digest()).toBe(a.store.digest());
  });

  it('is told in full though a large frame was being sent when it was heard', () => {
    const lab = new Lab();
    const options = { ...FORGETFUL, sliceCells: 10, partBytes: 400 };
    const [a, b, c] = ['a', 'b', 'c'].map((node) => lab.start(node, options)) as [LabNode, LabNode, LabNode];
    a.store.set('s').add('x');
    lab.link(a, c);
    lab.run(500);
    lab.cut(a, c);
    a.store.set('s').delete('x');
    lab.run(2000);
    for (let i = 0; i < 3000; i++) b.store.increment(`k${i}`);
    lab.link(b, c);
    lab.run(300);
    expect([c.store.size, c.replicator.peers(lab.now).some(({ arriving }) => arriving !== undefined)]).toEqual([
      1,
      true,
    ]);
    lab.link(a, b);
    lab.run(8000);
    expect([elements([a, b, c]), c.store.size, floorOf(c, a)]).toEqual([[[], [], []], 3000, 2]);
    expect(c.store.digest()).toBe(a.store.digest());
  });
});
