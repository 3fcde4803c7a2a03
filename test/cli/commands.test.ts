import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Corruption } from '../sync/corruption.js';
import { aClient, aNode, atTheEnd, urlOf } from '../node/nodes.js';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. */
function run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [COMMAND, ...args],
      { env: { ...process.env, NO_COLOR: '1', ...env } },
      (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
      },
    );
  });
}

interface Server {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  readonly log: () => string;
}

/** A server process on a free port, which it tells in its greeting. */
async function aServer(...args: readonly string[]): Promise<Server> {
  return aServerWith({}, ...args);
}

async function aServerWith(env: Record<string, string>, ...args: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [COMMAND, 'start', '--listen', '127.0.0.1:0', ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  atTheEnd(() => void child.kill('SIGKILL'));
  let out = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await vi.waitFor(() => expect(out).toContain('one more'), { timeout: 10_000 });
  return { url: /--at (\S+)/.exec(out)?.[1] ?? '', child, log: () => log };
}

describe('merganser start', () => {
  it('serves clients, and stops in order when it is told to', async () => {
    const peer = await aNode({ region: 'eu' });
    const server = await aServer('--region', 'us', '--join', urlOf(peer));
    const db = await aClient(server.url, { durable: 1 });
    await db.counter('c').increment(3);
    expect(peer.store.counter('c').value()).toBe(3);
    void db.counter('c').increment(1, { durable: 0 });
    await db.close();
    const exited = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(server.log()).toContain('stopping');
    await vi.waitFor(() => expect(peer.store.counter('c').value()).toBe(4));
  });

  it('comes back from SIGKILL under its name with what a peer holds, and a client resumes where it was', async () => {
    const peer = await aNode({ region: 'eu' });
    const first = await aServer('--region', 'us', '--node', 'us-1', '--join', urlOf(peer));
    const port = new URL(first.url).port;
    const db = await aClient(first.url, { durable: 1 });
    await db.gauge('calls').set(2);
    await db.counter('c').increment(3);
    const exited = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await exited;
    const waiting = [db.counter('c').increment(4), db.gauge('calls').add(1)];
    const second = await aServer(
      '--region',
      'us',
      '--node',
      'us-1',
      '--join',
      urlOf(peer),
      '--listen',
      `127.0.0.1:${port}`,
    );
    await Promise.all(waiting);
    expect(second.url).toBe(first.url);
    expect(await db.counter('c').value()).toBe(7);
    await vi.waitFor(() => expect(peer.store.gauge('calls').value()).toBe(3));
  });

  it('logs JSON lines when asked', async () => {
    const server = await aNode();
    const child = spawn(process.execPath, [
      COMMAND,
      'start',
      '--listen',
      '127.0.0.1:0',
      '--json-logs',
      '--join',
      urlOf(server),
    ]);
    atTheEnd(() => void child.kill('SIGKILL'));
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    await vi.waitFor(() => expect(log).toContain('"msg":"ready"'), { timeout: 10_000 });
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.length).toBeGreaterThan(1);
  });

  it('says what is wrong in one line, with its code and what to do', async () => {
    const taken = urlOf(await aNode()).replace('http://', '');
    const inUse = await run(['start', '--listen', taken]);
    expect(inUse).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^ADDRESS_IN_USE .*is taken/) });
    const mistaken = await run(['start'], { MERGANSER_FLUSH: 'soon' });
    expect(mistaken).toMatchObject({ code: 1, err: expect.stringMatching(/^BAD_CONFIG MERGANSER_FLUSH: "soon"/) });
    expect(await run(['begin'])).toMatchObject({ code: 1, err: expect.stringContaining("unknown command 'begin'") });
  });
});

describe('merganser status', () => {
  it('shows a node and its peers to people, and the same to machines', async () => {
    const us = await aNode({ region: 'us' });
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    us.store.counter('c').increment();
    await vi.waitFor(() => expect(eu.store.size).toBe(1));
    const people = await run(['status', '--at', urlOf(us)]);
    expect(people).toMatchObject({ code: 0, err: '' });
    expect(people.out).toMatch(new RegExp(`^${us.name} in us: healthy\\n  1 keys \\(1 counter\\), `));
    expect(people.out).toMatch(new RegExp(`${eu.name} +eu +live +`));
    const machines = await run(['status', '--json', '--at', urlOf(us)]);
    expect(JSON.parse(machines.out)).toMatchObject({
      node: us.name,
      keys: 1,
      peers: [{ node: eu.name, state: 'live' }],
    });
    const both = await run(['status', '--at', urlOf(us), '--at', urlOf(eu)]);
    expect(both).toMatchObject({ code: 0, out: expect.stringContaining('equal: every node has seen the same') });
    expect(both.out).not.toContain('digest');
    expect((await run(['status', '--json', '--url', urlOf(us), '--at', urlOf(eu)])).out).toMatch(/"us"[^]*"eu"/);
    const exact = await run(['status', '--digest', '--at', urlOf(us), '--at', urlOf(eu)]);
    expect(exact).toMatchObject({ code: 0, out: expect.stringContaining('equal: every node holds the same') });
    expect(exact.out.split(`digest ${us.store.digest()}`)).toHaveLength(3);
  });

  it('shows those that answer when one does not', async () => {
    const us = await aNode({ region: 'us' });
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    const nobody = 'http://127.0.0.1:9';
    const some = await run(['status', '--at', nobody, '--at', urlOf(us), '--at', urlOf(eu)]);
    expect([some.code, some.err]).toEqual([2, '']);
    expect(some.out).toMatch(/^! http:\/\/127\.0\.0\.1:9 does not answer/);
    expect(some.out).toContain(`${us.name} in us: healthy`);
    expect(some.out).toMatch(/\(of those that answered\)\n$/);
    const told = await run(['status', '--json', '--at', nobody, '--at', urlOf(us)]);
    expect(JSON.parse(told.out)).toMatchObject([{ url: nobody, code: 'CONNECT_FAILED' }, { region: 'us' }]);
  });

  it('exits with 1 when the node is not healthy, with 2 when it is not there', async () => {
    const lonely = await aNode({ join: ['127.0.0.1:9'] });
    const degraded = await run(['status', '--at', urlOf(lonely)]);
    expect(degraded).toMatchObject({
      code: 1,
      out: expect.stringContaining('! seed ws://127.0.0.1:9/peer is not connected'),
    });
    const nobody = await run(['status', '--at', 'http://127.0.0.1:9']);
    expect(nobody).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^CONNECT_FAILED http:\/\/127.0.0.1:9 does not answer/),
    });
  });
});

describe('a server whose clock stands behind its last start', () => {
  it('comes back as a later incarnation than that one all the same', async () => {
    const us = await aNode({ region: 'us' });
    const first = await aServer('--node', 'eu-1', '--join', urlOf(us));
    const db = await aClient(first.url, { durable: 1 });
    await db.counter('calls').increment(3);
    const exited = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await exited;
    const late = encodeURIComponent('const now = Date.now; Date.now = () => now() - 20_000;');
    const env = { NODE_OPTIONS: `--import data:text/javascript,${late}` };
    const second = await aServerWith(env, '--node', 'eu-1', '--join', urlOf(us));
    const again = await aClient(second.url);
    expect(await again.counter('calls').value()).toBe(3);
    expect(second.log()).toContain('from now on');
    await again.counter('calls').increment(1, { durable: 1 });
    expect(us.store.counter('calls').value()).toBe(4);
  });
});

describe('merganser members, evict and leave', () => {
  it('show everybody, end the life of a node, which begins again by itself, and let one go for good', async () => {
    const us = await aNode({ region: 'us', node: 'us-1' });
    const eu = await aServer('--region', 'eu', '--node', 'eu-1', '--join', urlOf(us));
    us.store.increment('calls', 3);
    await vi.waitFor(() => expect(us.status().peers).toMatchObject([{ state: 'live' }]), { timeout: 5_000 });
    const people = await run(['members', '--at', eu.url]);
    for (const command of ['members', 'verify']) expect((await run([command, '--url', eu.url])).code).toBe(0);
    expect(people.out).toMatch(/eu +eu-1 +alive +\d+ +ws:[^\n]*\n +us +us-1 +alive/);
    const before = us.members().find(({ node }) => node === 'eu-1')?.incarnation as number;

    const asked = await run(['evict', 'eu-1', '--at', urlOf(us)]);
    expect(asked).toMatchObject({ code: 1, err: expect.stringMatching(/^BAD_ARGUMENT eu-1 in eu.*--yes/) });
    const alive = await run(['evict', 'eu-1', '--at', urlOf(us), '--yes']);
    expect(alive).toMatchObject({ code: 1, err: expect.stringMatching(/^MEMBER_ALIVE eu-1 is alive/) });
    const evicted = await run(['evict', 'eu-1', '--at', urlOf(us), '--yes', '--force']);
    expect(evicted).toMatchObject({ code: 0, out: expect.stringContaining(`incarnation ${before}`) });
    await vi.waitFor(() => expect(us.status().peers).toMatchObject([{ state: 'live' }]), { timeout: 5_000 });
    const json = JSON.parse((await run(['members', '--json', '--at', eu.url])).out) as { node: string }[];
    expect(json[0]).toMatchObject({ node: 'eu-1', region: 'eu', state: 'alive' });
    expect((json[0] as { incarnation?: number }).incarnation).toBeGreaterThan(before);
    expect(eu.log()).toContain('begins again, empty; 0 writes');
    const db = await aClient(eu.url);
    expect(await db.counter('calls').value()).toBe(3);

    const exited = once(eu.child, 'exit');
    const left = await run(['leave', '--at', eu.url]);
    expect([left.code, left.out, await exited]).toEqual([
      0,
      expect.stringContaining('eu-1 has left for good'),
      [0, null],
    ]);
    expect(us.members()).toMatchObject([{ node: 'eu-1', state: 'closed' }, { node: 'us-1' }]);
    expect(us.status()).toMatchObject({ healthy: true, peers: [] });
  });

  it('and bootstrap say once that a cluster is new, and to nobody who knows it', async () => {
    const us = await aServer('--region', 'us', '--node', 'us-1', '--join', '127.0.0.1:1');
    const db = await aClient(us.url);
    await expect(db.bounded('trunk', { max: 5 }).increment(1, { timeoutMs: 0 })).rejects.toThrow(/merganser bootstrap/);
    const asked = await run(['bootstrap', '--at', us.url]);
    const said = /^BAD_ARGUMENT us-1 knows us-1, but not ws:\/\/127.0.0.1:1\/peer: say --yes to bootstrap it/;
    expect(asked).toMatchObject({ code: 1, err: expect.stringMatching(said) });
    const told = await run(['bootstrap', '--yes', '--at', us.url]);
    expect(told).toMatchObject({ code: 0, out: expect.stringContaining('is new') });
    await db.bounded('trunk', { max: 5 }).increment(5);
    const again = await run(['bootstrap', '--at', us.url]);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('nothing to do') });
  });

  it('let a client of a region with two nodes go on when one of them dies', async () => {
    const one = await aServer('--region', 'eu', '--node', 'eu-1');
    const two = await aServer('--region', 'eu', '--node', 'eu-2', '--join', one.url);
    const far = await aServer('--region', 'us', '--node', 'us-1', '--join', two.url);
    const db = await aClient([one.url, two.url], { durable: 1 });
    let sum = 0;
    for (let i = 0; i < 20; i += 1) {
      const writes = Array.from({ length: 10 }, () => db.counter('calls').increment());
      if (i === 5) one.child.kill('SIGKILL');
      await Promise.all(writes);
      sum += writes.length;
    }
    expect(await db.counter('calls').value()).toBe(sum);
    const elsewhere = await aClient(far.url);
    expect(await elsewhere.counter('calls').value()).toBe(sum);
  });
});

describe('merganser verify', () => {
  it('compares a node with its peers, and says in its exit status whether something differs', async () => {
    const eu = await aNode({ region: 'eu', node: 'eu-1' });
    const us = await aNode({ region: 'us', node: 'us-1', join: [urlOf(eu)] });
    us.store.increment('calls', 3);
    await us.durable(1);
    const equal = await run(['verify', '--at', urlOf(us)]);
    expect([equal.code, equal.err]).toEqual([0, '']);
    expect(equal.out).toMatch(/eu-1 +eu +equal/);
    const bad = new Corruption(eu.store);
    bad.dropState(bad.cell('counter', 'calls'));
    await vi.waitFor(async () => expect(await us.verify()).toMatchObject([{ state: 'DIFFERENT' }]));
    const different = await run(['verify', '--at', urlOf(us)]);
    expect(different.code).toBe(1);
    expect(different.out).toMatch(/eu-1 +eu +DIFFERENT +1 cells/);
    expect(different.out).toMatch(/eu-1 +counter +calls/);
    await run(['verify', '--at', urlOf(us), '--repair']);
    const mended = await run(['verify', '--at', urlOf(us), '--json']);
    expect(mended.code).toBe(0);
    expect(JSON.parse(mended.out)).toMatchObject([{ node: 'us-1', peers: [{ node: 'eu-1', state: 'equal' }] }]);
    expect(eu.store.counter('calls').value()).toBe(3);
  });
});
