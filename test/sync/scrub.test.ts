/** Corruption planted in one replica's memory is found, named and mended, and honest writes are never the worse for it. */
import { describe, expect, it } from 'vitest';
import { Entries } from '../../src/crdt/log-entries.js';
import * as Y from 'yjs';
import { Corruption } from './corruption.js';
import { Lab, type LabNode } from './lab.js';

interface World {
  readonly lab: Lab;
  readonly a: LabNode;
  readonly b: LabNode;
  readonly bad: Corruption;
}

/** Two nodes that hold the same, some of everything. */
function world(scrubMs = Number.POSITIVE_INFINITY): World {
  const lab = new Lab();
  const [a, b] = [lab.start('a', { scrubMs }), lab.start('b', { scrubMs })];
  lab.link(a, b);
  lab.run(50);
  for (const { store } of [a, b]) {
    for (let i = 0; i < 50; i++) store.increment(`k${i}`, i + 1);
    store.gauge('g').add(3);
    store.set('s').add('both');
    store.log('l').append(`entry of ${store.replica.node}`);
    store.window('w').add(5, 1_700_000_000_000);
    store.sorted('z').increment('m', 4);
    store.map('fields').add('tags', store.replica.node);
    store.doc('page').transact((page) => page.getText('body').insert(0, store.replica.node));
    store.unique('callers').add(store.replica.node);
    store.quantiles('waits').add(5);
    store.top('agents').add(store.replica.node);
    store.presence('room').join(store.replica.node, 'here');
  }
  a.store.register('r').set('right');
  a.store.sorted('z').set('n', 7);
  a.store.set('s').add('x');
  b.store.set('s').add('y');
  a.store.increment('reset', 7);
  lab.run(100);
  b.store.counter('reset').reset();
  b.store.set('s').delete('y');
  lab.run(100);
  expect(a.store.digest()).toBe(b.store.digest());
  return { lab, a, b, bad: new Corruption(b.store) };
}

/** What `asker` finds when it compares with its only peer: names, and the comparison's end. */
function compare(lab: Lab, asker: LabNode, repair: boolean): { compared: boolean; differing: number; reason: string } {
  const [member] = asker.replicator.membership.members.all();
  if (member === undefined) throw new Error('nobody is there');
  const inquiry = asker.replicator.scrub.inquire(member, repair);
  for (let i = 0; i < 200 && inquiry.outcome === undefined; i++) lab.run(10);
  const { outcome } = inquiry;
  if (outcome === undefined) throw new Error('the comparison does not end');
  lab.run(30);
  return { compared: outcome.compared, differing: outcome.differing.length, reason: outcome.reason };
}

/** A Yjs update that nobody made. */
const WRONG = ((): Uint8Array => {
  const page = new Y.Doc();
  page.clientID = 1;
  page.getText('body').insert(0, 'wrong');
  return Y.encodeStateAsUpdate(page);
})();

const PLANTED: Record<string, (bad: Corruption) => void> = {
  'a counter of which a slot has another value': (bad) => bad.setValue(bad.cell('counter', 'k7'), 'a', 99),
  'a counter that lost a slot': (bad) => bad.dropSlot(bad.cell('counter', 'k7'), 'a'),
  'a counter whose slot went back': (bad) => bad.setDot(bad.cell('counter', 'k7'), 'a', 1),
  'a counter with a dot that was never given out': (bad) => bad.setDot(bad.cell('counter', 'k7'), 'a', 1_000_000),
  'a counter that lost everything': (bad) => bad.dropState(bad.cell('counter', 'k7')),
  'a gauge with another share': (bad) => bad.setValue(bad.cell('gauge', 'g'), 'a', 4),
  'a set that lost an element': (bad) => bad.setValue(bad.cell('set', 's', 'x'), 'a', 0),
  'a set that lost the slot of an element': (bad) => bad.dropSlot(bad.cell('set', 's', 'x'), 'a'),
  'a register with another value': (bad) =>
    bad.change(bad.cell('register', 'r'), (held: object) => ({ ...held, value: 'wrong' })),
  'a register that lost its value': (bad) => bad.dropState(bad.cell('register', 'r')),
  'a member that lost its score': (bad) => bad.setPair(bad.cell('sorted', 'z', 'n'), 'a', 7, -1),
  'a member with another score': (bad) => bad.setPair(bad.cell('sorted', 'z', 'n'), 'a', 700, 1),
  'a member to which less was added': (bad) => bad.setValue(bad.cell('sorted', 'z', 'm'), 'a', 1),
  'a member that lost a slot': (bad) => bad.dropSlot(bad.cell('sorted', 'z', 'm'), 'a'),
  'a field that lost an element': (bad) => bad.setValue(bad.below(bad.field('fields', 'set', 'tags'), 'a'), 'a', 0),
  'a log that lost an entry': (bad) =>
    bad.change(bad.cell('log', 'l'), (log: { entries: Entries }) => ({
      ...log,
      entries: Entries.of(log.entries.all().slice(1)),
    })),
  'a log with another entry': (bad) =>
    bad.change(bad.cell('log', 'l'), (log: { entries: Entries }) => ({
      ...log,
      entries: Entries.of(log.entries.all().map((entry) => ({ ...entry, value: 'wrong' }))),
    })),
  'a window that lost its sums': (bad) =>
    bad.change(bad.cell('window', 'w'), (w: object) => ({ ...w, sums: new Map() })),
  'a document that lost what was written': (bad) =>
    bad.change(bad.cell('doc', 'page'), (page: object) => ({ ...page, logs: new Map() })),
  'a document that lost what one node wrote': (bad) =>
    bad.change(bad.cell('doc', 'page'), (page: { logs: Map<number, unknown> }) => ({
      ...page,
      logs: new Map([...page.logs].slice(1)),
    })),
  'a document with other content': (bad) =>
    bad.change(bad.cell('doc', 'page'), (page: { logs: Map<number, object[]> }) => ({
      ...page,
      logs: new Map([...page.logs].map(([actor, log]) => [actor, log.map((one) => ({ ...one, bytes: WRONG }))])),
    })),
  'a sketch that lost what was added': (bad) =>
    bad.change(bad.cell('quantiles', 'waits'), (state: object) => ({ ...state, content: new Map() })),
  'a presence that lost a member': (bad) => bad.setValue(bad.cell('presence', 'room', 'a'), 'a', 0),
  'a member of which something else is said': (bad) =>
    bad.change(bad.cell('presence', 'room', 'a'), (one: object) => ({ ...one, meta: 'gone' })),
  'a table of what is frequent that was lost': (bad) =>
    bad.change(bad.cell('top', 'agents'), (state: object) => ({ ...state, content: new Map() })),
};

describe('a comparison', () => {
  it('of replicas that hold the same finds nothing, and takes two hundred bytes', () => {
    const { lab, a } = world();
    const before = lab.sent.length;
    expect(compare(lab, a, false)).toEqual({ compared: true, differing: 0, reason: '' });
    const bytes = lab.sent.slice(before).reduce((sum, message) => sum + message.length, 0);
    expect(bytes).toBeLessThan(200);
    expect(a.replicator.peers(lab.now)[0]?.agreement).toMatchObject({
      state: 'equal',
      comparedShare: 1,
      differing: [],
    });
  });

  for (const [what, plant] of Object.entries(PLANTED)) {
    for (const asks of ['a', 'b'] as const) {
      it(`finds ${what}, names it and mends it, asked for by ${asks}`, () => {
        const { lab, a, b, bad } = world();
        const right = a.store.digest();
        plant(bad);
        expect(b.store.digest()).not.toBe(right);
        const asker = asks === 'a' ? a : b;
        expect(compare(lab, asker, false)).toMatchObject({ compared: true, differing: 1 });
        for (const node of [a, b]) {
          const [peer] = node.replicator.peers(lab.now);
          expect(peer?.agreement.state).toBe('DIFFERENT');
          expect(peer?.agreement.differing).toHaveLength(1);
          expect(node.events.map(({ event }) => event)).toContain('different');
        }
        compare(lab, asker, true);
        expect(compare(lab, asker, false)).toMatchObject({ compared: true, differing: 0 });
        expect(a.store.digest()).toBe(b.store.digest());
        // Where something is lost nobody has to guess; what has another content is right at who wrote it. Nobody says who
        // wrote which entry of a log, or what of a document.
        expect(/^a (log with another|document with other)/.test(what) || b.store.digest() === right).toBe(true);
        expect(a.replicator.peers(lab.now)[0]?.agreement).toMatchObject({ state: 'equal', differing: [] });
        expect([a.closed, b.closed]).toEqual([[], []]);
      });
    }
  }

  it('names elements and types', () => {
    const { lab, a, bad } = world();
    PLANTED['a set that lost an element']?.(bad);
    PLANTED['a counter that lost a slot']?.(bad);
    compare(lab, a, false);
    const differing = a.replicator.peers(lab.now)[0]?.agreement.differing ?? [];
    expect([...differing].sort((x, y) => (x.key < y.key ? -1 : 1))).toEqual([
      { type: 'counter', key: 'k7' },
      { type: 'set', key: 's', element: 'x' },
    ]);
  });

  it('in the background finds by itself what is lost, and mends it', () => {
    const { lab, a, b, bad } = world(1000);
    const right = a.store.digest();
    PLANTED['a counter that lost a slot']?.(bad);
    PLANTED['a set that lost an element']?.(bad);
    lab.run(15_000);
    expect(b.store.digest()).toBe(right);
    expect(a.events.some(({ event }) => event === 'different')).toBe(true);
    expect(a.replicator.peers(lab.now)[0]?.agreement.state).toBe('equal');
  });

  it('in the background guesses nothing: the alarm stays', () => {
    const { lab, a, bad } = world(1000);
    PLANTED['a counter of which a slot has another value']?.(bad);
    lab.run(15_000);
    expect(a.replicator.peers(lab.now)[0]?.agreement).toMatchObject({
      state: 'DIFFERENT',
      differing: [{ type: 'counter', key: 'k7' }],
    });
  });

  it('says nothing wrong while both are written all the time, and still finds what is cold', () => {
    const { lab, a, b, bad } = world(200);
    const plantAt = lab.now + 3000;
    const early: unknown[] = [];
    for (let i = 0; i < 800; i++) {
      const { store } = i % 2 === 0 ? a : b;
      store.increment(`k${20 + (i % 30)}`);
      store.set('s').add(`e${i % 10}`);
      if (i % 3 === 0) store.set('s').delete(`e${(i * 7) % 10}`);
      if (i % 50 === 0) store.counter('reset').reset();
      lab.run(10);
      if (lab.now <= plantAt) early.push(...a.events.filter(({ event }) => event === 'different'));
      if (lab.now === plantAt) bad.dropSlot(bad.cell('counter', 'k7'), 'a');
    }
    expect(early).toEqual([]);
    const found = a.events.filter(({ event }) => event === 'different');
    expect(found.length).toBeGreaterThan(0);
    for (const { message } of found) expect(message).toBe('b holds something else: counter "k7"');
    expect(b.store.counter('k7').value()).toBe(16);
    lab.run(500);
    expect(a.store.digest()).toBe(b.store.digest());
  });

  it('loses no write that is made while it mends', () => {
    for (let when = 0; when < 12; when++) {
      const { lab, a, b, bad } = world();
      PLANTED['a set that lost an element']?.(bad);
      PLANTED['a counter that lost a slot']?.(bad);
      const [member] = a.replicator.membership.members.all();
      const inquiry = a.replicator.scrub.inquire(member as never, true);
      lab.run(when * 10);
      // Honest: a removal of what only one side still has, and increments on both.
      a.store.set('s').delete('x');
      a.store.increment('k7');
      b.store.increment('k7');
      lab.run(500);
      expect(inquiry.outcome).toBeDefined();
      compare(lab, a, true);
      lab.run(100);
      for (const { store } of [a, b]) {
        expect(store.set('s').has('x')).toBe(false);
        expect(store.counter('k7').value()).toBe(18);
      }
      expect(a.store.digest()).toBe(b.store.digest());
    }
  });

  it('with a node of version 1, or none, says why it says nothing', () => {
    const { lab, a, b } = world();
    lab.cut(a, b);
    expect(compare(lab, a, false)).toEqual({ compared: false, differing: 0, reason: 'there is no link' });
    expect(a.replicator.peers(lab.now)[0]?.agreement.state).toBe('unknown');
  });
});
