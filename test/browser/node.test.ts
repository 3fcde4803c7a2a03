import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../../src/client/index.js';
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

describe('the page of a node with data of its own', () => {
  it('lists keys of every type with their values, live', async () => {
    await Promise.all([
      db.counter('hits').increment(1234),
      db.gauge('sessions').set(42),
      db.register('theme').set({ dark: true }),
      db.set('tags').add('alpha'),
      db.log('events').append('<b>started</b>'),
      db.window('requests').add(17),
    ]);
    const page = await chromium.context.newPage();
    await page.goto(node.urls[0] as string);
    const value = (key: string): Promise<string | null> => page.locator(`[data-key=${key}] td`).nth(2).textContent();
    await expect.poll(() => value('hits')).toBe('1,234');
    expect(await value('sessions')).toBe('42');
    expect(await value('theme')).toBe('{"dark":true}');
    expect(await value('tags')).toBe('["alpha"]');
    expect(await value('events')).toBe('["<b>started</b>"]');
    expect(await value('requests')).toBe('17 in the last hour');
    await db.counter('hits').increment();
    await expect.poll(() => value('hits')).toBe('1,235');
    await page.locator('input').fill('t');
    await expect.poll(() => page.locator('[data-list=keys] tr').count()).toBe(2);
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
