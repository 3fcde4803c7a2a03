/**
 * The demo's terminal: what is said, one line of state that is rewritten every second, and keys. Where the output is no
 * terminal there is no such line, and where the input is none there are no keys.
 */
import { styleText } from 'node:util';
import { bytes, table } from '../table.js';
import type { DemoState, HealReport, RegionState } from './demo-state.js';

const REDRAW_MS = 1_000;
const CTRL_C = '\u0003';
const ERASE = '\r\u001B[2K';

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #in: NodeJS.ReadStream;
  #timer: NodeJS.Timeout | undefined;
  #shown = false;

  constructor(out: NodeJS.WriteStream, input: NodeJS.ReadStream) {
    this.#out = out;
    this.#in = input;
  }

  say(what: string): void {
    this.#erase();
    this.#out.write(`${what}\n`);
  }

  watch(state: () => DemoState): void {
    if (!this.#out.isTTY) return;
    const draw = (): void => {
      this.#erase();
      this.#out.write(fit(lineOf(state()), this.#out.columns - 1));
      this.#shown = true;
    };
    draw();
    this.#timer = setInterval(draw, REDRAW_MS);
  }

  /** Each key as it is pressed; Ctrl-C is `q`. */
  keys(pressed: (key: string) => void): void {
    if (!this.#in.isTTY) return;
    this.#in.setRawMode(true);
    this.#in.setEncoding('utf8').on('data', (keys: string) => {
      for (const key of keys) pressed(key === CTRL_C ? 'q' : key);
    });
    this.#in.resume();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#erase();
    if (!this.#in.isTTY) return;
    this.#in.setRawMode(false);
    this.#in.pause();
  }

  #erase(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#out.write(ERASE);
  }
}

/** [plain text, how it looks] */
type Part = readonly [text: string, style?: 'bold' | 'gray' | 'green' | 'red' | 'yellow'];

const VERDICTS = {
  same: ['all the same', 'green'],
  apart: ['apart', 'yellow'],
  different: ['DIFFERENT', 'red'],
} as const satisfies Record<DemoState['verdict'], Part>;

export function lineOf(state: DemoState): Part[] {
  const clock = new Date(state.clock).toISOString().slice(11, 16);
  const parts: Part[] = [[clock, 'gray'], ['  calls']];
  for (const region of state.regions) parts.push([`  ${region.region} `], ...regionParts(region));
  parts.push(['  ']);
  for (const { name, cut } of state.links) parts.push(cut ? [`  ${name} CUT`, 'red'] : [`  ${name} up`, 'gray']);
  const isMissing = state.regions.some(({ running }) => !running);
  parts.push(
    ['  '],
    state.verdict === 'same' && isMissing ? ['the others the same', 'yellow'] : VERDICTS[state.verdict],
  );
  if (state.refused > 0) parts.push([`  ${state.refused.toLocaleString('en-US')} writes refused`, 'red']);
  return parts;
}

function regionParts({ calls, lacks, running }: RegionState): Part[] {
  if (!running || calls === undefined) return [['away', 'red']];
  const total: Part = [calls.toLocaleString('en-US'), 'bold'];
  return lacks === undefined || lacks === 0
    ? [total]
    : [total, [` (lacks ${lacks.toLocaleString('en-US')})`, 'yellow']];
}

/** What a heal cost: a line per way over which something was missing, and what it all comes to. */
export function healLines(report: HealReport): string {
  const { apartMs, tookMs, ways, singlyBytes } = report;
  const took =
    tookMs === undefined
      ? styleText('red', 'not everybody has everything yet')
      : `everybody has everything after ${seconds(tookMs)}`;
  const rows = ways
    .filter(({ lacked, cells }) => lacked > 0 || cells > 0)
    .map((way) => [
      `${way.from} → ${way.to}`,
      count(way.lacked),
      count(way.cells),
      count(way.frames),
      bytes(way.bytes),
      bytes(way.singlyBytes),
    ]);
  const head = ['', 'writes lacked', 'cells sent', 'frames', 'bytes crossed', 'one by one'];
  return [
    `healed after ${seconds(apartMs)} apart: ${took}`,
    table(head, rows).trimEnd(),
    `  ${bytes(report.bytes)} crossed; each write shipped as an operation: ${bytes(singlyBytes)}, ${times(singlyBytes, report.bytes)}`,
    `  ${styleText('gray', '(as its client wrote it, names of keys left out, once to each region that lacked it)')}`,
  ].join('\n');
}

function times(one: number, other: number): string {
  return other === 0 ? 'nothing to compare' : `${(one / other).toFixed(1)} times as much`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** A line that wraps could not be erased. */
export function fit(parts: readonly Part[], width: number): string {
  let left = width;
  let line = '';
  for (const [text, style] of parts) {
    const shown = text.slice(0, Math.max(0, left));
    left -= shown.length;
    line += style === undefined ? shown : styleText(style, shown);
  }
  return line;
}
