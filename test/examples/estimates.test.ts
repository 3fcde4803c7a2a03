import { describe, expect, it } from 'vitest';
import { exactOf, misestimates } from '../../examples/call-centre/estimates.js';
import { parseCalls } from '../../examples/call-centre/record.js';
import { rowOf, tableOf } from './call-rows.js';

/** Customers 1 to 100 wait 1 to 100 seconds, and talk as long to one of twelve agents. */
const ROWS = Array.from({ length: 100 }, (_, i) =>
  rowOf({ customer_id: String(i + 1), q_time: String(i + 1), ser_time: String(i + 1), server: `A${i % 12}` }),
);
const EXACT = exactOf(parseCalls(tableOf(...ROWS), 'the day'));
const BUSIEST = EXACT.busiest.slice(0, 10);
const SHOWN = { ...EXACT, busiest: BUSIEST };

describe('what the centre estimates', () => {
  it('is known exactly from the records', () => {
    expect(EXACT.waits).toEqual([50, 90, 99]);
    expect(EXACT.customers).toBe(100);
    // 4 + 16 + … + 100
    expect(EXACT.busiest[0]).toEqual({ item: 'A3', count: 468, error: 0 });
    expect(EXACT.busiest).toHaveLength(12);
  });

  it('may be off by what its types say', () => {
    expect(misestimates(SHOWN, EXACT)).toEqual([]);
    const off = BUSIEST.map(({ item, count }) => ({ item, count: count + 7, error: 7 }));
    expect(misestimates({ waits: [50.5, 89.2, 98.1], customers: 103, busiest: off }, EXACT)).toEqual([]);
  });

  it('is named where it is further off', () => {
    const [first, ...rest] = BUSIEST as [(typeof BUSIEST)[number]];
    expect(misestimates({ ...SHOWN, waits: [50, 91, 99] }, EXACT)).toEqual([
      'of those who waited 90 % did so for up to 91 s, against 90 s',
    ]);
    expect(misestimates({ ...SHOWN, customers: 104 }, EXACT)).toEqual(['104 customers are estimated, against 100']);
    const [less, more] = [-1, 1].map((by) => [{ ...first, count: first.count + by }, ...rest]) as [
      typeof BUSIEST,
      typeof BUSIEST,
    ];
    expect(misestimates({ ...SHOWN, busiest: less }, EXACT)).toEqual([
      'A3 talked 467 s, or up to 0 s less, against 468 s',
    ]);
    expect(misestimates({ ...SHOWN, busiest: more }, EXACT)).toHaveLength(1);
    expect(misestimates({ ...SHOWN, busiest: rest }, EXACT)).toEqual(['A3 is not among the busiest']);
    expect(misestimates({ waits: [0, 0, 0], customers: 0, busiest: [] }, EXACT)).toHaveLength(14);
  });
});
