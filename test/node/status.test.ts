import { expect, it } from 'vitest';
import { type NodeStatus, nodeStatus } from '../../src/node/status.js';
import type { Store } from '../../src/store/store.js';
import { pair } from '../sync/lab.js';

function statusOf(store: Store): NodeStatus {
  const source = { name: 'us', region: 'us', cluster: 'c', incarnation: 1, url: undefined, isReady: true };
  return nodeStatus({ ...source, maxBandwidth: undefined, store }, 1000, undefined, [], [], [], []);
}

it('names counters that were given different scales at once', () => {
  const { lab, a, b } = pair();
  lab.cut(a, b);
  a.store.counter('revenue', { scale: 2 }).increment(1.5);
  b.store.counter('revenue', { scale: 3 }).increment(1.5);
  expect(statusOf(a.store)).toMatchObject({ healthy: true, scaleConflicts: [] });
  lab.link(a, b);
  lab.run(100);
  expect(statusOf(a.store)).toMatchObject({
    healthy: false,
    problems: ['CONFIG_CONFLICT: 1 counters have several scales, "revenue" with 2 and 3: reset them'],
    scaleConflicts: ['revenue'],
  });
});
