import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createNode } from '../src/node/index.js';
import { blocksOf, fileWith, run } from './example-code.js';

function block(language: string, containing: string): string {
  const found = blocksOf('README.md', language).find((code) => code.includes(containing));
  if (found === undefined) throw new Error(`the README has no ${language} block with ${containing}`);
  return found;
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
      const { promise, output } = background(code);
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
function background(code: string): { promise: Promise<void>; output: () => string } {
  const { folder, file } = fileWith(code);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
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
