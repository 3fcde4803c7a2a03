/**
 * Nodes without sockets: the real stores and replicators, every two of them linked, under a time that is counted and not
 * waited for. What passes is what would pass on the wire, byte for byte (the framing of WebSocket and TCP apart), so bytes, the
 * number of messages and the work per change can be told for worlds that no machine would hold as processes.
 */
import { Replicator } from '../src/sync/replicator.js';
import { Store } from '../src/store/store.js';

export interface VirtualMeshOptions {
  readonly oneWayMs?: number;
  /** A node cuts frames once in this time. */
  readonly flushMs?: number;
}

export interface VirtualNode {
  readonly store: Store;
  readonly replicator: Replicator;
  readonly region: string;
  /** CPU time spent in the replicator, milliseconds: other processes do not count. */
  cpuMs: number;
  /** Cells that frames brought. */
  cells: number;
  /** What came, by the region it came from. */
  readonly receivedBytes: Map<string, number>;
}

/** Slices of large frames, at most, between two messages. */
const BETWEEN = 100;

interface Flying {
  readonly due: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

export class VirtualMesh {
  now = 0;
  readonly nodes: readonly VirtualNode[];
  readonly #oneWayMs: number;
  readonly #flushMs: number;
  #flying: Flying[] = [];

  constructor(
    stores: readonly { readonly store: Store; readonly region: string }[],
    { oneWayMs = 0, flushMs = 10 }: VirtualMeshOptions = {},
  ) {
    this.#oneWayMs = oneWayMs;
    this.#flushMs = flushMs;
    this.nodes = stores.map(({ store, region }) => makeNode(store, region));
    this.nodes.forEach(({ replicator }, i) => {
      for (let j = 0; j < stores.length; j++) if (j !== i) replicator.open(j + 1, i < j, this.now);
    });
    this.nodes.forEach((_, i) => this.#send(i));
  }

  /** Lets one flush interval pass: what is due arrives, every node ticks once. */
  step(): void {
    const begin = this.now;
    this.nodes.forEach((node, i) => {
      // Nodes do not tick at the same moment.
      this.#deliver(begin + (this.#flushMs * i) / this.nodes.length);
      this.#work(node, i, () => node.replicator.tick(this.now));
    });
    this.#deliver(begin + this.#flushMs);
    for (const { replicator, store } of this.nodes) {
      store.deliver();
      replicator.collect(this.now);
    }
  }

  /** Lets time pass until everybody has everything, at least `ms` milliseconds. */
  settle(ms = 0): void {
    const least = this.now + ms;
    for (let steps = 0; this.now < least || !this.quiet; steps++) {
      if (steps > 100_000) throw new Error('the mesh does not come to rest');
      this.step();
    }
  }

  /** Every node covers every other. */
  get quiet(): boolean {
    const vvs = this.nodes.map(({ store }) => store.vv());
    const all = new Map<string, number>();
    for (const vv of vvs) for (const [actor, n] of Object.entries(vv)) all.set(actor, Math.max(n, all.get(actor) ?? 0));
    return vvs.every((vv) => [...all].every(([actor, n]) => (vv[actor] ?? 0) >= n));
  }

  /** Closes every link. */
  close(): void {
    this.nodes.forEach(({ replicator }, i) => {
      for (let j = 0; j < this.nodes.length; j++) if (j !== i) replicator.closed(j + 1, this.now);
    });
    this.#flying = [];
  }

  #deliver(until: number): void {
    // All delays are equal: what was sent first arrives first.
    let taken = 0;
    for (; taken < this.#flying.length; taken++) {
      const message = this.#flying[taken] as Flying;
      if (message.due > until) break;
      this.now = Math.max(this.now, message.due);
      const node = this.nodes[message.to] as VirtualNode;
      const { region } = this.nodes[message.from] as VirtualNode;
      node.receivedBytes.set(region, (node.receivedBytes.get(region) ?? 0) + message.bytes.length);
      this.#work(node, message.to, () => node.replicator.receive(message.from + 1, message.bytes, this.now));
    }
    this.#flying.splice(0, taken);
    this.now = until;
  }

  #work(node: VirtualNode, index: number, work: () => void): void {
    const begin = process.cpuUsage();
    work();
    // What a driver does between turns.
    const { replicator, store } = node;
    for (let turn = 0; turn < BETWEEN && (store.replica.busy || replicator.busy); turn++) {
      store.replica.finish();
      replicator.advance(this.now);
    }
    const { user, system } = process.cpuUsage(begin);
    node.cpuMs += (user + system) / 1000;
    this.#send(index);
  }

  #send(from: number): void {
    for (const output of (this.nodes[from] as VirtualNode).replicator.outputs()) {
      if (output.kind === 'close') throw new Error(`${output.code}: ${output.message}`);
      if (output.kind !== 'send') continue;
      this.#flying.push({ due: this.now + this.#oneWayMs, from, to: output.link - 1, bytes: output.bytes });
    }
  }
}

/** An empty store, with a wall clock. */
export function newStore(node: string): Store {
  return new Store({ node, incarnation: 1, clock: Date.now });
}

function makeNode(store: Store, region: string): VirtualNode {
  const replicator = new Replicator(store, { cluster: 'bench', region, wall: Date.now });
  const node: VirtualNode = { store, replicator, region, cpuMs: 0, cells: 0, receivedBytes: new Map() };
  const { replica } = store;
  const apply = replica.apply.bind(replica);
  replica.apply = (frames) => {
    for (const { cells, lazy } of frames) node.cells += lazy?.size ?? cells.length;
    apply(frames);
  };
  return node;
}
