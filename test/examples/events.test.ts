import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../../examples/call-centre/events.js';
import { eventsInOrder, eventsOf } from '../../examples/call-centre/events.js';
import type { CallRecord, Column } from '../../examples/call-centre/record.js';
import { parseCalls } from '../../examples/call-centre/record.js';
import { syntheticLines } from '../../examples/call-centre/synthetic.js';
import { rowOf, tableOf } from './call-rows.js';

function eventsFor(cells: Partial<Record<Column, string>>): [string, string][] {
  const [call] = parseCalls(tableOf(rowOf(cells)), 'the test');
  return eventsOf(call as CallRecord).map(({ kind, at }) => [kind, new Date(at).toISOString().slice(5, 19)]);
}

const NOT_SERVED = { ser_start: '0:00:00', ser_exit: '0:00:00', ser_time: '0', server: 'NO_SERVER' };
const NOT_QUEUED = { q_start: '0:00:00', q_exit: '0:00:00', q_time: '0' };

describe('the events of one call', () => {
  it('tell its life in order of time, the agent a second before the queue is left', () => {
    expect(eventsFor({})).toEqual([
      ['entered', '01-05T10:00:00'],
      ['queued', '01-05T10:00:10'],
      ['answered', '01-05T10:01:09'],
      ['unqueued', '01-05T10:01:10'],
      ['ended', '01-05T10:03:09'],
    ]);
  });

  it('pass midnight: what lies before the entry by the clock lies on the next day', () => {
    expect(
      eventsFor({
        vru_entry: '23:59:23',
        vru_exit: '23:59:28',
        q_start: '23:59:28',
        q_time: '35',
        ser_start: '0:00:03',
        ser_time: '52',
      }),
    ).toEqual([
      ['entered', '01-05T23:59:23'],
      ['queued', '01-05T23:59:28'],
      ['unqueued', '01-06T00:00:03'],
      ['answered', '01-06T00:00:03'],
      ['ended', '01-06T00:00:55'],
    ]);
  });

  it('know midnight itself from a time that is missing', () => {
    const atMidnight = {
      vru_entry: '23:59:50',
      vru_exit: '23:59:59',
      q_start: '0:00:00',
      q_exit: '0:00:05',
      q_time: '5',
    };
    expect(eventsFor({ ...atMidnight, ...NOT_SERVED })).toEqual([
      ['entered', '01-05T23:59:50'],
      ['queued', '01-06T00:00:00'],
      ['unqueued', '01-06T00:00:05'],
      ['ended', '01-06T00:00:05'],
    ]);
    expect(eventsFor({ ...NOT_QUEUED, ...NOT_SERVED }).map(([kind]) => kind)).toEqual(['entered', 'ended']);
  });

  it("do not begin before the entry when the voice unit's clock was set back", () => {
    const setBack = {
      vru_entry: '15:46:01',
      vru_exit: '15:45:24',
      vru_time: '-37',
      q_start: '15:45:24',
      q_exit: '15:46:41',
    };
    expect(eventsFor({ ...setBack, q_time: '77', ...NOT_SERVED })).toEqual([
      ['entered', '01-05T15:46:01'],
      ['queued', '01-05T15:46:01'],
      ['unqueued', '01-05T15:46:41'],
      ['ended', '01-05T15:46:41'],
    ]);
  });

  it('let an agent without times answer when the queue is left, and lose the call at once', () => {
    expect(eventsFor({ ser_start: '0:00:00', ser_exit: '0:00:00', ser_time: '0' }).slice(2)).toEqual([
      ['unqueued', '01-05T10:01:10'],
      ['answered', '01-05T10:01:10'],
      ['ended', '01-05T10:01:10'],
    ]);
  });

  it('are pairs in order whatever the cells say', () => {
    const time = fc
      .integer({ min: 0, max: 86_399 })
      .map(
        (s) =>
          `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`,
      );
    const cell = fc.oneof(time, fc.constantFrom('0:00:00', '', 'x'));
    const seconds = fc.integer({ min: -100, max: 5_000 }).map(String);
    const row = fc.record({
      vru_entry: time,
      vru_exit: cell,
      q_start: cell,
      ser_start: cell,
      q_time: seconds,
      ser_time: seconds,
      server: fc.constantFrom('ADA', 'NO_SERVER'),
    });
    fc.assert(
      fc.property(row, (cells) => {
        const kinds = eventsFor(cells).map(([kind]) => kind);
        const times = eventsFor(cells).map(([, at]) => at);
        expect(times).toEqual([...times].sort());
        expect([kinds[0], kinds.at(-1)]).toEqual(['entered', 'ended']);
        expect(kinds.includes('queued')).toBe(Number(cells.q_time) > 0);
        expect(kinds.indexOf('queued') <= kinds.indexOf('unqueued')).toBe(true);
        expect(kinds.includes('answered')).toBe(cells.server === 'ADA');
      }),
    );
  });
});

describe('the events of many calls', () => {
  const calls = [...parseCalls(syntheticLines({ seed: 11 }), 'the day')];
  const events = [...eventsInOrder(calls)];

  it("come in order of time, each call's own in the order of its life", () => {
    expect(events.every((event, at) => at === 0 || (events[at - 1] as CallEvent).at <= event.at)).toBe(true);
    const byCall = grouped(events);
    for (const call of calls) expect(byCall.get(call)).toEqual(eventsOf(call));
  });

  it('are all the events there are', () => {
    expect(events.length).toBe(calls.reduce((sum, call) => sum + eventsOf(call).length, 0));
  });

  it('never leave fewer than no callers waiting or agents talking, and none in the end', () => {
    let [waiting, talking] = [0, 0];
    for (const { kind, call } of events) {
      if (kind === 'queued') waiting += 1;
      if (kind === 'unqueued') waiting -= 1;
      if (kind === 'answered') talking += 1;
      if (kind === 'ended' && call.agent !== undefined) talking -= 1;
      expect(Math.min(waiting, talking)).toBeGreaterThanOrEqual(0);
    }
    expect([waiting, talking]).toEqual([0, 0]);
  });
});

function grouped(events: readonly CallEvent[]): Map<CallRecord, CallEvent[]> {
  const groups = new Map<CallRecord, CallEvent[]>();
  for (const event of events) groups.set(event.call, [...(groups.get(event.call) ?? []), event]);
  return groups;
}
