/**
 * One region of the demo: a node in a process of its own, started as anybody would start it.
 *
 * Invariants:
 * - A region keeps its name and its port over a restart, so that its peers and its page find it again; it keeps nothing else.
 * - A region that dies, by our hand or by itself, comes back after a while. One that cannot get ready ends the demo.
 * - The process never outlives the demo: a channel connects the two, and a node whose channel ends stops.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MerganserError } from '../../base/error.js';

const COMMAND = fileURLToPath(new URL('../main.js', import.meta.url));
/** Long enough to see on the other pages that a region is gone. */
const COME_BACK_MS = 3_000;
const READY_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 6_000;
const ANSWER_LIMIT_MS = 1_000;
const POLL_MS = 50;
/** Lines of a process that are shown when it cannot get ready. */
const LAST_WORDS = 12;

export interface RegionOptions {
  readonly region: string;
  readonly port: number;
  readonly cluster: string;
  /** Where the other regions are found. */
  readonly join: readonly string[];
}

export interface RegionReports {
  readonly down: (region: string) => void;
  readonly up: (region: string) => void;
  readonly failed: (error: Error) => void;
}

export class RegionProcess {
  readonly region: string;
  readonly url: string;
  readonly #options: RegionOptions;
  readonly #reports: RegionReports;
  readonly #over = new AbortController();
  #process: ChildProcess | undefined;
  #words: string[] = [];
  #ready = false;

  constructor(options: RegionOptions, reports: RegionReports) {
    this.region = options.region;
    this.url = `http://127.0.0.1:${options.port}`;
    this.#options = options;
    this.#reports = reports;
  }

  /** It serves clients. */
  get running(): boolean {
    return this.#ready;
  }

  /** Resolves when it serves clients. */
  async start(): Promise<void> {
    const child = this.#spawn();
    const deadline = performance.now() + READY_LIMIT_MS;
    while (performance.now() < deadline && child.exitCode === null && !this.#over.signal.aborted) {
      if (await this.#answers()) {
        this.#ready = true;
        return;
      }
      await pause(POLL_MS);
    }
    if (this.#over.signal.aborted) return;
    const words = this.#words.length === 0 ? ['(none)'] : this.#words;
    throw new MerganserError('NOT_READY', [`the node in ${this.region}; its last words:`, ...words].join('\n  '));
  }

  /** No flush, no goodbye. It comes back by itself. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#over.abort();
    const child = this.#process;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(late);
  }

  /** For the moment in which the demo itself ends: no waiting. */
  abandon(): void {
    this.#over.abort();
    this.#process?.kill('SIGKILL');
  }

  #spawn(): ChildProcess {
    const { region, port, cluster, join } = this.#options;
    const where = ['--region', region, '--node', `${region}-1`, '--cluster', cluster, '--listen', `127.0.0.1:${port}`];
    // Nobody is to go round the long links.
    where.push('--advertise', 'none');
    const child = spawn(process.execPath, [COMMAND, 'start', ...where, ...join.flatMap((url) => ['--join', url])], {
      // What the user has set for nodes of their own is not meant for these.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MERGANSER_'))),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C is for the demo, which stops its nodes in order.
      detached: true,
    });
    this.#process = child;
    this.#words = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    child.once('error', (error) => this.#reports.failed(error));
    child.once('exit', () => {
      this.#process = undefined;
      const wasReady = this.#ready;
      this.#ready = false;
      if (wasReady && !this.#over.signal.aborted) void this.#comeBack();
    });
    return child;
  }

  async #comeBack(): Promise<void> {
    this.#reports.down(this.region);
    try {
      await pause(COME_BACK_MS, undefined, { signal: this.#over.signal });
      await this.start();
      if (this.#ready) this.#reports.up(this.region);
    } catch (error) {
      if (!this.#over.signal.aborted) this.#reports.failed(error as Error);
    }
  }

  async #answers(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
      await response.text();
      return response.ok;
    } catch {
      return false; // nobody listens yet
    }
  }

  #hear(text: string): void {
    this.#words.push(...text.split('\n').filter((line) => line !== ''));
    this.#words.splice(0, this.#words.length - LAST_WORDS);
  }
}
