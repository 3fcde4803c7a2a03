import { describe, expect, it } from 'vitest';
import { CellSet } from '../../src/store/cell-set.js';
import { Random } from '../../src/testing/random.js';

/** Numbers that a set is made of: next to each other, far apart, and both. */
const RANGES: readonly (readonly [what: string, draw: (random: Random) => number])[] = [
  ['close together', (random) => random.between(1, 20_000)],
  ['far apart', (random) => random.between(1, 60_000_000)],
  ['in clusters', (random) => random.between(0, 12) * 30_000 + random.between(1, 4_000)],
  ['mixed', (random) => (random.chance(90) ? random.between(40_000, 75_000) : random.between(1, 2_000_000))],
];

/** Whether these are all of the known, in order. */
function same(cells: readonly number[], known: ReadonlySet<number>): boolean {
  const expected = [...known].toSorted((a, b) => a - b);
  return cells.length === expected.length && cells.every((cell, i) => cell === expected[i]);
}

describe.each(RANGES)('a set of cells that are %s', (_, draw) => {
  it('holds what was put in and not taken out', () => {
    const random = Random.seeded(11);
    const set = new CellSet();
    const known = new Set<number>();
    const order: number[] = [];
    const wrong: number[] = [];
    for (let i = 0; i < 60_000; i++) {
      // It grows, shrinks to nearly nothing, and grows again.
      const grows = random.chance(i % 30_000 < 16_000 ? 90 : 10);
      if (grows) {
        const cell = draw(random);
        if (known.has(cell)) continue;
        set.add(cell);
        known.add(cell);
        order.push(cell);
      } else if (order.length > 0) {
        const at = random.below(order.length);
        const cell = order[at] as number;
        order[at] = order.at(-1) as number;
        order.pop();
        set.delete(cell);
        known.delete(cell);
      }
      if (i % 2_500 === 0 && !same(set.toArray(), known)) wrong.push(i);
    }
    for (const cell of order) set.delete(cell);
    expect(wrong).toEqual([]);
    expect(set.toArray()).toEqual([]);
  });
});

it('takes numbers in order, whether or not there are gaps', () => {
  for (const step of [1, 3, 40, 100_000]) {
    const set = new CellSet();
    const all = Array.from({ length: 20_000 }, (_, i) => 7 + i * step);
    for (const cell of all) set.add(cell);
    expect(set.toArray()).toEqual(all);
  }
});
