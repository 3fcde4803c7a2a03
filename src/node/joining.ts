/**
 * When a node is ready: every seed that can be reached has handed over what it had, and nobody else is in the middle of it.
 * Only then is what the store knows of a client's session exact, and reads are not of an empty store.
 *
 * Then it is worth a few round trips more if it can go on with the dots of an earlier life (sync/succession.ts).
 *
 * A seed that cannot be reached in a few attempts, or that gave the connection up, is not waited for. After `joinMs` in which
 * nothing came nobody is: a node that has millions of keys to receive is not cut off in the middle of it.
 *
 * Invariant: not ready before `begin`, whatever happens, since until then not all seeds are known.
 */
import type { PeerStatus } from '../sync/ports.js';
import type { Timers } from './timers.js';
import type { SeedStatus } from './peer-transport.js';

/** Attempts after which a seed counts as out of reach. */
const ATTEMPTS = 3;

/** How often it is told how far it is. */
const DOING_MS = 3_000;

/** While it is syncing it hands over; a large frame that is arriving changes as it does. */
export type JoiningPeer = Pick<PeerStatus, 'state' | 'arriving'>;

export interface JoiningOptions {
  readonly timers: Timers;
  readonly joinMs: number;
  readonly seeds: () => readonly SeedStatus[];
  /** Whoever is linked, from whichever side. */
  readonly peers: () => readonly JoiningPeer[];
  /** Whether it may soon go on with the dots of an earlier life; it says no by itself after a while. */
  readonly succeeding: () => boolean;
  /** Called every few seconds until it is ready: to tell how far it is. */
  readonly doing: () => void;
  /** Told once; with the seeds that were not heard. */
  readonly ready: (missing: readonly SeedStatus[]) => void;
}

export class Joining {
  readonly #options: JoiningOptions;
  #callOff: (() => void) | undefined;
  #stopTelling: (() => void) | undefined;
  #resolve: () => void = () => undefined;
  done = false;
  /** Resolves when it is ready. */
  readonly finished: Promise<void>;

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Every seed is known and dialled. */
  begin(): void {
    this.#wait();
    this.check();
    if (!this.done) this.#tell();
  }

  #tell(): void {
    this.#stopTelling = this.#options.timers.after(DOING_MS, () => {
      this.#options.doing();
      this.#tell();
    });
  }

  #wait(): void {
    const { timers, joinMs } = this.#options;
    const before = this.#arrived;
    this.#callOff = timers.after(joinMs, () => {
      if (this.#syncing && this.#arrived !== before) this.#wait();
      else this.#finish();
    });
  }

  get #syncing(): boolean {
    return this.#options.peers().some(({ state }) => state === 'syncing');
  }

  get #arrived(): number {
    return this.#options.peers().reduce((sum, { arriving }) => sum + (arriving?.bytes ?? 0), 0);
  }

  /** Something may have changed. */
  check(): void {
    if (this.done || this.#callOff === undefined) return;
    const { seeds, succeeding } = this.#options;
    if (seeds().every((seed) => this.#isSettled(seed)) && !this.#syncing && !succeeding()) this.#finish();
  }

  #isSettled({ state, code, synced, failures }: SeedStatus): boolean {
    if (synced || state === 'connected') return synced;
    // There was another connection to it. If each side gave up a different one of two there is none now.
    if (code === 'DUPLICATE_LINK') return this.#options.peers().some((peer) => peer.state === 'live');
    // A seed that knows a later life of this node has told so: this one goes on above it, and dials again.
    return failures >= ATTEMPTS || (code !== undefined && code !== 'STALE_INCARNATION');
  }

  stop(): void {
    this.#callOff?.();
    this.#stopTelling?.();
  }

  #finish(): void {
    if (this.done) return;
    this.done = true;
    this.stop();
    this.#options.ready(this.#options.seeds().filter((seed) => !seed.synced));
    this.#resolve();
  }
}
