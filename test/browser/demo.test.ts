import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browser, running, type Running } from './running.js';

let demo: Running;
let chromium: Awaited<ReturnType<typeof browser>>;
let pages: readonly Page[];
const complaints: string[] = [];

beforeAll(async () => {
  chromium = await browser();
  demo = await running(['demo', '--port', '17400'], 3);
  pages = await Promise.all(demo.urls.map(open));
}, 60_000);

afterAll(async () => {
  await chromium?.stop();
  await demo?.stop();
}, 30_000);

async function open(url: string): Promise<Page> {
  const page = await chromium.context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}

function pageOf(region: 'us' | 'eu' | 'ap'): Page {
  return pages[['us', 'eu', 'ap'].indexOf(region)] as Page;
}

async function figure(page: Page, name: string): Promise<number> {
  const text = await page.locator(`[data-figure=${name}]`).textContent();
  return Number(text?.replaceAll(/[$,]/g, ''));
}

/** Waits until a figure is above `n`; answers it. */
async function above(page: Page, name: string, n: number): Promise<number> {
  await expect.poll(() => figure(page, name), { timeout: 20_000 }).toBeGreaterThan(n);
  return figure(page, name);
}

/** Waits until the page says how the regions are. */
async function mood(page: Page, expected: 'good' | 'warn'): Promise<void> {
  await page.locator(`[role=status][data-mood=${expected}]`).waitFor({ timeout: 20_000 });
}

async function allGood(): Promise<void> {
  await Promise.all(pages.map((page) => mood(page, 'good')));
}

describe('the pages of the demo', () => {
  it('name their regions and agree', async () => {
    for (const region of ['us', 'eu', 'ap'] as const) {
      await expect.poll(() => pageOf(region).locator('h1').textContent()).toBe(region);
    }
    await allGood();
  });

  it('show figures that move', async () => {
    for (const page of pages) {
      const calls = await above(page, 'calls', 0);
      expect(await above(page, 'calls', calls)).toBeGreaterThan(calls);
      await above(page, 'busy', 0);
      await above(page, 'customers', 0);
      await above(page, 'money', 0);
      await page.locator('[data-list=calls] tr').nth(5).waitFor();
      await page.locator('[data-name=PS]').waitFor();
    }
  });

  it('show both links with their delay', async () => {
    const peers = pageOf('us').locator('[data-list=peers]');
    for (const [node, shortest] of [
      ['eu-1', 80],
      ['ap-1', 150],
    ] as const) {
      const roundTrip = peers.locator(`[data-peer=${node}] [data-cell="round trip"]`);
      await expect
        .poll(async () => Number.parseInt((await roundTrip.textContent()) ?? '', 10))
        .toBeGreaterThanOrEqual(shortest);
      await peers.locator(`[data-peer=${node}] .live`).waitFor();
      await expect
        .poll(() => peers.locator(`[data-peer=${node}] [data-cell=agreement]`).textContent())
        .toMatch(/^(equal|catching up)$/);
      expect(await peers.locator(`[data-peer=${node}] td`).allTextContents()).toEqual(
        expect.arrayContaining([expect.stringMatching(/^\d\.\d s ago/), expect.stringMatching(/^[\d.]+ k?B\/s$/)]),
      );
    }
  });

  it('were drawn without a complaint from the browser', () => {
    expect(complaints).toEqual([]);
  });

  it('let a region be cut off: both sides go on, and agree again when it is healed', async () => {
    const [us, eu] = [pageOf('us'), pageOf('eu')];
    await us.locator('[data-isolate=us]').click();
    // Every page shows the cut, not only the one on which it was made.
    for (const page of pages) {
      await page.locator('[data-link=us-eu][data-cut=true]').waitFor();
      await page.locator('[data-link=us-ap][data-cut=true]').waitFor();
      await mood(page, 'warn');
    }
    await above(us, 'calls', await figure(us, 'calls'));
    await above(eu, 'calls', await figure(eu, 'calls'));
    await us.locator('[data-isolate=us]').click();
    await allGood();
    const digests = await us.locator('td.digest').allTextContents();
    expect(digests).toHaveLength(3);
    expect(new Set(digests).size).toBe(1);
  });

  it('say what both sides wrote while apart, and what the heal cost', async () => {
    const [us, ap] = [pageOf('us'), pageOf('ap')];
    await us.locator('[data-play]').click();
    await ap.locator('[data-apart=yes]').waitFor();
    await expect
      .poll(() => ap.locator('[data-apart]').textContent())
      .toMatch(/written since: us [\d,]+, eu [\d,]+, ap/);
    const cells = ap.locator('[data-list=heal] [data-way=us-ap] td');
    const lacked = async (): Promise<number> => Number((await cells.nth(1).textContent())?.replaceAll(',', ''));
    await expect.poll(lacked, { timeout: 25_000 }).toBeGreaterThan(20_000);
    await us.locator('[data-apart=no]').waitFor();
    expect(await us.locator('.heal .note').first().textContent()).toMatch(
      /^healed after .* apart: everybody had everything/,
    );
    await allGood();
  });

  it('cut and heal a link with a key', async () => {
    const [us, ap] = [pageOf('us'), pageOf('ap')];
    await ap.keyboard.press('3');
    await us.locator('[data-link=eu-ap][data-cut=true]').waitFor();
    expect(await us.locator('[data-link=eu-ap]').textContent()).toContain('Heal eu–ap');
    await ap.keyboard.press('3');
    await us.locator('[data-link=eu-ap][data-cut=false]').waitFor();
    await allGood();
  });

  it('see a killed region come back with everything it had', async () => {
    const [us, eu] = [pageOf('us'), pageOf('eu')];
    const before = await figure(eu, 'calls');
    const life = await eu.locator('.facts span').last().textContent();
    expect(life).toMatch(/^incarnation \d+$/);
    await eu.locator('[data-kill=eu]').click();
    await us.locator('tr.away[data-region=eu]').waitFor();
    await us.locator('tr:not(.away)[data-region=eu]').waitFor({ timeout: 20_000 });
    await allGood();
    expect(await figure(eu, 'calls')).toBeGreaterThanOrEqual(before);
    await expect.poll(() => eu.locator('.facts span').last().textContent()).not.toBe(life);
  });
});
