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

it('counts keys by their type, as they come and go, here and from elsewhere', () => {
  const { lab, a, b } = pair();
  a.store.counter('calls').increment();
  a.store.counter('revenue', { scale: 2 }).increment(1.5);
  a.store.map('m').increment('f', 1);
  b.store.set('s').add('x');
  lab.run(100);
  const expected = { keys: 4, keysByType: { counter: 2, map: 1, set: 1 } };
  for (const { store } of [a, b]) expect(statusOf(store)).toMatchObject(expected);
  b.store.delete('calls');
  b.store.delete('s');
  lab.run(100);
  for (const { store } of [a, b])
    expect(statusOf(store)).toMatchObject({ keys: 2, keysByType: { counter: 1, map: 1 } });
  expect(Object.keys(statusOf(a.store).keysByType)).toEqual(['counter', 'map']);
});
