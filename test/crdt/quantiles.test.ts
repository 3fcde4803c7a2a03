import { describe, expect, it } from 'vitest';
import { Writer } from '../../src/base/bytes.js';
import { keyOf, LARGEST, MAX_KEY, valueOf } from '../../src/crdt/ddsketch.js';
import { add, clear, quantiles, summary, valuesAt } from '../../src/crdt/quantiles.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Random } from '../../src/testing/random.js';
import { Cell } from './bytes.js';

function cell(): Cell {
  return new Cell(quantiles);
}

function addTo(to: Cell, values: readonly number[], actor = 0, from = 0): Cell {
  values.forEach((value, i) => {
    to.head = add(to.slots, to.head, actor, from + i + 1, value, 1);
  });
  return to;
}

describe('the buckets', () => {
  it('stand for each value within 1 %, from a billionth to 1e15, of either sign', () => {
    for (let value = 1e-9; value <= LARGEST; value *= 1.00731) {
      for (const signed of [value, -value]) {
        expect(Math.abs(valueOf(keyOf(signed)) - signed)).toBeLessThanOrEqual(value * 0.0100001);
      }
    }
    expect([0, -0, 9e-10, -9e-10].map(keyOf)).toEqual([0, 0, 0, 0]);
    expect([keyOf(LARGEST), keyOf(-LARGEST), keyOf(1e-9)]).toEqual([MAX_KEY, -MAX_KEY, 1]);
  });

  it('are in the order of the values', () => {
    const values = [-LARGEST, -5, -1e-9, 0, 1e-9, 0.5, 1, 1.1, 7, LARGEST];
    const keys = values.map(keyOf);
    expect(keys.toSorted((a, b) => a - b)).toEqual(keys);
    expect(new Set(keys).size).toBe(values.length);
  });
});

describe('quantiles', () => {
  it('are within 1 % of what stands at their rank, over all regions', () => {
    const random = Random.seeded(7);
    const values = Array.from({ length: 5000 }, () => (random.below(1e6) / 1e3) ** 2 - 1000);
    const one = addTo(cell(), values.slice(0, 3000));
    one.merge(addTo(cell(), values.slice(3000), 1));
    values.sort((a, b) => a - b);
    const shares = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];
    const found = valuesAt(one.slots, one.head, shares) as number[];
    shares.forEach((share, i) => {
      const exact = values[Math.floor(share * 4999)] as number;
      expect(Math.abs((found[i] as number) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.0100001);
    });
    expect([found[0], found.at(-1)]).toEqual([values[0], values.at(-1)]);
    expect(summary(one.slots, one.head)).toMatchObject({ count: 5000, min: values[0], max: values.at(-1) });
  });

  it('are nothing where there is nothing', () => {
    const one = addTo(cell(), [1, 2]);
    one.head = clear(one.slots, one.head, 0, 3);
    expect([summary(one.slots, one.head), valuesAt(one.slots, one.head, [0.5])]).toEqual([undefined, undefined]);
  });

  it('have the same sum to the last bit, whatever came first', () => {
    const values = [0.1, 0.2, 0.3, 1e9, -1e9, 0.7];
    const a = addTo(cell(), values.slice(0, 3));
    const b = addTo(cell(), values.slice(3), 1);
    const ab = addTo(cell(), values.slice(0, 3)).merge(b);
    const ba = cell().merge(b).merge(a);
    expect(summary(ab.slots, ab.head)).toEqual(summary(ba.slots, ba.head));
    expect(ab.canonical()).toBe(ba.canonical());
  });

  it('send the buckets that changed', () => {
    const one = addTo(
      cell(),
      Array.from({ length: 90 }, (_, i) => 1.5 ** (i / 2)),
    );
    expect(one.bytes().length).toBeGreaterThan(150);
    expect(one.bytes(new VersionVector([88])).length).toBeLessThan(45);
  });

  it('refuse to count what would not be exact, and change nothing', () => {
    const one = cell();
    expect(() => add(one.slots, 0, 0, 1, 5, 2 ** 38)).toThrow(expect.objectContaining({ code: 'COUNTER_OVERFLOW' }));
    one.head = add(one.slots, 0, 0, 1, 5, 2 ** 37);
    const before = one.canonical();
    expect(() => add(one.slots, one.head, 0, 2, 6, 1)).toThrow(expect.objectContaining({ code: 'COUNTER_OVERFLOW' }));
    expect(one.canonical()).toBe(before);
  });

  it('have these bytes', () => {
    const one = addTo(cell(), [0, 12.5, 12.6, -3]);
    expect(one.hex()).toBe('01006001010060403619999999999ac008000000000000402933333333333303890d01c408018c0902');
    expect(Buffer.from(one.bytes(new VersionVector([3]))).toString('hex')).toBe(
      '01006001010060403619999999999ac008000000000000402933333333333301890d01',
    );
    expect(one.canonical()).toBe('00016101403619999999999ac008000000000000402933333333333303890d01c408018c0902');
  });
});

describe('a malformed sketch', () => {
  type Field = number | readonly [float: number];
  const written = (...fields: readonly Field[]): Uint8Array => {
    const w = new Writer();
    for (const field of [1, 0, 90, 1, ...fields]) {
      if (typeof field === 'number') w.uint(field);
      else w.float(field[0]);
    }
    return w.finish();
  };
  const start: readonly Field[] = [1, 0, 90, [3], [1], [2]];

  it.each([
    ['of more actors than there are bytes for', written(1000)],
    ['of an actor twice', written(2, 0, 90, [3], [1], [2], 1, MAX_KEY + 1, 2, 0, 90, [3], [1], [2], 1, MAX_KEY + 1, 2)],
    ['whose sum is no number', written(1, 0, 90, [Number.NaN], [1], [2], 1, 1, 1)],
    ['whose minimum is above its maximum', written(1, 0, 90, [3], [2], [1], 1, 1, 1)],
    ['whose maximum is infinite', written(1, 0, 90, [3], [1], [Number.POSITIVE_INFINITY], 1, 1, 1)],
    ['without values', written(...start, 0)],
    ['of more buckets than there are bytes for', written(...start, 2_000_000, 1, 1)],
    ['of a bucket twice', written(...start, 2, 1, 1, 0, 1)],
    ['of a bucket that is not there', written(...start, 1, 2 * MAX_KEY + 2, 1)],
    ['of an empty bucket', written(...start, 1, 1, 0)],
    ['of more values than can be', written(...start, 1, 1, 2 ** 40)],
  ])('is refused: %s', (_what, bytes) => {
    expect(() => cell().read(bytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });

  it('is one for what is wrong with it', () => {
    const one = cell().read(written(...start, 1, MAX_KEY + 1, 2));
    expect(summary(one.slots, one.head)).toEqual({ count: 2, sum: 3, min: 1, max: 2 });
  });
});
