/**
 * Where a node talks: its listener with the gateway for clients behind it, and the sockets to its peers. They are loaded when
 * they are first needed: a node of its own costs what the core costs.
 */
import type { Store } from '../store/store.js';
import type { GatewayIdentity } from './client-connection.js';
import { DEFAULT_GRACE_MS, peerAddress } from './config.js';
import type { Driver } from './driver.js';
import type { Faults } from './faults.js';
import type { Gateway } from './gateway.js';
import type { HttpSource } from './http.js';
import type { Listener } from './listener.js';
import type { NodeLog } from './log.js';
import type { NodeOptions } from './node-options.js';
import type { PeerTransport, SeedStatus } from './peer-transport.js';
import type { NodeStatus } from './status.js';
import { realTimers } from './timers.js';
import type { Transport } from './transport.js';

const DEFAULT_RETENTION_MS = 3_600_000;
const DEFAULT_SETTLE_MS = 2_000;
/** How long the other ends may take to close. */
const GOODBYE_MS = 500;

/** The node behind them. */
export interface EndpointsHost {
  readonly store: Store;
  readonly region: string;
  readonly driver: Driver;
  readonly log: NodeLog;
  readonly faults: Faults;
  readonly options: NodeOptions;
  /** For how long it has been ready; negative: it is not. */
  readonly readyMs: () => number;
}

export class Endpoints implements Transport {
  readonly #host: EndpointsHost;
  #listener: Listener | undefined;
  #gateway: Gateway | undefined;
  #transport: PeerTransport | undefined;

  constructor(host: EndpointsHost) {
    this.#host = host;
  }

  /** Where it listens; undefined without a listener. */
  get url(): string | undefined {
    return this.#listener?.url;
  }

  /** What clients do here; undefined without a listener. */
  get clients(): NodeStatus['clients'] | undefined {
    return this.#gateway?.counts;
  }

  seeds(): SeedStatus[] {
    return this.#transport?.seeds() ?? [];
  }

  /** What peers were refused for, in words. */
  refusals(): string[] {
    return this.#transport?.refusals() ?? [];
  }

  /** From now on the listener serves clients and peers, and answers from the source. */
  async serve(listener: Listener, source: HttpSource): Promise<void> {
    const { Gateway } = await import('./gateway.js');
    const { store, region, driver, log, faults, options, readyMs } = this.#host;
    const { graceMs = DEFAULT_GRACE_MS, retentionMs = DEFAULT_RETENTION_MS, settleMs = DEFAULT_SETTLE_MS } = options;
    const transport = await this.#peers();
    const gateway = new Gateway({
      store,
      identity: identityOf(store, region),
      timers: realTimers,
      times: { graceMs, retentionMs },
      log,
      faults,
      covered: (dot) => driver.covered(dot),
      ready: () => readyMs() >= 0,
      settling: () => readyMs() < settleMs,
    });
    this.#listener = listener;
    this.#gateway = gateway;
    listener.serve({
      ...source,
      client: (socket) => gateway.accept(socket),
      doc: (socket, key) => gateway.docs.accept(socket, key),
      peer: (socket, from) => transport.accept(socket, from),
    });
  }

  /** Dials another node, now and whenever the connection is lost. Errors: BAD_CONFIG. */
  async join(url: string): Promise<void> {
    const address = peerAddress(url);
    (await this.#peers()).join(address);
  }

  /** These addresses, and no others, are dialled beside those. */
  async find(urls: ReadonlySet<string>): Promise<void> {
    if (urls.size > 0 || this.#transport !== undefined) (await this.#peers()).found(urls);
  }

  send(link: number, bytes: Uint8Array): void {
    this.#transport?.send(link, bytes);
  }

  close(link: number, code: string, message: string): void {
    this.#transport?.close(link, code, message);
  }

  /** The peer has handed over what it had. */
  synced(link: number): void {
    this.#transport?.synced(link);
  }

  /** The peer gave the link up. */
  gaveUp(link: number, code: string, message: string): void {
    this.#transport?.gaveUp(link, code, message);
  }

  /** Clients are told what has happened since. */
  step(): void {
    this.#gateway?.step();
  }

  /** Clients are sent elsewhere. */
  sendAway(): void {
    this.#gateway?.stop();
  }

  /** Nobody is taken in any more, clients are sent elsewhere. */
  retire(): void {
    this.#listener?.retire();
    this.sendAway();
  }

  /** No peer is talked to any more. */
  async hangUp(): Promise<void> {
    await this.#transport?.stop(GOODBYE_MS);
  }

  /** Resolves once all is closed, and the address free again. */
  async shut(): Promise<void> {
    await Promise.all([this.hangUp(), this.#gateway?.gone(GOODBYE_MS)]);
    await this.#listener?.close();
  }

  async #peers(): Promise<PeerTransport> {
    const { PeerTransport } = await import('./peer-transport.js');
    const { driver, log, options } = this.#host;
    this.#transport ??= new PeerTransport(driver, realTimers, log, options.maxBandwidth);
    return this.#transport;
  }
}

/** What a client is told; the incarnation may still change until the node is ready. */
function identityOf({ replica }: Store, region: string): GatewayIdentity {
  return {
    node: replica.node,
    region,
    get incarnation() {
      return replica.incarnation;
    },
  };
}
