/**
 * One region: a server process of its own, started as anybody would start it, with nothing but its command line.
 *
 * Invariants:
 * - A region keeps its name and its port over a restart, so that peers and clients find it again; it keeps nothing else.
 * - The process never outlives whoever started it, however that ends (`abandon`).
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The built command, from the source and from what is built of it. */
export const COMMAND: string = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const READY_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 5_000;
/** A question that is not answered in this time is asked again. */
const ANSWER_LIMIT_MS = 500;
const POLL_MS = 20;
/** Lines of a process's last words that are shown when it dies on its own. */
const LAST_WORDS = 12;

export interface RegionOptions<Region extends string = string> {
  readonly region: Region;
  readonly port: number;
  /** Where the other regions are found. */
  readonly join: readonly string[];
  readonly cluster: string;
  /** Further words for `merganser start`. */
  readonly flags?: readonly string[];
  /** What is run, by Node, as `merganser` is; by default this version. */
  readonly command?: string;
  /** Told what the process prints. */
  readonly heard?: (region: Region, text: string) => void;
}

export class RegionProcess<Region extends string = string> {
  readonly region: Region;
  readonly port: number;
  /** What is run when it is started the next time. */
  command: string;
  readonly #options: RegionOptions<Region>;
  #process: ChildProcess | undefined;
  #expected = false;
  #words: string[] = [];
  readonly #died: (reason: Error) => void;

  /** `died` is told when the process ends without having been asked to. */
  constructor(options: RegionOptions<Region>, died: (reason: Error) => void) {
    this.region = options.region;
    this.port = options.port;
    this.command = options.command ?? COMMAND;
    this.#options = options;
    this.#died = died;
  }

  get clientUrl(): string {
    return `ws://127.0.0.1:${this.port}/client`;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process, empty, and waits until it serves clients. */
  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  spawn(): void {
    const { region, port, join, cluster, flags = [] } = this.#options;
    const places = ['--listen', `127.0.0.1:${port}`, ...join.flatMap((url) => ['--join', url])];
    const child = spawn(
      process.execPath,
      [this.command, 'start', '--region', region, '--node', `${region}-1`, '--cluster', cluster, ...places, ...flags],
      // Found by nobody: who is dialled by what others say goes round the links that stand between regions.
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, MERGANSER_ADVERTISE: 'none' } },
    );
    this.#process = child;
    this.#expected = false;
    this.#words = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    }
    child.once('error', (error) => this.#died(new Error(`${region} could not be started: ${error.message}`)));
    child.once('exit', (code, signal) => {
      if (this.#process === child) this.#process = undefined;
      if (!this.#expected) this.#died(new Error(this.#obituary(signal ?? `status ${String(code)}`)));
    });
  }

  async ready(): Promise<void> {
    const deadline = performance.now() + READY_LIMIT_MS;
    let answer = 'nothing';
    while (performance.now() < deadline) {
      try {
        const response = await fetch(`${this.url}/readyz?verbose`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
        answer = await response.text();
        if (response.ok) return;
      } catch {
        // Nobody listens yet, or nobody answers yet.
      }
      await pause(POLL_MS);
    }
    throw new Error(`${this.region} was not ready after ${READY_LIMIT_MS / 1000} s; it says: ${answer.trim()}`);
  }

  /** Says that the cluster is new. Version 1 has no such thing. */
  async bootstrap(): Promise<void> {
    await (await fetch(`${this.url}/v1/admin/bootstrap`, { method: 'POST' })).text();
  }

  /** SIGSTOP: it stands still, and its sockets stay open. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** SIGKILL: no flush, no goodbye. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.#end('SIGTERM');
    clearTimeout(late);
  }

  /** For the moment in which everything is ended: no waiting. */
  abandon(): void {
    this.#expected = true;
    this.#process?.kill('SIGKILL');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#expected = true;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  #hear(text: string): void {
    this.#options.heard?.(this.region, text);
    this.#words.push(...text.split('\n').filter((line) => line !== ''));
    this.#words.splice(0, this.#words.length - LAST_WORDS);
  }

  #obituary(how: string): string {
    return [`the process of ${this.region} ended by itself (${how}); its last words:`, ...this.#words].join('\n  ');
  }
}
