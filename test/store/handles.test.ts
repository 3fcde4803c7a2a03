import { describe, expect, it } from 'vitest';
import type { Counter } from '../../src/store/handles/counter.js';
import type { Store } from '../../src/store/store.js';
import { pair } from '../sync/lab.js';
import { code } from '../error-code.js';
import { store } from './a-store.js';

describe('a key', () => {
  it('may be any text but the empty one and those that are reserved', () => {
    const db = store();
    for (const key of ['a', ' ', 'zażółć', '電話', '🦆', 'k'.repeat(1024), 'é'.repeat(512)]) {
      db.increment(key, 2);
      expect(db.counter(key).value()).toBe(2);
    }
    expect(db.keys('電')).toEqual(['電話']);
    expect([code(() => db.increment('')), code(() => db.increment('\u0000x'))]).toEqual(['BAD_KEY', 'BAD_KEY']);
    expect(code(() => db.increment(5 as never))).toBe('BAD_KEY');
  });

  it('is measured in bytes, not in characters', () => {
    const db = store();
    expect(code(() => db.increment('k'.repeat(1025)))).toBe('KEY_TOO_LONG');
    expect(code(() => db.register('é'.repeat(513)).set(1))).toBe('KEY_TOO_LONG');
    expect(code(() => db.set('s').add('e'.repeat(4097)))).toBe('KEY_TOO_LONG');
    expect([db.size, db.dot]).toEqual([0, 0]);
  });

  it('has no half of a character in it, of which there are no bytes: two such keys would be one', () => {
    const db = store();
    for (const key of ['\ud800', 'a\udbff', '\udc00é', '\udc00\ud800']) {
      expect([code(() => db.increment(key)), code(() => db.register(key)), code(() => db.type(key))]).toEqual([
        'BAD_KEY',
        'BAD_KEY',
        'BAD_KEY',
      ]);
      expect([code(() => db.set('s').add(key)), code(() => db.map('m').get(key))]).toEqual([
        'BAD_ARGUMENT',
        'BAD_ARGUMENT',
      ]);
    }
    expect([db.dot, db.replica.cells.end]).toEqual([0, 1]);
  });

  it('and its elements may each be as long as they may', () => {
    const { lab, a, b } = pair();
    const long = ['e'.repeat(4096), 'é'.repeat(2048)];
    for (const element of long) a.store.set('k'.repeat(1024)).add(element);
    expect(code(() => a.store.set('k'.repeat(1024)).add('e'.repeat(4097)))).toBe('KEY_TOO_LONG');
    lab.run(50);
    expect(b.store.set('k'.repeat(1024)).values().toSorted()).toEqual(long);
  });

  it('is one type at a time: the error names both', () => {
    const db = store();
    db.increment('x');
    expect(() => db.set('x').add('e')).toThrow('"x" is a counter, not a set');
    expect(code(() => db.log('x').last(1))).toBe('TYPE_CONFLICT');
    db.delete('x');
    db.set('x').add('e');
    expect(db.type('x')).toBe('set');
    expect(code(() => db.counter('x').value())).toBe('TYPE_CONFLICT');
  });

  it('that two regions use as two types is the same one everywhere, and reported', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    a.store.set('x').add('e');
    b.store.increment('x', 4);
    lab.link(a, b);
    lab.run(100);
    for (const { store: db } of [a, b]) {
      expect([db.type('x'), db.counter('x').value(), [...db.conflicts], db.keys()]).toEqual([
        'counter',
        4,
        ['x'],
        ['x'],
      ]);
      expect(code(() => db.set('x').values())).toBe('TYPE_CONFLICT');
    }
    a.store.delete('x');
    lab.run(100);
    for (const { store: db } of [a, b]) expect([db.type('x'), [...db.conflicts]]).toEqual(['set', []]);
  });

  it('deleted and used again starts anew, everywhere', () => {
    const { lab, a, b } = pair();
    const types = ['counter', 'register', 'set', 'log', 'window', 'unique', 'quantiles', 'top'] as const;
    for (const type of types) {
      const write = (db: Store): unknown => {
        if (type === 'counter') db.increment('x', 3);
        if (type === 'register') db.register('x').set(3);
        if (type === 'set') db.set('x').add('3');
        if (type === 'log') db.log('x').append(3, { at: lab.now + 5 });
        if (type === 'window') db.window('x').add(3, 5);
        if (type === 'unique') db.unique('x').add('3');
        if (type === 'quantiles') db.quantiles('x').add(3);
        if (type === 'top') db.top('x').add('3');
        return db.type('x');
      };
      expect(write(a.store)).toBe(type);
      lab.run(50);
      expect([b.store.delete('x'), b.store.type('x'), b.store.delete('x')]).toEqual([true, undefined, false]);
      lab.run(2000);
      expect(write(a.store)).toBe(type);
      lab.run(50);
      expect([b.store.type('x'), b.store.delete('x')]).toEqual([type, true]);
      lab.run(2000);
    }
    expect(a.store.size).toBe(0);
  });

  it('under a reserved name is not seen by users, and replicates', () => {
    const { lab, a, b } = pair();
    a.store.internal('session/1').set({ done: 3 });
    lab.run(50);
    expect(b.store.internal('session/1').get()).toEqual({ done: 3 });
    expect([b.store.size, b.store.keys()]).toEqual([0, []]);
  });
});

describe('settings', () => {
  it('of a log and a window are those of the key: others are refused', () => {
    const db = store();
    db.log('l', { cap: 3 }).append(1);
    db.window('w', { bucket: 10, keep: 100 }).add(1, 5);
    expect(code(() => db.log('l', { cap: 4 }).append(2))).toBe('CONFIG_CONFLICT');
    expect(code(() => db.window('w', { bucket: 10, keep: 50 }).add(1, 5))).toBe('CONFIG_CONFLICT');
    db.log('l').append(2);
    db.window('w', { bucket: 10 }).add(1, 5);
    expect([db.log('l').size(), db.window('w').sum(0, 100)]).toEqual([2, 2]);
  });

  it('that two regions declare differently end as the smaller one, everywhere', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    for (let i = 0; i < 5; i++) a.store.log('l', { cap: 4 }).append(i, { at: i });
    for (let i = 5; i < 9; i++) b.store.log('l', { cap: 2 }).append(i, { at: i });
    lab.link(a, b);
    lab.run(50);
    expect(
      [a, b].map(({ store: db }) =>
        db
          .log('l')
          .last(9)
          .map(({ value }) => value),
      ),
    ).toEqual([
      [7, 8],
      [7, 8],
    ]);
  });

  it('out of range are refused when they are given', () => {
    const db = store();
    const wrong = [
      (): unknown => db.log('l', { cap: 0 }),
      (): unknown => db.log('l', { cap: 1.5 }),
      (): unknown => db.window('w', { bucket: -1 }),
      (): unknown => db.window('w', { bucket: 1, keep: 100_001 }),
      (): unknown => db.window('w', { bucket: 1 }).add(1),
      (): unknown => db.window('w').series(0, 1e12, 1),
      (): unknown => db.log('l').last(-1),
      (): unknown => db.gauge('g').set(0.5),
    ];
    expect(wrong.map(code)).toEqual(wrong.map(() => 'BAD_ARGUMENT'));
  });
});

describe('a value', () => {
  it('is JSON-like, and comes back as it went in', () => {
    const { lab, a, b } = pair();
    const value = { n: -1.5, list: [1, 'zwei', null, true, { deep: [] }], bytes: Uint8Array.of(1, 2), '': '🦆' };
    a.store.register('v').set(value);
    lab.run(50);
    expect([a.store.register('v').get(), b.store.register('v').get()]).toEqual([value, value]);
  });

  it('that is not is refused, and nothing changed', () => {
    const db = store();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const wrong = [undefined, () => 1, Symbol('s'), 5n, new Date(0), new Map(), NaN, Infinity, cycle, [undefined]];
    expect(wrong.map((value) => code(() => db.register('v').set(value)))).toEqual(wrong.map(() => 'BAD_VALUE'));
    expect(code(() => db.register('v').set('x'.repeat(1 << 20)))).toBe('VALUE_TOO_LARGE');
    expect([db.size, db.dot]).toEqual([0, 0]);
  });

  it('that throws when it is read, or says something else each time, is refused', () => {
    const db = store();
    let times = 0;
    const throws = {
      get x() {
        throw new Error('no');
      },
    };
    const changes = {
      get x() {
        return times++ % 2 === 0 ? 1 : undefined;
      },
    };
    expect([code(() => db.register('v').set(throws)), code(() => db.register('v').set(changes))]).toEqual([
      'BAD_VALUE',
      'BAD_VALUE',
    ]);
  });

  it('has half a character nowhere: what replicas could not tell each other is U+FFFD from the start', () => {
    const { lab, a, b } = pair();
    a.store.register('v').set(['half \ud800', { '\udfff': '🦆' }]);
    lab.run(50);
    for (const { store: db } of [a, b]) expect(db.register('v').get()).toEqual(['half \ufffd', { '\ufffd': '🦆' }]);
  });

  it('does not change when the object that was handed in or out does', () => {
    const db = store();
    const value = { list: [1], bytes: Uint8Array.of(1) };
    db.register<typeof value>('v').set(value);
    value.list.push(2);
    value.bytes[0] = 9;
    const shown = db.register<typeof value>('v').get() as typeof value;
    expect(() => shown.list.push(3)).toThrow(TypeError);
    shown.bytes[0] = 7;
    expect(db.register('v').get()).toEqual({ list: [1], bytes: Uint8Array.of(1) });
  });
});

describe('a handle', () => {
  it('goes on after its key was forgotten and its cell given to another', () => {
    const { lab, a, b } = pair();
    const kept = a.store.counter('first');
    kept.increment();
    lab.run(50);
    b.store.delete('first');
    lab.run(3000);
    a.store.increment('second', 5);
    kept.increment(2);
    lab.run(50);
    expect([b.store.counter('first').value(), b.store.counter('second').value(), kept.value()]).toEqual([2, 5, 2]);
  });
});

describe('a counter of decimals', () => {
  it('adds money up exactly, everywhere', () => {
    const { lab, a, b } = pair();
    const [here, there] = [a, b].map(({ store: db }) => db.counter('revenue', { scale: 2 })) as [Counter, Counter];
    for (let i = 0; i < 10; i++) here.increment(0.1);
    there.decrement(0.7);
    lab.run(100);
    expect([here.value(), there.value(), a.store.counter('revenue').value()]).toEqual([0.3, 0.3, 30]);
    expect(code(() => here.increment(0.001))).toBe('BAD_ARGUMENT');
    expect(a.store.keys()).toEqual(['revenue']);
  });

  it('has one scale', () => {
    const { lab, a, b } = pair();
    a.store.counter('revenue', { scale: 2 }).increment(1);
    lab.run(100);
    const other = b.store.counter('revenue', { scale: 3 });
    expect([code(() => other.increment(1)), code(() => other.value())]).toEqual(['CONFIG_CONFLICT', 'CONFIG_CONFLICT']);
    expect(b.store.counter('revenue').value()).toBe(100);
    expect(code(() => b.store.counter('revenue', { scale: 10 }))).toBe('BAD_ARGUMENT');
  });

  it('that was given two scales at once is read and written as neither, and says so, until it is reset under one', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    const [two, three] = [a.store.counter('revenue', { scale: 2 }), b.store.counter('revenue', { scale: 3 })];
    two.increment(1.5);
    three.increment(1.5);
    lab.link(a, b);
    lab.run(100);
    for (const counter of [two, three, b.store.counter('revenue', { scale: 2 })]) {
      expect([() => counter.value(), () => counter.increment(1)].map(code)).toEqual([
        'CONFIG_CONFLICT',
        'CONFIG_CONFLICT',
      ]);
    }
    for (const { store } of [a, b]) expect([...store.replica.scales.disputed]).toEqual([['revenue', [2, 3]]]);
    expect(a.store.counter('revenue').value()).toBe(1650);
    b.store.counter('revenue', { scale: 2 }).reset();
    lab.run(100);
    two.increment(0.25);
    lab.run(100);
    for (const { store } of [a, b]) {
      expect([store.counter('revenue', { scale: 2 }).value(), store.replica.scales.disputed.size]).toEqual([0.25, 0]);
    }
    expect(code(() => three.increment(1))).toBe('CONFIG_CONFLICT');
  });

  it('that was given the same scale twice has that one', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    for (const { store } of [a, b]) store.counter('revenue', { scale: 2 }).increment(1.5);
    lab.link(a, b);
    lab.run(100);
    for (const { store } of [a, b]) expect(store.counter('revenue', { scale: 2 }).value()).toBe(3);
  });

  it('declares its scale again if the transaction that did was undone', () => {
    const { lab, a, b } = pair();
    const counter = a.store.counter('revenue', { scale: 2 });
    expect(() =>
      a.store.transaction(() => {
        counter.increment(1);
        throw new Error('no');
      }),
    ).toThrow('no');
    counter.increment(1);
    lab.run(100);
    expect(code(() => b.store.counter('revenue', { scale: 3 }).increment(1))).toBe('CONFIG_CONFLICT');
  });

  it('declares none where it was refused', () => {
    const db = store();
    db.increment('large', Number.MAX_SAFE_INTEGER);
    const cells = db.replica.cells.end;
    expect(code(() => db.counter('large', { scale: 2 }).increment(1))).toBe('COUNTER_OVERFLOW');
    expect(code(() => db.counter('k'.repeat(1024), { scale: 2 }).increment(1))).toBe('KEY_TOO_LONG');
    expect([db.replica.cells.end, db.dot]).toEqual([cells, 1]);
  });
});
