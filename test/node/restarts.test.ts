/** A node that is killed and started again, as a process, beside two that stay. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import type { MerganserNode } from '../../src/node/index.js';
import { aCluster, atTheEnd, urlOf } from './nodes.js';

const RESTARTS = 12;
const PATIENCE = { timeout: 30_000, interval: 20 };

/** One life: it counts itself, says so, and waits for its end. */
const LIFE = `
  import { createNode } from 'merganser';
  const [...join] = process.argv.slice(1);
  const { store } = await createNode({ node: 'mortal', region: 'ap', listen: '127.0.0.1:0', join });
  store.increment('lives');
  store.set('were').add('here');
  store.gauge('up').set(1);
  console.log('ready');
`;

async function liveAndDie(nodes: readonly MerganserNode[], lives: number): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LIFE, ...nodes.map(urlOf)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atTheEnd(() => void child.kill('SIGKILL'));
  await once(child.stdout.setEncoding('utf8'), 'data');
  await vi.waitFor(() => {
    for (const { store } of nodes) expect(store.counter('lives').value()).toBe(lives);
  }, PATIENCE);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

it('leaves nothing of its lives but what they wrote', async () => {
  const nodes = await aCluster('us', 'eu');
  for (const { store } of nodes) store.increment('first');
  for (let life = 1; life <= RESTARTS; life++) await liveAndDie(nodes, life);
  for (const { store } of nodes) {
    expect(Object.keys(store.vv()).filter((actor) => actor.startsWith('mortal@'))).toHaveLength(1);
    expect([store.counter('lives').value(), store.set('were').values()]).toEqual([RESTARTS, ['here']]);
  }
}, 120_000);
