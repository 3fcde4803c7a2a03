import { expect, it, vi } from 'vitest';
import { aClient, aCluster, urlOf } from '../node/nodes.js';

it('sketches are written in one region and followed in another', async () => {
  const [us, eu] = await aCluster('us', 'eu');
  const [here, there] = [await aClient(urlOf(us!)), await aClient(urlOf(eu!))];
  const seen: { count?: number; median?: number[]; first?: unknown } = {};
  there.unique('callers').subscribe((count) => {
    seen.count = count;
  });
  there.quantiles('waits').subscribe(
    (values) => {
      if (values !== undefined) seen.median = values;
    },
    [0, 1],
  );
  there.top('agents', { items: 10 }).subscribe((items) => {
    seen.first = items[0];
  }, 1);
  await Promise.all([
    here.unique('callers').add('+44 20 7946 0018'),
    here.unique('callers').add('+44 20 7946 0019'),
    here.quantiles('waits').add(2.5),
    here.quantiles('waits').add(40, 3),
    here.top('agents', { items: 10 }).add('ann', 2),
    here.top('agents', { items: 10 }).add('bob'),
  ]);
  await vi.waitFor(() =>
    expect(seen).toEqual({ count: 2, median: [2.5, 40], first: { item: 'ann', count: 2, error: 0 } }),
  );
  expect(await here.unique('callers').count()).toBe(2);
  expect(await here.quantiles('waits').quantile(0)).toBe(2.5);
  expect(await here.quantiles('waits').summary()).toEqual({ count: 4, sum: 122.5, min: 2.5, max: 40 });
  expect(await here.top('agents').total()).toBe(3);
  await Promise.all([here.unique('callers').clear(), here.quantiles('waits').clear(), here.top('agents').clear()]);
  expect(await here.quantiles('waits').quantiles([0.5])).toBeUndefined();
  expect(await here.keys()).toEqual([]);
});

it('what no sketch takes is refused', async () => {
  const [us] = await aCluster('us');
  const db = await aClient(urlOf(us!));
  const refused = { code: 'BAD_ARGUMENT' };
  await expect(db.unique('u').add(7 as never)).rejects.toMatchObject(refused);
  await expect(db.quantiles('q').add(Number.NaN)).rejects.toMatchObject(refused);
  await expect(db.quantiles('q').add(2e15)).rejects.toMatchObject(refused);
  await expect(db.quantiles('q').quantiles('all' as never)).rejects.toMatchObject(refused);
  await expect(db.top('t').add('a', 0)).rejects.toMatchObject(refused);
  expect(() => db.top('t', { items: 1e6 })).toThrow(expect.objectContaining(refused));
});
