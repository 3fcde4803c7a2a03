/**
 * The driver: the only place where the core meets time and I/O.
 *
 * It owns when things happen. A write, or a message from a peer, asks for a step: as soon as the event loop is free, but not so
 * often that steps take more than a twentieth of the time, so that under load many writes share one frame; the flush interval
 * is the longest that a step is put off for that. Inside a step the order is fixed: send to
 * other regions, then notify. What came from a peer has waited long enough: whoever watches it is told when the loop is free,
 * without regard to the interval. A heartbeat steps when nothing else does. What a large frame left to be merged is merged between
 * turns, a few milliseconds each.
 *
 * Invariants: frames are cut between turns, never inside one, so what one turn wrote leaves together; the replicator is called
 * from here only, and its outputs are drained after every call.
 */
import type { Store } from '../store/store.js';
import type { Barrier } from '../sync/barrier.js';
import type { Inquiry } from '../sync/scrub.js';
import type { Output } from '../sync/ports.js';
import type { Membership } from '../sync/membership.js';
import type { Replicator } from '../sync/replicator.js';
import type { Transport, TransportEvents } from './transport.js';

export type ReplicatorEvent = Extract<Output, { readonly kind: 'event' }>;

export interface DriverOptions {
  readonly store: Store;
  readonly replicator: Replicator;
  /** What is written leaves after this many milliseconds at the latest, earlier if frames are cheap; 0: in the same turn. */
  readonly flushMs: number;
  readonly wires: Transport;
  /** Told what the replicator reports that is neither a message nor a close. */
  readonly event: (event: ReplicatorEvent) => void;
  /** The last part of each step: whoever waits for acknowledgements or values. */
  readonly notify: () => void;
}

/** Between two steps there is this many times what the last one took, and no less than a timer can tell. */
const REST = 20;
const LEAST_REST_MS = 1;
/** Heartbeats, silence and lag are measured in seconds: this is often enough. */
const IDLE_MS = 100;
/** The background's part of a turn of the event loop, and with how many cells it begins to find out what fits into it. */
const SLICE_MS = 6;
const FIRST_SLICE = 1000;

export class Driver implements TransportEvents {
  readonly #options: DriverOptions;
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #telling: NodeJS.Immediate | undefined;
  #idle: NodeJS.Timeout | undefined;
  #advancing: NodeJS.Immediate | undefined;
  /** Cells that are merged in one slice. */
  #slice = FIRST_SLICE;
  #lastStep = Number.NEGATIVE_INFINITY;
  /** How long after that the next one comes at the earliest. */
  #rest = 0;
  #stopped = false;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.store.onDirty = () => this.wake();
    this.#idle = setInterval(() => this.step(), IDLE_MS);
    // Sockets keep a process alive, time alone does not.
    this.#idle.unref();
  }

  /** Nothing happens by itself any more. */
  stop(): void {
    this.#stopped = true;
    this.#options.store.onDirty = undefined;
    clearImmediate(this.#soon);
    clearTimeout(this.#later);
    clearImmediate(this.#telling);
    clearImmediate(this.#advancing);
    clearInterval(this.#idle);
  }

  /** Asks for a step. */
  wake(): void {
    if (this.#soon !== undefined || this.#later !== undefined || this.#stopped) return;
    const wait = this.#lastStep + this.#rest - performance.now();
    if (wait <= 0) this.#soon = setImmediate(() => this.step());
    else this.#later = setTimeout(() => this.step(), wait);
  }

  opened(link: number, dialled: boolean): void {
    this.#options.replicator.open(link, dialled, this.now());
    this.#drain();
    this.wake();
  }

  received(link: number, bytes: Uint8Array): void {
    this.#options.replicator.receive(link, bytes, this.now());
    this.#drain();
    this.wake();
    if (!this.#stopped) this.#telling ??= setImmediate(() => this.#notify());
  }

  closed(link: number): void {
    this.#options.replicator.closed(link, this.now());
    this.#drain();
    this.wake();
  }

  writable(link: number, yes: boolean): void {
    this.#options.replicator.writable(link, yes);
    if (yes) this.wake();
  }

  /** Asks every member what it has. */
  barrier(): Barrier {
    const barrier = this.#options.replicator.barriers.begin();
    this.#drain();
    return barrier;
  }

  endBarrier(barrier: Barrier): void {
    this.#options.replicator.barriers.end(barrier);
  }

  /** Compares with every member. */
  inquire(repair: boolean): Inquiry[] {
    const { membership, scrub } = this.#options.replicator;
    const inquiries = [...membership.members.all()].map((member) => scrub.inquire(member, repair));
    this.step();
    return inquiries;
  }

  /** How many other regions have acknowledged everything up to an own dot. */
  covered(dot: number): number {
    return this.#options.replicator.covered(dot);
  }

  /** Whether every linked peer has acknowledged everything. */
  get quiet(): boolean {
    return this.#options.replicator.quiet;
  }

  /** Something is said or done about membership. */
  membership<T>(act: (membership: Membership, now: number) => T): T {
    const done = act(this.#options.replicator.membership, this.now());
    this.#drain();
    this.wake();
    return done;
  }

  /** Tells every peer that this node stops. */
  leave(): void {
    this.#options.replicator.leave(this.now());
    this.#drain();
  }

  /** Do what the store does by itself, send, then notify. */
  step(): void {
    clearImmediate(this.#soon);
    clearTimeout(this.#later);
    this.#soon = undefined;
    this.#later = undefined;
    if (this.#stopped) return;
    this.#idle?.refresh();
    this.#lastStep = performance.now();
    this.#options.store.tend(this.now());
    this.#options.replicator.tick(this.now());
    this.#drain();
    const took = performance.now() - this.#lastStep;
    this.#rest = Math.min(this.#options.flushMs, Math.max(LEAST_REST_MS, REST * took));
    this.#notify();
    // Somebody waits for a comparison: it goes on as soon as the loop has seen to everybody else.
    if (this.#options.replicator.scrub.urgent) this.#soon ??= setImmediate(() => this.step());
  }

  /** The replicator's time: it only takes differences. */
  now(): number {
    return performance.now();
  }

  #notify(): void {
    clearImmediate(this.#telling);
    this.#telling = undefined;
    this.#options.store.deliver();
    this.#options.notify();
    this.#options.replicator.collect(this.now());
  }

  /** Go on with what is too large for one step, merging or sending; again in the next turn while there is more. */
  #advance(): void {
    this.#advancing = undefined;
    if (this.#options.store.replica.busy) this.#merge();
    else this.#options.replicator.advance(this.now());
    this.#drain();
    // Frames are cut again.
    if (this.#advancing === undefined) this.wake();
  }

  #merge(): void {
    const began = performance.now();
    const more = this.#options.store.replica.advance(this.#slice);
    const took = performance.now() - began;
    if (took > SLICE_MS) this.#slice = Math.max(1, Math.floor(this.#slice / 2));
    else if (took < SLICE_MS / 3 && more) this.#slice *= 2;
    // What has waited for it is laid over the state now.
    if (!more) this.#options.replicator.advance(this.now());
  }

  #drain(): void {
    const { replicator, store } = this.#options;
    if (!this.#stopped && (store.replica.busy || replicator.busy))
      this.#advancing ??= setImmediate(() => this.#advance());
    for (const output of replicator.outputs()) {
      if (output.kind === 'send') this.#options.wires.send(output.link, output.bytes);
      else if (output.kind === 'close') this.#options.wires.close(output.link, output.code, output.message);
      else this.#options.event(output);
    }
  }
}
