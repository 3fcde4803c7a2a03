/** Cells, their index and the changes feed, checked against plain Maps and arrays. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cells } from '../../src/store/cells.js';
import { Changes } from '../../src/store/changes.js';

const RUNS = { numRuns: 150 };

/** Few enough that they meet, of every length around where a record ends, in one, two and three bytes a character. */
const name = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((n) => 'k'.repeat(n % 45) + n),
  fc.string({ maxLength: 2, unit: fc.constantFrom('a', '\u0000', 'é') }),
  fc.string({ maxLength: 40, unit: 'grapheme' }),
);

interface CellStep {
  readonly name: string;
  readonly tag: number;
  readonly of: number;
  readonly drop: boolean;
}

interface Known {
  readonly tag: number;
  readonly parent: number;
  readonly name: string;
}

/** Cells beside a Map that knows the same; a step answers with what it found and what it should have found. */
class CellsAndMap {
  readonly cells: Cells = new Cells();
  readonly known: Map<number, Known> = new Map();
  #parents = [0];

  step({ name, tag, of, drop }: CellStep): [found: number, expected: number] {
    const parent = this.#parents[of % this.#parents.length] as number;
    const expected = this.#where((k) => k.name === name && k.parent === parent && k.tag === tag)[0] ?? 0;
    const length = this.cells.encode(name, parent);
    const found = this.cells.find(tag, length, parent);
    if (expected === 0) {
      const cell = this.cells.create(tag, length, parent, 0);
      this.known.set(cell, { tag, parent, name });
      if (this.#parents.length < 6) this.#parents.push(cell);
    } else if (drop && !this.#parents.includes(expected)) {
      this.cells.drop(expected);
      this.known.delete(expected);
    }
    return [found, expected];
  }

  /** All that cells say of themselves. */
  says(): unknown[] {
    const { cells } = this;
    const said: unknown[] = [];
    cells.forEach((cell) => {
      const [name, parent] = [cells.name(cell), cells.parent(cell)];
      const same = cells.sameName(cells.encode(name, parent), parent);
      said.push({ cell, name, parent, tag: cells.tag(cell), same: same.toSorted(ascending) });
    });
    return said;
  }

  expected(): unknown[] {
    return [...this.known.keys()].toSorted(ascending).map((cell) => {
      const { name, parent, tag } = this.known.get(cell) as Known;
      const same = this.#where((k) => k.name === name && k.parent === parent);
      return { cell, name, parent, tag, same: same.toSorted(ascending) };
    });
  }

  #where(holds: (known: Known) => boolean): number[] {
    return [...this.known].filter(([, known]) => holds(known)).map(([cell]) => cell);
  }
}

test('a cell is found by its name, type and parent, whatever was made and dropped before', () => {
  const step = fc.record({ name, tag: fc.integer({ min: 1, max: 2 }), of: fc.nat(5), drop: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const both = new CellsAndMap();
      const answers = steps.map((s) => both.step(s));
      expect(answers.map(([found]) => found)).toEqual(answers.map(([, expected]) => expected));
      expect(both.says()).toEqual(both.expected());
    }),
    RUNS,
  );
});

test('a name that came as bytes is the name that came as a string', () => {
  fc.assert(
    fc.property(name, fc.nat(3), (text, parent) => {
      const cells = new Cells();
      const bytes = new TextEncoder().encode(text);
      const made = cells.create(1, cells.encode(text, parent), parent, 0);
      expect(cells.find(1, cells.encodeBytes(bytes, parent), parent)).toBe(made);
      expect([...cells.keyBytes(made)]).toEqual([...bytes]);
    }),
    RUNS,
  );
});

interface FeedStep {
  readonly kind: 'touch' | 'remove' | 'read' | 'seal';
  readonly n: number;
}

/** The feed beside a Map of when each cell was touched; three readers look at their own times. */
class FeedAndMap {
  readonly touched: Map<number, number> = new Map();
  readonly complaints: string[] = [];
  #places = new Map<number, number>();
  #changes = new Changes({
    place: (cell) => this.#places.get(cell) ?? 0,
    setPlace: (cell, place) => void this.#places.set(cell, place),
  });
  #readers = [0, 0, 0].map(() => ({ order: 0, at: 0 }));
  #now = 0;

  step({ kind, n }: FeedStep): void {
    this.#now++;
    if (kind === 'touch') {
      this.#changes.touch(n);
      this.touched.set(n, this.#now);
    } else if (kind === 'remove') {
      this.#changes.remove(n);
      this.touched.delete(n);
    } else if (kind === 'seal') this.#changes.seal();
    else this.#read(n % 3);
  }

  since(order: number): number[] {
    const met: number[] = [];
    this.#changes.seal();
    this.#changes.scan(order, (cell) => met.push(cell));
    return met;
  }

  /** A merged segment takes the later order, so a reader may meet a cell again, but never miss one. */
  #read(which: number): void {
    const reader = this.#readers[which] as { order: number; at: number };
    const order = this.#changes.seal();
    const met = this.since(reader.order);
    if (new Set(met).size !== met.length) this.complaints.push(`met a cell twice: ${met.join()}`);
    for (const [cell, at] of this.touched) {
      if (at > reader.at && !met.includes(cell)) this.complaints.push(`missed ${cell}`);
    }
    reader.order = order;
    reader.at = this.#now;
  }
}

test('a reader of the feed meets every cell touched since it looked last, each once', () => {
  const n = fc.integer({ min: 1, max: 40 });
  const kind = (weight: number, name: FeedStep['kind']): { weight: number; arbitrary: fc.Arbitrary<FeedStep> } => ({
    weight,
    arbitrary: fc.record({ kind: fc.constant(name), n }),
  });
  const step = fc.oneof(kind(20, 'touch'), kind(3, 'remove'), kind(4, 'read'), kind(3, 'seal'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const both = new FeedAndMap();
      for (const s of steps) both.step(s);
      expect(both.complaints).toEqual([]);
      expect(both.since(0).toSorted(ascending)).toEqual([...both.touched.keys()].toSorted(ascending));
    }),
    RUNS,
  );
});

function ascending(a: number, b: number): number {
  return a - b;
}
