import { afterEach, describe, expect, it, vi } from 'vitest';
import { Cut } from '../../property-tests/store/exchange.js';
import { Driver } from '../../src/node/driver.js';
import type { Store } from '../../src/store/store.js';
import type { Staged } from '../../src/store/staging.js';
import { Replicator } from '../../src/sync/replicator.js';
import { Random } from '../../src/testing/random.js';
import { store } from '../store/a-store.js';

const KEYS = 20_000;
const drivers: Driver[] = [];

afterEach(() => {
  for (const driver of drivers.splice(0)) driver.stop();
});

/** A driver with nobody linked. */
function driverOf(db: Store): Driver {
  const driver = new Driver({
    store: db,
    replicator: new Replicator(db, { cluster: 'c', region: 'r', wall: () => 1_700_000_000_000 }),
    flushMs: 0,
    wires: { send: () => {}, close: () => {} },
    event: () => {},
    notify: () => {},
  });
  drivers.push(driver);
  driver.start();
  return driver;
}

/** As many counters as make a large frame. */
function largeFrame(to: Store): Staged {
  const from = store('a');
  for (let i = 0; i < KEYS; i++) from.increment(`k${i}`);
  const parts = new Cut(from).littleByLittle(to, Random.seeded(1));
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

describe('a driver', () => {
  it('merges what a large frame left, some in each turn, and tells those who watch', async () => {
    const db = store('b');
    const driver = driverOf(db);
    const told = new Set<string>();
    for (const key of ['k0', `k${KEYS - 1}`]) db.watch('counter', key, () => told.add(key));
    db.replica.apply([largeFrame(db)]);
    const advance = vi.spyOn(db.replica, 'advance');
    driver.step();
    await vi.waitFor(() => expect(told.size).toBe(2));
    await vi.waitFor(() => expect(db.replica.busy).toBe(false));
    expect([advance.mock.calls.length > 1, db.replica.keys.total]).toEqual([true, KEYS]);
  });

  it('merges nothing any more once it is stopped', async () => {
    const db = store('b');
    const driver = driverOf(db);
    db.replica.apply([largeFrame(db)]);
    driver.step();
    driver.stop();
    const { pending } = db.replica;
    await new Promise((turn) => {
      setImmediate(turn);
    });
    expect([pending > 0, db.replica.pending]).toEqual([true, pending]);
  });
});
