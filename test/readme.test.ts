import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createNode } from '../src/node/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

function block(language: string, containing: string): string {
  const blocks = [...readme.matchAll(/^```(?<language>\w+)\n(?<code>[\s\S]*?)^```$/gm)].map(({ groups }) => groups);
  const found = blocks.find((b) => b?.['language'] === language && b['code']?.includes(containing) === true);
  if (found?.['code'] === undefined) throw new Error(`the README has no ${language} block with ${containing}`);
  return found['code'];
}

/** Inside the project, so that the package finds itself by its name, as built. */
function run(code: string): string {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'readme-'));
  try {
    writeFileSync(join(folder, 'example.mjs'), code);
    return execFileSync(process.execPath, [join(folder, 'example.mjs')], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the README', () => {
  it('shows twenty lines that print what it says', () => {
    expect(run(block('js', 'ocean.cut'))).toBe(block('text', 'healed'));
  });

  it('shows the SDK as it is', async () => {
    const nodes = [await createNode({ region: 'us', listen: '127.0.0.1:0' })];
    const [us] = nodes as [(typeof nodes)[number]];
    const address = String(us.url).replace('http', 'ws');
    nodes.push(await createNode({ region: 'eu', join: [address] }));
    try {
      const code = block('js', 'merganser/client').replace('ws://127.0.0.1:7400', address);
      const { promise, output } = await background(code);
      await promise;
      expect(output()).toMatch(/calls: 2\n$/);
      expect(us.store.counter('calls').value()).toBe(2);
      expect(us.store.log('calls/last').last(1)[0]?.value).toEqual({ from: '+3612345678' });
    } finally {
      await Promise.all(nodes.map((node) => node.close()));
    }
  });
});

/** As `run`, without stopping this process, which serves the example. */
async function background(code: string): Promise<{ promise: Promise<void>; output: () => string }> {
  const { spawn } = await import('node:child_process');
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'readme-'));
  writeFileSync(join(folder, 'example.mjs'), code);
  const child = spawn(process.execPath, [join(folder, 'example.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const promise = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      rmSync(folder, { recursive: true });
      if (status === 0) resolve();
      else reject(new Error(`the example ended with ${status}`));
    });
  });
  return { promise, output: () => text };
}
