import { describe, expect, it } from 'vitest';
import { BREAKS, newStatistics, runSeed } from '../src/testing/index.js';

/** The first seed of a range that fails, as text that says how to run it again. */
function firstFailure(seeds: number, breakage?: (typeof BREAKS)[string]): string | undefined {
  const statistics = newStatistics();
  for (let seed = 1; seed <= seeds; seed++) {
    const failure = runSeed(seed, statistics, breakage, breakage === undefined ? 60 : 0);
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
  }, 240_000);

  it('runs a seed the same way each time', () => {
    const runs = [1, 2].map(() => {
      const statistics = newStatistics();
      for (let seed = 300; seed < 310; seed++) runSeed(seed, statistics);
      return statistics;
    });
    expect(runs[0]).toEqual(runs[1]);
  });
});

describe('the simulator notices', () => {
  it.each(Object.entries(BREAKS))(
    '%s',
    (_name, breakage) => {
      expect(firstFailure(1000, breakage)).toMatch(/seed \d+: ./);
    },
    240_000,
  );
});
