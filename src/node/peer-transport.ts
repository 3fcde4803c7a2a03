/**
 * WebSockets between nodes: dials the seeds, accepts who dials in, and carries messages. One WebSocket message is one message
 * of the protocol; what they mean is the replicator's business.
 *
 * A seed is dialled for as long as the node runs, with a jittered back-off, and again whenever the connection is lost; an address
 * from the table of members is, for as long as it is wanted. When
 * two nodes dial each other the replicator gives one connection up; that dialler rests until the other connection ends.
 *
 * One read of a socket may bring a dozen compressed messages of a large frame, a few milliseconds of work each, far more while
 * the code is new to the compiler. So each turn of the event loop takes one message of each connection, and a socket is read on when
 * what was read is done.
 *
 * Back-pressure: a socket that holds more than `FULL_BYTES` is reported as not writable until it has drained below the half; so is
 * a link that has used up its bandwidth, if that is bounded (throttle.ts), until it has some again.
 */
import { WebSocket } from 'ws';
import { MAX_PEER_MESSAGE_BYTES, MAX_STAGED_FRAME_BYTES } from '../base/limits.js';
import { socketTrouble } from './socket-trouble.js';
import { Throttle } from './throttle.js';
import type { Timers } from './timers.js';
import type { NodeLog } from './log.js';
import type { Transport, TransportEvents } from './transport.js';

export interface SeedStatus {
  readonly url: string;
  readonly state: 'dialling' | 'connected' | 'waiting';
  /** Everything that it had when it was first met is here. */
  readonly synced: boolean;
  /** Attempts in a row at which nothing was heard from it. */
  readonly failures: number;
  /** The code with which this node or the seed gave the last connection up. */
  readonly code: string | undefined;
  /** Why the last connection ended or could not be made. */
  readonly trouble: string | undefined;
}

const FULL_BYTES = 1024 * 1024;
/** No honest peer lets more than the largest frame wait for it: this one only asks. */
const UNREAD_BYTES = MAX_STAGED_FRAME_BYTES;
/** Refusals that are remembered, and for how long. */
const REFUSALS = 8;
const REMEMBERED_MS = 60_000;
/** One message a turn: the WebSocket emits the others of the same read in turns of their own. */
export const ONE_A_TURN = { allowSynchronousEvents: false } as const;
const DIAL_MS = 5_000;
const FIRST_WAIT_MS = 50;
const LAST_WAIT_MS = 2_000;
/** A seed that says that it has another connection to here, of which nothing is known, is asked again this rarely. */
const REST_MS = 5_000;
/** The end of that connection is noticed; nor does a node cease to be this very one. Links with nothing to say are to be silent. */
const LONG_REST_MS = 600_000;
const RESTFUL: ReadonlySet<string> = new Set(['DUPLICATE_LINK', 'SELF_LINK']);

/** After these it is dialled again soon: a node that is refused for being an earlier life may be a later one by then. */
const PASSING: ReadonlySet<string> = new Set(['PEER_LEFT', 'PEER_SILENT', 'STALE_INCARNATION']);

interface Wire {
  readonly socket: WebSocket;
  readonly seed: Seed | undefined;
  /** The other end. */
  readonly from: string;
  full: boolean;
  /** It has used up its bandwidth. */
  spent: boolean;
  throttle: Throttle | undefined;
  /** Given up because there is another connection to the same node. */
  spare: boolean;
  /** It is a link: everything that the peer had came over it. */
  met: boolean;
}

interface Seed {
  readonly url: string;
  state: SeedStatus['state'];
  synced: boolean;
  failures: number;
  code: string | undefined;
  trouble: string | undefined;
  /** `#partings` when it was dialled last. */
  partings: number;
  /** Calls the next attempt off, or the one that is under way. */
  callOff: (() => void) | undefined;
}

export class PeerTransport implements Transport {
  readonly #events: TransportEvents;
  readonly #timers: Timers;
  readonly #log: NodeLog;
  readonly #maxBandwidth: number | undefined;
  readonly #wires = new Map<number, Wire>();
  readonly #seeds = new Map<string, Seed>();
  /** Addresses that were not set but found. */
  readonly #found = new Map<string, Seed>();
  /** What was refused → when, the latest last. */
  readonly #refusals = new Map<string, number>();
  #lastLink = 0;
  /** Connections that have ended, and that somebody may have given way to. */
  #partings = 0;
  #stopped = false;

  /** @param maxBandwidth bytes per second and link */
  constructor(events: TransportEvents, timers: Timers, log: NodeLog, maxBandwidth: number | undefined) {
    this.#events = events;
    this.#timers = timers;
    this.#log = log;
    this.#maxBandwidth = maxBandwidth;
  }

  seeds(): SeedStatus[] {
    return [...this.#seeds.values()].map(({ url, state, synced, failures, code, trouble }) => {
      return { url, state, synced, failures, code, trouble };
    });
  }

  /** Dials a node, now and whenever the connection is lost. */
  join(url: string): void {
    if (this.#seeds.has(url)) return;
    const seed = newSeed(url);
    this.#seeds.set(url, seed);
    this.#dial(seed);
  }

  /** These addresses are dialled beside the seeds, and no others any more; a connection that stands goes on. */
  found(urls: ReadonlySet<string>): void {
    for (const [url, seed] of this.#found) {
      if (urls.has(url) || seed.state !== 'waiting') continue;
      seed.callOff?.();
      this.#found.delete(url);
    }
    for (const url of urls) {
      if (this.#seeds.has(url) || this.#found.has(url)) continue;
      const seed = newSeed(url);
      this.#found.set(url, seed);
      this.#dial(seed);
    }
  }

  /** Everything that the peer at the other end of the link had is here. */
  synced(link: number): void {
    const wire = this.#wires.get(link);
    if (wire === undefined) return;
    wire.met = true;
    const { seed } = wire;
    if (seed === undefined) return;
    seed.synced = true;
    // Not before: who is refused has been answered as well, and would dial for ever without a pause.
    seed.failures = 0;
  }

  /** A node has dialled in. @param from the address that it comes from */
  accept(socket: WebSocket, from: string): void {
    this.#carry(socket, undefined, from);
  }

  send(link: number, bytes: Uint8Array): void {
    const wire = this.#wires.get(link);
    if (wire === undefined || wire.socket.readyState !== WebSocket.OPEN) return;
    if (wire.socket.bufferedAmount > UNREAD_BYTES) {
      this.#note(link, wire, 'PEER_SILENT', 'the peer asks and does not read');
      wire.socket.terminate();
      return;
    }
    wire.socket.send(bytes, () => this.#drained(link, wire));
    wire.throttle?.spend(bytes.length);
    if (wire.full || wire.socket.bufferedAmount < FULL_BYTES) return;
    wire.full = true;
    if (!wire.spent) this.#events.writable(link, false);
  }

  close(link: number, code: string, message: string): void {
    const wire = this.#wires.get(link);
    if (wire === undefined) return;
    wire.spare = RESTFUL.has(code);
    this.#note(link, wire, code, message);
    wire.socket.close(code === 'PEER_LEFT' ? 1001 : 1008, code.slice(0, 120));
  }

  /** Connections from other sides that were given up lately because of what came over them, in words. */
  refusals(): string[] {
    const since = performance.now() - REMEMBERED_MS;
    for (const [what, at] of this.#refusals) if (at < since) this.#refusals.delete(what);
    return [...this.#refusals.keys()].map((what) => `a connection of another node was refused: ${what}`);
  }

  /** This node or the peer will not have the connection, and why. */
  gaveUp(link: number, code: string, message: string): void {
    const seed = this.#wires.get(link)?.seed;
    if (seed === undefined || (seed.code !== undefined && code === 'PEER_LEFT')) return;
    seed.code = code;
    seed.trouble = `${code}: ${message}`;
  }

  /** Lets what was sent leave, then closes every connection; dials no more. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopped = true;
    for (const seed of [...this.#seeds.values(), ...this.#found.values()]) seed.callOff?.();
    const closing = [...this.#wires.values()].map(({ socket }) => goodbye(socket, timeoutMs));
    await Promise.all(closing);
  }

  /** A connection is given up from here: the operator sees why. */
  #note(link: number, { seed, from }: Wire, code: string, message: string): void {
    this.gaveUp(link, code, message);
    const restful = RESTFUL.has(code);
    this.#log[restful ? 'debug' : 'warn']({ link, code, from }, message);
    // That an evicted process is refused is what was asked for.
    if (seed !== undefined || restful || PASSING.has(code) || code === 'EVICTED') return;
    const what = `${code}: ${message} (from ${from})`;
    this.#refusals.delete(what);
    this.#refusals.set(what, performance.now());
    for (const first of this.#refusals.keys()) if (this.#refusals.size > REFUSALS) this.#refusals.delete(first);
  }

  #dial(seed: Seed): void {
    if (this.#stopped) return;
    seed.state = 'dialling';
    seed.partings = this.#partings;
    const socket = new WebSocket(seed.url, {
      ...ONE_A_TURN,
      perMessageDeflate: false,
      maxPayload: 2 * MAX_PEER_MESSAGE_BYTES,
      handshakeTimeout: DIAL_MS,
      // Masks protect proxies from what a page sends; between servers they only cost time.
      generateMask: (mask) => mask.fill(0),
    });
    let trouble = '';
    socket.on('error', (error) => {
      trouble = error.message;
    });
    seed.callOff = () => socket.terminate();
    socket.once('open', () => {
      seed.callOff = undefined;
      this.#carry(socket, seed, seed.url);
    });
    socket.once('close', () => this.#again(seed, trouble));
  }

  #carry(socket: WebSocket, seed: Seed | undefined, from: string): void {
    const link = (this.#lastLink += 1);
    const wire: Wire = { socket, seed, from, full: false, spent: false, throttle: undefined, spare: false, met: false };
    if (this.#maxBandwidth !== undefined) wire.throttle = this.#throttled(link, wire, this.#maxBandwidth);
    this.#wires.set(link, wire);
    if (seed !== undefined) {
      seed.state = 'connected';
      seed.code = undefined;
    }
    socket.on('message', (data) => this.#events.received(link, data as Buffer));
    socket.on('error', (error) => {
      const { code, error: message } = socketTrouble(error);
      if (code === undefined) this.#log.warn({ link, error: message }, 'a connection to a peer failed');
      else this.#note(link, wire, code, message);
    });
    socket.once('close', () => {
      this.#wires.delete(link);
      wire.throttle?.stop();
      this.#events.closed(link);
      // The end of a spare one wakes nobody: nodes would wake each other in a circle, for ever.
      if (mayMatter(wire) && !wire.spare) this.#parted();
    });
    this.#events.opened(link, seed !== undefined);
  }

  #again(seed: Seed, trouble: string): void {
    seed.state = 'waiting';
    seed.failures += 1;
    if (trouble !== '') seed.trouble = trouble;
    seed.trouble ??= 'the connection was closed';
    this.#log.debug({ seed: seed.url, failures: seed.failures, trouble: seed.trouble }, 'a seed is dialled again');
    if (seed.code === undefined || PASSING.has(seed.code)) {
      this.#dialAfter(seed, Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(seed.failures - 1, 16)));
    } else this.#dialAfter(seed, RESTFUL.has(seed.code) ? this.#restMs(seed) : LAST_WAIT_MS);
  }

  #dialAfter(seed: Seed, wholeMs: number): void {
    seed.callOff?.();
    if (!this.#stopped) seed.callOff = this.#timers.after(wholeMs * (0.5 + Math.random() / 2), () => this.#dial(seed));
  }

  /**
   * How long to rest. The other connection was dialled from over there, or from here by another address: while there are any
   * that it may be the dialler rests until one of them ends, unless one has ended since it dialled, which may have been that one.
   */
  #restMs(seed: Seed): number {
    if (seed.code === 'SELF_LINK') return LONG_REST_MS;
    if (seed.partings !== this.#partings) return FIRST_WAIT_MS;
    return [...this.#wires.values()].some(mayMatter) ? LONG_REST_MS : REST_MS;
  }

  /** A connection is gone: whoever rested because of it need not any more. */
  #parted(): void {
    this.#partings += 1;
    for (const seed of [...this.#seeds.values(), ...this.#found.values()]) {
      if (seed.state === 'waiting' && seed.code === 'DUPLICATE_LINK') this.#dialAfter(seed, FIRST_WAIT_MS);
    }
  }

  #drained(link: number, wire: Wire): void {
    if (!wire.full || wire.socket.bufferedAmount > FULL_BYTES / 2) return;
    wire.full = false;
    if (this.#wires.get(link) === wire && !wire.spent) this.#events.writable(link, true);
  }

  #throttled(link: number, wire: Wire, rate: number): Throttle {
    const clock = (): number => performance.now();
    return new Throttle(rate, this.#timers, clock, (open) => {
      wire.spent = !open;
      if (!wire.full) this.#events.writable(link, open);
    });
  }
}

/** Whether somebody may have given way to it. One that was dialled in vain is none: it is so again and again, and would wake others each time. */
function mayMatter({ seed, met }: Wire): boolean {
  return seed === undefined || met;
}

function newSeed(url: string): Seed {
  return {
    url,
    state: 'dialling',
    synced: false,
    failures: 0,
    code: undefined,
    trouble: undefined,
    partings: 0,
    callOff: undefined,
  };
}

/** Closes in order; whoever does not answer in time is cut off. */
function goodbye(socket: WebSocket, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), timeoutMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close(1001, 'SHUTTING_DOWN');
  });
}
