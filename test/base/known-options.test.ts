import { expect, it } from 'vitest';
import { checkKnown } from '../../src/base/known-options.js';

const KNOWN = { region: true, node: true, listen: true, maxBandwidth: true } as const;

it('options with known names are taken as they are', () => {
  const options = { region: 'us', listen: undefined };
  expect(checkKnown(options as never, KNOWN)).toBe(options);
});

it.each([
  ['regoin', 'region'],
  ['Region', 'region'],
  ['nodes', 'node'],
  ['maxbandwith', 'maxBandwidth'],
  ['toString', 'listen'],
])('an option %s is unknown; the nearest name is said', (name, nearest) => {
  expect(() => checkKnown({ [name]: 1 }, KNOWN as never)).toThrow(
    expect.objectContaining({
      code: 'BAD_ARGUMENT',
      message: `there is no option ${JSON.stringify(name)}; did you mean ${nearest}?`,
    }),
  );
});

it('a name of any length is refused in no time, in a few words', () => {
  const long = 'x'.repeat(5_000_000);
  expect(() => checkKnown({ [long]: 1 }, KNOWN as never)).toThrow(
    /^there is no option "x{50,60}…"; did you mean \w+\?$/,
  );
});
