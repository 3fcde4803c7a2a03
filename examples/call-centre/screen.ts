/**
 * What a person sees: one line of progress that is rewritten (or, where the output is no terminal, a line now and then),
 * troubles as they happen, and a table at the end.
 */
import { styleText } from 'node:util';
import { statusOf } from '../../src/testing/real/status.js';
import type { Board } from './board.js';
import { type Estimates, SHARES } from './estimates.js';
import type { Progress, Outcome } from './run.js';
import { REGIONS } from './record.js';
import { LINK_NAMES } from './region-links.js';
import type { View } from './truth.js';
import type { Reading } from './view.js';

const REDRAW_MS = 250;
/** Without a terminal every so many redraws become a line. */
const LINE_EVERY = 8;

export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #started = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #shown = '';
  #lags = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  say(what: string): void {
    this.#erase();
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(2).padStart(6);
    this.#out.write(`${seconds} s  ${this.#paint(what)}\n`);
  }

  watch(progress: () => Progress): void {
    let draws = 0;
    let last = { operations: 0, at: performance.now() };
    this.#timer = setInterval(() => {
      const now = progress();
      const at = performance.now();
      const perSecond = ((now.operations - last.operations) * 1000) / (at - last.at);
      last = { operations: now.operations, at };
      draws += 1;
      if (draws % 2 === 1) void this.#askLags(now);
      const line = this.#line(now, perSecond);
      if (this.#out.isTTY) {
        this.#erase();
        this.#out.write(line);
        this.#shown = line;
      } else if (draws % LINE_EVERY === 0) this.#out.write(`${line}\n`);
    }, REDRAW_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #line(now: Progress, perSecond: number): string {
    const done = now.totalEvents === 0 ? 100 : Math.floor((100 * now.events) / now.totalEvents);
    const clock = now.at === undefined ? '' : new Date(now.at).toISOString().slice(0, 16).replace('T', ' ');
    const links = LINK_NAMES.map((link) => {
      const state = now.cluster.mesh.link(link).status().state;
      return state === 'up' ? link : `${link} CUT`;
    });
    const line = `${String(done).padStart(3)}%  ${clock}  ${Math.round(perSecond / 1000)}k writes/s  ${links.join(' | ')}  ${this.#lags}`;
    return this.#out.isTTY ? line.slice(0, this.#out.columns - 1) : line;
  }

  /** Who lags behind whom, as the regions themselves say it; a region that is down says nothing. */
  async #askLags(now: Progress): Promise<void> {
    const said = await Promise.all(
      REGIONS.map(async (region) => {
        try {
          const { peers } = await statusOf(now.cluster, region);
          const lags = peers.map((peer) => (typeof peer.lagMs === 'number' ? peer.lagMs : 0));
          return `${region} ${Math.round(Math.max(0, ...lags))} ms`;
        } catch {
          return `${region} down`;
        }
      }),
    );
    this.#lags = `lag ${said.join(', ')}`;
  }

  #paint(what: string): string {
    if (!this.#out.isTTY) return what;
    if (/^(CUT|KILL)/.test(what)) return styleText('red', what);
    return /^(HEAL|RESTART|CONVERGED)/.test(what) ? styleText('green', what) : what;
  }

  #erase(): void {
    if (this.#shown === '') return;
    this.#out.write('\r\x1b[2K');
    this.#shown = '';
  }
}

/** The month in a table: one column per region and one for what the records add up to. */
export function tableOf({ readings, expected }: Outcome): string {
  const columns = [...REGIONS.map((region) => readings[region]), expected];
  const rows: string[][] = [['', ...REGIONS, 'records']];
  const row = (name: string, of: (view: View) => number | string): void => {
    rows.push([name, ...columns.map(({ view }) => text(of(view)))]);
  };
  const board = (name: string, of: (board: Board) => number): void => {
    rows.push([name, ...columns.map((reading) => text(of(reading.board)))]);
  };
  row('calls', (view) => view.calls);
  for (const name of ['region', 'type', 'outcome'] as const) {
    for (const key of Object.keys(expected.view[name])) row(`  ${name} ${key}`, (view) => view[name][key] ?? 0);
  }
  row('queued', (view) => view.queued);
  row('wait, seconds', (view) => view.wait_seconds);
  row('talk, seconds', (view) => view.talk_seconds);
  row('customers', (view) => view.customers);
  row('agents', (view) => Object.keys(view.agent_calls).length);
  row('days', (view) => Object.keys(view.day).length);
  row('hours', (view) => Object.keys(view.hour).length);
  row('last call', (view) => view.last_100_calls.at(-1) ?? '');
  board('in queue now', (reading) => reading.calls_in_queue);
  board('agents busy now', (reading) => reading.agents_busy);
  board('circuits in use now', (reading) => reading.circuits_in_use);
  board('agents there', (reading) => reading.agents_present);
  board('talked, cents', (reading) => sum(reading.cents));
  rows.push(...estimatesOf(columns));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows
    .map((cells) =>
      cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    )
    .join('\n');
}

/** What the regions estimate, beside what it is. */
function estimatesOf(columns: readonly Reading[]): string[][] {
  const row = (name: string, of: (estimates: Estimates) => number | string | undefined): string[] => [
    name,
    ...columns.map(({ estimates }) => text(of(estimates) ?? '')),
  ];
  return [
    ...SHARES.map((share, at) => row(`~ wait, ${100 * share} %`, ({ waits }) => Math.round(waits[at] ?? 0))),
    row('~ customers', ({ customers }) => customers),
    ...[0, 1, 2].map((at) => row(`~ busiest ${at + 1}`, ({ busiest }) => busiest[at]?.item)),
  ];
}

function sum(table: Readonly<Record<string, number>>): number {
  return Object.values(table).reduce((total, n) => total + n, 0);
}

function text(value: number | string): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : value;
}
