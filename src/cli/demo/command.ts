/** `merganser demo`: reads the flags, says what to try, and runs the demo until it is told to stop. */
import { styleText } from 'node:util';
import { MerganserError } from '../../base/error.js';
import { DEFAULT_PORT } from '../../node/config.js';
import { Demo, type LinkState } from './demo.js';
import { openPages } from './pages.js';
import { freePorts } from './ports.js';
import { Terminal } from './terminal.js';
import { REGIONS } from './world.js';

export interface DemoFlags {
  readonly port?: string;
  readonly speed?: string;
  readonly seed?: string;
  /** False: do not open the pages in a browser. */
  readonly open?: boolean;
  /** False: do not say what to try. */
  readonly openMessage?: boolean;
}

const DEFAULT_SPEED = 60;
const DEFAULT_SEED = 1;
const ORPHAN_MS = 500;
/** What a shell reports for a program that was interrupted. */
const INTERRUPTED = 130;

export async function demo(flags: DemoFlags): Promise<void> {
  const first = number('--port', flags.port, DEFAULT_PORT, 1, 65_533);
  const speed = number('--speed', flags.speed, DEFAULT_SPEED, 1, 3_600);
  const seed = number('--seed', flags.seed, DEFAULT_SEED, 0, 2 ** 32 - 1);
  const terminal = new Terminal(process.stdout, process.stdin);
  const ports = await freePorts(first, REGIONS.length);
  for (const [at, region] of REGIONS.entries()) {
    if (ports[at] !== first + at)
      terminal.say(`port ${first + at} is taken or out of turn: ${region} is on ${ports[at]}`);
  }
  const { promise: over, resolve: quit, reject: fail } = settling();
  const running = await Demo.open({ ports, seed, speed }, { say: (what) => terminal.say(what), failed: fail });
  process.once('exit', () => running.abandon());
  onSignals(quit);
  if (process.env.npm_lifecycle_event !== undefined) onOrphaned(quit);
  terminal.keys(keyboard(running, terminal, quit));
  try {
    await Promise.race([over, running.start()]);
    if (flags.openMessage !== false) terminal.say(message(running.urls()));
    if (flags.open !== false && process.stdout.isTTY) openPages(running.urls());
    terminal.watch(() => running.state());
    await over;
  } finally {
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

function keyboard(running: Demo, terminal: Terminal, quit: () => void): (key: string) => void {
  let next = 0;
  return (key) => {
    if (key === 'q') quit();
    else if (key === 'o') openPages(running.urls());
    else if (key === 'k') {
      const region = REGIONS[next % REGIONS.length] as (typeof REGIONS)[number];
      next += 1;
      terminal.say(`kill ${region}`);
      running.kill(region);
    } else if (/^[1-3]$/.test(key)) {
      const link = running.toggle(Number(key) - 1);
      if (link !== undefined) terminal.say(told(link));
    }
  };
}

function told({ name, cut }: LinkState): string {
  return cut ? `${name} is cut: both sides go on` : `${name} is healed: watch them agree`;
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

function message(urls: readonly string[]): string {
  const bold = (text: string): string => styleText('bold', text);
  const key = (text: string): string => styleText('cyan', text);
  return [
    '',
    `${bold('merganser')}  three regions, one telephone exchange; a page for each:`,
    '',
    ...REGIONS.map((region, at) => `  ${bold(region)}  ${urls[at]}`),
    '',
    'Put the pages side by side. Then, on a page or here:',
    '',
    `  ${key('1')}    cut us–eu, and again to heal it; their calls go round through ap meanwhile   (${key('2')} us–ap, ${key('3')} eu–ap)`,
    `  ${key('1 2')}  leave us alone: both sides go on with their own calls; heal, and they agree within a moment`,
    `  ${key('k')}    kill a region: it comes back empty and gets everything from the others`,
    `  ${key('q')}    quit`,
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
