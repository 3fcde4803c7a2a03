import { describe, expect, it } from 'vitest';
import { ClientSessions, type SessionCarrier, type Timers } from '../../src/node/client-sessions.js';
import { FailureRuns } from '../../src/node/failure-runs.js';
import { Slot } from '../../src/node/operations.js';
import { Store } from '../../src/store/store.js';
import { blankOperation, Op } from '../../src/sync/client-operation.js';

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
}

class Carrier implements SessionCarrier {
  gone = false;

  superseded(): void {
    this.gone = true;
  }
}

const SESSION = 'a-session-of-some-length';

function setUp(): { store: Store; timers: ManualTimers; sessions: ClientSessions; calls: Slot } {
  const store = new Store({ node: 'us-1', incarnation: 1, clock: () => 1_795_000_000_000 });
  const timers = new ManualTimers();
  const calls = new Slot('gauge', 'calls', [undefined, undefined]);
  return { store, timers, calls, sessions: new ClientSessions(store, 'us', timers, { graceMs: 10, retentionMs: 100 }) };
}

const add = (n: number) => ({ ...blankOperation(), code: Op.gaugeAdd, n });
const set = (n: number) => ({ ...blankOperation(), code: Op.gaugeSet, n });

describe("a client's session", () => {
  it('keeps its shares over a short absence and loses them after a long one', () => {
    const { store, timers, sessions, calls } = setUp();
    const carrier = new Carrier();
    const { session, known } = sessions.find(SESSION);
    expect(known).toBe(false);
    sessions.enter(session, carrier);
    session.writeGauge(calls, add(3));
    session.writeGauge(calls, set(5));
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
    session.writeGauge(calls, set(5));
    session.setShare(calls, 7);
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
    store.internal(`session/${SESSION}`).set({ region: 'eu', done: 15, acked: 12, failures: [] });
    timers.pass(10);
    timers.pass(100);
    expect(sessions.find(SESSION).session).toMatchObject({ found: true, done: 15, doneElsewhere: 15 });
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
