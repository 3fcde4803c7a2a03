import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleApp } from '../../src/node/console.js';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'merganser-console-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html>');
  writeFileSync(join(directory, 'assets', 'index-abc.js'), 'export {};');
  writeFileSync(join(directory, 'notes.txt'), 'not for everybody');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function get(path: string): Promise<Response> {
  return consoleApp(directory).request(path);
}

describe('the files of the console', () => {
  it('are served with their types: the page asked for every time, what is named by its content for good', async () => {
    const page = await get('/');
    expect(await page.text()).toBe('<!doctype html>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const script = await get('/assets/index-abc.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
  });

  it('are all there is: no other file, and nothing outside', async () => {
    for (const path of ['/notes.txt', '/assets/', '/../package.json', '/%2e%2e/package.json', '/assets/none.js']) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it('are missing without harm where the console has not been built', async () => {
    const response = await consoleApp(join(directory, 'nowhere')).request('/');
    expect(response.status).toBe(404);
  });
});
