/** `merganser demo`: reads the flags, says what to try, and runs the demo until it is told to stop or the script is over. */
import { styleText } from 'node:util';
import { MerganserError } from '../../base/error.js';
import { DEFAULT_PORT } from '../../node/config.js';
import { Demo } from './demo.js';
import type { LinkState } from './demo-state.js';
import { openPages } from './pages.js';
import { playAll, playHeal } from './play.js';
import { freePorts } from './ports.js';
import { healLines, Terminal } from './terminal.js';
import { FEWEST_REGIONS, MOST_REGIONS, regionNames } from './world.js';

export interface DemoFlags {
  readonly port?: string;
  readonly regions?: string;
  readonly speed?: string;
  readonly seed?: string;
  /** Play all scenes and end. */
  readonly script?: boolean;
  readonly apart?: string;
  /** False: do not open the pages in a browser. */
  readonly open?: boolean;
  /** False: do not say what to try. */
  readonly openMessage?: boolean;
}

const DEFAULT_REGIONS = 3;
const DEFAULT_SPEED = 60;
const DEFAULT_SEED = 1;
const DEFAULT_APART_S = 8;
const ORPHAN_MS = 500;
/** What a shell reports for a program that was interrupted. */
const INTERRUPTED = 130;

export async function demo(flags: DemoFlags): Promise<void> {
  const count = number('--regions', flags.regions, DEFAULT_REGIONS, FEWEST_REGIONS, MOST_REGIONS);
  const first = number('--port', flags.port, DEFAULT_PORT, 1, 65_536 - count);
  const speed = number('--speed', flags.speed, DEFAULT_SPEED, 1, 3_600);
  const seed = number('--seed', flags.seed, DEFAULT_SEED, 0, 2 ** 32 - 1);
  const apartMs = 1_000 * number('--apart', flags.apart, DEFAULT_APART_S, 1, 3_600);
  const terminal = new Terminal(process.stdout, process.stdin);
  const say = (what: string): void => terminal.say(what);
  const ports = await freePorts(first, count);
  for (const [at, region] of regionNames(count).entries()) {
    if (ports[at] !== first + at) say(`port ${first + at} is taken or out of turn: ${region} is on ${ports[at]}`);
  }
  const { promise: over, resolve: quit, reject: failed } = settling();
  const ending = new AbortController();
  const healed = (report: Parameters<typeof healLines>[0]): void => say(healLines(report));
  const play = (): void => scene();
  const running = await Demo.open({ ports, seed, speed }, { say, healed, failed, play });
  const scene = once(() => playHeal({ stage: running, say, apartMs, signal: ending.signal }));
  process.once('exit', () => running.abandon());
  onSignals(quit);
  if (process.env.npm_lifecycle_event !== undefined) onOrphaned(quit);
  terminal.keys(keyboard(running, terminal, quit, scene));
  try {
    await Promise.race([over, running.start()]);
    if (flags.openMessage !== false) say(message(running));
    if (flags.open !== false && flags.script !== true && process.stdout.isTTY) openPages(running.urls());
    terminal.watch(() => running.state());
    if (flags.script === true)
      await Promise.race([over, playAll({ stage: running, say, apartMs, signal: ending.signal })]);
    else await over;
  } finally {
    ending.abort();
    terminal.stop();
    await running.stop();
  }
  process.exit();
}

interface Settling {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function settling(): Settling {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((one, other) => {
    resolve = one;
    reject = other;
  });
  return { promise, resolve, reject };
}

/** One at a time. */
function once(work: () => Promise<unknown>): () => void {
  let busy = false;
  const run = async (): Promise<void> => {
    try {
      await work();
    } catch {
      // The demo has ended before the scene.
    } finally {
      busy = false;
    }
  };
  return () => {
    if (busy) return;
    busy = true;
    void run();
  };
}

function keyboard(running: Demo, terminal: Terminal, quit: () => void, scene: () => void): (key: string) => void {
  let next = 0;
  return (key) => {
    if (key === 'q') quit();
    else if (key === 'o') openPages(running.urls());
    else if (key === 'p') scene();
    else if (key === 'b') {
      const { increments, keys } = running.burst();
      terminal.say(
        `in every region ${increments.toLocaleString('en-US')} increments over ${keys.toLocaleString('en-US')} keys`,
      );
    } else if (key === 'k') {
      const region = running.regions[next % running.regions.length] as string;
      next += 1;
      terminal.say(`kill ${region}`);
      running.kill(region);
    } else if (/^\d$/.test(key)) {
      // The tenth link is on the key after the ninth.
      void running.toggle((Number(key) + 9) % 10).then((link) => link !== undefined && terminal.say(told(link)));
    }
  };
}

function told({ name, cut }: LinkState): string {
  return cut ? `${name} is cut: both sides go on` : `${name} is healed`;
}

/** The first signal ends the demo in order, the second at once. */
function onSignals(stop: () => void): void {
  let told = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (told) process.exit(INTERRUPTED);
      told = true;
      stop();
    });
  }
}

/** npm passes a signal on to the shell between us, and that shell to nobody: the demo ends when the shell does. */
function onOrphaned(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) stop();
  }, ORPHAN_MS);
  timer.unref();
}

function message(running: Demo): string {
  const bold = (text: string): string => styleText('bold', text);
  const key = (text: string): string => styleText('cyan', text);
  const urls = running.urls();
  const links = running.state().links.map(({ name }, at) => `${key(String((at + 1) % 10))} ${name}`);
  return [
    '',
    `${bold('merganser')}  ${running.regions.length} regions, one telephone exchange; a page for each:`,
    '',
    ...running.regions.map((region, at) => `  ${bold(region)}  ${urls[at]}`),
    '',
    'Put the pages side by side. Then, on a page or here:',
    '',
    `  ${key('p')}  cut the regions in two, let both sides write, heal, and see what crossed`,
    `  ${key('b')}  write much in every region at once`,
    `  ${key('k')}  kill a region: it comes back empty and gets everything from the others`,
    `  ${key('q')}  quit`,
    `  a link, cut or healed: ${links.join('  ')}`,
    '',
  ].join('\n');
}

function number(flag: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  if (text === undefined) return otherwise;
  const n = Number(text);
  if (text.trim() === '' || !Number.isInteger(n) || n < least || n > most) {
    throw new MerganserError('BAD_CONFIG', `${flag}: "${text}" is not a whole number from ${least} to ${most}`);
  }
  return n;
}
