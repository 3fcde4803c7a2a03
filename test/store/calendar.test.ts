import { describe, expect, it } from 'vitest';
import { days } from '../../src/store/calendar.js';

const HOUR_MS = 3_600_000;

/** When the days begin, and how many hours each has. */
function shown(timeZone: string, at: string, count = 1): [string, number][] {
  return days(timeZone, Date.parse(at), count).map(({ from, to }) => [
    new Date(from).toISOString().slice(0, 16),
    (to - from) / HOUR_MS,
  ]);
}

describe('days in a time zone', () => {
  it('have 23 hours where the clocks go forward', () => {
    expect(shown('Europe/Berlin', '2026-03-30T12:00Z', 3)).toEqual([
      ['2026-03-27T23:00', 24],
      ['2026-03-28T23:00', 23],
      ['2026-03-29T22:00', 24],
    ]);
    expect(shown('America/New_York', '2026-03-08T23:00Z')).toEqual([['2026-03-08T05:00', 23]]);
  });

  it('have 25 hours where they go back', () => {
    expect(shown('Europe/Berlin', '2026-10-26T12:00Z', 3)).toEqual([
      ['2026-10-23T22:00', 24],
      ['2026-10-24T22:00', 25],
      ['2026-10-25T23:00', 24],
    ]);
    expect(shown('America/New_York', '2026-11-01T05:30Z')).toEqual([['2026-11-01T04:00', 25]]);
  });

  it('begin with their first moment, be it at one', () => {
    expect(shown('America/Sao_Paulo', '2018-11-04T12:00Z', 2)).toEqual([
      ['2018-11-03T03:00', 24],
      ['2018-11-04T03:00', 23],
    ]);
  });

  it('begin at the first of two midnights', () => {
    expect(shown('America/Havana', '2026-11-01T12:00Z', 2)).toEqual([
      ['2026-10-31T04:00', 24],
      ['2026-11-01T04:00', 25],
    ]);
  });

  it('differ by half an hour, by 45 minutes, by a day', () => {
    expect(shown('Australia/Lord_Howe', '2026-04-05T03:00Z')).toEqual([['2026-04-04T13:00', 24.5]]);
    expect(shown('Asia/Kathmandu', '2026-01-01T00:00Z')).toEqual([['2025-12-31T18:15', 24]]);
    // Samoa had no 30 December in 2011.
    expect(shown('Pacific/Apia', '2011-12-30T23:00Z', 2)).toEqual([
      ['2011-12-29T10:00', 24],
      ['2011-12-30T10:00', 24],
    ]);
  });

  it('begin where the one before ends, in every zone, all year', () => {
    for (const zone of ['Europe/London', 'America/St_Johns', 'Africa/Cairo', 'Asia/Tehran', 'Pacific/Chatham', 'UTC']) {
      const year = days(zone, Date.parse('2024-12-31T12:00Z'), 366);
      year.slice(1).forEach(({ from }, i) => expect(from).toBe(year[i]?.to));
      const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'numeric' });
      const dates = year.map(({ from, to }) => [clock.format(from), clock.format(to - 1)]);
      expect(dates.every(([first, last]) => first === last)).toBe(true);
      expect(new Set(dates.map(([first]) => first)).size).toBe(366);
    }
  });

  it.each(['Nowhere/Land', '', 'Europe', undefined])('are not there in %s', (zone) => {
    expect(() => days(zone as string, 0, 1)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});
