/** Processes and a browser for the tests of the pages; whatever is started here is ended with the test file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const COMMAND = new URL('../../dist/cli/main.js', import.meta.url).pathname;

export interface Running {
  readonly child: ChildProcess;
  /** The addresses that it printed. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Starts the command line and waits until it has printed so many addresses of pages. */
export async function running(argv: readonly string[], pages: number): Promise<Running> {
  const child = spawn(process.execPath, [COMMAND, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const urls = await new Promise<string[]>((resolve, reject) => {
    let said = '';
    const hear = (text: string): void => {
      said += text;
      const found = [...new Set(said.match(/http:\/\/127\.0\.0\.1:\d+\b(?=\s)/g))];
      if (found.length >= pages) resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('exit', () => reject(new Error(`it ended; it said: ${said}`)));
  });
  return {
    child,
    urls,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** A browser with a profile of its own. */
export async function browser(): Promise<{ context: BrowserContext; stop(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'merganser-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    async stop() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
