/**
 * The sessions of clients: what makes a write of theirs count exactly once, and a share of a gauge or a presence end with its owner.
 *
 * A session's result window says how far its writes are done and which were refused. It is kept in the store under a reserved
 * name and changed in the same turn as the writes it speaks of, so the two replicate together: whoever sees the effect of a
 * write sees that it is done. The window is replicated; whose a share is only this process knows: all of them are part of what this
 * node has put into a key, and live and die with this process.
 *
 * Invariants: `done` only rises; a session that comes in knows all that the store knows of it, also when this process has held
 * it all the time, since another may have carried it in between; a share is part of its key from the write on until the
 * session ends, which is when its client says bye, or a grace after its connection was lost, or when it comes back from
 * another process, to which it has said its shares anew.
 */
import { ERRORS, isErrorCode } from '../base/error.js';
import type { Share } from '../store/data-type.js';
import type { Register } from '../store/handles/register.js';
import type { Store } from '../store/store.js';
import type { FailedRun } from '../sync/client-answer.js';
import { perform } from '../sync/client-operation.js';
import type { Operation } from '../sync/client-shape.js';
import { FailureRuns } from './failure-runs.js';
import type { Faults } from './faults.js';
import type { NodeLog } from './log.js';
import type { Slot } from './operations.js';
import { type ResultWindow, SESSION_PREFIX, forgetExpired } from './result-window.js';
import { ShareDebts } from './share-debts.js';
import type { Timers } from './timers.js';

/** What a session needs to know of the connection that carries it. */
export interface SessionCarrier {
  /** Another connection has taken the session over. */
  superseded(): void;
}

/** What all sessions of this process share. */
export interface SessionHome {
  readonly store: Store;
  readonly region: string;
  /** This process, among all that write windows. */
  readonly process: string;
  /** When a window that is written now may be forgotten by whoever still finds it. */
  readonly until: () => number;
  readonly debts: ShareDebts;
}

export class ClientSession {
  readonly id: string;
  readonly #home: SessionHome;
  readonly #window: Register<ResultWindow>;
  /** By type and key. */
  readonly #shares = new Map<string, { readonly key: string; readonly share: Share }>();
  readonly failures: FailureRuns = new FailureRuns();
  carrier: SessionCarrier | undefined;
  /** The highest write whose effect is visible here. */
  done = 0;
  #acked = 0;
  /** Writes up to here were done in another region and are visible here: they are in two regions. */
  doneElsewhere = 0;
  /** A window of this session is, or was, in the store. */
  found = false;
  /** When the window in the store may be forgotten. */
  until = 0;

  constructor(home: SessionHome, id: string) {
    this.id = id;
    this.#home = home;
    this.#window = home.store.internal<ResultWindow>(SESSION_PREFIX + id);
    this.refresh();
  }

  /** Takes in what the store knows of the session. Whether another process has written of it since this one has. */
  refresh(): boolean {
    let moved = false;
    for (const { region, process, done, acked, failures } of this.#window.values()) {
      this.found = true;
      this.done = Math.max(this.done, done);
      this.#acked = Math.max(this.#acked, acked);
      if (region !== this.#home.region) this.doneElsewhere = Math.max(this.doneElsewhere, done);
      this.failures.join(failures);
      if (process !== this.#home.process) moved = true;
    }
    this.failures.forget(this.#acked);
    return moved;
  }

  /** The client has the answers up to `acked`. */
  acknowledge(acked: number): void {
    if (acked <= this.#acked) return;
    this.#acked = acked;
    this.failures.forget(acked);
  }

  /** Puts the window into the store, in the same turn as the writes it speaks of. */
  save(): void {
    const { region, process, until } = this.#home;
    const failures = this.failures.toRuns();
    const last = until();
    this.#window.set({ region, process, done: this.done, acked: this.#acked, failures, until: last });
    this.until = last;
    this.found = true;
  }

  /** The client has ended the session: nobody will ask again. A window that has moved on elsewhere is that node's to forget. */
  forgetWindow(): void {
    this.#forgetIf((window) => window.done <= this.done);
  }

  /** The client was not seen here for long: a window that another process has written since is that one's to forget. */
  abandonWindow(): void {
    this.#forgetIf((window) => window.process === this.#home.process);
  }

  #forgetIf(ours: (window: ResultWindow) => boolean): void {
    const windows = this.#window.values();
    if (windows.length > 0 && windows.every(ours)) this.#window.delete();
  }

  /** Refused writes the client may not know of. */
  unacknowledgedFailures(): FailedRun[] {
    return this.failures.toRuns().map(([from, to, code]) => ({ from, to, code, message: meaning(code) }));
  }

  /** Changes what this session has put into a key. Errors: those of the type. */
  writeShare(slot: Slot, operation: Operation): void {
    const { type, key } = slot;
    const id = `${type} ${key}`;
    const share = this.#shares.get(id)?.share ?? slot.newShare(this.#home.store);
    perform(share, operation);
    if (share.isEmpty) this.#shares.delete(id);
    else this.#shares.set(id, { key, share });
  }

  /** Takes back what this session has put in anywhere. */
  dropShares(): void {
    for (const { key, share } of this.#shares.values()) this.#home.debts.takeBack(key, share);
    this.#shares.clear();
  }
}

export function meaning(code: string): string {
  return isErrorCode(code) ? ERRORS[code] : code;
}

export interface SessionTimes {
  /** How long a lost client's shares stay. */
  readonly graceMs: number;
  /** How long the results of a session that is gone are kept for its return. */
  readonly retentionMs: number;
}

export interface SessionsOptions {
  readonly store: Store;
  readonly identity: { readonly node: string; readonly region: string; readonly incarnation: number };
  readonly timers: Timers;
  readonly times: SessionTimes;
  readonly log: NodeLog;
  readonly faults: Faults;
  /** Wall clock, milliseconds since 1970. */
  readonly wall: () => number;
}

/** How often the windows of sessions that are carried here get a later end, and those past it are looked for. */
const SWEEP_MS = 600_000;

export class ClientSessions {
  readonly #options: SessionsOptions;
  readonly #home: SessionHome;
  readonly #debts: ShareDebts;
  readonly #sessions = new Map<string, ClientSession>();
  /** Sessions whose connection is lost, and what calls their end off. */
  readonly #leaving = new Map<string, () => void>();
  #stopSweeping: () => void;
  #stopped = false;
  /** Cells below it were looked at for windows that expired. */
  #swept = 0;

  constructor(options: SessionsOptions) {
    const { store, identity, timers, times, log, faults, wall } = options;
    this.#options = options;
    this.#debts = new ShareDebts(timers, log, faults);
    this.#home = {
      store,
      region: identity.region,
      get process() {
        return `${identity.node}@${identity.incarnation}`;
      },
      until: () => wall() + times.graceMs + times.retentionMs,
      debts: this.#debts,
    };
    this.#stopSweeping = timers.after(SWEEP_MS, () => this.#sweep());
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * The session, with all that the store knows of it; `known` if this process was the last to carry it. One that has answers to
   * writes that are not done here was elsewhere as well, of which nothing may have come here yet.
   * @param acked the client has the answers to all writes up to here
   */
  find(id: string, acked: number = 0): { readonly session: ClientSession; readonly known: boolean } {
    const session = this.#sessions.get(id);
    if (session === undefined) return { session: new ClientSession(this.#home, id), known: false };
    const known = !session.refresh() && acked <= session.done;
    if (!known) session.dropShares();
    return { session, known };
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
    if (this.#stopped) return;
    this.#leaving.set(
      session.id,
      this.#options.timers.after(this.#options.times.graceMs, () => this.#end(session)),
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
    this.#stopped = true;
    this.#stopSweeping();
    this.#debts.stop();
    for (const callOff of this.#leaving.values()) callOff();
    this.#leaving.clear();
  }

  #end(session: ClientSession): void {
    session.dropShares();
    this.#sessions.delete(session.id);
    this.#leaving.delete(session.id);
    // Nothing was written: nothing is there to be forgotten.
    if (!session.found) return;
    const callOff = this.#options.timers.after(this.#options.times.retentionMs, () => {
      this.#leaving.delete(session.id);
      session.abandonWindow();
    });
    this.#leaving.set(session.id, callOff);
  }

  /** A session that is carried keeps its window; one that nobody carries any more, its node neither, loses it. */
  #sweep(): void {
    const { store, timers, wall } = this.#options;
    for (const session of this.#sessions.values()) {
      if (session.carrier === undefined || session.until === 0 || session.until >= wall() + 2 * SWEEP_MS) continue;
      if (!session.refresh()) session.save();
    }
    this.#swept = forgetExpired(store, wall(), this.#swept);
    this.#stopSweeping = timers.after(SWEEP_MS, () => this.#sweep());
  }
}
