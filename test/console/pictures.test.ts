import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/console/places.js';
import { Rates } from '../../src/console/rates.js';

describe('the places of regions in the picture', () => {
  it('lie inside of it, apart from each other', () => {
    for (let count = 2; count <= 5; count += 1) {
      const { width, height, places } = layoutOf(count);
      expect(places).toHaveLength(count);
      for (const [at, { x, y }] of places.entries()) {
        expect(x >= 30 && x <= width - 30 && y >= 30 && y <= height - 30).toBe(true);
        for (const other of places.slice(at + 1)) expect(Math.hypot(other.x - x, other.y - y)).toBeGreaterThan(100);
      }
    }
  });
});

describe('a rate', () => {
  it('is what a total grew by in the last seconds', () => {
    const rates = new Rates();
    expect(rates.of('sent', 100, 0)).toBeUndefined();
    expect(rates.of('sent', 200, 1_000)).toBe(100);
    expect(rates.of('sent', 200, 4_000)).toBe(0);
    expect(rates.of('sent', 1_200, 5_000)).toBe(250);
  });

  it('begins anew with a total that has become smaller', () => {
    const rates = new Rates();
    rates.of('sent', 1_000, 0);
    expect(rates.of('sent', 10, 1_000)).toBeUndefined();
    expect(rates.of('sent', 30, 2_000)).toBe(20);
  });
});
