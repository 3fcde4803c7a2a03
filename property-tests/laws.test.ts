import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLaws } from '../src/testing/laws.js';
import { huntByLaws, MUTANTS } from '../src/testing/mutants/hunt.js';
import { merging } from '../src/testing/mutants/mutant.js';
import { Random } from '../src/testing/random.js';
import { SUBJECTS } from '../src/testing/subjects.js';

// A failure prints fast-check's seed and path and the shrunk list of choices; set SEED to repeat a whole run.
const seed = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);
const settings = { numRuns: 200, ...(seed === undefined ? {} : { seed }) };
const choices = fc.array(fc.nat({ max: 1_000_000_007 }), { minLength: 40, maxLength: 600, size: 'max' });
const steps = fc.integer({ min: 3, max: 60 });

describe.each(Object.entries(SUBJECTS))('a %s', (_name, subject) => {
  it('obeys the laws, whatever happens', () => {
    const obeys = fc.property(choices, steps, (list, count) => {
      checkLaws(subject, Random.chosen(list), { steps: count });
    });
    expect(fc.defaultReportMessage(fc.check(obeys, settings))).toBeUndefined();
  });
});

// `npm run --silent mutants` shows the simulator the bugs of the exchange as well.
describe('the laws notice', () => {
  it.each(Object.entries(MUTANTS))('%s', (_name, { subject }) => {
    expect(huntByLaws(subject)).toBeDefined();
  });

  it('nothing in a type that merely throws', () => {
    const typo = merging(SUBJECTS.counter, () => {
      throw new TypeError('a typo');
    });
    expect(() => huntByLaws(typo)).toThrow(new TypeError('a typo'));
  });
});
