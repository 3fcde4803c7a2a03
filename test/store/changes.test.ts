import { describe, expect, it } from 'vitest';
import { Changes } from '../../src/store/changes.js';

function feed(): { changes: Changes; places: number[]; since: (order: number) => number[] } {
  const places: number[] = [];
  const changes = new Changes({
    place: (cell) => places[cell] ?? 0,
    setPlace: (cell, place) => {
      places[cell] = place;
    },
  });
  const since = (order: number): number[] => {
    const met: number[] = [];
    changes.scan(order, (cell) => met.push(cell));
    return met;
  };
  return { changes, places, since };
}

describe('the changes feed', () => {
  it('lists a cell that was touched often once, where it was touched last', () => {
    const { changes, since } = feed();
    for (const cell of [1, 2, 3]) changes.touch(cell);
    changes.seal();
    for (const cell of [2, 2, 2]) changes.touch(cell);
    changes.seal();
    expect(since(0)).toEqual([1, 3, 2]);
  });

  it('gives a reader what was touched since it looked, and nothing else', () => {
    const { changes, since } = feed();
    for (let cell = 1; cell <= 100; cell++) changes.touch(cell);
    const order = changes.seal();
    expect(since(order)).toEqual([]);
    changes.touch(7);
    changes.seal();
    expect(since(order)).toEqual([7]);
  });

  it('does not name a cell that was removed', () => {
    const { changes, since } = feed();
    for (const cell of [1, 2, 3]) changes.touch(cell);
    changes.remove(2);
    changes.seal();
    expect(since(0)).toEqual([1, 3]);
    changes.touch(2);
    changes.seal();
    expect(since(0)).toEqual([1, 3, 2]);
  });

  it('tells of news once, until it is sealed', () => {
    const { changes } = feed();
    let told = 0;
    changes.onNews = () => told++;
    changes.touch(1);
    changes.touch(2);
    expect(told).toBe(1);
    changes.seal();
    changes.seal();
    changes.touch(1);
    expect(told).toBe(2);
  });

  it('takes more touches between two seals than a segment holds', () => {
    const { changes, since } = feed();
    const cells = 200_000;
    for (let cell = 1; cell <= cells; cell++) changes.touch(cell);
    for (let cell = 1; cell <= cells; cell += 2) changes.touch(cell);
    changes.seal();
    const met = since(0);
    expect(met.length).toBe(cells);
    expect(met.slice(-cells / 2)).toEqual(Array.from({ length: cells / 2 }, (_, i) => 2 * i + 1));
  });

  it('keeps few segments and little memory, however long it lives', () => {
    const { changes, since } = feed();
    for (let round = 0; round < 2000; round++) {
      for (let i = 0; i < 50; i++) changes.touch(1 + ((round * 37 + i * 61) % 3000));
      changes.seal();
    }
    expect(since(0).length).toBe(3000);
    expect(changes.segments).toBeLessThan(40);
    expect(changes.bytes).toBeLessThan(3000 * 4 * 12);
  });
});
