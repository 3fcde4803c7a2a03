import { describe, expect, it } from 'vitest';
import {
  type Break,
  BREAKS,
  breakNamed,
  newStatistics,
  runSeed,
  type SimulationOptions,
} from '../src/testing/index.js';
import { huntInWorlds } from '../src/testing/mutants/hunt.js';
import { CORE as PROTOCOL_1 } from '../test/previous/protocol-1/core.js';

/** The first seed of a range that fails, as text that says how to run it again. */
function firstFailure(seeds: number, options: SimulationOptions = {}): string | undefined {
  const statistics = newStatistics();
  const first = options.breakage?.from ?? 1;
  for (let seed = first; seed < first + seeds; seed++) {
    const failure = runSeed(seed, statistics, options);
    if (failure === undefined) continue;
    return [...failure.transcript, `seed ${seed}: ${failure.message}`, `npm run --silent sim -- --first ${seed}`].join(
      '\n',
    );
  }
  return undefined;
}

describe('a simulated cluster', () => {
  it('shows what its transactions say, agrees when it is healed, and then is silent', () => {
    expect(firstFailure(200)).toBeUndefined();
  }, 600_000);

  it('does so while some of its nodes run the previous version', () => {
    expect(firstFailure(200, { previous: PROTOCOL_1 })).toBeUndefined();
  }, 600_000);

  it('runs a seed the same way each time', () => {
    const runs = [1, 2].map(() => {
      const statistics = newStatistics();
      for (let seed = 300; seed < 310; seed++) runSeed(seed, statistics);
      return statistics;
    });
    expect(runs[0]).toEqual(runs[1]);
  }, 600_000);
});

describe('the simulator notices', () => {
  it('every hole that the obvious version falls into', () => {
    const holes = Array.from({ length: 10 }, (_, i) => `H${i + 1}`);
    expect(holes.filter((hole) => breakNamed(hole)?.hole !== hole)).toEqual([]);
  });

  it.each(Object.entries(BREAKS))(
    '%s',
    (_name, breakage) => {
      expect(firstFailure(1000, { breakage, lines: 0 })).toMatch(/seed \d+: (?!crash)./);
    },
    600_000,
  );

  it('nothing in a process that merely throws', () => {
    const typo: Break = {
      bug: 'it does not run',
      wrap: ({ store }) => {
        store.transaction = () => {
          throw new TypeError('a typo');
        };
      },
    };
    expect(() => huntInWorlds(typo)).toThrow('crash: TypeError: a typo');
  });
});
