import { describe, expect, it } from 'vitest';
import * as type from '../../src/crdt/bounded.js';
import type { Bounded } from '../../src/store/handles/bounded.js';
import { Lab, type LabNode } from './lab.js';
import { code } from '../error-code.js';
import { mesh, most, trunkAt } from './trunk.js';

describe('a trunk with 480 circuits, shared by three regions', () => {
  it('lets each seize from its own share at once, and never more than there are', () => {
    const { lab, nodes } = mesh(['us', 'eu', 'ap']);
    for (const node of nodes) node.store.increment('started');
    lab.run(100);
    const trunks = nodes.map(trunkAt);
    expect(code(() => trunks[0]?.increment())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(1000);
    let seized = 0;
    for (const trunk of trunks) {
      const here = most(() => trunk.increment());
      expect(here).toBeGreaterThan(30);
      seized += here;
    }
    for (let round = 0; round < 100; round++) {
      lab.run(200);
      for (const trunk of trunks) seized += most(() => trunk.increment());
      expect(seized).toBeLessThanOrEqual(480);
    }
    expect(seized).toBe(480);
    for (const trunk of trunks) expect([trunk.value(), trunk.availableUp()]).toEqual([480, 0]);
  });

  it('gives one region all of them if the others want none', () => {
    const { lab, nodes } = mesh(['us', 'eu', 'ap']);
    const [us] = nodes.map(trunkAt) as [Bounded];
    let seized = 0;
    for (let round = 0; round < 100; round++) {
      seized += most(() => us.increment());
      lab.run(100);
    }
    expect(seized).toBe(480);
  });

  it('serves a region that is cut off for as long as it gives back what it takes, without ever asking', () => {
    const { lab, nodes } = mesh(['us', 'eu', 'ap']);
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    for (const node of nodes) node.store.increment('started');
    lab.run(100);
    expect(code(() => trunkAt(us).increment())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(1000);
    expect(trunkAt(ap).availableUp()).toBeGreaterThan(30);
    lab.cut(us, ap);
    lab.cut(eu, ap);
    const share = trunkAt(ap).availableUp();
    for (let day = 0; day < 200; day++) {
      for (let i = 0; i < share; i++) trunkAt(ap).increment();
      expect(code(() => trunkAt(ap).increment())).toBe('INSUFFICIENT_RIGHTS');
      for (let i = 0; i < share; i++) trunkAt(ap).decrement();
      lab.run(100);
    }
  });
});

describe('the initial rights', () => {
  it('are nobody’s until everybody is known to know who claimed them', () => {
    const { lab, nodes } = mesh(['us', 'eu', 'ap']);
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    lab.hold(ap, us, true);
    lab.hold(ap, eu, true);
    for (const node of [us, eu]) expect(code(() => trunkAt(node).increment())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(2000);
    for (const node of [us, eu]) expect(trunkAt(node).availableUp()).toBe(0);
    lab.hold(ap, us, false);
    lab.hold(ap, eu, false);
    lab.run(5000);
    const free = [us, eu].map((node) => trunkAt(node).availableUp());
    expect(Math.max(...free)).toBeGreaterThan(0);
  });

  it('are one’s only, also if several claim them at once', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { lab, nodes } = mesh(['us', 'eu', 'ap']);
      const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
      const claimants = nodes.filter((_, i) => ((seed >> i) & 1) === 0);
      if ((seed & 8) !== 0) lab.hold(us, eu, true);
      if ((seed & 16) !== 0) lab.hold(ap, us, true);
      for (const node of claimants) {
        most(() => trunkAt(node).increment());
        if ((seed & 32) !== 0) lab.run(20);
      }
      lab.run(500);
      lab.hold(us, eu, false);
      lab.hold(ap, us, false);
      let seized = 0;
      for (let round = 0; round < 100; round++) {
        for (const node of nodes) seized += most(() => trunkAt(node).increment());
        lab.run(100);
      }
      expect(seized).toBe(480);
    }
  });

  it('are not claimed by a node that cannot tell a new cluster from one that it has forgotten', () => {
    const lab = new Lab();
    const us = lab.start('us', { first: () => false });
    const eu = lab.start('eu');
    lab.run(100);
    expect(() => trunkAt(us).increment()).toThrow(/merganser bootstrap/);
    lab.run(10_000);
    expect(trunkAt(us).availableUp()).toBe(0);
    trunkAt(eu).increment(480);
    lab.link(us, eu);
    lab.run(10_000);
    expect([trunkAt(us).value(), trunkAt(us).availableUp(), trunkAt(eu).availableUp()]).toEqual([480, 0, 0]);
    expect(() => trunkAt(us).increment()).toThrow(/^1 cannot be added to "trunk" here now, only 0(?!.*bootstrap)/);
  });

  it('are not sold again by two that were started again at once, and know each other and not the third', () => {
    const lab = new Lab();
    const first = (name: string, incarnation = 1): LabNode => lab.start(name, { incarnation, first: () => false });
    const [us, eu, ap] = [lab.start('us'), first('eu'), first('ap')];
    lab.link(eu, us);
    lab.link(ap, us);
    lab.link(eu, ap);
    lab.run(1000);
    let seized = 0;
    const seize = (nodes: readonly LabNode[]): void => {
      for (let round = 0; round < 50; round++) {
        for (const node of nodes) seized += most(() => trunkAt(node).increment());
        lab.run(100);
      }
    };
    seize([us, eu, ap]);
    expect(seized).toBe(480);
    for (const node of [us, eu]) lab.kill(node);
    const [us2, eu2] = [first('us', 2), first('eu', 2)];
    lab.link(eu2, us2);
    seize([us2, eu2]);
    for (const node of [us2, eu2]) lab.link(ap, node);
    seize([us2, eu2, ap]);
    expect([seized, trunkAt(us2).value()]).toEqual([480, 480]);
  });

  it('are claimed no more by a node that was alone and is to meet others now', () => {
    const lab = new Lab();
    let isAlone = true;
    const us = lab.start('us', { first: () => isAlone });
    lab.run(100);
    isAlone = false;
    lab.run(100);
    expect(code(() => trunkAt(us).increment())).toBe('INSUFFICIENT_RIGHTS');
    isAlone = true;
    lab.run(100);
    trunkAt(us).increment(480);
  });

  it('can be had although who claimed them first is gone before it held them', () => {
    const { lab, nodes } = mesh(['us', 'eu', 'ap']);
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    lab.hold(ap, us, true);
    expect(code(() => trunkAt(us).increment())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(500);
    lab.kill(us);
    lab.run(5000);
    expect(code(() => trunkAt(eu).increment())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(1000);
    expect(trunkAt(eu).availableUp()).toBe(0);
    eu.replicator.membership.evict('us', true, lab.now);
    lab.run(1000);
    most(() => trunkAt(eu).increment());
    lab.run(1000);
    expect(trunkAt(eu).availableUp() + trunkAt(ap).availableUp()).toBeGreaterThan(0);
  });
});

describe('an account in cents', () => {
  const ACCOUNT = { min: 0 };

  it('pays out elsewhere what was paid in here, once the rights have come', () => {
    const { lab, nodes } = mesh(['us', 'eu']);
    const [us, eu] = nodes.map((node) => node.store.bounded('account', ACCOUNT)) as [Bounded, Bounded];
    us.increment(10_000);
    expect(us.available()).toBe(10_000);
    lab.run(500);
    expect([eu.value(), eu.available()]).toEqual([10_000, 0]);
    expect(code(() => eu.decrement(900))).toBe('INSUFFICIENT_RIGHTS');
    lab.run(500);
    eu.decrement(900);
    lab.run(100);
    expect([us.value(), eu.value()]).toEqual([9100, 9100]);
  });

  it('pays out all of it and no more, when both want everything', () => {
    const { lab, nodes } = mesh(['us', 'eu']);
    const [us, eu] = nodes.map((node) => node.store.bounded('account', ACCOUNT)) as [Bounded, Bounded];
    us.increment(5000);
    eu.increment(5000);
    let paid = 0;
    for (let round = 0; round < 100; round++) {
      for (const account of [us, eu]) paid += 100 * most(() => account.decrement(100));
      lab.run(300);
    }
    expect([paid, us.value(), eu.value()]).toEqual([10_000, 0, 0]);
  });

  it('can be handed over by hand', () => {
    const { lab, nodes } = mesh(['us', 'eu']);
    const [us, eu] = nodes.map((node) => node.store.bounded('account', ACCOUNT)) as [Bounded, Bounded];
    us.increment(1000);
    expect(code(() => us.transfer('eu', 10))).toBe('BAD_ARGUMENT');
    nodes[1]?.store.increment('started');
    lab.run(200);
    expect(code(() => us.transfer('eu', 1001))).toBe('INSUFFICIENT_RIGHTS');
    expect(code(() => us.transfer('us', 1))).toBe('BAD_ARGUMENT');
    us.transfer('eu', 1000);
    expect(code(() => us.decrement())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(500);
    eu.decrement(eu.available());
    lab.run(500);
    eu.decrement(eu.available());
    expect(eu.value()).toBeLessThan(600);
  });
});

describe('a bounded counter that was deleted', () => {
  it('is not brought back by those who still wanted something of it', () => {
    const { lab, nodes } = mesh(['us', 'eu', 'ap']);
    const [us, eu, ap] = nodes as [LabNode, LabNode, LabNode];
    us.store.bounded('account', { min: 0 }).increment(1000);
    lab.run(500);
    for (const node of [eu, ap]) {
      for (let i = 0; i < 10; i++)
        expect(code(() => node.store.bounded('account').decrement(999))).toBe('INSUFFICIENT_RIGHTS');
    }
    lab.run(20);
    us.store.delete('account');
    lab.run(1000);
    for (let i = 0; i < 100; i++) {
      lab.run(100);
      for (const node of nodes) expect(node.store.type('account')).toBeUndefined();
    }
  });

  it('has whatever bounds it is used with next', () => {
    const { lab, nodes } = mesh(['us', 'eu']);
    const [us] = nodes as [LabNode];
    expect(code(() => us.store.bounded('account', { min: 0 }).decrement())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(200);
    us.store.delete('account');
    lab.run(1000);
    us.store.bounded('account', { min: 0, max: 5, initial: 5 });
    expect(code(() => us.store.bounded('account', { min: 0, max: 5, initial: 5 }).decrement())).toBe(
      'INSUFFICIENT_RIGHTS',
    );
    lab.run(1000);
    us.store.bounded('account', { min: 0, max: 5, initial: 5 }).decrement();
  });
});

describe('what was refused', () => {
  it('makes no key anywhere, and nothing at all where nothing can be had', () => {
    const { lab, nodes } = mesh(['us', 'eu']);
    const [us, eu] = nodes as [LabNode, LabNode];
    for (let i = 0; i < 20; i++) {
      expect(code(() => us.store.bounded(`poor ${i}`, { min: 0 }).decrement())).toBe('INSUFFICIENT_RIGHTS');
      expect(code(() => us.store.bounded(`rich ${i}`, { max: 5 }).increment(6))).toBe('INSUFFICIENT_RIGHTS');
    }
    lab.run(10_000);
    for (const { store } of nodes) expect([store.size, store.keys(), store.type('rich 1')]).toEqual([0, [], undefined]);
    const { cells } = eu.store.replica;
    expect(cells.find(type.bounded.tag, cells.encode('poor 1', 0), 0)).toBe(0);
    // What could be had is there.
    us.store.bounded('rich 1', { max: 5 }).increment();
    lab.run(100);
    expect(nodes.map(({ store }) => store.keys())).toEqual([['rich 1'], ['rich 1']]);
  });

  it('does not keep its bounds from whoever deletes it', () => {
    const { lab, nodes } = mesh(['us', 'eu']);
    const [us] = nodes as [LabNode];
    const wrong = us.store.bounded('trunk', { max: 48 });
    expect(code(() => wrong.increment(49))).toBe('INSUFFICIENT_RIGHTS');
    lab.run(1000);
    expect(code(() => trunkAt(us).increment())).toBe('CONFIG_CONFLICT');
    wrong.delete();
    expect(code(() => trunkAt(us).increment())).toBe('INSUFFICIENT_RIGHTS');
    lab.run(1000);
    trunkAt(us).increment();
  });
});
