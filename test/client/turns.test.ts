import { describe, expect, it } from 'vitest';
import { Session } from '../../src/client/session.js';
import { Target } from '../../src/client/target.js';
import { type ClientMessageHandler, readClientMessage } from '../../src/sync/client-message.js';
import { Op } from '../../src/sync/client-operation.js';

const WELCOME = { node: 'n', region: 'r', incarnation: 1, done: 0, known: false, failures: [] };

/** A session on a wire that keeps what is sent: per message the values that it writes. */
function session(): { session: Session; connect: () => void; sent: unknown[][] } {
  const sent: unknown[][] = [];
  const nothing = (): void => {};
  const handler = (values: unknown[]): ClientMessageHandler => ({
    hello: nothing,
    batch: nothing,
    define: nothing,
    write: ({ value }) => values.push(value),
    read: nothing,
    subscribe: nothing,
    unsubscribe: nothing,
    confirm: nothing,
    restate: nothing,
    ping: nothing,
    bye: nothing,
    more: () => true,
  });
  const session = new Session(
    'session-of-a-test',
    { durable: 0, durableTimeout: Infinity, maxQueued: 100_000 },
    {
      welcomed: nothing,
      fatal: nothing,
      trouble: nothing,
      wake: () => process.nextTick(() => session.flush()),
      full: nothing,
    },
  );
  const send = (bytes: Uint8Array): void => {
    const values: unknown[] = [];
    readClientMessage(bytes, handler(values));
    if (values.length > 0) sent.push(values);
  };
  return {
    session,
    sent,
    connect: () => {
      session.attach({ send, buffered: 0 });
      session.welcome(WELCOME);
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const register = new Target('register', 'k', {});

function write(to: Session, value: string): void {
  void to.write(register, Op.registerSet, undefined, 0, value, undefined);
}

describe('what is asked in one turn', () => {
  it('leaves in one message, however much waited for the connection', async () => {
    const { session: waiting, connect, sent } = session();
    for (let n = 0; n < 200; n += 1) {
      write(waiting, `${n} ${'x'.repeat(700)}`);
      write(waiting, `${n} ${'y'.repeat(700)}`);
      await turn();
    }
    connect();
    await turn();
    expect(sent.length).toBeGreaterThan(1);
    for (const values of sent) {
      const turns = values.map((value) => String(value).split(' ')[0]);
      expect(turns.filter((of) => turns.indexOf(of) === turns.lastIndexOf(of))).toEqual([]);
    }
  });

  it('leaves in one message though it is longer than a message usually is', async () => {
    const { session: connected, connect, sent } = session();
    connect();
    for (let n = 0; n < 200; n += 1) write(connected, 'z'.repeat(1_000));
    await turn();
    expect(sent.map((values) => values.length)).toEqual([200]);
  });

  it('is cut when no node would take it in one', async () => {
    const { session: connected, connect, sent } = session();
    connect();
    for (let n = 0; n < 50; n += 1) write(connected, 'z'.repeat(100_000));
    await turn();
    expect(sent.length).toBeGreaterThan(3);
    expect(sent.flat()).toHaveLength(50);
  });
});
