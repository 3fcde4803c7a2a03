import { describe, expect, it } from 'vitest';
import { Store } from '../../src/store/store.js';
import { Random } from '../../src/testing/random.js';
import { pair } from '../sync/lab.js';

const KEY = 'calls';

function append(store: Store, ...times: readonly number[]): void {
  for (const at of times) store.log<number>(KEY, { cap: 3 }).append(at, { at });
}

function since(store: Store, cursor?: string): { values: number[]; missed: boolean; cursor: string } {
  const { entries, missed, cursor: next } = store.log<number>(KEY).since(cursor);
  return { values: entries.map(({ value }) => value), missed, cursor: next };
}

function alone(): Store {
  return new Store({ node: 'n', incarnation: 1, clock: () => 0 });
}

describe('the cursor of a log', () => {
  it('of one node says at another what was given', () => {
    const { lab, a, b } = pair();
    append(a.store, 1);
    append(b.store, 2);
    const first = since(a.store);
    expect(first.values).toEqual([1]);
    const second = since(b.store, first.cursor);
    expect(second.values).toEqual([2]);
    lab.run(100);
    expect([since(a.store, second.cursor).values, since(b.store, second.cursor).values]).toEqual([[], []]);
    append(a.store, 0.5);
    lab.run(100);
    expect(since(b.store, second.cursor)).toMatchObject({ values: [0.5], missed: false });
  });

  it('of a node that has more is kept by one that has less', () => {
    const { lab, a, b } = pair();
    lab.hold(a, b, true);
    append(a.store, 1);
    const there = since(a.store);
    const here = since(b.store, there.cursor);
    expect(here).toMatchObject({ values: [], missed: false, cursor: there.cursor });
    append(a.store, 2);
    lab.hold(a, b, false);
    lab.run(100);
    expect(since(b.store, here.cursor).values).toEqual([2]);
  });

  it('says nothing of other keys', () => {
    const store = alone();
    append(store, 1);
    const { cursor } = since(store);
    for (let i = 0; i < 1000; i++) store.increment('k');
    expect(since(store, cursor)).toEqual({ values: [], missed: false, cursor });
    expect(cursor.length).toBeLessThan(20);
  });

  it('is told when the cap has cut off what it was not given', () => {
    const store = alone();
    append(store, 1, 2);
    const { cursor } = since(store);
    append(store, 3, 4);
    const exact = since(store, cursor);
    expect(exact).toMatchObject({ values: [3, 4], missed: false });
    append(store, 5, 6, 7, 8);
    expect(since(store, exact.cursor)).toMatchObject({ values: [6, 7, 8], missed: true });
    expect(since(store)).toMatchObject({ values: [6, 7, 8], missed: false });
    const late = since(store);
    append(store, 2);
    expect(since(store, late.cursor)).toMatchObject({ values: [], missed: true });
  });

  it('is told when a node was told of so many at once that there may have been more', () => {
    const { lab, a, b } = pair();
    append(a.store, 1);
    lab.run(100);
    const { cursor } = since(b.store);
    append(a.store, 2, 3, 4, 5);
    lab.run(100);
    const page = since(b.store, cursor);
    expect(page).toMatchObject({ values: [3, 4, 5], missed: true });
    expect(since(b.store, page.cursor)).toMatchObject({ values: [], missed: false });
    append(a.store, 6);
    lab.run(100);
    expect(since(b.store, page.cursor)).toMatchObject({ values: [6], missed: false });
  });

  it('misses nothing that was cleared', () => {
    const store = alone();
    const { cursor } = since(store);
    append(store, 1, 2, 3, 4);
    expect(since(store, cursor).missed).toBe(true);
    store.log(KEY).clear();
    expect(since(store, cursor)).toMatchObject({ values: [], missed: false });
    append(store, 5);
    expect(since(store, cursor)).toMatchObject({ values: [5], missed: false });
  });

  it('is as it was when a transaction has failed', () => {
    const store = alone();
    append(store, 1, 2, 3);
    const before = since(store);
    const failing = (): void =>
      store.transaction(() => {
        append(store, 4);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(since(store, before.cursor)).toEqual({ values: [], missed: false, cursor: before.cursor });
    expect(since(store).values).toEqual([1, 2, 3]);
  });

  it("that was cut or changed, or is another log's, is refused", () => {
    const store = alone();
    append(store, 1);
    const { cursor } = since(store);
    store.log('other').append(1);
    const random = Random.seeded(1);
    const wrong = ['x', 'AA', 'a b', `${cursor}A`, 'n@1:1', 'A'.repeat(100_000), store.log('other').since().cursor];
    for (let i = 0; i < cursor.length; i++) {
      if (i > 0) wrong.push(cursor.slice(0, i));
      const other = String.fromCharCode(97 + random.below(26));
      if (other !== cursor[i]) wrong.push(cursor.slice(0, i) + other + cursor.slice(i + 1));
    }
    for (const text of [...wrong, 7 as unknown as string])
      expect(() => since(store, text)).toThrow(expect.objectContaining({ code: 'BAD_CURSOR' }));
    expect(since(store, '').values).toEqual([1]);
  });
});
