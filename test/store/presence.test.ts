import { describe, expect, it } from 'vitest';
import { MAX_META_BYTES } from '../../src/base/limits.js';
import { code } from '../error-code.js';
import { Lab, type LabNode, pair } from '../sync/lab.js';
import { store as aStore } from './a-store.js';

function there({ store }: LabNode): string[] {
  const room = store.presence('room');
  const names = room.members().map(({ member }) => member);
  expect(room.count()).toBe(names.length);
  return names;
}

/** How many members anything is left of, shown or not. */
function left({ store: { replica } }: LabNode): number {
  return replica.collections.live(replica.cells.find(11, replica.cells.encode('room', 0), 0));
}

/** Three nodes, all linked. */
function trio(): { lab: Lab; nodes: LabNode[] } {
  const lab = new Lab();
  const nodes: LabNode[] = [];
  for (const name of ['a', 'b', 'c']) nodes.push(joined(lab, nodes, name, 1));
  lab.run(100);
  return { lab, nodes };
}

function joined(lab: Lab, others: readonly LabNode[], name: string, incarnation: number): LabNode {
  const node = lab.start(name, { incarnation });
  for (const other of others) lab.link(node, other);
  return node;
}

describe('a presence', () => {
  it('shows who is there, with what was said last, in the order of names', () => {
    const { lab, a, b } = pair();
    a.store.presence('room').join('bea', { role: 'agent' });
    a.store.presence('room').join('ann');
    b.store.presence('room').join('cy', [1]);
    a.store.presence('room').join('bea', { role: 'chief' });
    lab.run(50);
    for (const { store } of [a, b])
      expect(store.presence('room').members()).toEqual([
        { member: 'ann', meta: {}, node: 'a' },
        { member: 'bea', meta: { role: 'chief' }, node: 'a' },
        { member: 'cy', meta: [1], node: 'b' },
      ]);
    const room = b.store.presence('room');
    expect([room.count(), room.has('bea'), room.get('bea'), room.has('dan'), room.get('dan')]).toEqual([
      3,
      true,
      { role: 'chief' },
      false,
      undefined,
    ]);
  });

  it('is nothing where nobody is', () => {
    const room = aStore().presence('room');
    room.leave('ann');
    expect([room.count(), room.members(), room.has('ann')]).toEqual([0, [], false]);
  });

  it('has a member until all sessions have gone, in whatever region', () => {
    const { lab, a, b } = pair();
    a.store.presence('room').join('ann', 1, 'tab 1');
    a.store.presence('room').join('ann', 2, 'tab 2');
    b.store.presence('room').join('ann', 3);
    lab.run(50);
    a.store.presence('room').leave('ann', 'tab 1');
    b.store.presence('room').leave('ann', 'tab 2');
    lab.run(50);
    expect(there(a)).toEqual(['ann']);
    expect(a.store.presence('room').get('ann')).toBe(3);
    b.store.presence('room').leave('ann');
    lab.run(50);
    expect(b.store.presence('room').members()).toEqual([{ member: 'ann', meta: 2, node: 'a' }]);
    a.store.presence('room').leave('ann', 'tab 2');
    lab.run(50);
    expect([there(a), there(b)]).toEqual([[], []]);
    expect(a.store.keys()).toEqual([]);
  });

  it('comes in pages', () => {
    const room = aStore().presence('room');
    const names = Array.from({ length: 2500 }, (_, i) => `m${(i * 7919) % 2500}`);
    for (const name of names) room.join(name);
    const inOrder = names.slice().sort();
    expect(room.members().map(({ member }) => member)).toEqual(inOrder.slice(0, 1000));
    for (const limit of [1, 10, 300, 700, Number.POSITIVE_INFINITY]) {
      const page = room.members({ after: 'm1', limit }).map(({ member }) => member);
      const from = inOrder.indexOf('m1') + 1;
      expect(page).toEqual(inOrder.slice(from, from + limit));
    }
    expect(room.members({ limit: 0 })).toEqual([]);
    expect(room.members({ after: 'm1\u{1f600}', limit: 1 })[0]?.member).toBe('m2');
    expect(room.members({ after: 'n' })).toEqual([]);
  });

  it('is cleared of those who are there through this node', () => {
    const { lab, a, b } = pair();
    a.store.presence('room').join('ann');
    b.store.presence('room').join('bea');
    lab.run(50);
    expect(a.store.delete('room')).toBe(true);
    lab.run(50);
    expect([there(a), there(b)]).toEqual([['bea'], ['bea']]);
  });

  it('is not changed by a transaction that throws', () => {
    const store = aStore();
    const room = store.presence('room');
    room.join('ann', 1);
    const before = store.digest();
    expect(() =>
      store.transaction(() => {
        room.join('bea');
        room.join('ann', 2);
        room.leave('ann');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([store.digest(), room.count(), room.get('ann')]).toEqual([before, 1, 1]);
  });

  it('refuses what it cannot hold, and nothing changed', () => {
    const store = aStore();
    const room = store.presence('room');
    expect(code(() => room.join(7 as never))).toBe('BAD_ARGUMENT');
    expect(code(() => room.join('x'.repeat(5000)))).toBe('KEY_TOO_LONG');
    expect(code(() => room.join('ann', Number.NaN))).toBe('BAD_VALUE');
    expect(code(() => room.join('ann', () => 1))).toBe('BAD_VALUE');
    expect(code(() => room.join('ann', 'x'.repeat(MAX_META_BYTES)))).toBe('VALUE_TOO_LARGE');
    expect(code(() => room.join('ann', 1, 7 as never))).toBe('BAD_ARGUMENT');
    expect(code(() => room.join('ann', 1, '\u0000a'))).toBe('BAD_ARGUMENT');
    expect(code(() => room.leave('ann', 's'.repeat(129)))).toBe('BAD_ARGUMENT');
    expect(code(() => room.members({ limit: -1 }))).toBe('BAD_ARGUMENT');
    expect(code(() => room.members({ limit: 0.5 }))).toBe('BAD_ARGUMENT');
    expect(code(() => room.members({ after: 1 as never }))).toBe('BAD_ARGUMENT');
    store.increment('calls');
    expect(code(() => store.presence('calls').join('ann'))).toBe('TYPE_CONFLICT');
    expect([store.dot, room.count(), store.keys()]).toEqual([1, 0, ['calls']]);
    room.join('ann', 'x'.repeat(MAX_META_BYTES - 10));
    expect(room.count()).toBe(1);
  });
});

describe('the members of a node', () => {
  it('are hidden at once when it is down, and come back when it was only out of reach', () => {
    const { lab, a, b } = pair();
    a.store.presence('room').join('ann');
    b.store.presence('room').join('bea');
    b.store.presence('room').join('ann');
    lab.run(50);
    const told: number[] = [];
    a.store.watch('presence', 'room', () => told.push(a.store.presence('room').count()));
    lab.cut(a, b);
    lab.run(5000);
    expect([there(a), there(b)]).toEqual([['ann'], ['ann', 'bea']]);
    expect(a.store.presence('room').members()).toMatchObject([{ node: 'a' }]);
    expect(a.store.digest()).toBe(b.store.digest());
    lab.link(a, b);
    lab.run(100);
    expect([there(a), there(b)]).toEqual([
      ['ann', 'bea'],
      ['ann', 'bea'],
    ]);
    expect(told).toEqual([1, 2]);
  });

  it('are gone for good when it starts again, and their cells with them', () => {
    const { lab, nodes } = trio();
    const [a, b, c] = nodes as [LabNode, LabNode, LabNode];
    for (let i = 0; i < 5000; i++) b.store.presence('room').join(`b${i}`);
    c.store.presence('room').join('cy');
    lab.run(100);
    expect(a.store.presence('room').count()).toBe(5001);
    lab.kill(b);
    lab.run(4000);
    expect([there(a), left(a)]).toEqual([['cy'], 5001]);
    const again = joined(lab, [a, c], 'b', 2);
    lab.run(8000);
    for (const node of [a, again, c]) expect([there(node), left(node)]).toEqual([['cy'], 1]);
    expect(again.store.dot).toBe(5000);
    expect([a.store.dot, c.store.dot]).toEqual([0, 1]);
    expect(a.store.replica.ghosts).toBe(0);
  });

  it('are removed by the one with the smallest name when it was evicted', () => {
    const { lab, nodes } = trio();
    const [a, b, c] = nodes as [LabNode, LabNode, LabNode];
    a.store.presence('room').join('ann');
    b.store.presence('room').join('bea');
    lab.run(100);
    lab.kill(a);
    lab.run(4000);
    expect([left(b), left(c)]).toEqual([2, 2]);
    c.replicator.membership.evict('a', false, lab.now);
    lab.run(2000);
    expect([there(b), there(c), left(b), left(c)]).toEqual([['bea'], ['bea'], 1, 1]);
    expect([b.store.dot, c.store.dot]).toEqual([2, 0]);
  });

  it('are removed also when they arrive long after', () => {
    const { lab, nodes } = trio();
    const [a, b, c] = nodes as [LabNode, LabNode, LabNode];
    lab.cut(a, b);
    lab.cut(a, c);
    lab.run(10);
    b.store.presence('room').join('bea');
    lab.run(100);
    lab.kill(b);
    const again = joined(lab, [a], 'b', 2);
    lab.run(3000);
    again.store.presence('room').join('bob');
    lab.run(1000);
    expect([left(a), left(again)]).toEqual([1, 1]);
    lab.link(c, a);
    lab.link(c, again);
    lab.run(3000);
    for (const node of [a, again, c]) expect([there(node), left(node)]).toEqual([['bob'], 1]);
  });

  it('are removed by a later life that goes on as the same actor', () => {
    const lab = new Lab();
    const a = lab.start('a');
    const b = joined(lab, [a], 'b', 1);
    lab.run(100);
    for (const member of ['ann', 'bea']) b.store.presence('room').join(member);
    lab.run(100);
    lab.kill(b);
    lab.run(50);
    const again = lab.start('b', { incarnation: 2, joining: true });
    lab.link(again, a);
    for (let i = 0; i < 100 && again.store.replica.isFresh; i++) lab.run(50);
    expect(again.store.replica.actors.get(again.store.replica.self).incarnation).toBe(1);
    again.store.presence('room').join('ann', 'again');
    expect(there(again)).toEqual(['ann']);
    again.replicator.membership.serve();
    lab.run(2000);
    expect(a.store.dot).toBe(0);
    for (const node of [a, again]) expect([there(node), left(node)]).toEqual([['ann'], 1]);
    expect(a.store.presence('room').get('ann')).toBe('again');
  });
});
