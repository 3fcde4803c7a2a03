/** How rights move between regions by themselves: ahead of need, from the richest that answers, and no more often than they must. */
import { describe, expect, it } from 'vitest';
import * as type from '../../src/crdt/bounded.js';
import type { Side } from '../../src/crdt/escrow.js';
import type { Bounded } from '../../src/store/handles/bounded.js';
import { REST_MS } from '../../src/store/lending.js';
import { Lab, type LabNode } from './lab.js';

const ACCOUNT = { min: 0 };

function accountAt(node: LabNode): Bounded {
  return node.store.bounded('account', ACCOUNT);
}

/** All linked with each other, each known to have written, with so much paid in at each. */
function regions(paidIn: Readonly<Record<string, number>>): { lab: Lab; nodes: LabNode[] } {
  const lab = new Lab();
  const nodes = Object.keys(paidIn).map((name) => lab.start(name));
  nodes.forEach((a, i) => {
    for (const b of nodes.slice(i + 1)) lab.link(a, b);
  });
  lab.run(100);
  for (const [i, n] of Object.values(paidIn).entries()) {
    const node = nodes[i] as LabNode;
    node.store.increment('started');
    if (n > 0) accountAt(node).increment(n);
  }
  lab.run(2000);
  return { lab, nodes };
}

/** Whether it was done. */
function attempt(operation: () => void): boolean {
  try {
    operation();
    return true;
  } catch (error) {
    if ((error as { code: string }).code !== 'INSUFFICIENT_RIGHTS') throw error;
    return false;
  }
}

/** What one region has given another, as everybody's rows say it. */
function given(from: LabNode, to: LabNode, side: Side = 'down'): number {
  const { cells, slots, actors, self } = from.store.replica;
  const cell = cells.find(type.bounded.tag, cells.encode('account', 0), 0);
  const other = actors.find(to.store.replica.node, 1) as number;
  return type.rowsOf(slots, cells.head(cell)).get(self)?.[side].given.get(other) ?? 0;
}

function dots(nodes: readonly LabNode[]): number {
  return nodes.reduce((sum, { store }) => sum + store.dot, 0);
}

describe('a region that spends what others have', () => {
  it('is refused at first and then never again: it asks ahead of need', () => {
    const { lab, nodes } = regions({ us: 0, eu: 1_000_000 });
    const us = accountAt(nodes[0] as LabNode);
    const refusedAt: number[] = [];
    for (let turn = 0; turn < 1000; turn++) {
      if (!attempt(() => us.decrement(10))) refusedAt.push(turn);
      lab.run(20);
    }
    expect(refusedAt.length).toBeGreaterThan(0);
    expect(Math.max(...refusedAt)).toBeLessThan(20);
  });

  it('moves little for it: rights come in portions', () => {
    const { lab, nodes } = regions({ us: 0, eu: 1_000_000 });
    const us = accountAt(nodes[0] as LabNode);
    const before = dots(nodes);
    let done = 0;
    for (let turn = 0; turn < 1000; turn++) {
      if (attempt(() => us.decrement(10))) done++;
      lab.run(20);
    }
    // A dot for each operation that was done; the others are words about rights.
    expect(dots(nodes) - before - done).toBeLessThan(150);
  });

  it('is served by the richest', () => {
    const { lab, nodes } = regions({ us: 0, eu: 500, ap: 900 });
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    expect(attempt(() => accountAt(us).decrement(100))).toBe(false);
    lab.run(1000);
    expect([given(eu, us), given(ap, us)]).toEqual([0, 100]);
    accountAt(us).decrement(100);
  });

  it('gets what it lacks once, though two could have given it', () => {
    const { lab, nodes } = regions({ us: 0, eu: 500, ap: 500 });
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    expect(attempt(() => accountAt(us).decrement(100))).toBe(false);
    lab.run(5000);
    expect(given(eu, us) + given(ap, us)).toBe(100);
  });
});

describe('a lender that cannot be reached', () => {
  it('is waited for a moment, and then the next richest gives', () => {
    const { lab, nodes } = regions({ us: 0, eu: 500, ap: 900 });
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    // It is not known to be down yet: it only does not answer.
    lab.stall(ap, 2000);
    expect(attempt(() => accountAt(us).decrement(100))).toBe(false);
    lab.run(200);
    expect(given(eu, us)).toBe(0);
    lab.run(600);
    expect([given(eu, us), given(ap, us)]).toEqual([100, 0]);
    // ap does not say either that it knows that us has set them aside.
    lab.run(1000);
    accountAt(us).decrement(100);
  });

  it('has no turn once it is down', () => {
    const { lab, nodes } = regions({ us: 0, eu: 500, ap: 900 });
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    lab.cut(us, ap);
    lab.cut(eu, ap);
    lab.run(20_000);
    expect(attempt(() => accountAt(us).decrement(100))).toBe(false);
    lab.run(200);
    expect(given(eu, us)).toBe(100);
  });

  it('gives through a third region, if there is a way', () => {
    const { lab, nodes } = regions({ us: 0, eu: 0, ap: 900 });
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    lab.cut(us, ap);
    lab.run(20_000);
    expect(attempt(() => accountAt(us).decrement(100))).toBe(false);
    lab.run(2000);
    expect([given(ap, us), given(eu, us)]).toEqual([100, 0]);
    accountAt(us).decrement(100);
  });
});

describe('a region that is cut off', () => {
  it('asks for no more than it needs, however often it is refused, and has that when it is back', () => {
    const { lab, nodes } = regions({ us: 0, eu: 10_000 });
    const [us, eu] = nodes as [LabNode, LabNode];
    lab.cut(us, eu);
    for (let turn = 0; turn < 500; turn++) {
      expect(attempt(() => accountAt(us).decrement(10))).toBe(false);
      lab.run(100);
    }
    lab.link(us, eu);
    lab.run(2000);
    const came = given(eu, us);
    expect(came).toBeGreaterThanOrEqual(10);
    expect(came).toBeLessThanOrEqual(20);
    accountAt(us).decrement(10);
  });

  it('is given nothing meanwhile that it has come to have by itself', () => {
    const { lab, nodes } = regions({ us: 0, eu: 10_000 });
    const [us, eu] = nodes as [LabNode, LabNode];
    lab.cut(us, eu);
    expect(attempt(() => accountAt(us).decrement(10))).toBe(false);
    lab.run(500);
    accountAt(us).increment(1000);
    lab.run(1000);
    lab.link(us, eu);
    lab.run(2000);
    expect(given(eu, us)).toBe(0);
  });

  it('is given nothing for what it was refused long ago', () => {
    const { lab, nodes } = regions({ us: 0, eu: 0 });
    const [us, eu] = nodes as [LabNode, LabNode];
    expect(attempt(() => accountAt(us).decrement(500))).toBe(false);
    lab.run(20_000);
    accountAt(eu).increment(1000);
    lab.run(20_000);
    expect(given(eu, us)).toBe(0);
  });
});

describe('what is scarce', () => {
  // Each takes what it gets and brings it back a little later, in turns, and wants more than there is.
  it.each([
    ['us', 0, 'eu', 100],
    ['us', 50, 'eu', 50],
    ['us', 10, 'eu', 30],
    ['eu', 0, 'us', 100],
    ['eu', 50, 'us', 50],
    ['eu', 10, 'us', 30],
  ])('is shared by two that want more, and does not go to and fro (%s %i, %s %i)', (one, here, other, there) => {
    const { lab, nodes } = regions({ [one]: here, [other]: there });
    const [us, eu] = nodes as [LabNode, LabNode];
    const taken = new Map<LabNode, number>();
    const served = new Map<LabNode, number>();
    for (let turn = 0; turn < 600; turn++) {
      for (const node of nodes) {
        const has = taken.get(node) ?? 0;
        const takes = (turn + (node === us ? 0 : 20)) % 40 < 20;
        if (takes && attempt(() => accountAt(node).decrement(4))) {
          taken.set(node, has + 4);
          served.set(node, (served.get(node) ?? 0) + 1);
        }
        if (takes || has === 0) continue;
        accountAt(node).increment(4);
        taken.set(node, has - 4);
      }
      lab.run(20);
    }
    const [ours, theirs] = nodes.map((node) => served.get(node) ?? 0) as [number, number];
    expect(Math.min(ours, theirs) / (ours + theirs)).toBeGreaterThan(0.3);
    expect(given(us, eu) + given(eu, us)).toBeLessThan(2 * (here + there));
  });

  it.each([
    [60, 40],
    [40, 60],
    [50, 50],
    [99, 1],
  ])('is given to one of two that both want all of it (%i, %i)', (here, there) => {
    const { lab, nodes } = regions({ us: here, eu: there });
    const paid = (): boolean => nodes.some((node) => attempt(() => accountAt(node).decrement(100)));
    let turns = 0;
    while (!paid() && turns++ < 200) lab.run(100);
    expect(turns).toBeLessThan(20);
  });

  it('moves seldom while the use of the last seconds fades', () => {
    const { lab, nodes } = regions({ us: 400, eu: 40, ap: 4 });
    for (let turn = 0; turn < 40; turn++) {
      for (const [i, node] of nodes.entries())
        attempt(() => (turn % 4 === 3 ? accountAt(node).increment(20 + i) : accountAt(node).decrement(10 + i)));
      lab.run(100);
    }
    const before = dots(nodes);
    lab.run(60_000);
    expect(dots(nodes) - before).toBeLessThan(150);
  });

  it('comes to rest within a known time after heavy use', () => {
    const { lab, nodes } = regions({ us: 1e6, eu: 1e5, ap: 0 });
    for (let turn = 0; turn < 200; turn++) {
      for (const [i, node] of nodes.entries())
        attempt(() =>
          (turn + i) % 3 === 0
            ? accountAt(node).increment(5000 + i)
            : accountAt(node).decrement(1 + ((turn * 7919) % 9973)),
        );
      lab.run(50);
    }
    lab.run(REST_MS);
    const before = dots(nodes);
    lab.run(60_000);
    expect(dots(nodes)).toBe(before);
  });

  it('comes to rest when nobody wants it any more', () => {
    const { lab, nodes } = regions({ us: 100, eu: 3, ap: 0 });
    for (let turn = 0; turn < 100; turn++) {
      for (const node of nodes) attempt(() => accountAt(node).decrement());
      lab.run(50);
    }
    lab.run(60_000);
    const before = dots(nodes);
    lab.run(60_000);
    expect(dots(nodes)).toBe(before);
  });
});
