import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

function sim(...options: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'scripts/sim.ts', ...options], { encoding: 'utf8' });
}

describe('npm run sim', () => {
  it('says in one line what was run', () => {
    const { status, stdout } = sim('--seeds', '5', '--first', '7');
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^5 seeds from 7, 0 failed; \d+ steps, \d+ messages, \d+ transactions; \d+ successions, \d+ nodes with orphans; faults: .*\n$/,
      ),
    ]);
  });

  it('ends with 1 on a failure, and says how to run the seed again, which fails in the same way', () => {
    const first = sim('--seeds', '50', '--break', 'collect-at-once');
    const seed = /^seed (\d+) failed: (.*)$/m.exec(first.stderr) as RegExpExecArray;
    expect(first.status).toBe(1);
    expect(first.stderr).toContain(`--first ${seed[1]} --seeds 1 --verbose --break collect-at-once`);
    const again = sim('--seeds', '1', '--first', seed[1] as string, '--break', 'collect-at-once');
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining(seed[0])]);
  });

  it('refuses options that it does not understand', () => {
    expect([sim('--seeds', 'many').status, sim('--break', 'nothing').status, sim('--seed', '1').status]).toEqual([
      2, 2, 2,
    ]);
  });
}, 300_000);
