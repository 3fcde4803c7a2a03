import { describe, expect, it } from 'vitest';
import { Cells, CONTESTED, LIVE } from '../../src/store/cells.js';

const COUNTER = 1;
const REGISTER = 3;

function make(cells: Cells, name: string, tag: number = COUNTER, parent = 0): number {
  return cells.create(tag, cells.encode(name, parent), parent, 0);
}

function find(cells: Cells, name: string, tag: number = COUNTER, parent = 0): number {
  return cells.find(tag, cells.encode(name, parent), parent);
}

describe('cells', () => {
  it('are found among a hundred thousand, and nothing else is', () => {
    const cells = new Cells();
    const made = Array.from({ length: 100_000 }, (_, i) => make(cells, `calls:agent:${i}`));
    expect(made.every((cell, i) => find(cells, `calls:agent:${i}`) === cell)).toBe(true);
    expect(find(cells, 'calls:agent:100000')).toBe(0);
    expect(find(cells, 'calls:agent:')).toBe(0);
  });

  it('tell names of every length apart, and say them again', () => {
    const cells = new Cells();
    const names = Array.from({ length: 200 }, (_, i) => 'x'.repeat(i + 1));
    const made = names.map((name) => make(cells, name));
    expect(names.map((name) => find(cells, name))).toEqual(made);
    expect(made.map((cell) => cells.name(cell))).toEqual(names);
    // They differ in the last character only.
    expect(names.map((name) => find(cells, `${name.slice(1)}y`))).toEqual(names.map(() => 0));
  });

  it('have names in any script', () => {
    const cells = new Cells();
    const names = ['é', 'ключ', '电话:呼叫:坐席:一二三四五', 'naïve', '👋🏽', 'a'.repeat(30) + 'ß'];
    const made = names.map((name) => make(cells, name));
    expect(names.map((name) => find(cells, name))).toEqual(made);
    expect(made.map((cell) => cells.name(cell))).toEqual(names);
  });

  it('say of a rival type under the same name', () => {
    const cells = new Cells();
    const counter = make(cells, 'name');
    expect(find(cells, 'name', REGISTER)).toBe(0);
    expect(cells.rival).toBe(counter);
    const register = make(cells, 'name', REGISTER);
    expect(find(cells, 'name', REGISTER)).toBe(register);
    expect(find(cells, 'name')).toBe(counter);
    expect(new Set(cells.sameName(cells.encode('name', 0), 0))).toEqual(new Set([counter, register]));
  });

  it('of elements belong to their set, however long they are', () => {
    const cells = new Cells();
    const one = make(cells, 'one', 4);
    const two = make(cells, 'two', 4);
    for (const element of ['', 'e', 'element', 'an element that does not fit into a record at all']) {
      const inOne = make(cells, element, 4, one);
      const inTwo = make(cells, element, 4, two);
      expect(find(cells, element, 4, one)).toBe(inOne);
      expect(find(cells, element, 4, two)).toBe(inTwo);
      expect(cells.parent(inTwo)).toBe(two);
      expect(cells.name(inOne)).toBe(element);
      expect(cells.isField(inOne)).toBe(true);
    }
    expect(find(cells, 'e')).toBe(0);
  });

  it('give their number back when they are dropped, and whoever kept it can know', () => {
    const cells = new Cells();
    const names = Array.from({ length: 20_000 }, (_, i) => `a key of quite some length: ${i}`);
    const made = names.map((name) => make(cells, name));
    const before = cells.bytes;
    const { drops } = cells;
    made.forEach((cell, i) => {
      if (i % 2 === 0) cells.drop(cell);
    });
    expect(cells.drops).toBeGreaterThan(drops);
    expect(names.map((name) => find(cells, name))).toEqual(made.map((cell, i) => (i % 2 === 0 ? 0 : cell)));
    const again = names.filter((_, i) => i % 2 === 0).map((name) => make(cells, name.toUpperCase()));
    expect(new Set(again)).toEqual(new Set(made.filter((_, i) => i % 2 === 0)));
    expect(cells.bytes).toBeLessThan(before * 1.02);
    expect(find(cells, 'A KEY OF QUITE SOME LENGTH: 4')).not.toBe(0);
  });

  it('keep flags, head and place apart', () => {
    const cells = new Cells();
    const cell = make(cells, 'key');
    cells.setFlag(cell, LIVE, true);
    cells.setFlag(cell, CONTESTED, true);
    cells.setFlag(cell, LIVE, false);
    cells.setHead(cell, 123);
    cells.setPlace(cell, 2 ** 32 - 5);
    expect([cells.flags(cell), cells.head(cell), cells.place(cell)]).toEqual([CONTESTED, 123, 2 ** 32 - 5]);
    expect([cells.tag(cell), cells.name(cell)]).toEqual([COUNTER, 'key']);
  });
});
