import { describe, expect, it } from 'vitest';
import { COLUMNS, parseCalls, secondOfDay } from '../../examples/call-centre/record.js';
import { syntheticLines } from '../../examples/call-centre/synthetic.js';

const DAYS = [1, 2, 3, 4].map((seed) => [...syntheticLines({ seed })]);
const CALLS = DAYS.flatMap((lines) => [...parseCalls(lines, 'a day')]);

describe('a synthetic day', () => {
  it('is the same for the same seed and another for another', () => {
    expect([...syntheticLines({ seed: 3 })]).toEqual(DAYS[2]);
    expect(DAYS[0]).not.toEqual(DAYS[1]);
  });

  it('has seventeen columns in every row, and some rows that are no calls', () => {
    for (const line of DAYS.flat()) expect(line.split('\t')).toHaveLength(COLUMNS.length);
    expect(CALLS.length).toBeLessThan(DAYS.flat().length - DAYS.length);
  });

  it('has about as many calls as a real one, most of them in working hours', () => {
    expect(CALLS.length / DAYS.length).toBeGreaterThan(1_300);
    expect(CALLS.length / DAYS.length).toBeLessThan(1_650);
    const working = CALLS.filter((call) => {
      const second = secondOfDay(call.vruEntry) ?? 0;
      return second >= 8 * 3600 && second < 18 * 3600;
    });
    expect(working.length / CALLS.length).toBeGreaterThan(0.65);
    expect(working.length / CALLS.length).toBeLessThan(0.85);
  });

  it('makes about half the callers wait a minute or two, some of them in vain', () => {
    const queued = CALLS.filter((call) => call.queueSeconds > 0);
    const waited = queued.reduce((sum, call) => sum + call.queueSeconds, 0) / queued.length;
    const gone = CALLS.filter((call) => call.outcome === 'HANG').length / CALLS.length;
    expect(queued.length / CALLS.length).toBeGreaterThan(0.4);
    expect(queued.length / CALLS.length).toBeLessThan(0.65);
    expect(waited).toBeGreaterThan(50);
    expect(waited).toBeLessThan(120);
    expect(gone).toBeGreaterThan(0.09);
    expect(gone).toBeLessThan(0.21);
  });

  it('talks for three minutes on the mean and two on the median', () => {
    const talked = CALLS.filter((call) => call.talkSeconds > 0).map((call) => call.talkSeconds);
    talked.sort((one, other) => one - other);
    const mean = talked.reduce((sum, seconds) => sum + seconds, 0) / talked.length;
    expect(mean).toBeGreaterThan(160);
    expect(mean).toBeLessThan(240);
    expect(talked[talked.length >> 1]).toBeGreaterThan(90);
    expect(talked[talked.length >> 1]).toBeLessThan(140);
  });

  it('never lets an agent talk to two callers at once', () => {
    const lines = DAYS[0] ?? [];
    const byAgent = new Map<string, [number, number][]>();
    for (const call of parseCalls(lines, 'a day')) {
      const start = secondOfDay(call.serviceStart) ?? 0;
      // A day's last calls may be answered after midnight, where the clock starts again.
      const begun = start < (secondOfDay(call.vruEntry) ?? 0) - 3600 ? start + 86_400 : start;
      if (call.agent === undefined || call.talkSeconds === 0) continue;
      byAgent.set(call.agent, [...(byAgent.get(call.agent) ?? []), [begun, begun + call.talkSeconds]]);
    }
    expect(byAgent.size).toBeGreaterThan(10);
    for (const talks of byAgent.values()) {
      talks.sort(([one], [other]) => one - other);
      // Two seconds: the agents' clock runs a little ahead.
      for (const [at, [, end]] of talks.entries())
        expect(end).toBeLessThanOrEqual((talks[at + 1]?.[0] ?? Infinity) + 2);
    }
  });
});
