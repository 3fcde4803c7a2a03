import { expect, it } from 'vitest';
import { Cells } from '../../src/store/cells.js';
import { Orders } from '../../src/store/order.js';
import { Random } from '../../src/testing/random.js';

interface Entry {
  readonly cell: number;
  readonly name: string;
  readonly score: number;
}

const PARENT = 1;

function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Members under one root, filed in an order, and the same as a list that is sorted when it is asked. */
class World {
  readonly cells = new Cells();
  readonly orders = new Orders(this.cells);
  readonly known = new Map<number, Entry>();

  constructor() {
    this.cells.create(9, this.cells.encode('root', 0), 0, 0);
  }

  file(name: string, score: number | undefined): void {
    const length = this.cells.encode(name, PARENT);
    const cell = this.cells.find(9, length, PARENT) || this.cells.create(9, length, PARENT, 0);
    this.orders.file(PARENT, cell, score);
    if (score === undefined) this.known.delete(cell);
    else this.known.set(cell, { cell, name, score });
  }

  sorted(): Entry[] {
    return [...this.known.values()].sort((a, b) => a.score - b.score || bytewise(a.name, b.name));
  }

  ranged(from: number, to: number): [number, number][] {
    const found: [number, number][] = [];
    this.orders.of(PARENT)?.range(from, to, (cell, score) => found.push([cell, score]));
    return found;
  }

  /** What the order says, and what it should. */
  looks(random: Random): [unknown, unknown][] {
    const sorted = this.sorted();
    const order = this.orders.of(PARENT);
    const looks: [unknown, unknown][] = [
      [this.ranged(0, Number.MAX_SAFE_INTEGER), sorted.map(({ cell, score }) => [cell, score])],
      [order?.size ?? 0, sorted.length],
    ];
    for (let i = 0; i < 20 && sorted.length > 0; i++) {
      const at = random.below(sorted.length);
      const { cell, score } = sorted[at] as Entry;
      const to = at + random.below(700);
      looks.push([order?.rank(cell), at]);
      looks.push([this.ranged(at, to), sorted.slice(at, to).map((entry) => [entry.cell, entry.score])]);
      for (const bound of [score, score + 0.5]) {
        looks.push([order?.below(bound, false), sorted.filter((entry) => entry.score < bound).length]);
        looks.push([order?.below(bound, true), sorted.filter((entry) => entry.score <= bound).length]);
      }
    }
    return looks;
  }
}

it.each([
  ['few scores', 3],
  ['some', 700],
  ['many', 1_000_000],
])('keeps members in order while they come, change and go: %s', (_name, scores) => {
  const random = Random.seeded(scores);
  const world = new World();
  for (let round = 0; round < 12; round++) {
    // It grows, then it shrinks, and in the end nothing is left.
    const leaving = round < 6 ? 20 : 70;
    for (let i = 0; i < 1500; i++) {
      const name = `${random.chance(50) ? 'm' : 'a name that is longer than what fits a record, '}${random.below(4000)}`;
      world.file(name, random.chance(leaving) ? undefined : random.below(scores) - scores / 2);
    }
    for (const [said, expected] of world.looks(random)) expect(said).toEqual(expected);
  }
  for (const { name } of world.sorted()) world.file(name, undefined);
  expect([world.orders.of(PARENT), world.orders.bytes]).toEqual([undefined, 0]);
});

it.each([
  ['rising', (i: number) => i],
  ['falling', (i: number) => -i],
  ['without a pattern', (i: number) => (i * 7919) % 10_007],
  ['often equal', (i: number) => (i * 7919) % 97],
])('keeps so many in order that leaves have floors above them, which go again: %s', (_name, scoreOf) => {
  const random = Random.seeded(5);
  const world = new World();
  const known = 30_000;
  for (let i = 0; i < known; i++) world.file(`m${i}`, scoreOf(i));
  const bytes = world.orders.bytes;
  for (const [said, expected] of world.looks(random)) expect(said).toEqual(expected);
  for (let i = 0; i < known; i += 3) world.file(`m${i}`, scoreOf((i * 31) % known) + 0.25);
  for (const [said, expected] of world.looks(random)) expect(said).toEqual(expected);
  // Leaves become empty between full ones, and what stood there comes back from its end.
  const sorted = world.sorted();
  for (let rank = 0; rank < known; rank++) if (rank % 400 < 150) world.file((sorted[rank] as Entry).name, undefined);
  for (const [said, expected] of world.looks(random)) expect(said).toEqual(expected);
  for (const { name, score } of sorted.toReversed()) world.file(name, score);
  for (const [said, expected] of world.looks(random)) expect(said).toEqual(expected);
  for (let i = 0; i < known; i++) if (i % 50 !== 0) world.file(`m${(i * 7) % known}`, undefined);
  for (const [said, expected] of world.looks(random)) expect(said).toEqual(expected);
  for (let i = 0; i < known; i++) world.file(`m${i}`, scoreOf(i));
  for (const [said, expected] of world.looks(random)) expect(said).toEqual(expected);
  // What was given back was used again.
  expect(world.orders.bytes).toBeLessThanOrEqual(bytes * 2);
});

it('orders equal scores by the bytes of the names', () => {
  const world = new World();
  const names = ['', 'a', 'a\u0000', 'a\u0000b', 'ab', 'abc', 'abcd', 'abcde', 'b', 'é', 'ｚ', '🦆', 'x'.repeat(40)];
  for (const name of names.toReversed()) world.file(name, 0);
  const shown = world.ranged(0, names.length).map(([cell]) => world.cells.name(cell));
  expect(shown).toEqual(names.toSorted(bytewise));
});
