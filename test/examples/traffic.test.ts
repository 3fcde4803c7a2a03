import { describe, expect, it } from 'vitest';
import { stampOf } from '../../examples/call-centre/record.js';
import { endlessEvents } from '../../examples/call-centre/traffic.js';

const DAY_MS = 86_400_000;

function first(count: number, seed: number): { at: number; what: string }[] {
  const events: { at: number; what: string }[] = [];
  for (const { at, kind, call } of endlessEvents(seed, 1)) {
    events.push({ at, what: `${kind} ${stampOf(call)}` });
    if (events.length === count) break;
  }
  return events;
}

describe('calls without end', () => {
  it('come in order of time, over midnight too', () => {
    const times = first(20_000, 7).map(({ at }) => at);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(2 * DAY_MS);
  });

  it('lose and repeat nothing where one day meets the next', () => {
    const said = first(20_000, 7).map(({ what }) => what);
    const entered = new Set(said.filter((what) => what.startsWith('entered')).map((what) => what.slice(8)));
    const ended = said.filter((what) => what.startsWith('ended')).map((what) => what.slice(6));
    expect(new Set(ended).size).toBe(ended.length);
    expect(ended.filter((call) => !entered.has(call))).toEqual([]);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(first(500, 3)).toEqual(first(500, 3));
    expect(first(500, 3)).not.toEqual(first(500, 4));
  });
});
