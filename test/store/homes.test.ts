import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { HOME, Slots } from '../../src/crdt/slots.js';
import { Cells, homeOf } from '../../src/store/cells.js';
import { Store } from '../../src/store/store.js';

function records(): { cells: Cells; slots: Slots; make: (name: string) => number } {
  const cells = new Cells();
  const slots = new Slots(new ActorTable(), cells.homes);
  return { cells, slots, make: (name) => cells.create(1, cells.encode(name, 0), 0, 0) };
}

function chain(slots: Slots, head: number): [actor: number, dot: number, value: number][] {
  const seen: [number, number, number][] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    seen.push([slots.actor(slot), slots.dot(slot), slots.value(slot)]);
  }
  return seen;
}

describe('the home of a cell', () => {
  it('takes the first slot of the cell, and no other', () => {
    const { slots, make } = records();
    const cell = make('key');
    slots.home = homeOf(cell);
    const first = slots.push(0, 1, 5, 0.5);
    const second = slots.insert(first, 2, 2 ** 40, -3);
    expect([first, second]).toEqual([homeOf(cell), homeOf(cell)]);
    expect(slots.next(first)).toBeLessThan(HOME);
    expect(chain(slots, first)).toEqual([
      [1, 5, 0.5],
      [2, 2 ** 40, -3],
    ]);
  });

  it('is left by what stood there for a slot that leads', () => {
    const { slots, make } = records();
    const cell = make('key');
    slots.home = homeOf(cell);
    const theirs = slots.insert(slots.push(0, 7, 70, 700), 8, 80, 800);
    const head = slots.lead(theirs, 0, 1, 1);
    expect(head).toBe(homeOf(cell));
    expect(chain(slots, head)).toEqual([
      [0, 1, 1],
      [7, 70, 700],
      [8, 80, 800],
    ]);
  });

  it('is vacant again when its slot is given back', () => {
    const { slots, make } = records();
    const cell = make('key');
    slots.home = homeOf(cell);
    const head = slots.push(slots.push(0, 1, 1, 1), 2, 2, 2);
    expect(head).toBeLessThan(HOME);
    const rest = slots.remove(head, homeOf(cell));
    expect(chain(slots, rest)).toEqual([[2, 2, 2]]);
    expect(slots.push(rest, 3, 3, 3)).toBe(homeOf(cell));
    slots.freeChain(homeOf(cell));
    expect(slots.push(0, 4, 4, 4)).toBe(homeOf(cell));
  });

  it('stays where it is while a hundred thousand cells are made', () => {
    const { cells, slots, make } = records();
    const heads = Array.from({ length: 100_000 }, (_, i) => {
      slots.home = homeOf(make(`key:${i}`));
      return slots.push(0, i % 1000, i, i / 2);
    });
    expect(heads.every((head, i) => slots.dot(head) === i && slots.value(head) === i / 2)).toBe(true);
    expect(cells.bytes).toBeGreaterThan(100_000 * 64);
    expect(slots.bytes).toBeLessThan(10_000);
  });

  it('is not shared with the copy that a transaction keeps', () => {
    const store = new Store({ node: 'a', incarnation: 1, clock: () => 1 });
    for (const key of ['one', 'two', 'three']) store.increment(key, 10);
    const fails = (): void =>
      store.transaction((tx) => {
        for (const key of ['one', 'two', 'four']) tx.increment(key, 5);
        tx.counter('one').reset();
        throw new Error('no');
      });
    expect(fails).toThrow('no');
    for (const key of ['one', 'two', 'three', 'four']) store.increment(key);
    const values = ['one', 'two', 'three', 'four'].map((key) => store.counter(key).value());
    expect(values).toEqual([11, 11, 11, 1]);
  });
});
