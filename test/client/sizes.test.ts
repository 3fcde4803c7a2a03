/** What is too large for a message, in either direction, fails alone. */
import { describe, expect, it } from 'vitest';
import { MAX_OPERAND_BYTES, MAX_TROUBLE_BYTES } from '../../src/base/limits.js';
import type { Database } from '../../src/client/index.js';
import { AnswerWriter, type NodeMessageHandler, readNodeMessage } from '../../src/sync/client-answer.js';
import { aClient, aNode, urlOf } from '../node/nodes.js';

const LONG = 'x'.repeat(5_000_000);
const BYTES = new Uint8Array(5_000_000);

/** The same connection serves afterwards. */
async function goesOn(db: Database, lost: () => number): Promise<void> {
  expect(await db.counter('c').value()).toBe(0);
  expect([db.status().state, lost()]).toEqual(['connected', 0]);
}

async function aWatchedClient(): Promise<{
  db: Database;
  lost: () => number;
  node: Awaited<ReturnType<typeof aNode>>;
}> {
  const node = await aNode();
  const db = await aClient(urlOf(node));
  let lost = 0;
  db.on('disconnected', () => (lost += 1));
  return { db, node, lost: () => lost };
}

describe('an operation that is too large for a message', () => {
  it.each<[string, (db: Database) => unknown]>([
    ['a cursor', (db) => db.log('k').since(LONG)],
    ['a time zone', (db) => db.window('k').today(LONG)],
    ['a prefix', (db) => db.keys(LONG)],
    ['a text that is shorter than its bytes', (db) => db.keys('ä'.repeat(MAX_OPERAND_BYTES / 2 + 1))],
    ['an update', (db) => db.doc('k').apply(BYTES)],
    ['a state vector', (db) => db.doc('k').update(BYTES)],
    ['a cursor to go on from', async (db) => db.log('k').subscribeSince(() => undefined, LONG)],
    ['a day to be followed', async (db) => db.window('k').subscribeToday(() => undefined, LONG)],
  ])('by %s fails alone, before it is sent', async (_, act) => {
    const { db, lost, node } = await aWatchedClient();
    await expect(act(db)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    expect([db.status().queued, db.status().subscriptions]).toEqual([0, 0]);
    await goesOn(db, lost);
    expect(node.store.keys()).toEqual([]);
  });

  it('leaves room in a message for what is as large as it may be, whatever stands before it', async () => {
    const { db, lost } = await aWatchedClient();
    const small = Array.from({ length: 4 }, (_, i) => db.register(`r${i}`).set('x'.repeat(255_000)));
    const large = [db.keys('x'.repeat(MAX_OPERAND_BYTES)), db.register('k').set('x'.repeat(1_048_000))];
    expect(await Promise.all([...small, ...large])).toHaveLength(6);
    await goesOn(db, lost);
  });
});

describe('an error that says much', () => {
  it('is read by a client', async () => {
    const { db, lost } = await aWatchedClient();
    const shares = Array.from({ length: 2_000 }, () => 0.5);
    await expect(db.quantiles('q').quantiles(shares)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(db.quantiles('q').quantiles([shares as never])).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await goesOn(db, lost);
  });

  it.each(['failed', 'refused', 'ended', 'error'] as const)('as an answer of the kind %s as well', (kind) => {
    const answers = new AnswerWriter();
    const said = '€'.repeat(10_000);
    if (kind === 'error') answers.error('BAD_VALUE', said);
    else answers[kind](1, 'BAD_VALUE', said);
    const heard: string[] = [];
    const handler = new Proxy({} as NodeMessageHandler, {
      get:
        () =>
        (...rest: readonly unknown[]) =>
          void heard.push(String(rest.at(-1))),
    });
    readNodeMessage(answers.take(), handler);
    expect(heard).toEqual([`${'€'.repeat((MAX_TROUBLE_BYTES - 4) / 3)}…`]);
  });
});
