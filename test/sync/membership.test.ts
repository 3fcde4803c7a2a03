import { describe, expect, it } from 'vitest';
import { MerganserError } from '../../src/base/error.js';
import { makeHello } from '../../src/sync/handshake.js';
import { writeHello } from '../../src/sync/message.js';
import { type Row } from '../../src/sync/table.js';
import { TABLE_MESSAGE, writeTable } from '../../src/sync/table-message.js';
import { EPOCH_MS, Lab, type LabNode, pair } from './lab.js';

function row({ replicator }: LabNode, node: string): Row | undefined {
  return replicator.membership.table.get(node);
}

function hashes(...nodes: readonly LabNode[]): Set<number> {
  return new Set(nodes.map(({ replicator }) => replicator.membership.table.hash));
}

/** a - b - c: the ends know each other by hearsay only. */
function line(): { lab: Lab; a: LabNode; b: LabNode; c: LabNode } {
  const { lab, a, b } = pair();
  const c = lab.start('c', { addresses: ['ws://c/peer'] });
  lab.link(b, c);
  lab.run(100);
  return { lab, a, b, c };
}

describe('the table', () => {
  it('tells of nodes that were never linked, and then says nothing more', () => {
    const { lab, a, b, c } = line();
    expect(row(a, 'c')).toMatchObject({ state: 'alive', addresses: ['ws://c/peer'], region: 'region of c' });
    expect(hashes(a, b, c).size).toBe(1);
    expect(a.replicator.peers(lab.now)).toMatchObject([{ node: 'b' }, { node: 'c', state: 'remote' }]);
    lab.run(10_000);
    lab.sent.length = 0;
    lab.run(20_000);
    expect(lab.sent.filter((bytes) => bytes[0] === TABLE_MESSAGE)).toEqual([]);
  });

  it('keeps what a node has not seen that was never linked, and no more once it is evicted', () => {
    const { lab, a, b, c } = line();
    lab.hold(b, c, true);
    a.store.set('agents').add('ann');
    lab.run(50);
    a.store.set('agents').delete('ann');
    lab.run(3000);
    expect(a.store.replica.ghosts).toBe(1);
    lab.kill(c);
    lab.run(4000);
    expect(row(a, 'c')?.state).toBe('suspect');
    a.replicator.membership.evict('c', false, lab.now);
    lab.run(3000);
    expect([a, b].map(({ store }) => store.replica.ghosts)).toEqual([0, 0]);
  });

  it('is mended when what was said got lost', () => {
    const { lab, a, b } = pair();
    lab.hold(a, b, true);
    a.replicator.membership.leave(lab.now);
    lab.run(10);
    lab.waiting(a, b).splice(0);
    lab.hold(a, b, false);
    lab.run(4000);
    expect([row(b, 'a')?.state, hashes(a, b).size]).toEqual(['leaving', 1]);
  });

  it('is refused from a node that does not take part, and when it is garbage', () => {
    const { lab, a } = pair();
    a.replicator.receive(1, Uint8Array.of(TABLE_MESSAGE, 1), lab.now);
    lab.deliver();
    expect(a.closed).toMatchObject([{ code: 'MALFORMED_MESSAGE' }]);
  });
});

describe('a suspicion', () => {
  it('is refuted by a node that others hear', () => {
    const { lab, a, b } = pair();
    const c = lab.start('c');
    lab.link(a, c);
    lab.link(b, c);
    lab.run(100);
    lab.cut(a, c);
    lab.run(10_000);
    expect(row(a, 'c')).toMatchObject({ state: 'alive', version: 3 });
    expect(a.events.filter(({ event }) => event === 'down')).toEqual([]);
    expect(a.replicator.peers(lab.now)).toMatchObject([{ node: 'b' }, { node: 'c', state: 'connecting' }]);
    lab.kill(c);
    lab.run(20_000);
    expect([a, b].map((node) => node.events.filter(({ event }) => event === 'down').length)).toEqual([1, 1]);
  });

  it('of a liar ends nothing', () => {
    const { lab, a, b } = pair();
    const own = row(b, 'b') as Row;
    for (const state of ['suspect', 'closed'] as const) {
      const rows: Row[] = [{ ...(row(b, 'b') as Row), state }];
      b.replicator.receive(2, writeTable({ mine: 1, yours: 1, rows }), lab.now);
      a.replicator.receive(1, writeTable({ mine: 1, yours: 1, rows }), lab.now);
      lab.run(100);
    }
    expect(row(a, 'b')).toEqual({ ...own, version: own.version + 2 });
    a.store.increment('calls');
    lab.run(50);
    expect([a.replicator.covered(1), b.store.counter('calls').value()]).toEqual([1, 1]);
  });
});

describe('an evicted node', () => {
  function evicted(): { lab: Lab; a: LabNode; b: LabNode; c: LabNode } {
    const { lab, a, b } = pair();
    const c = lab.start('c');
    for (const node of [a, b]) lab.link(node, c);
    c.store.gauge('busy').set(3);
    c.store.increment('calls');
    lab.run(100);
    lab.cut(a, c);
    lab.cut(b, c);
    c.store.increment('calls');
    lab.run(4000);
    a.replicator.membership.evict('c', false, lab.now);
    lab.run(50);
    return { lab, a, b, c };
  }

  it('counts no more, and what it wrote stays', () => {
    const { lab, a, b } = evicted();
    expect([row(b, 'c')?.state, b.store.gauge('busy').value(), b.store.counter('calls').value()]).toEqual([
      'evicted',
      0,
      1,
    ]);
    expect(a.replicator.peers(lab.now).map(({ node }) => node)).toEqual(['b']);
  });

  it('hears it from whoever it meets, takes no more writes, and says how many of its own nobody has', () => {
    const { lab, b, c } = evicted();
    lab.link(c, b);
    lab.run(50);
    expect(b.closed).toMatchObject([{ code: 'EVICTED' }]);
    expect(c.events).toContainEqual(expect.objectContaining({ event: 'fenced', node: 'c' }));
    expect([c.replicator.membership.unsynced, b.store.counter('calls').value()]).toEqual([1, 1]);
    for (const write of [
      (): void => c.store.increment('calls'),
      (): void => c.store.increment('new'),
      (): void => c.store.counter('calls').reset(),
      (): void => c.store.set('agents').add('ann'),
      (): void => c.store.transaction((tx) => tx.register('r').set(1)),
    ])
      expect(write).toThrow(expect.objectContaining({ code: 'EVICTED' }));
    expect([c.store.size, c.store.counter('calls').value()]).toEqual([2, 2]);
  });

  it('that is linked is told at once', () => {
    const { lab, a, b } = pair();
    expect(() => a.replicator.membership.evict('b', false, lab.now)).toThrow(
      expect.objectContaining({ code: 'MEMBER_ALIVE' }),
    );
    a.replicator.membership.evict('b', true, lab.now);
    lab.deliver();
    expect(b.events).toContainEqual(expect.objectContaining({ event: 'fenced' }));
    expect(() => b.store.increment('x')).toThrow(MerganserError);
  });

  it('returns as a new incarnation and gets everything', () => {
    const { lab, a, b } = evicted();
    const again = lab.start('c', { incarnation: 2 });
    lab.link(again, b);
    lab.run(100);
    expect([again.store.counter('calls').value(), row(a, 'c')?.state]).toEqual([1, 'alive']);
    again.store.increment('calls');
    lab.run(3000);
    expect(a.store.counter('calls').value()).toBe(2);
  });

  it.each([
    ['nobody', 'NOT_FOUND'],
    ['a', 'BAD_ARGUMENT'],
    ['c', 'BAD_ARGUMENT'],
  ])('cannot be %s', (node, code) => {
    const { lab, a } = evicted();
    expect(() => a.replicator.membership.evict(node, true, lab.now)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a process that was replaced while it still runs', () => {
  it('takes no more writes, since nobody would ever have them, and says so', () => {
    const { lab, a, b } = pair();
    a.store.increment('calls');
    lab.run(50);
    const again = lab.start('a', { incarnation: 2 });
    lab.link(again, b);
    lab.run(4000);
    expect(() => a.store.increment('calls')).toThrow(expect.objectContaining({ code: 'STALE_INCARNATION' }));
    expect(a.store.counter('calls').value()).toBe(1);
    expect(a.events.filter(({ event }) => event === 'superseded')).toHaveLength(1);
    again.store.increment('calls');
    lab.run(50);
    expect([b, again].map(({ store }) => store.counter('calls').value())).toEqual([2, 2]);
  });
});

describe('a node of which somebody says that it has a later life', () => {
  it('goes on as long as one peer knows better', () => {
    const { lab, a, b } = pair();
    a.store.increment('calls');
    const { replica } = lab.start('liar').store;
    replica.vv.set(replica.actors.intern('a', 9), 1);
    const hello = makeHello(replica, { cluster: 'lab', region: 'x', wall: () => EPOCH_MS + lab.now, maxSkewMs: 1 });
    a.replicator.open(99, false, lab.now);
    a.replicator.receive(99, writeHello(hello), lab.now);
    lab.run(10_000);
    a.store.increment('calls');
    lab.run(50);
    expect([a.closed.map(({ code }) => code), b.store.counter('calls').value()]).toEqual([['DUPLICATE_NODE'], 2]);
  });
});

describe('a node that leaves', () => {
  it('knows who lacks what it wrote, and is waited for by nobody once it is closed', () => {
    const { lab, a, b } = pair();
    lab.hold(a, b, true);
    b.store.set('agents').add('ann');
    a.store.increment('calls');
    a.replicator.membership.leave(lab.now);
    expect(a.replicator.membership.missing()).toEqual([{ node: 'b', dots: 1, linked: true }]);
    lab.hold(a, b, false);
    lab.run(100);
    expect(a.replicator.membership.missing()).toEqual([]);
    a.replicator.membership.close(lab.now);
    a.replicator.leave(lab.now);
    lab.deliver();
    lab.kill(a);
    b.store.set('agents').delete('ann');
    lab.run(3000);
    expect([row(b, 'a')?.state, b.store.replica.ghosts, b.replicator.peers(lab.now)]).toEqual(['closed', 0, []]);
    expect(b.events.map(({ event }) => event)).toContain('left');
  });

  it('has to have somebody to leave its data with', () => {
    const lab = new Lab();
    const a = lab.start('a');
    expect(() => a.replicator.membership.leave(0)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

describe('a node whose clock stands behind its last start', () => {
  function behind(joining: boolean): { lab: Lab; a: LabNode; late: LabNode } {
    const { lab, a, b } = pair();
    b.store.increment('calls');
    lab.run(100);
    lab.kill(b);
    const later = lab.start('b', { incarnation: 7 });
    lab.link(a, later);
    lab.run(100);
    lab.kill(later);
    const late = lab.start('b', { incarnation: 3, joining });
    return { lab, a, late };
  }

  it('goes on above it, if it has written nothing and does not serve yet', () => {
    const { lab, a, late } = behind(true);
    lab.link(a, late);
    lab.run(100);
    expect(late.events).toContainEqual(expect.objectContaining({ event: 'reborn' }));
    lab.link(late, a);
    lab.run(100);
    expect([late.store.replica.incarnation, late.store.counter('calls').value()]).toEqual([8, 1]);
    late.store.increment('calls');
    lab.run(100);
    expect(a.store.vv()).toMatchObject({ 'b@1': 2 });
    expect([late.store.digest(), row(a, 'b')?.incarnation]).toEqual([a.store.digest(), 8]);
  });

  it('is refused if it has written, or serves', () => {
    for (const joining of [true, false]) {
      const { lab, a, late } = behind(joining);
      if (joining) late.store.increment('calls');
      lab.link(a, late);
      lab.run(100);
      expect(late.store.replica.incarnation).toBe(3);
      expect(a.closed.at(-1)).toMatchObject({ code: 'STALE_INCARNATION' });
    }
  });

  it('goes on above it too when it hears of it from a third', () => {
    const { lab, a, late } = behind(true);
    const d = lab.start('d');
    lab.link(d, late);
    lab.run(100);
    lab.link(d, a);
    lab.run(100);
    expect(late.store.replica.incarnation).toBe(8);
    lab.link(late, d);
    lab.run(100);
    expect([row(d, 'b')?.incarnation, late.store.counter('calls').value()]).toEqual([8, 1]);
  });
});

describe('what all members can do', () => {
  it('is what the least of them can, and is required of everybody once it is in use', () => {
    const { lab, a, b } = pair();
    const wall = (): number => EPOCH_MS + lab.now;
    expect(a.replicator.membership.features).toBeGreaterThan(0);
    expect(a.replicator.membership.require(1 << 20)).toBe(false);
    expect(a.replicator.membership.require(8)).toBe(true);
    lab.run(100);
    expect([row(b, 'a')?.needs, row(b, 'b')?.needs]).toEqual([8, 8]);
    const old = makeHello(lab.start('old').store.replica, { cluster: 'lab', region: 'eu', wall, maxSkewMs: 1000 });
    b.replicator.open(99, false, lab.now);
    b.replicator.receive(99, writeHello({ ...old, features: 0 }), lab.now);
    lab.deliver();
    expect(b.closed).toMatchObject([{ code: 'UNSUPPORTED_VERSION' }]);
  });
});
