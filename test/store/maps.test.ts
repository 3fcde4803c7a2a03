import { describe, expect, it } from 'vitest';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { MapHandle } from '../../src/store/handles/map.js';
import { Lab, type LabNode, pair } from '../sync/lab.js';
import { code } from '../error-code.js';
import { store } from './a-store.js';

/** One of each. */
function fill(map: MapHandle): void {
  map.set('name', { first: 'Ada' });
  map.increment('calls', 3);
  map.add('tags', 'b');
  map.add('tags', 'a');
  map.enable('vip');
}

const FILLED = { calls: 3, name: { first: 'Ada' }, tags: ['a', 'b'], vip: true };

describe('a map', () => {
  it('has fields of several types, each of which reads as what it is', () => {
    const db = store();
    const map = db.map('m');
    fill(map);
    expect([map.get('name'), map.get('calls'), map.get('tags'), map.get('none')]).toEqual([
      { first: 'Ada' },
      3,
      ['a', 'b'],
      undefined,
    ]);
    expect(map.fields().map((field) => map.type(field))).toEqual(['counter', 'register', 'set', 'flag']);
    expect([map.value(), map.size(), map.has('tags'), map.has('none')]).toEqual([FILLED, 4, true, false]);
    expect(JSON.stringify(map.value())).toBe('{"calls":3,"name":{"first":"Ada"},"tags":["a","b"],"vip":true}');
    expect([db.size, db.type('m'), db.keys()]).toEqual([1, 'map', ['m']]);
  });

  it('loses fields one by one, and with the last of them it is gone', () => {
    const db = store();
    const map = db.map('m');
    fill(map);
    map.remove('tags', 'a');
    map.remove('tags', 'none');
    map.remove('name', 'b');
    expect(map.get('tags')).toEqual(['b']);
    map.remove('tags', 'b');
    map.delete('calls');
    map.delete('none');
    map.disable('vip');
    map.disable('name');
    expect([map.value(), map.size(), db.type('m')]).toEqual([{ name: { first: 'Ada' } }, 1, 'map']);
    map.clear();
    expect([map.value(), db.type('m'), db.size]).toEqual([{}, undefined, 0]);
    map.set('calls', 'now a register');
    expect(map.type('calls')).toBe('register');
  });

  it('refuses to use a field as another type, naming both; nothing changed', () => {
    const db = store();
    const map = db.map('m');
    fill(map);
    const dot = db.dot;
    expect(() => map.increment('name')).toThrow('"name" is a register, not a counter');
    expect(['calls', 'tags'].map((field) => code(() => map.set(field, 1)))).toEqual(['TYPE_CONFLICT', 'TYPE_CONFLICT']);
    expect(code(() => map.add('calls', 'x'))).toBe('TYPE_CONFLICT');
    expect([map.value(), db.dot]).toEqual([FILLED, dot]);
  });

  it('refuses wrong arguments, and what it made for them is forgotten', () => {
    const db = store();
    const map = db.map('m');
    const wrong = [
      () => map.set(1 as never, 1),
      () => map.increment('n', 0.5),
      () => map.add('s', 1 as never),
      () => map.assign([] as never),
      () => map.assign(new Date(0) as never),
      () => map.set('__proto__', 1),
    ];
    expect(wrong.map(code)).toEqual(wrong.map(() => 'BAD_ARGUMENT'));
    expect([code(() => map.set('f'.repeat(5000), 1)), code(() => map.set('v', undefined))]).toEqual([
      'KEY_TOO_LONG',
      'BAD_VALUE',
    ]);
    db.replica.collect(db.replica.vv, db.replica.vv);
    let cells = 0;
    db.replica.cells.forEach(() => cells++);
    expect([db.size, db.dot, cells, db.replica.ghosts]).toEqual([0, 0, 0, 0]);
  });

  it('takes a plain object: fields keep their types, new ones are registers', () => {
    const map = store().map('m');
    fill(map);
    map.assign({ name: 'Eve', calls: 7, tags: ['c', 'a'], likes: ['x'], vip: false });
    map.increment('calls');
    expect(map.value()).toEqual({ name: 'Eve', calls: 8, tags: ['a', 'c'], likes: ['x'] });
    expect([map.type('likes'), map.type('calls'), map.type('tags')]).toEqual(['register', 'counter', 'set']);
    const wrong = [{ calls: 0.5 }, { calls: '1' }, { tags: ['x', 1] }, { tags: 'x' }, { vip: 1 }];
    map.enable('vip');
    const before = map.value();
    for (const fields of wrong) expect(code(() => map.assign({ first: 1, ...fields }))).toBe('BAD_ARGUMENT');
    map.increment('large', Number.MAX_SAFE_INTEGER);
    map.increment('large', -1);
    expect(code(() => map.assign({ first: 1, large: Number.MAX_SAFE_INTEGER }))).toBe('COUNTER_OVERFLOW');
    map.delete('large');
    expect(map.value()).toEqual(before);
    const copy = store().map('m');
    copy.assign(JSON.parse(JSON.stringify(map.value())) as Record<string, unknown>);
    expect(copy.value()).toEqual(map.value());
  });

  it('may have a field of any name', () => {
    const map = store().map('m');
    for (const field of ['', 'constructor', 'a[b]', '1', '🦆']) map.set(field, field);
    expect([map.size(), Object.entries(map.value()).every(([field, value]) => field === value)]).toEqual([5, true]);
  });

  it('is undone when a transaction throws', () => {
    const db = store();
    const map = db.map('m');
    fill(map);
    const before = db.digest();
    const failing = (): void =>
      db.transaction(() => {
        map.clear();
        map.add('calls', 'z');
        map.increment('name');
        expect(map.value()).toEqual({ calls: ['z'], name: 1 });
        map.set('x', NaN);
      });
    expect(failing).toThrow('finite');
    expect([map.value(), db.digest(), db.conflicts.size]).toEqual([FILLED, before, 0]);
  });
});

describe('a map in two regions', () => {
  it('is merged field by field', () => {
    const { lab, a, b } = pair();
    const [here, there] = [a.store.map('m'), b.store.map('m')];
    fill(here);
    lab.run(50);
    expect(there.value()).toEqual(FILLED);
    lab.cut(a, b);
    here.increment('calls', 10);
    here.delete('name');
    here.delete('tags');
    here.disable('vip');
    there.enable('vip');
    there.delete('calls');
    there.set('city', 'Turin');
    there.add('tags', 'c');
    lab.link(a, b);
    lab.run(50);
    const merged = { calls: 10, city: 'Turin', tags: ['c'], vip: true };
    expect([here.value(), there.value(), a.store.digest() === b.store.digest()]).toEqual([merged, merged, true]);
  });

  it('whose field is made as two types at the same time shows the same one everywhere, and reports it', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    a.store.map('m').add('f', 'element');
    b.store.map('m').set('f', 'register');
    b.store.map('m').set('g', 1);
    lab.link(a, b);
    lab.run(50);
    for (const { store: db } of [a, b]) {
      const map = db.map('m');
      expect([map.value(), map.size(), map.type('f'), [...db.conflicts]]).toEqual([
        { f: 'register', g: 1 },
        2,
        'register',
        ['m[f]'],
      ]);
      expect(code(() => map.add('f', 'x'))).toBe('TYPE_CONFLICT');
    }
    a.store.map('m').delete('f');
    b.store.map('m').set('g', 2);
    lab.run(50);
    for (const { store: db } of [a, b]) expect([db.map('m').value(), [...db.conflicts]]).toEqual([{ g: 2 }, []]);
  });

  it('is forgotten to the last cell when everybody has seen it go, and may come back', () => {
    const { lab, a, b } = pair();
    for (let round = 0; round < 3; round++) {
      fill(a.store.map('m'));
      lab.run(50);
      expect(b.store.map('m').value()).toEqual(FILLED);
      b.store.map('m').clear();
      lab.run(3000);
      for (const { store: db } of [a, b]) {
        let cells = 0;
        db.replica.cells.forEach(() => cells++);
        expect([cells, db.replica.ghosts, db.size]).toEqual([0, 0, 0]);
      }
    }
  });

  it('ships the element that changed, and watchers of the map are told', () => {
    const { lab, a, b } = pair();
    for (let i = 0; i < 1000; i++) a.store.map('m').add('tags', `tag ${i}`);
    lab.run(100);
    let told = 0;
    b.store.watch('map', 'm', () => told++);
    lab.sent.length = 0;
    a.store.map('m').remove('tags', 'tag 500');
    lab.run(50);
    expect([told, (b.store.map('m').get('tags') as string[]).length]).toEqual([1, 999]);
    expect(Math.max(...lab.sent.map(({ length }) => length))).toBeLessThan(50);
  });
});

/** Two nodes, the first with maps, joined by frames that are cut into slices. */
function large(): { lab: Lab; a: LabNode; b: LabNode } {
  const options = { sliceCells: 10, partBytes: 400, lagMs: 100 };
  const lab = new Lab();
  const [a, b] = [lab.start('a', options), lab.start('b', options)];
  for (let i = 0; i < 50; i++) {
    fill(a.store.map(`m${i}`));
    a.store.sorted('s').set(`member ${i}`, -i);
  }
  lab.link(a, b);
  return { lab, a, b };
}

describe('maps in frames that are merged later', () => {
  it('arrive whole', () => {
    const { lab, a, b } = large();
    lab.run(2000);
    expect(b.store.digest()).toBe(a.store.digest());
    expect(b.store.map('m49').value()).toEqual(FILLED);
    expect(b.store.sorted('s').top(1)).toEqual([{ member: 'member 0', score: 0 }]);
    a.store.map('m7').delete('tags');
    lab.run(200);
    expect(b.store.map('m7').value()).toEqual({ calls: 3, name: { first: 'Ada' }, vip: true });
  });
});

describe('the cells of a map', () => {
  it('are compared and mended as those of a key', () => {
    const { lab, a, b } = pair();
    fill(a.store.map('m'));
    a.store.sorted('s').set('x', 1);
    a.store.sorted('s').increment('x', 2);
    lab.run(100);
    const { replica } = b.store;
    replica.cells.forEach((cell) => {
      const head = replica.cells.head(cell);
      if (head === 0) return;
      replica.type(cell).free(replica.slots, head);
      replica.cells.setHead(cell, 0);
      replica.settle(cell);
    });
    expect([b.store.map('m').value(), b.store.sorted('s').size()]).toEqual([{}, 0]);
    const [member] = a.replicator.membership.members.all();
    const inquiry = a.replicator.scrub.inquire(member as never, true);
    lab.run(2000);
    expect(inquiry.outcome).toMatchObject({ compared: true });
    expect([b.store.map('m').value(), b.store.sorted('s').score('x')]).toEqual([FILLED, 3]);
    expect(b.store.digest()).toBe(a.store.digest());
  });

  it('are not dropped while an element is', () => {
    const db = store();
    const map = db.map('m');
    map.add('tags', 'a');
    map.add('tags', 'b');
    map.remove('tags', 'a');
    const { replica } = db;
    replica.collect(replica.vv, new VersionVector());
    expect([map.value(), replica.ghosts]).toEqual([{ tags: ['b'] }, 0]);
  });
});
