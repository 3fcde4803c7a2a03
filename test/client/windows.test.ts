import { expect, it, vi } from 'vitest';
import { aClient, aNode, urlOf } from '../node/nodes.js';

it('a window is followed for a plot, and by the day', async () => {
  const node = await aNode();
  const db = await aClient(urlOf(node));
  const plots: number[] = [];
  const sums: number[] = [];
  db.window('calls').subscribe(({ sums: steps }) => plots.push(steps.length, ...steps.slice(-2)), 1e9, 1e9);
  db.window('calls').subscribeToday((sum) => sums.push(sum), 'UTC');
  await vi.waitFor(() => expect([plots, sums]).toEqual([[1, 0], [0]]));
  await db.window('calls').add(3);
  await vi.waitFor(() => expect(sums).toEqual([0, 3]));
  await vi.waitFor(() => expect(plots).toEqual([1, 0, 1, 3]));
  expect(await db.window('calls').today('UTC')).toBe(3);
  expect(await db.window('calls', { keep: 2e8 }).days('UTC', 1)).toEqual([
    { from: expect.any(Number) as number, to: expect.any(Number) as number, sum: 3 },
  ]);
  const { step, sums: steps } = await db.window('calls').recent(2e9, 1e9);
  expect([step, steps.length, steps[1]]).toEqual([1e9, 2, 3]);
  await expect(db.window('calls').today('Berlin')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(db.window('calls').days('UTC', 2)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});
