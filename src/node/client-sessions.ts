/**
 * The sessions of clients: what makes a write of theirs count exactly once, and a gauge's share end with its owner.
 *
 * A session's result window says how far its writes are done and which were refused. It is kept in the store under a reserved
 * name and changed in the same turn as the writes it speaks of, so the two replicate together: whoever sees the effect of a
 * write sees that it is done. The window is replicated, the shares are not: they are part of this node's own share of a gauge
 * and live and die with this process.
 *
 * Invariants: `done` only rises; a share is part of the gauge from the write on until the session ends, which is when its
 * client says bye, or a grace after its connection was lost.
 */
import { ERRORS, isErrorCode } from '../base/error.js';
import type { Register } from '../store/handles/register.js';
import type { Store } from '../store/store.js';
import type { FailedRun } from '../sync/client-answer.js';
import { Op, type Operation } from '../sync/client-operation.js';
import { type FailureRun, FailureRuns } from './failure-runs.js';
import type { Slot } from './operations.js';

interface ResultWindow {
  /** Where it was written. */
  readonly region: string;
  readonly done: number;
  readonly acked: number;
  readonly failures: readonly FailureRun[];
}

/** What a session needs to know of the connection that carries it. */
export interface SessionCarrier {
  /** Another connection has taken the session over. */
  superseded(): void;
}

export class ClientSession {
  readonly id: string;
  readonly #store: Store;
  readonly #region: string;
  readonly #window: Register<ResultWindow>;
  readonly #shares = new Map<string, number>();
  failures: FailureRuns = new FailureRuns();
  carrier: SessionCarrier | undefined;
  /** The highest write whose effect is visible here. */
  done = 0;
  #acked = 0;
  /** Writes up to here were done in another region and are visible here: they are in two regions. */
  doneElsewhere = 0;
  /** A window of this session was found in the store. */
  readonly found: boolean;

  constructor(store: Store, region: string, id: string) {
    this.id = id;
    this.#store = store;
    this.#region = region;
    this.#window = store.internal<ResultWindow>(`session/${id}`);
    const windows = this.#window.values();
    this.found = windows.length > 0;
    const failures: FailureRun[] = [];
    for (const window of windows) {
      this.done = Math.max(this.done, window.done);
      this.#acked = Math.max(this.#acked, window.acked);
      if (window.region !== region) this.doneElsewhere = Math.max(this.doneElsewhere, window.done);
      failures.push(...window.failures);
    }
    if (this.found) this.failures = new FailureRuns(failures.sort((a, b) => a[0] - b[0]));
  }

  /** The client has the answers up to `acked`. */
  acknowledge(acked: number): void {
    if (acked <= this.#acked) return;
    this.#acked = acked;
    this.failures.forget(acked);
  }

  /** Puts the window into the store, in the same turn as the writes it speaks of. */
  save(): void {
    this.#window.set({ region: this.#region, done: this.done, acked: this.#acked, failures: this.failures.toRuns() });
  }

  /** Nobody will ask again. A window that has moved on elsewhere is that node's to forget. */
  forgetWindow(): void {
    const windows = this.#window.values();
    if (windows.length > 0 && windows.every((window) => window.done <= this.done)) this.#window.delete();
  }

  /** Refused writes the client may not know of. */
  unacknowledgedFailures(): FailedRun[] {
    return this.failures.toRuns().map(([from, to, code]) => ({ from, to, code, message: meaning(code) }));
  }

  writeGauge(slot: Slot, operation: Operation): void {
    const share = this.#shares.get(slot.key) ?? 0;
    this.setShare(slot, operation.code === Op.gaugeSet ? operation.n : share + operation.n);
  }

  setShare(slot: Slot, share: number): void {
    const before = this.#shares.get(slot.key) ?? 0;
    if (share !== before) slot.gauge(this.#store).add(share - before);
    if (share === 0) this.#shares.delete(slot.key);
    else this.#shares.set(slot.key, share);
  }

  /** Takes back what this session has put into gauges. */
  dropShares(): void {
    for (const [key, share] of this.#shares) this.#store.gauge(key).add(-share);
    this.#shares.clear();
  }
}

export function meaning(code: string): string {
  return isErrorCode(code) ? ERRORS[code] : code;
}

/** Tells time for the sessions: a real clock in the node, a test's own elsewhere. */
export interface Timers {
  /** Runs `task` once after `ms`; the returned function calls it off. */
  after(ms: number, task: () => void): () => void;
}

export interface SessionTimes {
  /** How long a lost client's shares stay. */
  readonly graceMs: number;
  /** How long the results of a session that is gone are kept for its return. */
  readonly retentionMs: number;
}

export class ClientSessions {
  readonly #store: Store;
  readonly #region: string;
  readonly #timers: Timers;
  readonly #times: SessionTimes;
  readonly #sessions = new Map<string, ClientSession>();
  /** Sessions whose connection is lost, and what calls their end off. */
  readonly #leaving = new Map<string, () => void>();

  constructor(store: Store, region: string, timers: Timers, times: SessionTimes) {
    this.#store = store;
    this.#region = region;
    this.#timers = timers;
    this.#times = times;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session as this process holds it, or as the store remembers it. */
  find(id: string): { readonly session: ClientSession; readonly known: boolean } {
    const session = this.#sessions.get(id);
    return session === undefined
      ? { session: new ClientSession(this.#store, this.#region, id), known: false }
      : { session, known: true };
  }

  /** A connection carries the session from now on. */
  enter(session: ClientSession, carrier: SessionCarrier): void {
    this.#leaving.get(session.id)?.();
    this.#leaving.delete(session.id);
    this.#sessions.set(session.id, session);
    const previous = session.carrier;
    session.carrier = carrier;
    previous?.superseded();
  }

  /** The connection is lost: the session ends after the grace, unless its client returns. */
  lost(session: ClientSession, carrier: SessionCarrier): void {
    if (session.carrier !== carrier) return;
    session.carrier = undefined;
    this.#leaving.set(
      session.id,
      this.#timers.after(this.#times.graceMs, () => this.#end(session)),
    );
  }

  /** The client said bye: nothing of the session is needed any more. */
  bye(session: ClientSession, carrier: SessionCarrier): void {
    if (session.carrier !== carrier) return;
    session.carrier = undefined;
    session.dropShares();
    session.forgetWindow();
    this.#sessions.delete(session.id);
  }

  /** The node stops: no timer stays behind. Shares go with the process. */
  stop(): void {
    for (const callOff of this.#leaving.values()) callOff();
    this.#leaving.clear();
  }

  #end(session: ClientSession): void {
    session.dropShares();
    this.#sessions.delete(session.id);
    this.#leaving.set(
      session.id,
      this.#timers.after(this.#times.retentionMs, () => {
        this.#leaving.delete(session.id);
        session.forgetWindow();
      }),
    );
  }
}
