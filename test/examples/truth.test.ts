import { describe, expect, it } from 'vitest';
import { boardOf } from '../../examples/call-centre/board.js';
import { differences } from '../../examples/call-centre/differences.js';
import { parseCalls } from '../../examples/call-centre/record.js';
import { syntheticLines } from '../../examples/call-centre/synthetic.js';
import type { View } from '../../examples/call-centre/truth.js';
import { truthOf } from '../../examples/call-centre/truth.js';
import { rowOf, tableOf } from './call-rows.js';

/** The same sums by another road: columns of text, no records. */
function columnsOf(lines: readonly string[]): Record<string, string>[] {
  const names = (lines[0] ?? '').split('\t');
  return lines
    .slice(1)
    .map((line) => Object.fromEntries(line.split('\t').map((cell, at) => [names[at] ?? '', cell.trim()])))
    .filter((row) => row['outcome'] !== 'PHANTOM');
}

function countBy(
  rows: readonly Record<string, string>[],
  name: (row: Record<string, string>) => string,
): Record<string, number> {
  const names = rows.map(name);
  return Object.fromEntries(
    [...new Set(names)].sort().map((one) => [one, names.filter((other) => other === one).length]),
  );
}

describe('the truth of a day', () => {
  it('is the same when it is added up column by column', () => {
    const lines = [...syntheticLines({ seed: 5 })];
    const rows = columnsOf(lines);
    const truth = truthOf(parseCalls(lines, 'the day'));
    const served = rows.filter((row) => row['server'] !== 'NO_SERVER');
    const total = (column: string, of: readonly Record<string, string>[]): number =>
      of.reduce((sum, row) => sum + Number(row[column]), 0);

    expect(truth.calls).toBe(rows.length);
    expect(truth.type).toEqual(countBy(rows, (row) => row['type'] ?? ''));
    expect(truth.outcome).toEqual(countBy(rows, (row) => row['outcome'] ?? ''));
    expect(truth.day).toEqual({ '990301': rows.length });
    expect(truth.hour).toEqual(
      countBy(rows, (row) => `990301T${(row['vru_entry'] ?? '').split(':')[0]?.padStart(2, '0') ?? ''}`),
    );
    expect(truth.region).toEqual(
      countBy(rows, (row) => ['us', 'eu', 'ap'][Number((row['vru+line'] ?? '').slice(-2)) % 3] ?? ''),
    );
    expect(truth.queued).toBe(rows.filter((row) => Number(row['q_time']) > 0).length);
    expect(truth.wait_seconds).toBe(total('q_time', rows));
    expect(truth.talk_seconds).toBe(total('ser_time', served));
    expect(truth.agent_calls).toEqual(countBy(served, (row) => row['server'] ?? ''));
    for (const [agent, seconds] of Object.entries(truth.agent_talk_seconds)) {
      expect(seconds).toBe(
        total(
          'ser_time',
          served.filter((row) => row['server'] === agent),
        ),
      );
    }
    expect(truth.customers).toBe(new Set(rows.map((row) => row['customer_id']).filter((id) => id !== '0')).size);
    const stamps = rows.map((row) => `990301 ${(row['vru_entry'] ?? '').padStart(8, '0')} ${row['call_id'] ?? ''}`);
    expect(truth.last_100_calls).toEqual(stamps.sort().slice(-100));
  });

  it('keeps an agent who never talked, and charges every minute that has begun', () => {
    const calls = [
      ...parseCalls(tableOf(rowOf({ ser_time: '0' }), rowOf({ server: 'BEA', ser_time: '61' })), 'the test'),
    ];
    expect(truthOf(calls).agent_talk_seconds).toEqual({ ADA: 0, BEA: 61 });
    expect(boardOf(calls)).toMatchObject({ cents: { '990105': 24 }, agents_free: 2, customers_seen: 1 });
    expect(boardOf(calls).calls_over_time).toEqual({ '1999-01-05T10': 2 });
  });
});

describe('two views', () => {
  const view = truthOf(parseCalls(syntheticLines({ seed: 6 }), 'the day'));
  const withLast = (last: string[]): View => ({ ...view, last_100_calls: last });

  it('differ where one number differs, one is missing or one is more', () => {
    expect(differences(view, structuredClone(view))).toEqual([]);
    expect(differences(view, { ...view, calls: view.calls + 1 })).toEqual([
      `calls: ${view.calls}, against ${view.calls + 1}`,
    ]);
    expect(differences(view, { ...view, type: { ...view.type, ZZ: 1 } })).toEqual(['type: ZZ is missing, against 1']);
    expect(differences({ ...view, region: {} }, view)).toHaveLength(1);
  });

  it('may show different calls of the oldest shown second, and of no other', () => {
    const last = ['990105 10:00:00 1', '990105 10:00:00 2', '990105 10:00:01 3'];
    expect(differences(withLast(last), withLast(['990105 10:00:00 0', '990105 10:00:00 2', last[2] ?? '']))).toEqual(
      [],
    );
    expect(differences(withLast(last), withLast([...last.slice(0, 2), '990105 10:00:01 4']))).toHaveLength(1);
    expect(differences(withLast(last), withLast(['990105 09:59:59 9', ...last.slice(1)]))).toHaveLength(1);
    expect(differences(withLast(last), withLast(last.slice(1)))).toHaveLength(1);
  });
});
