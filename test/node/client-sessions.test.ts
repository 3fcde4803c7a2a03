import { describe, expect, it } from 'vitest';
import { ClientSessions, type SessionCarrier } from '../../src/node/client-sessions.js';
import { DurabilityQueue } from '../../src/node/durability.js';
import { Faults } from '../../src/node/faults.js';
import { FailureRuns } from '../../src/node/failure-runs.js';
import { silentLog } from '../../src/node/log.js';
import { Slot } from '../../src/node/operations.js';
import type { Timers } from '../../src/node/timers.js';
import { Store } from '../../src/store/store.js';
import { Op } from '../../src/sync/client-operation.js';
import { blankOperation } from '../../src/sync/client-shape.js';
import { Replicator } from '../../src/sync/replicator.js';

/** Time that passes when it is told to. */
class ManualTimers implements Timers {
  now = 0;
  #tasks: { at: number; task: () => void }[] = [];

  after(ms: number, task: () => void): () => void {
    const entry = { at: this.now + ms, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }

  pass(ms: number): void {
    this.now += ms;
    const due = this.#tasks.filter(({ at }) => at <= this.now);
    this.#tasks = this.#tasks.filter(({ at }) => at > this.now);
    for (const { task } of due) task();
  }

  get size(): number {
    return this.#tasks.length;
  }
}

class Carrier implements SessionCarrier {
  gone = false;

  superseded(): void {
    this.gone = true;
  }
}

const SESSION = 'a-session-of-some-length';

function setUp(): { store: Store; timers: ManualTimers; sessions: ClientSessions; calls: Slot } {
  const timers = new ManualTimers();
  const wall = (): number => 1_795_000_000_000 + timers.now;
  const store = new Store({ node: 'us-1', incarnation: 1, clock: wall });
  const calls = new Slot('gauge', 'calls', {});
  const identity = { node: 'us-1', region: 'us', incarnation: 1 };
  const times = { graceMs: 10, retentionMs: 100 };
  const options = { store, identity, timers, times, log: silentLog, faults: new Faults(silentLog), wall };
  const sessions = new ClientSessions(options);
  return { store, timers, calls, sessions };
}

/** What another process would have put into the store. */
function windowOf(process: string, done: number, more: object = {}): object {
  return { region: process.slice(0, 2), process, done, acked: 0, failures: [], until: 1_795_000_000_110, ...more };
}

/** Elsewhere, at the same time, the name is used as a counter, and the two stores meet. */
function inConflict(store: Store, key: string): { settle(): void } {
  const wall = (): number => 1_795_000_000_000;
  const elsewhere = new Store({ node: 'eu-1', incarnation: 1, clock: wall });
  elsewhere.increment(key);
  const ends = [store, elsewhere].map((one, i) => new Replicator(one, { cluster: 'c', region: `region ${i}`, wall }));
  ends.forEach((end, i) => end.open(1, i === 0, 0));
  for (let now = 0; now < 2_000; now += 100) {
    for (const [i, end] of ends.entries()) {
      end.tick(now);
      for (const output of end.outputs()) if (output.kind === 'send') ends[1 - i]?.receive(1, output.bytes, now);
    }
  }
  expect([...store.conflicts]).toEqual([key]);
  return { settle: () => void store.delete(key) };
}

const HOUR = 3_600_000;
const SWEEP = 600_000;

const add = (n: number) => ({ ...blankOperation(), code: Op.gaugeAdd, n });
const set = (n: number) => ({ ...blankOperation(), code: Op.gaugeSet, n });

describe("a client's session", () => {
  it('keeps its shares over a short absence and loses them after a long one', () => {
    const { store, timers, sessions, calls } = setUp();
    const carrier = new Carrier();
    const { session, known } = sessions.find(SESSION);
    expect(known).toBe(false);
    sessions.enter(session, carrier);
    session.writeShare(calls, add(3));
    session.writeShare(calls, set(5));
    sessions.lost(session, carrier);
    timers.pass(9);
    expect(store.gauge('calls').value()).toBe(5);
    const back = sessions.find(SESSION);
    expect(back.known).toBe(true);
    sessions.enter(back.session, carrier);
    timers.pass(50);
    expect(store.gauge('calls').value()).toBe(5);
    sessions.lost(session, carrier);
    timers.pass(10);
    expect(store.gauge('calls').value()).toBe(0);
    expect(sessions.find(SESSION).known).toBe(false);
  });

  it('leaves what others have put into a gauge alone', () => {
    const { store, sessions, calls } = setUp();
    store.gauge('calls').add(100);
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    session.writeShare(calls, set(5));
    session.writeShare(calls, set(7));
    expect(store.gauge('calls').value()).toBe(107);
    sessions.bye(session, carrier);
    expect(store.gauge('calls').value()).toBe(100);
  });

  it('is remembered in the store until nobody can ask for it any more', () => {
    const { store, timers, sessions } = setUp();
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    session.done = 12;
    session.failures.add(7, 'BAD_VALUE');
    session.save();
    sessions.lost(session, carrier);
    timers.pass(10);
    const again = sessions.find(SESSION);
    expect(again).toMatchObject({ known: false, session: { found: true, done: 12 } });
    expect(again.session.unacknowledgedFailures()).toMatchObject([{ from: 7, to: 7, code: 'BAD_VALUE' }]);
    timers.pass(100);
    expect(sessions.find(SESSION).session.found).toBe(false);
    expect(store.size).toBe(0);
  });

  it('that has gone on elsewhere is not forgotten here', () => {
    const { store, timers, sessions } = setUp();
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    session.done = 12;
    session.save();
    sessions.lost(session, carrier);
    store.internal(`session/${SESSION}`).set(windowOf('eu-1@7', 15));
    timers.pass(10);
    timers.pass(100);
    expect(sessions.find(SESSION).session).toMatchObject({ found: true, done: 15, doneElsewhere: 15 });
  });

  it('that was carried elsewhere in between knows what was done there, and what was refused', () => {
    const { store, sessions } = setUp();
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    session.done = 12;
    session.failures.add(12, 'BAD_KEY');
    session.save();
    sessions.lost(session, carrier);
    expect(sessions.find(SESSION).known).toBe(true);
    store.internal(`session/${SESSION}`).set(windowOf('eu-1@7', 15, { failures: [[12, 13, 'BAD_KEY']] }));
    const back = sessions.find(SESSION);
    expect(back).toMatchObject({ known: false, session: { done: 15, doneElsewhere: 15 } });
    expect(back.session.failures.toRuns()).toEqual([[12, 13, 'BAD_KEY']]);
    sessions.enter(back.session, carrier);
    back.session.save();
    expect(sessions.find(SESSION).known).toBe(true);
  });

  it('that was carried elsewhere in between has no share left here', () => {
    const { store, sessions, calls } = setUp();
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    session.writeShare(calls, set(3));
    session.save();
    sessions.lost(session, carrier);
    store.internal(`session/${SESSION}`).set(windowOf('eu-1@7', 15));
    sessions.enter(sessions.find(SESSION).session, carrier);
    expect(store.gauge('calls').value()).toBe(0);
    session.writeShare(calls, set(7));
    expect(store.gauge('calls').value()).toBe(7);
  });

  it('that never wrote leaves nothing behind', () => {
    const { timers, sessions } = setUp();
    const idle = timers.size;
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    sessions.lost(session, carrier);
    timers.pass(10);
    expect([sessions.size, timers.size]).toEqual([0, idle]);
  });

  it('whose node died is forgotten by the others, long after its time', () => {
    const { store, timers } = setUp();
    store.internal(`session/${SESSION}`).set(windowOf('eu-1@7', 15));
    store.internal('session/two-windows').set(windowOf('eu-1@7', 1, { until: 1_795_000_000_000 + 2 * HOUR }));
    store.register('mine').set(1);
    for (let passed = 0; passed < HOUR; passed += SWEEP) timers.pass(SWEEP);
    expect(store.internal(`session/${SESSION}`).get()).toBeDefined();
    timers.pass(SWEEP);
    expect(store.internal(`session/${SESSION}`).get()).toBeUndefined();
    expect(store.internal('session/two-windows').get()).toBeDefined();
    expect(store.register('mine').get()).toBe(1);
  });

  it('is not forgotten while it is carried, however long it says nothing', () => {
    const { store, timers, sessions } = setUp();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, new Carrier());
    session.done = 3;
    session.save();
    for (let passed = 0; passed < 5 * HOUR; passed += SWEEP) timers.pass(SWEEP);
    expect(store.internal(`session/${SESSION}`).get()).toMatchObject({ done: 3 });
  });

  it('ends although a gauge refuses to give its share back, and the share follows when it can', () => {
    const { store, timers, sessions, calls } = setUp();
    const other = new Slot('gauge', 'other', {});
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    session.writeShare(calls, set(3));
    session.writeShare(other, set(4));
    sessions.lost(session, carrier);
    const conflict = inConflict(store, 'calls');
    timers.pass(10);
    expect([store.gauge('other').value(), store.type('calls')]).toEqual([0, 'counter']);
    conflict.settle();
    timers.pass(60_000);
    expect(store.gauge('calls').value()).toBe(0);
  });

  it('takes along whom it has brought into a presence, and nobody else', () => {
    const { store, timers, sessions } = setUp();
    const room = new Slot('presence', 'room', {});
    const join = (name: string) => ({ ...blankOperation(), code: Op.presenceJoin, name, value: {} });
    const carriers = [new Carrier(), new Carrier()] as const;
    const [one, two] = [sessions.find(SESSION).session, sessions.find(`${SESSION}-2`).session] as const;
    sessions.enter(one, carriers[0]);
    sessions.enter(two, carriers[1]);
    store.presence('room').join('ann');
    for (const name of ['ann', 'bea', 'cy', 'dan']) one.writeShare(room, join(name));
    for (const name of ['bea', 'eve']) two.writeShare(room, join(name));
    one.writeShare(room, { ...blankOperation(), code: Op.presenceLeave, value: 'dan' });
    const there = (): string[] =>
      store
        .presence('room')
        .members()
        .map(({ member }) => member);
    expect(there()).toEqual(['ann', 'bea', 'cy', 'eve']);
    sessions.lost(one, carriers[0]);
    timers.pass(9);
    expect(store.presence('room').count()).toBe(4);
    timers.pass(1);
    expect(there()).toEqual(['ann', 'bea', 'eve']);
    sessions.bye(two, carriers[1]);
    expect(there()).toEqual(['ann']);
  });

  it('takes many along a slice at a time', () => {
    const { store, timers, sessions } = setUp();
    const room = new Slot('presence', 'room', {});
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    for (let i = 0; i < 5000; i++)
      session.writeShare(room, { ...blankOperation(), code: Op.presenceJoin, name: `m${i}`, value: i });
    const idle = timers.size;
    sessions.bye(session, carrier);
    const left = [store.presence('room').count()];
    while (timers.size > idle) {
      timers.pass(1);
      left.push(store.presence('room').count());
    }
    expect(left).toEqual([3000, 1000, 0]);
  });

  it('leaves a presence that is in conflict as soon as that is settled', () => {
    const { store, timers, sessions } = setUp();
    const room = new Slot('presence', 'room', {});
    const carrier = new Carrier();
    const { session } = sessions.find(SESSION);
    sessions.enter(session, carrier);
    for (const name of ['ann', 'bea'])
      session.writeShare(room, { ...blankOperation(), code: Op.presenceJoin, name, value: {} });
    const conflict = inConflict(store, 'room');
    sessions.bye(session, carrier);
    expect(store.type('room')).toBe('counter');
    conflict.settle();
    expect(store.presence('room').count()).toBe(2);
    timers.pass(60_000);
    expect(store.presence('room').count()).toBe(0);
  });

  it('belongs to its newest connection', () => {
    const { sessions } = setUp();
    const [first, second] = [new Carrier(), new Carrier()];
    const { session } = sessions.find(SESSION);
    sessions.enter(session, first);
    sessions.enter(sessions.find(SESSION).session, second);
    expect([first.gone, second.gone]).toEqual([true, false]);
    sessions.lost(session, first);
    expect(sessions.find(SESSION).session.carrier).toBe(second);
  });
});

describe('answers that wait for other regions', () => {
  it('are one entry when they touch and wait for the same', () => {
    let covered = 0;
    const answered: [number, number][] = [];
    const queue = new DurabilityQueue((dot) => (dot <= covered ? 1 : 0));
    const waiter = { durable: (from: number, to: number) => answered.push([from, to]) };
    for (let i = 0; i < 200_000; i += 1) queue.wait(1, 5, waiter, 1, 1 + (i % 2));
    queue.wait(1, 6, waiter, 3, 4);
    covered = 5;
    queue.check();
    expect(answered).toEqual([[1, 2]]);
    covered = 6;
    queue.check();
    expect(answered).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('are bounded for each connection', () => {
    let covered = 0;
    const queue = new DurabilityQueue(() => covered);
    const waiter = { durable: () => undefined };
    const askAgainAndAgain = (): void => {
      for (let i = 0; i < 70_000; i += 1) queue.wait(1, 5, waiter, 2 * i, 2 * i);
    };
    expect(askAgainAndAgain).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
    queue.wait(1, 5, { durable: () => undefined }, 1, 1);
    covered = 1;
    queue.check();
    queue.wait(2, 5, waiter, 1, 1);
    queue.forget(waiter);
    expect(() => queue.wait(2, 5, waiter, 1, 1)).not.toThrow();
  });
});

describe('refused writes', () => {
  it('that follow each other are one run', () => {
    const runs = new FailureRuns();
    for (let seq = 1; seq <= 1_000; seq += 1) runs.add(seq, 'TYPE_CONFLICT');
    runs.add(1_002, 'TYPE_CONFLICT');
    runs.add(1_003, 'BAD_KEY');
    expect(runs.toRuns()).toEqual([
      [1, 1_000, 'TYPE_CONFLICT'],
      [1_002, 1_002, 'TYPE_CONFLICT'],
      [1_003, 1_003, 'BAD_KEY'],
    ]);
    expect([runs.codeOf(500), runs.codeOf(1_001), runs.codeOf(1_003)]).toEqual(['TYPE_CONFLICT', undefined, 'BAD_KEY']);
  });

  it('of two copies of a window are one list', () => {
    const runs = new FailureRuns([
      [1, 4, 'BAD_KEY'],
      [9, 9, 'BAD_VALUE'],
    ]);
    runs.join([
      [3, 6, 'BAD_KEY'],
      [9, 9, 'BAD_VALUE'],
      [10, 12, 'BAD_KEY'],
    ]);
    expect(runs.toRuns()).toEqual([
      [1, 6, 'BAD_KEY'],
      [9, 9, 'BAD_VALUE'],
      [10, 12, 'BAD_KEY'],
    ]);
  });

  it('are forgotten once they are acknowledged', () => {
    const runs = new FailureRuns([[1, 10, 'BAD_KEY']]);
    runs.forget(9);
    expect(runs.codeOf(10)).toBe('BAD_KEY');
    runs.forget(10);
    expect(runs.toRuns()).toEqual([]);
  });

  it('are full only when they are many and different', () => {
    const runs = new FailureRuns();
    for (let seq = 1; seq <= 1_024; seq += 1) {
      expect(runs.full).toBe(false);
      runs.add(2 * seq, 'BAD_KEY');
    }
    expect(runs.full).toBe(true);
  });
});
