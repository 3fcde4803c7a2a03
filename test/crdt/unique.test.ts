import { describe, expect, it } from 'vitest';
import { Writer } from '../../src/base/bytes.js';
import { MAX_SPARSE, placeOf, Registers } from '../../src/crdt/hyperloglog.js';
import { add, clear, count, isNews, unique } from '../../src/crdt/unique.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Cell } from './bytes.js';

function cell(): Cell {
  return new Cell(unique);
}

function addTo(to: Cell, from: number, many: number, actor = 0): Cell {
  for (let n = from; n < from + many; n++) to.head = add(to.slots, to.head, actor, n + 1, `caller ${n}`);
  return to;
}

describe('the registers', () => {
  it('count within 2.5 % at every size', () => {
    const registers = new Registers();
    let next = 10;
    for (let n = 1; n <= 300_000; n++) {
      registers.raise(placeOf(`+44 20 7946 ${n}`));
      if (n !== next) continue;
      expect(Math.abs(registers.estimate() - n)).toBeLessThan(n * 0.025);
      next = Math.ceil(next * 1.3);
    }
  });

  it('count a few exactly', () => {
    const registers = new Registers();
    for (let n = 0; n < 20; n++) for (let twice = 0; twice < 2; twice++) registers.raise(placeOf(`${n}`));
    expect(registers.estimate()).toBe(20);
    expect(new Registers().estimate()).toBe(0);
  });

  it('place every element where all versions do', () => {
    const places = ['', 'a', 'ab', 'abc', 'caller 1', 'é', '😀', '+44 20 7946 0018'].map(placeOf);
    expect(places).toEqual([731395, 517505, 973122, 64900, 391745, 474625, 141441, 841921]);
  });

  it('spread similar elements evenly', () => {
    const hits = new Map<number, number>();
    for (let n = 0; n < 160_000; n++) {
      const bucket = placeOf(String(n)) >>> 14;
      hits.set(bucket, (hits.get(bucket) ?? 0) + 1);
    }
    expect(hits.size).toBe(64);
    for (const n of hits.values()) expect(Math.abs(n - 2500)).toBeLessThan(250);
  });
});

describe('a unique', () => {
  it('has the same bytes whether its registers came one by one or whole, few or many', () => {
    const places: number[] = [];
    for (let n = 0; places.length <= MAX_SPARSE + 1; n++) {
      const before = places.length;
      if (!places.some((place) => place >>> 6 === placeOf(`caller ${n}`) >>> 6)) places.push(n);
      if (places.length === before) continue;
      if (places.length < MAX_SPARSE - 1) continue;
      const one = cell();
      for (const each of places) one.head = add(one.slots, one.head, 0, each + 1, `caller ${each}`);
      one.top.set(0, 10_000);
      const other = cell();
      other.top.set(0, 10_000);
      for (const each of places.toReversed()) {
        const single = cell();
        single.top.set(0, 10_000);
        single.head = add(single.slots, 0, 0, each + 1, `caller ${each}`);
        other.merge(single);
      }
      expect(other.canonical()).toBe(one.canonical());
      const read = cell();
      read.top.set(0, 10_000);
      expect(read.read(one.bytes()).canonical()).toBe(one.canonical());
    }
  });

  it('sends what changed, not all of it', () => {
    const one = addTo(cell(), 0, 90);
    expect(one.bytes(new VersionVector([88])).length).toBeLessThan(20);
    expect(one.bytes().length).toBeGreaterThan(200);
  });

  it('sends the whole once what changed is no longer remembered', () => {
    const one = cell();
    one.top.set(0, 5000);
    addTo(one, 0, 1500);
    const whole = one.bytes().length;
    expect(one.bytes(new VersionVector([100])).length).toBe(whole);
    expect(one.bytes(new VersionVector([1490])).length).toBeLessThan(100);
  });

  it('is no write for an element that changes nothing', () => {
    const one = addTo(cell(), 0, 3);
    expect([isNews(one.slots, one.head, 'caller 1'), isNews(one.slots, one.head, 'caller 9')]).toEqual([false, true]);
  });

  it('loses with its deletion what had not seen it', () => {
    const one = addTo(cell(), 0, 3);
    const other = cell().read(one.bytes());
    one.head = clear(one.slots, one.head, 0, 10);
    addTo(other, 20, 2, 1);
    one.merge(other);
    expect(count(one.slots, one.head)).toBe(0);
    addTo(one, 40, 1);
    expect(count(one.slots, one.head)).toBe(1);
  });

  it('has these bytes', () => {
    const one = addTo(cell(), 0, 3);
    expect(one.hex()).toBe('010061010103c1f41782a806ffeb0f');
    expect(Buffer.from(one.bytes(new VersionVector([1]))).toString('hex')).toBe('010061010002c1f4170062c39c1e0061');
    expect(one.canonical()).toBe('000103c1f41782a806ffeb0f');
  });
});

describe('malformed registers', () => {
  const written = (...fields: readonly (number | Uint8Array)[]): Uint8Array => {
    const w = new Writer();
    for (const field of [1, 0, 90, 1, ...fields]) {
      if (typeof field === 'number') w.uint(field);
      else w.bytes(field);
    }
    return w.finish();
  };

  it.each([
    ['an unknown form', written(3)],
    ['a generation beyond every deletion', written().map((byte, i) => (i === 3 ? 255 : byte))],
    ['more than there are bytes for', written(1, 1_000_000)],
    ['more than a list has', written(1, 2049, new Uint8Array(2100))],
    ['no rank', written(1, 1, 64)],
    ['a rank that no hash has', written(1, 1, 64 + 52)],
    ['a register that is not there', written(1, 1, 16_384 * 64 + 1)],
    ['a register twice', written(1, 2, 65, 1)],
    ['dense ones that are missing', written(2, new Uint8Array(100))],
    ['dense ones that are few', written(2, new Uint8Array(12_288))],
    ['dense ones of a rank that no hash has', written(2, new Uint8Array(12_288).fill(255))],
    ['a part of more changes than are remembered', written(0, 513, new Uint8Array(2000))],
    ['a dot before the first', written(0, 1, 65, 0, 101)],
  ])('are refused: %s', (_what, bytes) => {
    expect(() => cell().read(bytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
