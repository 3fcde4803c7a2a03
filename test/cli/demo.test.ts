import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { compare } from '../../src/cli/demo/comparison.js';
import { controlApp } from '../../src/cli/demo/control.js';
import type { DemoState } from '../../src/cli/demo/demo-state.js';
import { openerOf } from '../../src/cli/demo/pages.js';
import { freePorts } from '../../src/cli/demo/ports.js';
import { fit, lineOf } from '../../src/cli/demo/terminal.js';
import { World } from '../../src/cli/demo/world.js';

const COMMAND = new URL('../../dist/cli/main.js', import.meta.url).pathname;

const toEnd: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0)) await end();
});

describe('the comparison of regions', () => {
  it('calls regions the same when they have seen the same and hold the same', () => {
    const vv = { 'us-1@1': 5, 'eu-1@1': 2 };
    const verdict = compare([
      { region: 'us', vv, digest: 'aa' },
      { region: 'eu', vv: { ...vv }, digest: 'aa' },
    ]);
    expect(verdict).toMatchObject({ state: 'same', digest: 'aa' });
  });

  it('counts the writes that each region lacks', () => {
    const { state, views } = compare([
      { region: 'us', vv: { 'us-1@1': 5, 'eu-1@1': 2 }, digest: 'aa' },
      { region: 'eu', vv: { 'us-1@1': 1, 'eu-1@1': 9 }, digest: 'bb' },
    ]);
    expect(state).toBe('apart');
    expect(views.map(({ lacks }) => lacks)).toEqual([7, 4]);
  });

  it('calls regions different that have seen the same and hold something else', () => {
    const vv = { 'us-1@1': 5 };
    const verdict = compare([
      { region: 'us', vv, digest: 'aa' },
      { region: 'eu', vv, digest: 'bb' },
    ]);
    expect(verdict.state).toBe('different');
  });
});

describe('the line on the terminal', () => {
  const state: DemoState = {
    clock: Date.UTC(1970, 0, 5, 10, 42),
    speed: 60,
    refused: 0,
    verdict: 'apart',
    regions: [
      { region: 'us', url: '', running: true, incarnation: 1, lacks: 0, digest: 'aa', calls: 1234 },
      { region: 'eu', url: '', running: true, incarnation: 1, lacks: 12, digest: 'bb', calls: 1200 },
      {
        region: 'ap',
        url: '',
        running: false,
        incarnation: undefined,
        lacks: undefined,
        digest: undefined,
        calls: undefined,
      },
    ],
    links: [{ name: 'us-eu', ends: ['us', 'eu'], roundTripMs: 80, cut: true }],
    apart: undefined,
    healed: undefined,
  };

  it('says what each region counts, what it lacks, and which links are cut', () => {
    const line = stripVTControlCharacters(fit(lineOf(state), 200));
    expect(line).toBe('10:42  calls  us 1,234  eu 1,200 (lacks 12)  ap away    us-eu CUT  apart');
  });

  it('is never wider than the terminal', () => {
    expect(stripVTControlCharacters(fit(lineOf(state), 20))).toBe('10:42  calls  us 1,2');
  });
});

describe('ports', () => {
  it('are the wanted ones, or the next that are free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    toEnd.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    const ports = await freePorts(taken, 3);
    expect(ports).toHaveLength(3);
    expect(Math.min(...ports)).toBeGreaterThan(taken);
  });
});

describe('opening pages', () => {
  it('is tried where there is a screen', () => {
    expect(openerOf('darwin', {})).toEqual(['open']);
    expect(openerOf('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(openerOf('linux', {})).toBeUndefined();
  });
});

describe('the control', () => {
  it('cuts and heals for pages of this machine, and for no others', async () => {
    const nothing = (): void => {};
    const world = await World.open([1, 2, 3], 'test', { down: nothing, up: nothing, failed: nothing });
    toEnd.push(() => world.stop());
    let played = 0;
    const app = controlApp({
      state: () => ({ cut: world.isCut('us-eu') }),
      cut: (link) => Promise.resolve(world.cut(link)),
      heal: (link) => Promise.resolve(world.heal(link)),
      kill: () => false,
      play: () => (played += 1),
    });
    const post = (path: string, origin: string): Promise<Response> =>
      Promise.resolve(app.request(path, { method: 'POST', headers: { origin } }));
    const refused = await post('/links/us-eu/cut', 'http://elsewhere.example');
    expect(refused.status).toBe(403);
    expect(world.isCut('us-eu')).toBe(false);
    const done = await post('/links/us-eu/cut', 'http://127.0.0.1:7400');
    expect(await done.json()).toEqual({ cut: true });
    expect(done.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:7400');
    await post('/links/us-eu/heal', 'http://localhost:7400');
    expect(world.isCut('us-eu')).toBe(false);
    expect((await post('/links/us-mars/cut', 'http://localhost:7400')).status).toBe(404);
    expect((await post('/links/us-eu/bend', 'http://localhost:7400')).status).toBe(404);
    expect((await post('/regions/mars/kill', 'http://localhost:7400')).status).toBe(404);
    expect([(await post('/play', 'http://localhost:7400')).status, played]).toEqual([200, 1]);
  });
});

/** Starts the demo; answers it and its pages once they are printed. */
async function startDemo(...more: string[]): Promise<{ child: ChildProcess; urls: string[] }> {
  const child = spawn(process.execPath, [COMMAND, 'demo', ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  toEnd.push(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGTERM')) await once(child, 'exit');
  });
  let said = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += String(text);
    const urls = said.match(/http:\/\/127\.0\.0\.1:\d+\b(?=\s)/g) ?? [];
    if (urls.length === 3) return { child, urls };
  }
  throw new Error(`the demo ended; it said: ${said}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`)).ok;
  } catch {
    return false;
  }
}

describe('the world of the demo', () => {
  const nothing = (): void => {};
  const open = async (regions: number): Promise<World> => {
    const ports = Array.from({ length: regions }, (_, at) => at + 1);
    const world = await World.open(ports, 'test', { down: nothing, up: nothing, failed: nothing });
    toEnd.push(() => world.stop());
    return world;
  };

  it('has a link between every two regions, and can be divided', async () => {
    const world = await open(5);
    expect([world.regions.length, world.links.length, world.whole]).toEqual([5, 10, true]);
    expect(world.divide()).toEqual(['us-ap', 'us-sa', 'us-af', 'eu-ap', 'eu-sa', 'eu-af']);
    expect(world.parts()).toEqual([['us', 'eu', 'ap', 'sa', 'af']]);
    for (const link of world.divide()) world.cut(link);
    expect([world.parts(), world.whole]).toEqual([
      [
        ['us', 'eu'],
        ['ap', 'sa', 'af'],
      ],
      false,
    ]);
  });

  it('is still one part where changes can go round', async () => {
    const world = await open(3);
    world.cut('us-eu');
    expect(world.parts()).toEqual([['us', 'ap', 'eu']]);
    world.cut('us-ap');
    expect(world.parts()).toEqual([['us'], ['eu', 'ap']]);
  });
});

describe('merganser demo', () => {
  it('serves a page per region and takes all of them down when it is told to stop', async () => {
    const { child, urls } = await startDemo('--port', '18400');
    for (const url of urls) {
      const page = await fetch(url);
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(await page.text()).toContain('<title>merganser</title>');
    }
    child.kill('SIGTERM');
    const [status] = (await once(child, 'exit')) as [number];
    expect(status).toBe(0);
    expect(await Promise.all(urls.map(answers))).toEqual([false, false, false]);
  });

  it('leaves no node behind even when it is killed', async () => {
    const { child, urls } = await startDemo('--port', '18500');
    child.kill('SIGKILL');
    await expect.poll(() => Promise.all(urls.map(answers)), { timeout: 10_000 }).toEqual([false, false, false]);
  });

  it('plays by itself: a cut, both sides writing, the heal with its bytes, a crash', async () => {
    const argv = ['demo', '--port', '18600', '--regions', '4', '--script', '--apart', '1', '--speed', '240'];
    const child = spawn(process.execPath, [COMMAND, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
    toEnd.push(async () => {
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [status] = (await once(child, 'close')) as [number];
    expect([status, said]).toEqual([0, expect.stringContaining('cut us-ap and us-sa and eu-ap and eu-sa')]);
    const ways = [...said.matchAll(/^ {2}(\w+) → (\w+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d.]+ k?B) +([\d.]+ k?B)$/gm)];
    const crossing = ways.filter(([, from = '', to = '']) => ['us', 'eu'].includes(from) !== ['us', 'eu'].includes(to));
    expect(crossing).toHaveLength(8);
    // Twenty thousand increments of a thousand keys, and calls: a slot a key crosses, not an operation an increment.
    for (const [, , , lacked = ''] of crossing) expect(Number(lacked.replaceAll(',', ''))).toBeGreaterThan(20_000);
    const times = /, ([\d.]+) times as much/.exec(said);
    expect(Number(times?.[1])).toBeGreaterThan(1);
    expect(said).toMatch(/all the same, eu too: digest [0-9a-f]{16}/);
  }, 90_000);

  it('refuses a speed that is none', async () => {
    const child = spawn(process.execPath, [COMMAND, 'demo', '--speed', 'fast'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [status] = (await once(child, 'close')) as [number];
    expect(status).toBe(1);
    expect(said).toContain('BAD_CONFIG');
    expect(said).toContain('--speed');
  });
});
