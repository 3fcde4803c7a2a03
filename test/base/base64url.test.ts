import { describe, expect, it } from 'vitest';
import { fromBase64url, toBase64url } from '../../src/base/base64url.js';
import { Random } from '../../src/testing/random.js';

describe('base64url', () => {
  it('is what Node makes of the same bytes, and reads back', () => {
    const random = Random.seeded(1);
    for (let length = 0; length < 100; length++) {
      const bytes = Uint8Array.from({ length }, () => random.below(256));
      const text = toBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64url(text)).toEqual(bytes);
    }
  });

  it('has one text per sequence of bytes', () => {
    expect(['A', 'AB', 'AA=', 'A+', 'AAB', 'AA\n'].map(fromBase64url)).toEqual(Array.from({ length: 6 }));
  });
});
