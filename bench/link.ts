/** What replication costs on a link at the default flush interval: hot counters, and keys that the peer never heard of. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, Figure } from './figure.js';
import { keyOf } from './keys.js';
import { drained, link as linkOf, linked } from './peer.js';

const HOT = 1_000;
const INCREMENTS = 600_000;
const MANY = 1_000_000;
const KEY_BYTES = 18;
/** KeyDB 6 active-active, the same 600,000 INCR over 1,000 keys, measured apart; it echoes as much back. */
const KEYDB = 141;

async function run(): Promise<Figure[]> {
  const { node, close } = await linked();
  const { store } = node;
  const sent = (): number => linkOf(node)?.sentBytes ?? Number.NaN;

  for (let i = 0; i < HOT; i++) store.increment(`hot:${keyOf(i).slice(4)}`);
  await drained(node);
  const beforeHot = sent();
  const begin = performance.now();
  let done = 0;
  while (done < INCREMENTS) {
    const due = Math.min(INCREMENTS, Math.floor(((performance.now() - begin) / 1000) * INCREMENTS));
    for (; done < due; done++) store.increment(`hot:${keyOf(done % HOT).slice(4)}`);
    await pause(1);
  }
  await drained(node);
  const perIncrement = (sent() - beforeHot) / INCREMENTS;

  const beforeMany = sent();
  for (let i = 0; i < MANY; i++) {
    store.increment(keyOf(i));
    if (i % 2_000 === 1_999) await pause(1);
  }
  await drained(node);
  const perKey = (sent() - beforeMany) / MANY;
  await close();
  return [
    {
      name: '600,000 increments over 1,000 keys in a second, each',
      value: perIncrement,
      unit: 'B',
      atMost: 2,
      note: `KeyDB active-active, measured apart: ${KEYDB} B`,
    },
    {
      name: 'a million keys touched once: beyond the key, each',
      value: perKey - KEY_BYTES,
      unit: 'B',
      atMost: 16,
    },
  ];
}

export const link: Benchmark = { run };
