import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { connect, type Database } from '../../src/client/index.js';
import type { BuiltIn } from '../../src/crdt/crdt.js';
import { browser, running, type Running } from './running.js';

let node: Running;
let chromium: Awaited<ReturnType<typeof browser>>;
let db: Database;

beforeAll(async () => {
  chromium = await browser();
  node = await running(['start', '--listen', '127.0.0.1:0', '--region', 'north'], 1);
  db = await connect(node.urls[0] as string);
}, 60_000);

afterAll(async () => {
  await db?.close();
  await chromium?.stop();
  await node?.stop();
}, 30_000);

/** An update of a Yjs document with a text. */
function written(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('body').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

describe('the page of a node with data of its own', () => {
  it('lists keys of every type with their values, live', async () => {
    const shown: Readonly<Record<BuiltIn, readonly [write: Promise<unknown>, value: string | RegExp]>> = {
      counter: [db.counter('counter').increment(1234), '1,234'],
      gauge: [db.gauge('gauge').set(42), '42'],
      register: [db.register('register').set({ dark: true }), '{"dark":true}'],
      set: [db.set('set').add('alpha'), '["alpha"]'],
      log: [db.log('log').append('<b>started</b>'), '["<b>started</b>"]'],
      window: [db.window('window').add(17), '17 in the last hour'],
      flag: [db.flag('flag').enable(), 'on'],
      map: [db.map('map').set('a', 1), '{"a":1}'],
      sorted: [db.sorted('sorted').increment('ann', 3), '["ann 3"]'],
      bounded: [db.bounded('bounded', { max: 9 }).decrement(), /^-1; here .* more$/],
      presence: [db.presence('presence').join('ann'), '1: ann'],
      doc: [db.doc('doc').apply(written('hello')), '{"body":"hello"}'],
      unique: [db.unique('unique').add('x'), 'about 1 different ones'],
      quantiles: [db.quantiles('quantiles').add(0), 'median 0, 99 % below 0'],
      top: [db.top('top').add('x', 2), '["x: 2"]'],
    };
    await Promise.all(Object.values(shown).map(([write]) => write));
    const page = await chromium.context.newPage();
    await page.goto(node.urls[0] as string);
    const value = (key: string): Promise<string | null> => page.locator(`[data-key=${key}] td`).nth(2).textContent();
    for (const [type, [, expected]] of Object.entries(shown)) {
      await expect.poll(() => value(type), { message: type }).toMatch(expected);
      expect(await page.locator(`[data-key=${type}] td`).nth(1).textContent()).toBe(type);
    }
    await db.counter('counter').increment();
    await expect.poll(() => value('counter')).toBe('1,235');
    await page.locator('input').fill('t');
    await expect.poll(() => page.locator('[data-list=keys] tr').count()).toBe(1);
    await expect.poll(() => page.locator('h1').textContent()).toBe('north');
  });

  it('says which members are no peers any more', async () => {
    const url = node.urls[0] as string;
    const other = await running(
      [
        'start',
        '--listen',
        '127.0.0.1:0',
        '--region',
        'south',
        '--node',
        'south-1',
        '--join',
        url.replace('http', 'ws'),
      ],
      1,
    );
    const page = await chromium.context.newPage();
    await page.goto(url);
    await page.locator('[data-peer=south-1] .live').waitFor();
    expect(await page.locator('[data-list=others]').textContent()).toBe('');
    await fetch(`${other.urls[0]}/v1/admin/leave`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"force":false}',
    });
    await expect
      .poll(() => page.locator('[data-list=others]').textContent(), { timeout: 20_000 })
      .toMatch(/^south-1 in south: closed/);
    await other.stop();
  });
});
