import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

function bench(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...words], { encoding: 'utf8' });
}

/** Files of bench/ that hold a benchmark. */
function benchmarks(): string[] {
  const files = readdirSync('bench').filter((file) => file.endsWith('.ts'));
  return files
    .filter((file) => /^export const \w+: Benchmark =/m.test(readFileSync(`bench/${file}`, 'utf8')))
    .map((file) => file.replace('.ts', ''));
}

describe('npm run bench', () => {
  it('lists every benchmark and every option when asked for help, and measures nothing', () => {
    const { status, stdout } = bench('embedded', '--help');
    const listed = stdout.split('\n').map((line) => /^ {2}(\S+) +\S/.exec(line)?.[1]);
    expect(status).toBe(0);
    expect(listed).toEqual(expect.arrayContaining([...benchmarks(), '--json', '--large', '--keys=N', '-h,']));
    expect(stdout).not.toContain('Node v');
  });

  it.each([
    [['embedded', 'nothing'], 'there is no benchmark nothing; there are: embedded, memory,'],
    [['toString'], 'there is no benchmark toString'],
    [['--larger'], "Unknown option '--larger'"],
    [['--keys=many', 'heal'], '--keys takes a number of keys, not many'],
  ])('refuses %j, says why, and measures nothing', (words, why) => {
    const { status, stdout, stderr } = bench(...words);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
    expect(stderr).not.toContain('    at ');
  });
}, 60_000);
