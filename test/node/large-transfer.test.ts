/** Nodes that receive much over a slow link, from processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { createNode, DelayedLink, type MerganserNode, type NodeLog, type NodeStatus } from '../../src/node/index.js';
import { aNode, atTheEnd, urlOf } from './nodes.js';

const KEYS = 300_000;
const SLOW = 2_000_000;
const PATIENCE = { timeout: 40_000, interval: 20 };

/** A node that has so many keys when it says where it is. */
const FILLED = `
  import { createNode } from 'merganser';
  const [name, keys, join, advertise] = process.argv.slice(1);
  const node = await createNode({
    node: name, region: name, listen: '127.0.0.1:0',
    ...(join !== '' && { join: [join] }), ...(advertise !== '' && { advertise: [advertise] }),
  });
  for (let i = 0; i < Number(keys); i++) node.store.increment('key/' + i, i + 1);
  console.log(node.url);
`;

interface Filled {
  readonly url: string;
  readonly child: ChildProcess;
}

async function filled(name: string, keys: number, join = '', advertise = ''): Promise<Filled> {
  const argv = ['--input-type=module', '-e', FILLED, name, String(keys), join, advertise];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  atTheEnd(() => void child.kill('SIGKILL'));
  const [url] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { url: url.trim(), child };
}

async function aLink(to: number): Promise<{ link: DelayedLink; door: string }> {
  const link = new DelayedLink({ oneWayMs: 20 });
  atTheEnd(() => link.close());
  return { link, door: `127.0.0.1:${await link.door(to)}` };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Resolves when about a third of a large frame has come; from whom. */
async function underWay(node: MerganserNode): Promise<string> {
  return vi.waitFor(() => {
    const peer = node.status().peers.find(({ arriving }) => (arriving?.cells ?? 0) > KEYS / 3);
    if (peer === undefined) throw new Error('nothing comes');
    return peer.node;
  }, PATIENCE);
}

async function expectSame(node: MerganserNode, url: string): Promise<void> {
  await vi.waitFor(async () => {
    const there = (await (await fetch(`${url}/status?digest`)).json()) as NodeStatus & { digest: string; vv: object };
    expect(there.vv).toEqual(node.store.vv());
    expect(there.digest).toBe(node.store.digest());
  }, PATIENCE);
}

describe('a node that receives much', { timeout: 90_000 }, () => {
  it('says how far it is, and goes on where it was when its link is reset', async () => {
    const us = await filled('us', KEYS);
    const { link, door } = await aLink(portOf(us.url));
    link.throttle(SLOW);
    const eu = await aNode({ node: 'eu', region: 'eu', join: [door], advertise: [], eager: true });
    eu.store.increment('own', 7);
    expect(await underWay(eu)).toBe('us');
    const readyz = await fetch(`${urlOf(eu)}/readyz?verbose`);
    const joining = expect.stringMatching(
      /^receiving [3-9]\d % \(\d{3},\d{3} of 300,\d{3} keys, \d+\.\d MB\) from us$/,
    );
    expect([readyz.status, await readyz.json()]).toMatchObject([503, { ready: false, joining }]);
    link.cut('reset');
    const before = link.status().carriedBytes;
    link.heal();
    await eu.ready();
    expect(eu.store.size).toBe(KEYS + 1);
    await expectSame(eu, us.url);
    const after = link.status().carriedBytes - before;

    const once = await aLink(portOf(us.url));
    const ap = await aNode({ node: 'ap', region: 'ap', join: [once.door], advertise: [] });
    expect(ap.store.size).toBe(KEYS + 1);
    const whole = once.link.status().carriedBytes;
    // A third was here; what lay in sockets was lost with them.
    expect(after).toBeLessThan(0.75 * whole);
  });

  it('has it from another node when the sender is killed, and keeps and passes on what only it had', async () => {
    const us = await filled('us', KEYS);
    const first = await aLink(portOf(us.url));
    // Its own listener is told to nobody: who wants to reach it goes through the second link.
    const second = new DelayedLink({ oneWayMs: 20 });
    atTheEnd(() => second.close());
    const ap = await filled('ap', 0, us.url.replace('http', 'ws'), 'none');
    const door = `127.0.0.1:${await second.door(portOf(ap.url))}`;
    for (const link of [first.link, second]) link.throttle(SLOW);
    const eu = await aNode({ node: 'eu', region: 'eu', join: [first.door, door], advertise: [], eager: true });
    for (let i = 0; i < 1000; i++) eu.store.increment(`own/${i}`, i);
    eu.store.increment('key/5', 1000);
    const sender = await underWay(eu);
    const [dying, staying] = sender === 'us' ? [us, ap] : [ap, us];
    dying.child.kill('SIGKILL');
    for (const link of [first.link, second]) link.throttle(undefined);
    await vi.waitFor(() => expect(eu.store.size).toBe(KEYS + 1000), PATIENCE);
    expect(eu.store.counter('key/5').value()).toBe(1006);
    await expectSame(eu, staying.url);
  });
});

describe('a node that stops or leaves while it sends much', { timeout: 60_000 }, () => {
  function logOf(): { log: NodeLog; warned: (what: string) => unknown } {
    const lines: { context: object; message: string }[] = [];
    const note = (context: object, message: string): void => void lines.push({ context, message });
    const quiet = (): void => undefined;
    const log = { debug: quiet, info: quiet, error: quiet, warn: note } as NodeLog;
    return { log, warned: (what) => lines.find(({ message }) => message.includes(what))?.context };
  }

  async function sending(log: NodeLog): Promise<{ us: MerganserNode; eu: MerganserNode; link: DelayedLink }> {
    const us = await createNode({ node: 'us', region: 'us', listen: '127.0.0.1:0', log });
    atTheEnd(() => us.close());
    for (let i = 0; i < KEYS; i++) us.store.increment(`key/${i}`);
    const { link, door } = await aLink(portOf(urlOf(us)));
    link.throttle(SLOW / 10);
    const eu = await aNode({ node: 'eu', region: 'eu', join: [door], advertise: [], eager: true });
    await vi.waitFor(() => expect(eu.status().peers[0]?.arriving?.cells).toBeGreaterThan(0), PATIENCE);
    return { us, eu, link };
  }

  it('ends in its time, and says what it has not handed over', async () => {
    const { log, warned } = logOf();
    const { us, eu } = await sending(log);
    await us.close();
    expect(warned('stops before')).toEqual({ lacking: [`eu: ${KEYS}`], unsynced: KEYS });
    expect(eu.store.size).toBe(0);
  });

  it('hands it over before it leaves, or says who lacks what', async () => {
    const { log } = logOf();
    const { us, eu, link } = await sending(log);
    await expect(us.leave({ timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(`eu: ${KEYS}`),
    });
    link.throttle(undefined);
    await us.leave();
    expect(eu.store.size).toBe(KEYS);
  });
});
