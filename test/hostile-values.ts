/** What a caller may hand in where something else is expected: a program with a mistake in it, or a stranger. */

/** What it throws goes to whoever has it called. */
export function THROWS(): never {
  throw new Error('code of the caller ran');
}

function circle(): unknown {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  return object;
}

const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
/** Whoever looks at it, if only at its prototype, is thrown at. */
export const REVOKED: object = proxy;

export const HOSTILE: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
  '-1': -1,
  '1.5': 1.5,
  '2**53': 2 ** 53,
  '1e300': 1e300,
  '5n': 5n,
  'a symbol': Symbol('s'),
  "''": '',
  "'5'": '5',
  'a huge string': 'x'.repeat(2_000_000),
  'half a character': 'a\ud800b',
  'U+0000': '\u0000x',
  ['__proto__']: '__proto__',
  constructor: 'constructor',
  '{}': {},
  'an object without a prototype': Object.create(null),
  'an object that is no string': { toString: 1, valueOf: 1 },
  'an object whose methods throw': { toString: THROWS, valueOf: THROWS, toJSON: THROWS },
  'an object with itself inside': circle(),
  'an object of a class': new Error('an object'),
  'a revoked proxy': REVOKED,
  '[]': [],
  '[5]': [5],
  'an array of symbols': [Symbol('s')],
  'an array of holes': Array.from({ length: 2 }).concat(Array(2)),
  'a Date': new Date(0),
  'a Map': new Map([[1, 2]]),
  'a function': () => 5,
  'a function that throws': THROWS,
  'no bytes': new Uint8Array(),
  bytes: new Uint8Array([200]),
  'more bytes': new Uint8Array([1, 2, 3, 255, 255, 255, 255, 255]),
};
