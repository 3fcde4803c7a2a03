import { describe, expect, it } from 'vitest';
import { Store } from '../../src/store/store.js';
import { code } from '../error-code.js';
import { EPOCH_MS, Lab, type LabNode } from '../sync/lab.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A store whose clock only the test moves. */
function at(time: string): { db: Store; go: (to: string) => void } {
  let now = Date.parse(time);
  const db = new Store({ node: 'n', incarnation: 1, clock: () => now });
  return {
    db,
    go: (to) => {
      now = Date.parse(to);
    },
  };
}

/** One is added every half hour of UTC from one moment up to another. */
function everyHalfHour(db: Store, from: string, to: string): void {
  for (let t = Date.parse(from); t < Date.parse(to); t += HOUR_MS / 2) db.window('made').add(1, t);
}

describe('today', () => {
  it('is 23 hours long where the clocks go forward', () => {
    const { db, go } = at('2026-03-29T21:59Z');
    everyHalfHour(db, '2026-03-28T20:00Z', '2026-03-29T22:00Z');
    expect(db.window('made').today('Europe/Berlin')).toBe(46);
    go('2026-03-29T22:00Z');
    expect(db.window('made').today('Europe/Berlin')).toBe(0);
    expect(db.window('made').today('UTC')).toBe(44);
  });

  it('is 25 hours long where they go back, to its last minute, by what a window keeps by itself', () => {
    const { db, go } = at('2026-10-25T22:59Z');
    everyHalfHour(db, '2026-10-24T20:00Z', '2026-10-25T23:00Z');
    db.window('made').add(1, Date.parse('2026-10-25T22:59Z'));
    expect(db.window('made').today('Europe/Berlin')).toBe(51);
    go('2026-10-25T23:00Z');
    expect(db.window('made').today('Europe/Berlin')).toBe(0);
  });

  it('begins at another moment in each zone', () => {
    const { db } = at('2026-06-15T20:00Z');
    everyHalfHour(db, '2026-06-15T00:00Z', '2026-06-15T20:00Z');
    const made = db.window('made');
    expect(['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'].map((zone) => made.today(zone))).toEqual([
      40, 32, 3, 16,
    ]);
  });
});

describe('days', () => {
  it('have each their own sum, over a change of the clocks', () => {
    const { db } = at('2026-10-26T12:00Z');
    const made = db.window('made', { bucket: HOUR_MS / 4, keep: 80 * HOUR_MS });
    for (let t = Date.parse('2026-10-23T22:00Z'); t < Date.parse('2026-10-26T12:00Z'); t += HOUR_MS) made.add(1, t);
    expect(made.days('Europe/Berlin', 3).map(({ sum }) => sum)).toEqual([24, 25, 13]);
    expect(made.days('Europe/Berlin', 1)).toEqual([
      { from: Date.parse('2026-10-25T23:00Z'), to: Date.parse('2026-10-26T23:00Z'), sum: 13 },
    ]);
  });

  it('are refused where the answer would be wrong', () => {
    const { db } = at('2026-06-15T12:00Z');
    const refused = [
      () => db.window('a', { keep: 12 * HOUR_MS }).today('UTC'),
      () => db.window('a').days('UTC', 2),
      () => db.window('a', { bucket: HOUR_MS }).today('Asia/Kolkata'),
      () => db.window('a').today('Berlin'),
      () => db.window('a').days('UTC', 0),
      () => db.window('a').days('UTC', 1.5),
      () => db.window('a', { bucket: HOUR_MS, keep: 50_000 * HOUR_MS }).days('UTC', 1001),
    ].map(code);
    expect(new Set(refused)).toEqual(new Set(['BAD_ARGUMENT']));
    db.window('short', { keep: 2 * HOUR_MS }).add(1);
    expect(code(() => db.window('short').today('UTC'))).toBe('BAD_ARGUMENT');
    expect(db.window('a', { bucket: HOUR_MS / 4 }).today('Asia/Kolkata')).toBe(0);
  });
});

describe('what was added lately', () => {
  it('moves on by whole steps, the last of which goes on', () => {
    const { db, go } = at('2026-06-15T12:04:30Z');
    const calls = db.window('calls');
    for (let minute = 0; minute <= 4; minute++) calls.add(minute, Date.parse(`2026-06-15T12:0${minute}:10Z`));
    const from = Date.parse('2026-06-15T12:02Z');
    expect(calls.recent(3 * MINUTE_MS, MINUTE_MS)).toEqual({ from, step: MINUTE_MS, sums: [2, 3, 4] });
    go('2026-06-15T12:05:00Z');
    expect(calls.recent(3 * MINUTE_MS, MINUTE_MS).sums).toEqual([3, 4, 0]);
    expect(calls.recent(5 * MINUTE_MS, 2 * MINUTE_MS)).toMatchObject({ sums: [1, 5, 4] });
  });

  it('is no endless series', () => {
    const { db } = at('2026-06-15T12:00Z');
    for (const [span, step] of [
      [HOUR_MS, 0],
      [HOUR_MS, -1],
      [-HOUR_MS, 1000],
      [Number.NaN, 1000],
      [HOUR_MS, Number.NaN],
      [100_001, 1],
    ] as const) {
      expect([span, step, code(() => db.window('w').recent(span, step))]).toEqual([span, step, 'BAD_ARGUMENT']);
    }
  });

  it('leaves no key behind where its buckets are too many', () => {
    const { db } = at('2026-06-15T12:00Z');
    expect(code(() => db.window('w', { bucket: 1 }).add(1))).toBe('BAD_ARGUMENT');
    expect([db.replica.cells.end, db.keys()]).toEqual([1, []]);
    db.window('w', { bucket: 1, keep: 1000 }).add(1);
    expect(db.window('w', { bucket: 1 }).sum(0, 2e12)).toBe(1);
  });

  it('asks the clock and changes nothing', () => {
    const { db } = at('2026-06-15T12:00Z');
    const { last } = db.replica.clock;
    db.window('w').recent(HOUR_MS, MINUTE_MS);
    db.window('w').today('UTC');
    expect([db.replica.clock.last, db.dot]).toEqual([last, 0]);
  });
});

describe('a time to come', () => {
  it('counts, and drops nothing that is to be kept', () => {
    const { db } = at('2026-06-15T12:00Z');
    const noon = Date.parse('2026-06-15T12:00Z');
    for (const keep of [MINUTE_MS, HOUR_MS, 25 * HOUR_MS]) {
      const made = db.window(`kept for ${keep}`, { bucket: 1000, keep: Math.min(keep, 25 * HOUR_MS) });
      made.add(1, noon - keep);
      made.add(2, noon + 5 * MINUTE_MS);
      made.add(4, noon - keep);
      expect([made.sum(noon - keep, noon), made.sum(noon, noon + HOUR_MS)]).toEqual([5, 2]);
    }
  });

  it('is refused when it is further ahead than clocks are, by windows and logs alike', () => {
    const { db } = at('2026-06-15T12:00Z');
    const late = Date.parse('2026-06-15T12:05:00.001Z');
    const refused = [
      () => db.window('w', { bucket: 1 }).add(1, late),
      () => db.window('w').add(1, Date.parse('2026-06-16T10:00Z')),
      () => db.log('l').append('x', { at: late }),
      () => db.log('l').append('x', { at: 1e300 }),
    ];
    expect(refused.map(code)).toEqual(refused.map(() => 'BAD_ARGUMENT'));
    expect(db.keys()).toEqual([]);
    db.log('l').append('x', { at: late - 1 });
    expect(db.log('l').size()).toBe(1);
  });

  it('that a node believed in while its clock was wrong is not the time of what it adds later', () => {
    const { db, go } = at('2026-06-15T13:00Z');
    const calls = db.window('calls');
    calls.add(1);
    db.log('l').append('x');
    go('2026-06-15T12:00:30Z');
    calls.add(2);
    expect(calls.recent(MINUTE_MS, MINUTE_MS).sums).toEqual([2]);
  });
});

describe('with a clock that is an hour wrong', () => {
  const OPTIONS = { bucket: MINUTE_MS, keep: HOUR_MS };

  function apart(ahead: number): { lab: Lab; right: LabNode; wrong: LabNode } {
    const lab = new Lab();
    const right = lab.start('right', { maxSkewMs: 2 * HOUR_MS });
    const wrong = lab.start('wrong', { maxSkewMs: 2 * HOUR_MS, ahead });
    lab.link(right, wrong);
    lab.run(50);
    return { lab, right, wrong };
  }

  it.each([
    ['ahead', HOUR_MS],
    ['behind', -HOUR_MS],
  ])('%s, a node drops nothing that others are to keep, and every add counts once', (_, ahead) => {
    const { lab, right, wrong } = apart(ahead);
    const now = EPOCH_MS + lab.now;
    const first = Math.ceil((now - HOUR_MS) / MINUTE_MS) * MINUTE_MS;
    right.store.window('calls', OPTIONS).add(1, first);
    wrong.store.window('calls', OPTIONS).add(10);
    lab.run(50);
    right.store.window('calls', OPTIONS).add(100, first);
    right.store.window('calls', OPTIONS).add(1000);
    lab.run(50);
    for (const { store } of [right, wrong]) {
      expect(store.window('calls').sum(first, first + MINUTE_MS)).toBe(101);
      expect(store.window('calls').sum(0, 2 * now)).toBe(1111);
    }
    expect(right.store.digest()).toBe(wrong.store.digest());
  });
});
