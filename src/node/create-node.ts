/**
 * A node: a store, what replicates it, and what serves it, put together. The server is this with a listener; embedded, it is
 * a store in your own process that happens to be the same in every region.
 *
 * The store is used synchronously and at once. What talks (endpoints.ts) comes when it is needed.
 */
import { randomBytes } from 'node:crypto';
import { totalmem } from 'node:os';
import { MerganserError } from '../base/error.js';
import { MAX_STAGED_CUT_BYTES } from '../base/limits.js';
import type { ExactDigest } from '../store/exact-digest.js';
import { Store } from '../store/store.js';
import type { PeerStatus } from '../sync/ports.js';
import { Replicator } from '../sync/replicator.js';
import {
  checkBandwidth,
  checkName,
  DEFAULT_CLUSTER,
  DEFAULT_DROP_AFTER_MS,
  DEFAULT_FLUSH_MS,
  DEFAULT_JOIN_MS,
  DEFAULT_REGION,
  type ListenAddress,
  parseListen,
  peerAddress,
} from './config.js';
import { ClusterControl, type LeaveOptions, type MemberStatus } from './cluster.js';
import { Digests } from './digests.js';
import { Driver, type ReplicatorEvent } from './driver.js';
import { advertised, Dialling } from './dialling.js';
import { Deflation } from './deflation.js';
import { Endpoints } from './endpoints.js';
import { Faults } from './faults.js';
import type { HttpSource } from './http.js';
import { nextIncarnation } from './incarnation.js';
import { Joining } from './joining.js';
import type { Listener } from './listener.js';
import { levelOf, type NodeLog, silentLog } from './log.js';
import { checkNodeOptions, type NodeOptions } from './node-options.js';
import { joiningIn, type NodeStatus, nodeStatus } from './status.js';
import { realTimers } from './timers.js';
import { type Fresh, type Verification, type WaitOptions, Waits } from './waits.js';

/** How long a node that stops waits for its peers to have everything. */
const FLUSH_OUT_MS = 2_000;

export class MerganserNode {
  readonly store: Store;
  readonly name: string;
  readonly region: string;
  readonly cluster: string;
  readonly #options: NodeOptions;
  readonly #log: NodeLog;
  readonly #faults: Faults;
  readonly #replicator: Replicator;
  readonly #driver: Driver;
  readonly #joining: Joining;
  readonly #waits: Waits;
  readonly #digests: Digests;
  readonly #startedAt: number = performance.now();
  readonly #cluster: ClusterControl;
  readonly #dialling: Dialling;
  readonly #endpoints: Endpoints;
  /** Nobody dials this node, and it was told of nobody. */
  #isAlone: boolean;
  #isBootstrapped = false;
  #readyAt = Number.POSITIVE_INFINITY;
  #closing: Promise<void> | undefined;

  /** Use `createNode`. */
  constructor(options: NodeOptions, name: string, listening?: ListenAddress) {
    this.#options = options;
    this.name = checkName(name);
    this.region = checkName(options.region ?? DEFAULT_REGION);
    if (options.maxBandwidth !== undefined) checkBandwidth(options.maxBandwidth);
    this.cluster = checkName(options.cluster ?? DEFAULT_CLUSTER);
    this.#log = options.log ?? silentLog;
    this.#faults = new Faults(this.#log);
    this.store = new Store({ node: this.name, incarnation: nextIncarnation(), clock: Date.now });
    const addresses = advertised(options.advertise, listening);
    const { cluster, region } = this;
    const compression = new Deflation(options.compress ?? true);
    const maxStagedBytes = Math.min(MAX_STAGED_CUT_BYTES, totalmem() / 2);
    this.#isAlone = listening === undefined && (options.join ?? []).length === 0;
    const first = (): boolean => this.#isAlone || this.#isBootstrapped;
    const core = { cluster, region, wall: Date.now, addresses, joining: true, compression, maxStagedBytes, first };
    this.#replicator = new Replicator(this.store, core);
    this.#driver = new Driver({
      store: this.store,
      replicator: this.#replicator,
      flushMs: options.flushMs ?? DEFAULT_FLUSH_MS,
      wires: {
        send: (link, bytes) => this.#endpoints.send(link, bytes),
        close: (link, code, message) => this.#endpoints.close(link, code, message),
      },
      event: (event) => this.#event(event),
      notify: () => this.#notify(),
    });
    this.#endpoints = new Endpoints({
      store: this.store,
      region,
      driver: this.#driver,
      log: this.#log,
      faults: this.#faults,
      options,
      readyMs: () => performance.now() - this.#readyAt,
    });
    this.#waits = new Waits(this.store, this.#driver);
    this.#digests = new Digests(this.store);
    const { membership } = this.#replicator;
    const dropAfterMs = options.dropAfterMs ?? DEFAULT_DROP_AFTER_MS;
    this.#cluster = new ClusterControl(this.store, membership, this.#driver, this.#log, dropAfterMs);
    this.#dialling = new Dialling(membership, dropAfterMs, (urls) => void this.#endpoints.find(urls));
    this.#joining = new Joining({
      timers: realTimers,
      joinMs: options.joinMs ?? DEFAULT_JOIN_MS,
      seeds: () => this.#endpoints.seeds(),
      peers: () => this.#peers(),
      succeeding: () => this.#replicator.succession.waits(this.#driver.now()),
      doing: () => this.#log.info({ node: this.name }, joiningIn(this.#peers(), this.store.replica.pending)),
      ready: (missing) => {
        this.#readyAt = performance.now();
        for (const { url, trouble } of missing) this.#log.warn({ seed: url, trouble }, 'serving without a seed');
        this.#log.info({ node: this.name, region: this.region }, 'ready');
        this.#driver.membership((own) => own.serve());
      },
    });
  }

  /** Resolves once every seed that can be reached has handed over what it had. */
  ready(): Promise<void> {
    return this.#joining.finished;
  }

  get isReady(): boolean {
    return this.#joining.done;
  }

  /** Which life of the node this is; while it joins, a later one may be taken. */
  get incarnation(): number {
    return this.store.replica.incarnation;
  }

  /** Bytes per second to each peer; undefined: as many as go. */
  get maxBandwidth(): number | undefined {
    return this.#options.maxBandwidth;
  }

  /** Where it listens, as an http URL; undefined without a listener. */
  get url(): string | undefined {
    return this.#endpoints.url;
  }

  /** Dials another node, from now on. What was done to bounded counters before, if this node was of its own, comes on top of what others did. */
  join(url: string): Promise<void> {
    this.#isAlone = false;
    return this.#endpoints.join(url);
  }

  /**
   * Says that the cluster is new: nobody has ever written in it whom this node does not know, or all of that is gone. Until one of its
   * nodes is told so, once, no bounded counter gives out what it begins with. Later nodes, and those that are started again,
   * learn it from the others, and must not be told: bounds would be passed. So this is not for where a process starts.
   */
  bootstrap(): void {
    this.#isBootstrapped = true;
    this.#driver.step();
  }

  /**
   * Resolves once everything that a session token names is visible here: what was written or read where the token was taken
   * (`store.token()`). Errors: BAD_TOKEN; LOST_WRITES as soon as it is known that no node has some of it; TIMEOUT, which names
   * what is missing; BAD_ARGUMENT, SHUTTING_DOWN.
   */
  waitFor(token: string, options: WaitOptions = {}): Promise<void> {
    return this.#waits.covers(token, options);
  }

  /**
   * Resolves once every write that any reachable node acknowledged before this call is visible here, or when the time is up; the
   * regions for which that cannot be said are in the result. Errors: BAD_ARGUMENT, SHUTTING_DOWN.
   */
  fresh(options: WaitOptions = {}): Promise<Fresh> {
    return this.#waits.fresh(options);
  }

  /**
   * Resolves once everything written at this node so far was acknowledged by so many other regions.
   * Errors: TIMEOUT, BAD_ARGUMENT, SHUTTING_DOWN.
   */
  durable(regions: number, options: WaitOptions = {}): Promise<void> {
    return this.#waits.durable(regions, options);
  }

  /**
   * Runs `work` at once, and again while it is refused with INSUFFICIENT_RIGHTS: a bounded counter asks other regions for what is
   * lacking. Two seconds unless told; then it is refused. What `work` does is one transaction.
   * Errors: INSUFFICIENT_RIGHTS, and all that `work` throws; SHUTTING_DOWN.
   */
  acquire<T>(work: (store: Store) => T, options: WaitOptions = {}): Promise<T> {
    return this.#waits.rights(() => this.store.transaction(work), options);
  }

  /** Compares what it holds with every peer, now; `repair` mends also what can only be guessed. Errors: BAD_ARGUMENT, SHUTTING_DOWN. */
  verify(options: WaitOptions & { readonly repair?: boolean } = {}): Promise<Verification[]> {
    return this.#waits.verify(options.repair === true, options);
  }

  /** Everybody in the cluster's table. */
  members(): MemberStatus[] {
    return this.#cluster.members();
  }

  /** A member will not come back as what it was: nothing is kept for it any more. Errors: NOT_FOUND, BAD_ARGUMENT, MEMBER_ALIVE. */
  evict(node: string, options: { readonly force?: boolean } = {}): MemberStatus {
    return this.#cluster.evict(node, options.force === true);
  }

  /**
   * Leaves the cluster for good, and closes: clients are sent elsewhere, writes refused with LEAVING, and once every linked
   * member has what this node has, nobody waits for it any more. Errors: BAD_ARGUMENT, TIMEOUT (then it goes on leaving).
   */
  async leave(options: LeaveOptions = {}): Promise<void> {
    this.#cluster.announceLeave();
    this.#endpoints.sendAway();
    this.store.bequeath();
    this.store.fence(new MerganserError('LEAVING', `${this.name} is leaving its cluster for good`));
    this.#cluster.announceLeave();
    await this.#cluster.handOver(options);
    await this.close();
    this.#options.ended?.({ reason: 'left', unsynced: this.#replicator.membership.unsynced });
  }

  status(): NodeStatus {
    const members = this.#cluster.members();
    const { clients } = this.#endpoints;
    const problems = [...this.#endpoints.refusals(), ...this.#cluster.problems(), ...this.#faults.problems()];
    const uptimeMs = performance.now() - this.#startedAt;
    return nodeStatus(this, uptimeMs, clients, this.#peers(), this.#endpoints.seeds(), members, problems);
  }

  /**
   * The digest of all that it holds, and the version vector of that moment. Reads every state, in slices between other work: ten
   * million keys take some ten seconds; `store.digest()` is the same in one step. Errors: SHUTTING_DOWN.
   */
  digest(): Promise<ExactDigest> {
    return this.#digests.compute();
  }

  /**
   * Clients are told to come back, peers get what they lack (two seconds at most) and a goodbye. After that the store is read only:
   * writes are refused with SHUTTING_DOWN.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Opens what the options ask for. */
  async start(listener: Listener | undefined): Promise<void> {
    if (listener !== undefined) await this.#endpoints.serve(listener, this.#source());
    this.#driver.start();
    for (const url of this.#options.join ?? []) await this.join(url);
    this.#joining.begin();
    // One that is of its own knows at once that it is.
    this.#driver.step();
  }

  /** What is answered over HTTP. */
  #source(): HttpSource {
    return {
      status: () => this.status(),
      failed: (error) => this.#faults.answer(error),
      digest: () => this.digest(),
      vv: () => this.store.vv(),
      verify: (repair) => this.verify({ repair }),
      bootstrap: () => this.bootstrap(),
      evict: (node, force) => this.evict(node, { force }),
      leave: (force) => this.#beginLeave(force),
    };
  }

  /** What comes of it is logged, and shows in the status. Errors: BAD_ARGUMENT. */
  #beginLeave(force: boolean): void {
    this.#cluster.announceLeave();
    this.leave({ force }).catch((error: unknown) => this.#log.error({ error: String(error) }, 'could not leave'));
  }

  #peers(): PeerStatus[] {
    const isAway = ({ state, lagMs }: PeerStatus): boolean => state === 'down' && lagMs >= this.#cluster.dropAfterMs;
    return this.#replicator.peers(this.#driver.now()).filter((peer) => !isAway(peer));
  }

  #notify(): void {
    this.#endpoints.step();
    this.#waits.check();
    if (!this.#joining.done) this.#joining.check();
    this.#cluster.check();
    this.#dialling.check(this.#driver.now());
  }

  #event({ event, node, link, code, message }: ReplicatorEvent): void {
    if (event === 'fenced') return this.#fenced(message);
    if (event === 'superseded') this.#endpoints.sendAway();
    this.#log[levelOf(event)]({ peer: node, event, ...(code !== undefined && { code }) }, message);
    if (link === undefined) return;
    if (event === 'synced') this.#endpoints.synced(link);
    if (event === 'refused') this.#endpoints.gaveUp(link, code ?? 'PEER_LEFT', message);
  }

  /** This life was evicted: nothing that it does counts any more. */
  #fenced(message: string): void {
    const { unsynced } = this.#replicator.membership;
    this.#log.error({ code: 'EVICTED', unsynced }, message);
    this.#endpoints.sendAway();
    void this.#endpoints.hangUp();
    // Not in the middle of a step.
    setImmediate(() => this.#options.ended?.({ reason: 'evicted', unsynced }));
  }

  async #close(): Promise<void> {
    this.#joining.stop();
    this.#endpoints.retire();
    this.#waits.stop();
    this.#digests.stop();
    this.store.rest();
    this.#driver.step();
    await this.#waits.quiet(FLUSH_OUT_MS);
    this.#cluster.stop();
    // Nobody would ever be told of what is written from now on.
    if (!this.store.isFenced) this.store.fence(new MerganserError('SHUTTING_DOWN', `${this.name} was closed`));
    this.#driver.leave();
    this.#driver.stop();
    await this.#endpoints.shut();
  }
}

/** Starts a node. Resolves when it is ready. Errors: BAD_ARGUMENT (no such option), BAD_CONFIG, ADDRESS_IN_USE. */
export async function createNode(options: NodeOptions = {}): Promise<MerganserNode> {
  const { listen, region = DEFAULT_REGION } = checkNodeOptions(options);
  const seeds = (options.join ?? []).map(peerAddress);
  let listener: Listener | undefined;
  if (listen !== undefined) {
    const { Listener } = await import('./listener.js');
    listener = await Listener.open(
      typeof listen === 'object' ? listen : parseListen(`${listen}`),
      options.allowOrigins ?? [],
    );
  }
  const ownName =
    listener === undefined ? `${region}-${randomBytes(4).toString('hex')}` : `${region}-${listener.address.port}`;
  let node: MerganserNode;
  try {
    node = new MerganserNode({ ...options, join: seeds }, options.node ?? ownName, listener?.address);
  } catch (error) {
    await listener?.close();
    throw error;
  }
  await node.start(listener);
  if (options.eager !== true) await node.ready();
  return node;
}
