/**
 * The tests. `test/` mirrors `src/`; `property-tests/` holds the generated ones. Tests that need a browser live in
 * `test/browser/` and are a project of their own, so that `npm test` needs nothing but Node.
 *
 * A test is never skipped and never left alone: `only` is refused here, and `scripts/tally.ts` refuses skips.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    allowOnly: false,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'merganser',
          include: ['test/**/*.test.ts', 'property-tests/**/*.test.ts'],
          exclude: ['test/browser/**'],
        },
      },
      {
        extends: true,
        test: { name: 'browser', include: ['test/browser/**/*.test.ts'] },
      },
    ],
  },
});
