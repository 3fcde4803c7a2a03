import { describe, expect, it } from 'vitest';
import { unitsOf } from '../../src/base/decimal.js';

describe('a decimal', () => {
  it('is the whole number of units that was meant, however its binary fraction is off', () => {
    expect([0.1, 1.005, 12.34, -0.07, 1_000_000_000_000.01].map((n) => unitsOf(n, 3))).toEqual([
      100, 1005, 12_340, -70, 1_000_000_000_000_010,
    ]);
    for (let cents = -100_000; cents <= 100_000; cents++) expect(unitsOf(cents / 100, 2)).toBe(cents);
  });

  it('is refused when it has more digits than it may, or none that are exact', () => {
    for (const n of [0.001, 1e14, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => unitsOf(n, 2)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});
