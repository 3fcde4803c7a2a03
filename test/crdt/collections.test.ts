import { describe, expect, it } from 'vitest';
import { Corruption } from '../sync/corruption.js';
import { Entries } from '../../src/crdt/log-entries.js';
import { nextTime } from '../../src/crdt/log.js';
import { pair } from '../sync/lab.js';

type Pair = ReturnType<typeof pair>;

/** Both write without seeing the other, then meet. */
function concurrently({ lab, a, b }: Pair, atA: () => void, atB: () => void): void {
  lab.cut(a, b);
  atA();
  atB();
  lab.link(a, b);
  lab.run(100);
}

function both<T>({ a, b }: Pair, read: (node: Pair['a']) => T): [T, T] {
  return [read(a), read(b)];
}

describe('a gauge', () => {
  it('is the sum of what each living node says is so now', () => {
    const both2 = pair();
    both2.a.store.gauge('busy').set(4);
    both2.b.store.gauge('busy').add(3);
    both2.lab.run(50);
    expect(both(both2, ({ store }) => store.gauge('busy').value())).toEqual([7, 7]);
  });

  it('loses the share of a node that died, and of its earlier life for good', () => {
    const { lab, a, b } = pair();
    b.store.gauge('busy').set(3);
    a.store.gauge('busy').set(1);
    lab.run(50);
    lab.kill(b);
    lab.run(4000);
    expect(a.store.gauge('busy').value()).toBe(1);
    const again = lab.start('b', { incarnation: 2 });
    lab.link(a, again);
    lab.run(100);
    expect([a, again].map(({ store }) => store.gauge('busy').value())).toEqual([1, 1]);
  });

  it('gets the share of a node back that was only unreachable', () => {
    const { lab, a, b } = pair();
    b.store.gauge('busy').set(3);
    lab.run(50);
    lab.cut(a, b);
    lab.run(4000);
    expect(a.store.gauge('busy').value()).toBe(0);
    lab.link(a, b);
    lab.run(100);
    expect(a.store.gauge('busy').value()).toBe(3);
  });
});

describe('a register', () => {
  it('shows the later of two concurrent writes and keeps the other', () => {
    const nodes = pair();
    const { lab, a, b } = nodes;
    concurrently(
      nodes,
      () => a.store.register('state').set('ready'),
      () => {
        lab.now += 5;
        b.store.register('state').set('away');
      },
    );
    expect(both(nodes, ({ store }) => store.register('state').values())).toEqual([
      ['away', 'ready'],
      ['away', 'ready'],
    ]);
  });

  it('survives a delete that had not seen its write', () => {
    const nodes = pair();
    const { lab, a, b } = nodes;
    a.store.register('state').set('old');
    lab.run(50);
    concurrently(
      nodes,
      () => a.store.register('state').delete(),
      () => b.store.register('state').set('new'),
    );
    expect(both(nodes, ({ store }) => store.register('state').get())).toEqual(['new', 'new']);
  });
});

describe('a set', () => {
  it('keeps an element that was added while it was removed elsewhere', () => {
    const nodes = pair();
    const { lab, a, b } = nodes;
    a.store.set('agents').add('ann');
    lab.run(50);
    concurrently(
      nodes,
      () => a.store.set('agents').delete('ann'),
      () => b.store.set('agents').add('ann'),
    );
    expect(both(nodes, ({ store }) => store.set('agents').values())).toEqual([['ann'], ['ann']]);
  });

  it('does not bring an element back, not even in full to a node that was away while all was forgotten', () => {
    const { lab, a, b } = pair();
    const c = lab.start('c');
    lab.link(b, c);
    a.store.set('agents').add('ann');
    lab.run(100);
    lab.cut(b, c);
    b.store.set('agents').delete('ann');
    lab.run(3000);
    lab.link(a, c);
    lab.run(2000);
    expect([a, b, c].map(({ store }) => store.set('agents').values())).toEqual([[], [], []]);
    expect([a, c].map(({ store }) => store.type('agents'))).toEqual([undefined, undefined]);
  });

  it('clears what it has seen and nothing else', () => {
    const nodes = pair();
    const { lab, a, b } = nodes;
    for (const name of ['ann', 'bob']) a.store.set('agents').add(name);
    lab.run(50);
    concurrently(
      nodes,
      () => a.store.set('agents').clear(),
      () => b.store.set('agents').add('cy'),
    );
    expect(both(nodes, ({ store }) => [store.set('agents').values(), store.set('agents').size()])).toEqual([
      [['cy'], 1],
      [['cy'], 1],
    ]);
  });
});

describe('a log', () => {
  it('keeps the newest by time, whoever appended them in which order', () => {
    const nodes = pair();
    const { a, b } = nodes;
    const append = (node: Pair['a'], ...times: number[]): void => {
      for (const at of times) node.store.log('last', { cap: 3 }).append(at, { at });
    };
    concurrently(
      nodes,
      () => append(a, 10, 50, 30),
      () => append(b, 40, 20, 60),
    );
    const shown = both(nodes, ({ store }) =>
      store
        .log('last')
        .last(10)
        .map(({ value }) => value),
    );
    expect(shown).toEqual([
      [40, 50, 60],
      [40, 50, 60],
    ]);
  });

  it('merges entries that stand between its own, some of them known, and gives each to whoever follows it once', () => {
    const nodes = pair();
    const { lab, a, b } = nodes;
    const append = (node: Pair['a'], ...times: number[]): void => {
      for (const at of times) node.store.log('l', { cap: 9 }).append(at, { at });
    };
    append(a, 10, 30, 50, 70);
    lab.run(50);
    const log = b.store.log<number>('l', { cap: 9 });
    const { cursor } = log.since();
    concurrently(
      nodes,
      () => append(a, 5, 20, 40, 60, 80),
      () => append(b, 25, 45, 90),
    );
    const last = [25, 30, 40, 45, 50, 60, 70, 80, 90];
    expect(
      both(nodes, ({ store }) =>
        store
          .log('l')
          .last(20)
          .map(({ value }) => value),
      ),
    ).toEqual([last, last]);
    expect(log.since(cursor).entries.map(({ value }) => value)).toEqual([25, 45, 90, 40, 60, 80]);
  });

  it('of a peer that has them out of order is refused', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    for (const at of [1, 2, 3]) a.store.log('l').append(at, { at });
    const memory = new Corruption(a.store);
    memory.change(memory.cell('log', 'l'), (state: { entries: Entries }) => ({
      ...state,
      entries: Entries.of(state.entries.all().toReversed()),
    }));
    lab.link(a, b);
    lab.run(100);
    expect(b.closed).toMatchObject([{ code: 'MALFORMED_MESSAGE' }]);
    expect(b.store.keys()).toEqual([]);
  });

  it('gives a late entry to whoever follows it, though it stands before what was read', () => {
    const { lab, a, b } = pair();
    const log = a.store.log<string>('last', { cap: 10 });
    log.append('new', { at: 100 });
    const { cursor } = log.since();
    b.store.log('last', { cap: 10 }).append('late', { at: 50 });
    lab.run(50);
    expect(log.since(cursor).entries.map(({ value }) => value)).toEqual(['late']);
    expect(log.last(2).map(({ value }) => value)).toEqual(['late', 'new']);
  });

  it('keeps what was appended after its clear, in every region', () => {
    const { lab, a, b } = pair();
    a.store.log('last').append('before', { at: 10 });
    lab.run(50);
    b.store.log('last').clear();
    b.store.log('last').append('after', { at: 20 });
    lab.run(50);
    expect(
      [a, b].map(({ store }) =>
        store
          .log('last')
          .last(5)
          .map(({ value }) => value),
      ),
    ).toEqual([['after'], ['after']]);
  });

  it('keeps what was appended after its clear with an earlier time, until that is cleared as well', () => {
    const { lab, a, b } = pair();
    const values = ({ store }: Pair['a']): unknown[] =>
      store
        .log('last')
        .last(5)
        .map(({ value }) => value);
    a.store.log('last').append('before', { at: 50 });
    lab.run(50);
    for (const [maker, at] of [
      [b, 20],
      [a, 50],
      [b, -7.5],
    ] as const) {
      maker.store.log('last').clear();
      maker.store.log('last').append('after', { at });
      lab.run(50);
      expect([values(a), values(b)]).toEqual([['after'], ['after']]);
    }
    // One that had not seen the clear goes with it, and does not take the others along.
    lab.cut(a, b);
    a.store.log('last').append('concurrent', { at: 30 });
    b.store.log('last').clear();
    b.store.log('last').append('after', { at: 10 });
    lab.link(a, b);
    lab.run(50);
    expect([values(a), values(b)]).toEqual([['after'], ['after']]);
    expect(a.store.digest()).toBe(b.store.digest());
  });

  it('has a time after each time, and none between', () => {
    for (const time of [-1e15, -0.5, -0, 0, 1, 50, 1_700_000_000_000.25, 8.64e15]) {
      const next = nextTime(time);
      const between = (time + next) / 2;
      expect([next > time, between === time || between === next]).toEqual([true, true]);
    }
  });
});

describe('a window', () => {
  it('sums per bucket what was added everywhere', () => {
    const { lab, a, b } = pair();
    const at = 1_700_000_040_000;
    a.store.window('calls').add(2, at);
    b.store.window('calls').add(3, at + 59_999);
    b.store.window('calls').add(4, at + 60_000);
    lab.run(50);
    expect(a.store.window('calls').series(at, at + 120_000, 60_000)).toEqual([5, 4]);
  });

  it('drops old buckets everywhere alike', () => {
    const { lab, a, b } = pair();
    const at = 1_700_000_000_000;
    const options = { bucket: 1000, keep: 5000 };
    a.store.window('calls', options).add(1, at);
    lab.run(12_000);
    expect(b.store.window('calls').sum(at, at + 1000)).toBe(1);
    b.store.window('calls', options).add(2);
    a.store.window('calls', options).add(4, at + 500);
    lab.run(50);
    expect([a, b].map(({ store }) => store.window('calls', options).sum(at - 9000, at + 20_000))).toEqual([2, 2]);
  });

  it('clears what it has seen of buckets that nobody adds to meanwhile', () => {
    const nodes = pair();
    const { lab, a, b } = nodes;
    a.store.window('calls').add(1, 0);
    lab.run(50);
    concurrently(
      nodes,
      () => a.store.window('calls').clear(),
      () => b.store.window('calls').add(2, 60_000),
    );
    expect(both(nodes, ({ store }) => store.window('calls').sum(-1, 1e12))).toEqual([2, 2]);
  });
});
