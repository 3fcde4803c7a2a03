import { describe, expect, it } from 'vitest';
import { Writer } from '../../src/base/bytes.js';
import { Table } from '../../src/crdt/space-saving.js';
import { add, clear, largest, top, total } from '../../src/crdt/top.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Random } from '../../src/testing/random.js';
import { Cell } from './bytes.js';

function cell(): Cell {
  return new Cell(top);
}

function count(into: Cell, items: string, capacity = 10, actor = 0, from = 0): Cell {
  items.split(' ').forEach((item, i) => {
    into.head = add(into.slots, into.head, actor, from + i + 1, item, 1, capacity);
  });
  return into;
}

describe('a table', () => {
  it('is right within its errors, and has every item that is frequent enough', () => {
    const random = Random.seeded(3);
    const table = new Table();
    const exact = new Map<string, number>();
    for (let i = 1; i <= 20_000; i++) {
      const item = `n${Math.floor(random.below(1000) ** 2 / (1 + random.below(1000)))}`;
      exact.set(item, (exact.get(item) ?? 0) + 1);
      table.add(item, 1, 100, i);
    }
    expect(table.size).toBe(100);
    for (const { item, count: most, error } of table.values()) {
      const real = exact.get(item) ?? 0;
      expect(real).toBeLessThanOrEqual(most);
      expect(real).toBeGreaterThanOrEqual(most - error);
      expect(error).toBeLessThanOrEqual(200);
    }
    const missed = [...exact].filter(([item]) => table.get(item) === undefined).map(([, real]) => real);
    expect(Math.max(...missed)).toBeLessThanOrEqual(Math.min(table.floorCount, 200));
  });

  it('watches fewer or more items from now on', () => {
    const one = count(cell(), 'a a a b b c', 3);
    count(one, 'a', 2, 0, 6);
    expect(largest(one.slots, one.head, 9).map(({ item }) => item)).toEqual(['a', 'b']);
    count(one, 'c d', 5, 0, 7);
    expect(largest(one.slots, one.head, 9)).toEqual([
      { item: 'a', count: 4, error: 0 },
      { item: 'b', count: 2, error: 0 },
      { item: 'c', count: 2, error: 1 },
      { item: 'd', count: 2, error: 1 },
    ]);
  });
});

describe('a top', () => {
  it('adds the regions up, and what a region does not watch any more is its error', () => {
    const one = count(cell(), 'a a a b b c', 10).merge(count(cell(), 'a d d e', 2, 1));
    expect(largest(one.slots, one.head, 3)).toEqual([
      { item: 'a', count: 4, error: 1 },
      { item: 'b', count: 3, error: 1 },
      { item: 'd', count: 2, error: 0 },
    ]);
    expect(total(one.slots, one.head)).toBe(10);
  });

  it('counts a frame that comes twice once', () => {
    const other = count(cell(), 'a a b', 10, 1);
    const one = count(cell(), 'a').merge(other).merge(other);
    expect(largest(one.slots, one.head, 1)).toEqual([{ item: 'a', count: 3, error: 0 }]);
  });

  it('sends the items that changed, and what gave way goes there as well', () => {
    const one = count(cell(), 'a a b b c', 3);
    const other = cell().read(one.bytes());
    count(one, 'd a', 3, 0, 5);
    const part = one.bytes(new VersionVector([5]));
    expect(part.length).toBeLessThan(one.bytes().length);
    other.merge(cell().read(part));
    expect(other.canonical()).toBe(one.canonical());
  });

  it('counts on after its own table came back from elsewhere', () => {
    const one = count(cell(), 'a a b b c d', 3);
    const other = cell().read(one.bytes());
    for (const each of [one, other]) count(each, 'e f a', 3, 0, 6);
    expect(other.canonical()).toBe(one.canonical());
  });

  it('loses with its deletion what had not seen it', () => {
    const one = count(cell(), 'a b');
    const other = cell().read(one.bytes());
    one.head = clear(one.slots, one.head, 0, 3);
    count(other, 'c', 10, 1);
    one.merge(other);
    expect(largest(one.slots, one.head, 9)).toEqual([]);
  });

  it('refuses to count what would not be exact, and changes nothing', () => {
    const one = count(cell(), 'a');
    const before = one.canonical();
    const more = (): number => add(one.slots, one.head, 0, 2, 'a', 2 ** 37, 10);
    expect(more).toThrow(expect.objectContaining({ code: 'COUNTER_OVERFLOW' }));
    expect(one.canonical()).toBe(before);
  });

  it('has these bytes', () => {
    const one = count(cell(), 'ann bob ann cy', 2);
    expect(one.hex()).toBe('01006001010060040103626f620203616e6e02000263790201');
    expect(Buffer.from(one.bytes(new VersionVector([3]))).toString('hex')).toBe(
      '01006001010060040103626f62010263790201',
    );
    expect(one.canonical()).toBe('00016101040103626f6203616e6e02000263790201');
  });
});

describe('a malformed table', () => {
  const written = (...fields: readonly (number | string)[]): Uint8Array => {
    const w = new Writer();
    for (const field of [1, 0, 90, 1, ...fields]) {
      if (typeof field === 'number') w.uint(field);
      else w.string(field);
    }
    return w.finish();
  };

  it.each([
    ['of more actors than there are bytes for', written(1000)],
    ['of an actor twice', written(2, 0, 90, 5, 0, '', 0, 0, 90, 5, 0, '', 0)],
    ['that counts too much', written(1, 0, 90, 2 ** 38, 0, '', 0)],
    ['of more items than there are bytes for', written(1, 0, 90, 5, 0, '', 100)],
    ['of more items than can be watched', written(1, 0, 90, 5, 0, '', 10_001, 'x'.repeat(31_000))],
    ['of an item that is too long', written(1, 0, 90, 5, 0, '', 1, 'x'.repeat(5000), 1, 0)],
    ['of an item that was counted more often than everything', written(1, 0, 90, 5, 0, '', 1, 'a', 6, 0)],
    ['of an item that is nothing but error', written(1, 0, 90, 5, 0, '', 1, 'a', 3, 3)],
    ['of an item twice', written(1, 0, 90, 5, 0, '', 2, 'a', 3, 0, 'a', 2, 0)],
    ['of an item that gave way', written(1, 0, 90, 5, 2, 'b', 1, 'b', 2, 0)],
  ])('is refused: %s', (_what, bytes) => {
    expect(() => cell().read(bytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
