import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Crdt } from '../src/crdt/crdt.js';
import { NUMBERS, overwrite } from '../src/crdt/dots.js';
import { checkLaws, LawBroken } from '../src/testing/laws.js';
import { Random } from '../src/testing/random.js';
import type { Subject } from '../src/testing/subject.js';
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

/** The same type with one function replaced. */
function broken(subject: Subject<unknown>, change: (type: Crdt) => Partial<Crdt>): Subject<unknown> {
  return { ...subject, crdt: { ...subject.crdt, ...change(subject.crdt) } };
}

function check(subject: Subject<unknown>): void {
  for (let i = 1; i <= 200; i++) checkLaws(subject, Random.seeded(i), { steps: 40 });
}

describe('the laws notice', () => {
  it('a counter that adds what it merges', () => {
    const additive = broken(SUBJECTS.counter, (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        if (merged !== 0) slots.setValue(merged, slots.value(merged) + 1);
        return merged;
      },
    }));
    expect(() => check(additive)).toThrow(LawBroken);
  });

  it('a set in which a removal that is merged wins over an add that it had not seen', () => {
    const removeWins = broken(SUBJECTS.set, (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        for (let slot = other; slot !== 0; slot = from.next(slot)) {
          if (from.value(slot) === 0) return overwrite(slots, merged, from.actor(slot), from.dot(slot), 0, NUMBERS);
        }
        return merged;
      },
    }));
    expect(() => check(removeWins)).toThrow(LawBroken);
  });

  it('a register that drops the loser of two concurrent writes', () => {
    const losing = broken(SUBJECTS.register, (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        let seen = false;
        for (let slot = merged; slot !== 0; slot = slots.next(slot)) {
          if (slots.value(slot) !== 0 && seen) slots.setValue(slot, 0);
          seen ||= slots.value(slot) !== 0;
        }
        return merged;
      },
    }));
    expect(() => check(losing)).toThrow(LawBroken);
  });

  it('a delta that leaves out what was reset', () => {
    const forgetful = broken(SUBJECTS.counter, (type) => ({
      write(slots, head, w, top, since) {
        type.write(slots, since === undefined ? head : 0, w, top, since);
      },
    }));
    expect(() => check(forgetful)).toThrow(LawBroken);
  });

  it('a merge that says nothing of news', () => {
    const silent = broken(SUBJECTS.log, (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        slots.news = false;
        return merged;
      },
    }));
    expect(() => check(silent)).toThrow(LawBroken);
  });
});
