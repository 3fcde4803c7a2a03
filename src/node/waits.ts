/**
 * Waiting until something holds here: that a session's writes are visible, that other regions have this node's, that everything
 * acknowledged elsewhere has arrived. What is waited for is looked at once per step of the driver. No wait is endless: each has
 * a bound, says at its end what is missing, and keeps the process alive until then.
 */
import { MerganserError } from '../base/error.js';
import type { Store } from '../store/store.js';
import { named, type Named } from '../store/digest.js';
import type { Barrier } from '../sync/barrier.js';
import type { Outcome } from '../sync/comparison.js';
import { type Inquiry, readable } from '../sync/scrub.js';

export interface WaitOptions {
  /** Give up after this many milliseconds; 10,000 by default. */
  readonly timeoutMs?: number;
  /** Give up at once, with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Fresh {
  /** Regions with a node that could not be asked, or whose writes did not all arrive in time; sorted. */
  readonly unreachable: readonly string[];
}

/** What the waits need of the replicator. */
export interface Replication {
  /** How many other regions have acknowledged everything up to an own dot. */
  covered(dot: number): number;
  barrier(): Barrier;
  endBarrier(barrier: Barrier): void;
  inquire(repair: boolean): readonly Inquiry[];
  /** Whether every linked peer has acknowledged everything. */
  readonly quiet: boolean;
}

/** What a comparison with a peer came to. */
export interface Verification {
  readonly node: string;
  readonly region: string;
  readonly state: 'equal' | 'DIFFERENT' | 'not comparable yet';
  /** Why not. */
  readonly reason: string;
  /** Which share of the state was compared: what is being written is left out. */
  readonly share: number;
  /** What differs, or did before it was mended: all that is known by name, the first hundred. */
  readonly differing: readonly Named[];
  readonly count: number;
  /** How many cells were changed here to mend it. */
  readonly mended: number;
}

const DEFAULT_WAIT_MS = 10_000;
const DEFAULT_RIGHTS_MS = 2_000;
const TRY_AGAIN_MS = 10;
const ASK_AGAIN_MS = 500;
const DEFAULT_VERIFY_MS = 60_000;
const MAX_NAMES = 100;
const UNFINISHED: Outcome = { compared: false, reason: 'it takes longer', share: 0, differing: [], mended: 0 };
/** In an error, of the entries that are missing. */
const NAMED = 5;

interface Waiting {
  readonly holds: () => boolean;
  readonly end: (...error: readonly unknown[]) => void;
}

export class Waits {
  readonly #store: Store;
  readonly #replication: Replication;
  readonly #waiting = new Set<Waiting>();

  constructor(store: Store, replication: Replication) {
    this.#store = store;
    this.#replication = replication;
  }

  /** Errors: BAD_TOKEN, LOST_WRITES, TIMEOUT, BAD_ARGUMENT, SHUTTING_DOWN. */
  async covers(token: string, options: WaitOptions): Promise<void> {
    let barrier: Barrier | undefined;
    let askedAt = Number.NEGATIVE_INFINITY;
    const holds = (): boolean => {
      const coverage = this.#store.covers(token);
      if (coverage === 'lost') throw new MerganserError('LOST_WRITES', `no node has ${this.#missing(token)}`);
      // Whether the last writes of a life that is over are anywhere is known when everybody was asked.
      if (coverage === 'not yet' && performance.now() - askedAt >= ASK_AGAIN_MS && this.#anyOver(token)) {
        askedAt = performance.now();
        if (barrier !== undefined) this.#replication.endBarrier(barrier);
        barrier = this.#replication.barrier();
      }
      return coverage === 'yes';
    };
    const late = (ms: number): never => {
      throw new MerganserError('TIMEOUT', `after ${ms} ms this node still lacks ${this.#missing(token)}`);
    };
    try {
      await this.#until(holds, late, options);
    } finally {
      if (barrier !== undefined) this.#replication.endBarrier(barrier);
    }
  }

  /** Errors: what `work` throws, SHUTTING_DOWN. */
  async rights<T>(work: () => T, options: WaitOptions): Promise<T> {
    let result: { readonly of: T } | undefined;
    let refusal: unknown;
    let triedAt = Number.NEGATIVE_INFINITY;
    const holds = (): boolean => {
      if (performance.now() - triedAt < TRY_AGAIN_MS) return false;
      triedAt = performance.now();
      try {
        result = { of: work() };
        return true;
      } catch (error) {
        if (!(error instanceof MerganserError) || error.code !== 'INSUFFICIENT_RIGHTS') throw error;
        refusal = error;
        return false;
      }
    };
    const late = (): never => {
      throw refusal;
    };
    await this.#until(holds, late, { timeoutMs: DEFAULT_RIGHTS_MS, ...options });
    return (result as { readonly of: T }).of;
  }

  /** Errors: TIMEOUT, BAD_ARGUMENT, SHUTTING_DOWN. */
  async durable(regions: number, options: WaitOptions): Promise<void> {
    if (!Number.isInteger(regions) || regions < 0)
      throw new MerganserError('BAD_ARGUMENT', `durable takes a number of regions, not ${regions}`);
    const { dot } = this.#store;
    const covered = (): number => (dot === 0 ? regions : this.#replication.covered(dot));
    const late = (ms: number): never => {
      const said = `${covered()} of ${regions} other regions have acknowledged write ${dot} of this node`;
      throw new MerganserError('TIMEOUT', `after ${ms} ms ${said}`);
    };
    await this.#until(() => covered() >= regions, late, options);
  }

  /** Resolves once every linked peer has acknowledged everything, or it takes too long. */
  async quiet(timeoutMs: number): Promise<void> {
    await this.#until(
      () => this.#replication.quiet,
      () => undefined,
      { timeoutMs },
    );
  }

  /** Errors: BAD_ARGUMENT, SHUTTING_DOWN. */
  async fresh(options: WaitOptions): Promise<Fresh> {
    const { vv } = this.#store.replica;
    const barrier = this.#replication.barrier();
    try {
      await this.#until(
        () => barrier.isOver(vv),
        () => undefined,
        options,
      );
      return { unreachable: barrier.missing(vv) };
    } finally {
      this.#replication.endBarrier(barrier);
    }
  }

  /** Errors: BAD_ARGUMENT, SHUTTING_DOWN. */
  async verify(repair: boolean, options: WaitOptions): Promise<Verification[]> {
    const inquiries = this.#replication.inquire(repair);
    const over = (): boolean => inquiries.every(({ outcome }) => outcome !== undefined);
    await this.#until(over, () => undefined, { timeoutMs: DEFAULT_VERIFY_MS, ...options });
    return inquiries.map(({ member: { node, region }, outcome }) => {
      const { compared, reason, share, differing, mended } = outcome ?? UNFINISHED;
      const found = differing.length > 0 ? 'DIFFERENT' : 'equal';
      const state = compared ? found : 'not comparable yet';
      const names = differing.slice(0, MAX_NAMES).map((name) => named(name, readable));
      return { node, region, state, reason, share, differing: names, count: differing.length, mended };
    });
  }

  /** Something may have changed. */
  check(): void {
    for (const waiting of this.#waiting) attempt(waiting.holds, waiting);
  }

  /** The node stops. */
  stop(): void {
    for (const { end } of this.#waiting) end(new MerganserError('SHUTTING_DOWN', 'the node is stopping'));
  }

  #anyOver(token: string): boolean {
    const { actors } = this.#store.replica;
    return this.#store.lacking(token).some(({ node, incarnation }) => incarnation <= actors.overUpTo(node));
  }

  #missing(token: string): string {
    const lacking = this.#store.lacking(token);
    const named = lacking.slice(0, NAMED).map(({ node, incarnation, n }) => `${node}@${incarnation} up to ${n}`);
    return named.join(', ') + (lacking.length > NAMED ? ` and ${lacking.length - NAMED} more` : '');
  }

  /** Ends once `holds`, or with what it throws; when the time is up, with what `late` throws, or well if it does not. */
  async #until(holds: () => boolean, late: (ms: number) => void, options: WaitOptions): Promise<void> {
    const { timeoutMs = DEFAULT_WAIT_MS, signal } = options;
    if (!(timeoutMs >= 0 && timeoutMs < 2 ** 31)) {
      throw new MerganserError('BAD_ARGUMENT', `timeoutMs is a number of milliseconds, not ${timeoutMs}`);
    }
    signal?.throwIfAborted();
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => waiting.end(signal?.reason);
      const giveUp = (): boolean => {
        late(timeoutMs);
        return true;
      };
      const timer = setTimeout(() => attempt(giveUp, waiting), timeoutMs);
      const waiting: Waiting = {
        holds,
        end: (...error) => {
          this.#waiting.delete(waiting);
          clearTimeout(timer);
          signal?.removeEventListener('abort', aborted);
          if (error.length === 0) resolve();
          else reject(error[0]);
        },
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', aborted);
    });
  }
}

function attempt(holds: () => boolean, { end }: Waiting): void {
  try {
    if (holds()) end();
  } catch (error) {
    end(error);
  }
}
