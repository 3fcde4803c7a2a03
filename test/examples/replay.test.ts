import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Estimates, exactOf, misestimates } from '../../examples/call-centre/estimates.js';
import { parseCalls } from '../../examples/call-centre/record.js';
import { syntheticLines } from '../../examples/call-centre/synthetic.js';
import { truthOf } from '../../examples/call-centre/truth.js';

const COMMAND = fileURLToPath(new URL('../../examples/call-centre/replay.ts', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

async function replay(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, out, err };
}

describe('the replay', () => {
  it('tells the truth in three regions though links are cut and one region dies', { timeout: 120_000 }, async () => {
    const { status, out, err } = await replay('--synthetic', '--seed', '21', '--cut', '--kill', '--json');
    expect(err).toBe('');
    expect(status).toBe(0);
    const told = JSON.parse(out) as Record<string, unknown>;
    const truth = truthOf(parseCalls(syntheticLines({ seed: 21 }), 'the day'));
    for (const region of ['us', 'eu', 'ap']) expect(told[region]).toEqual(truth);
    expect(told['gauges']).toEqual(
      Object.fromEntries(['us', 'eu', 'ap'].map((region) => [region, { calls_in_queue: 0, agents_busy: 0 }])),
    );
    const estimates = told['estimates'] as Record<string, Estimates>;
    const exact = exactOf(parseCalls(syntheticLines({ seed: 21 }), 'the day'));
    expect(Object.keys(estimates)).toEqual(['us', 'eu', 'ap']);
    for (const estimate of Object.values(estimates)) expect(misestimates(estimate, exact)).toEqual([]);
    expect(told['operations']).toBeGreaterThan(10 * truth.calls);
    expect(told['converged_ms']).toBeTypeOf('number');
    expect(told['seconds']).toBeTypeOf('number');
    expect(told['killed']).toMatchObject({ region: 'eu' });
  });

  it('says in one line what is wrong with its command line or its file', async () => {
    expect(await replay('--rate', 'fast', '--synthetic')).toMatchObject({
      status: 2,
      err: 'replay: --rate is a number above 0 and up to 1000000, not fast (--help tells more)\n',
    });
    expect(await replay('/nowhere/calls.txt')).toMatchObject({
      status: 1,
      out: '',
      err: 'replay: CALL_FILE_UNREADABLE: /nowhere/calls.txt cannot be read: there is no such file\n',
    });
    expect((await replay('--help')).out).toContain('--synthetic');
  });
});
