import { describe, expect, it } from 'vitest';
import { checkOptions, described, isPlainObject } from '../../src/base/argument.js';
import { code } from '../error-code.js';

const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
const circle: unknown[] = [];
circle.push(circle);
const throws = (): never => {
  throw new Error('no');
};

describe('a description of an argument', () => {
  it('says what it is', () => {
    const said: readonly (readonly [unknown, string])[] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [true, 'true'],
      [1.5, '1.5'],
      [Number.NaN, 'NaN'],
      [5n, '5n'],
      ['a "b"', '"a \\"b\\""'],
      [Symbol('s'), 'a symbol'],
      [throws, 'a function'],
      [[1, 2], 'an array of 2'],
      [circle, 'an array of 1'],
      [new Uint8Array(3), '3 bytes'],
      [new Date(0), 'a Date'],
      [{ a: 1 }, 'an object'],
    ];
    for (const [value, words] of said) expect(described(value)).toBe(words);
  });

  it('is made of whatever throws when it is made a string', () => {
    const evil = { toString: throws, valueOf: throws, toJSON: throws, [Symbol.toPrimitive]: throws };
    const tagged = {
      get [Symbol.toStringTag]() {
        return throws();
      },
    };
    const trapped = new Proxy([], { get: throws, getPrototypeOf: throws });
    for (const value of [Object.create(null), evil, { toString: 1, valueOf: 1 }, tagged, trapped, proxy])
      expect(described(value)).toBe('an object');
  });

  it('has at most 60 characters, on one line, of which none hides', () => {
    const long = [
      'x'.repeat(1e6),
      '\u0000'.repeat(100),
      '"'.repeat(59),
      'x'.repeat(59),
      '\ud800'.repeat(30),
      'é\n\u202e',
    ];
    const values = [...long, 10n ** 100_000n, -(10n ** 100_000n), Symbol('x'.repeat(100)), Array.from({ length: 1e5 })];
    for (const value of values) {
      expect(described(value).length).toBeLessThanOrEqual(60);
      expect(described(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    }
    expect(described('x'.repeat(58))).toBe(`"${'x'.repeat(58)}"`);
    expect(described('x'.repeat(59))).toMatch(/^"x{57}…"$/u);
  });
});

describe('options', () => {
  it('are a plain object', () => {
    for (const value of [{}, { a: 1 }, Object.create(null)]) expect(isPlainObject(value)).toBe(true);
    for (const value of [
      undefined,
      null,
      1,
      'x',
      [],
      throws,
      new Date(0),
      new Map(),
      new Uint8Array(1),
      Object.create({}),
    ]) {
      expect(isPlainObject(value)).toBe(false);
      expect(code(() => checkOptions(value as object))).toBe('BAD_ARGUMENT');
    }
  });
});
