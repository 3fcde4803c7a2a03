import { describe, expect, it } from 'vitest';
import { Reader, shortened, utf8, Writer } from '../../src/base/bytes.js';

describe('an integer', () => {
  it.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER])('%d is read as it was written', (n) => {
    const w = new Writer();
    w.uint(n);
    w.int(n);
    w.int(-n);
    const r = new Reader(w.finish());
    expect([r.uint(), r.int(), r.int()]).toEqual([n, n, -n]);
    expect(r.done).toBe(true);
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '7', null, undefined])(
    'that is none, %s, is not written as another',
    (n) => {
      expect(() => new Writer().uint(n as number)).toThrow('invariant broken');
      expect(() => new Writer().int(n as number)).toThrow('invariant broken');
    },
  );
});

it('a negative integer is not written without its sign', () => {
  expect(() => new Writer().uint(-1)).toThrow('invariant broken');
});

describe('a value that may be too much', () => {
  const simple = [null, undefined, true, 1, 0.5, 2 ** 40, 'text', new Uint8Array([1, 2]), [], {}];
  const values = [...simple, [1, 'a', [null], 'x'.repeat(300)], { a: { b: [undefined, 5n] }, ä: 'x' }];

  it('is written as any other as long as it is not', () => {
    for (const value of values) {
      const [one, other] = [new Writer(), new Writer()];
      one.any(value);
      other.anyUpTo(value, 1_000);
      expect(other.finish()).toEqual(one.finish());
    }
  });

  it('is not written to its end', () => {
    const many = Array.from({ length: 1_000 }, () => ({ text: 'x'.repeat(1_000) }));
    for (const value of [many, { many }, [[many]], many.map(({ text }) => text)]) {
      const w = new Writer();
      w.anyUpTo(value, 10_000);
      expect(w.length).toBeGreaterThan(10_000);
      expect(w.length).toBeLessThan(12_000);
    }
  });
});

describe('a text', () => {
  it('that has room stays as it is', () => {
    for (const text of ['', 'abc', 'ä'.repeat(5), 'a'.repeat(10)]) expect(shortened(text, 10)).toBe(text);
  });

  it.each(['a', 'ä', '€', '𝄞', 'a𝄞', 'ä€', '\ud834'])('of %s is cut between two characters', (piece) => {
    for (let max = 3; max < 40; max++) {
      const cut = shortened(piece.repeat(1_000), max);
      expect(utf8(cut).length).toBeLessThanOrEqual(max);
      expect(utf8(cut).length).toBeGreaterThan(max - 4);
      expect(cut.endsWith('…')).toBe(true);
      expect(
        piece.repeat(40).replaceAll('\ud834\ud834', '\ufffd\ufffd').startsWith(cut.slice(0, -1)) || piece === '\ud834',
      ).toBe(true);
    }
  });
});
