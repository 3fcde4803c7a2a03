import { describe, expect, it, vi } from 'vitest';
import { Corruption } from '../sync/corruption.js';
import { aCluster, urlOf } from './nodes.js';

describe('verify', () => {
  it('finds, names and mends what went wrong in one region, in real nodes', async () => {
    const [us, eu, ap] = await aCluster('us', 'eu', 'ap');
    for (let i = 0; i < 200; i++) us?.store.increment(`k${i}`);
    us?.store.set('s').add('x');
    await us?.durable(2);
    expect((await eu?.verify())?.map(({ state, share }) => [state, share])).toEqual([
      ['equal', 1],
      ['equal', 1],
    ]);
    const bad = new Corruption(eu?.store as never);
    bad.dropState(bad.cell('counter', 'k7'));
    bad.dropState(bad.cell('set', 's', 'x'));
    // What has no state is forgotten soon. A bucket from which something is forgotten at that moment is left out, and not mended.
    await vi.waitFor(() => expect(eu?.store.replica.ghosts).toBe(0));
    await vi.waitFor(async () => {
      const found = await us?.verify();
      expect(found?.find(({ region }) => region === 'eu')).toMatchObject({ state: 'DIFFERENT', count: 2 });
      expect(found?.find(({ region }) => region === 'ap')).toMatchObject({ state: 'equal', count: 0 });
    });
    await vi.waitFor(() => expect(us?.status().problems.join()).toContain('REPLICAS_DIFFER: peer eu-'));
    expect(us?.status().healthy).toBe(false);
    await us?.verify({ repair: true });
    expect((await us?.verify())?.map(({ state }) => state)).toEqual(['equal', 'equal']);
    expect(eu?.store.counter('k7').value()).toBe(1);
    expect(eu?.store.set('s').has('x')).toBe(true);
    expect(new Set([us, eu, ap].map((node) => node?.store.digest())).size).toBe(1);
    expect(us?.status().problems).toEqual([]);
  });

  it('says why nothing can be said', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    await us?.close();
    expect(await eu?.verify()).toMatchObject([
      { region: 'us', state: 'not comparable yet', reason: 'there is no link' },
    ]);
  });

  it('is asked for over HTTP', async () => {
    const [us] = await aCluster('us', 'eu');
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    const response = await fetch(`${urlOf(us as never)}/v1/admin/verify`, body);
    expect(await response.json()).toMatchObject([{ region: 'eu', state: 'equal', differing: [] }]);
  });
});
