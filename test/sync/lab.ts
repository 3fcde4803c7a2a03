/** Nodes in one process under a clock that only the test moves: the real stores and replicators, and wires between them. */
import { Store } from '../../src/store/store.js';
import { HEARTBEAT } from '../../src/sync/message.js';
import type { Output, ReplicatorOptions } from '../../src/sync/ports.js';
import { Replicator } from '../../src/sync/replicator.js';

export const EPOCH_MS = 1_700_000_000_000;

type Closing = Extract<Output, { kind: 'close' }>;
type Event = Extract<Output, { kind: 'event' }>;

export interface LabNode {
  readonly store: Store;
  readonly replicator: Replicator;
  /** Codes with which it closed links, in order. */
  readonly closed: Closing[];
  readonly events: Event[];
}

interface Wire {
  readonly from: LabNode;
  readonly to: LabNode;
  /** Link numbers at both ends. */
  readonly link: number;
  readonly peer: number;
  readonly waiting: Uint8Array[];
  held: boolean;
}

export class Lab {
  now = 0;
  /** Nodes that stand still, and until when. */
  readonly #stalled = new Map<LabNode, number>();
  /** Every message that was sent and is not a heartbeat. */
  readonly sent: Uint8Array[] = [];
  /** Told of each message that arrives. */
  hears: (to: LabNode, bytes: Uint8Array) => void = () => undefined;
  readonly #nodes: LabNode[] = [];
  readonly #wires: Wire[] = [];
  #links = 0;

  start(
    node: string,
    options: Partial<ReplicatorOptions> & { incarnation?: number; ahead?: number; maxCells?: number } = {},
  ): LabNode {
    const { incarnation = 1, ahead = 0, maxCells, ...rest } = options;
    const wall = (): number => EPOCH_MS + this.now + ahead;
    const store = new Store({ node, incarnation, clock: wall, ...(maxCells !== undefined && { maxCells }) });
    const replicator = new Replicator(store, { cluster: 'lab', region: `region of ${node}`, wall, ...rest });
    const started: LabNode = { store, replicator, closed: [], events: [] };
    this.#nodes.push(started);
    return started;
  }

  /** `a` dials `b`. Returns the numbers of the link at both ends. */
  link(a: LabNode, b: LabNode): [number, number] {
    const [link, peer] = [++this.#links, ++this.#links];
    this.#wires.push({ from: a, to: b, link, peer, waiting: [], held: false });
    this.#wires.push({ from: b, to: a, link: peer, peer: link, waiting: [], held: false });
    a.replicator.open(link, true, this.now);
    b.replicator.open(peer, false, this.now);
    return [link, peer];
  }

  /** The connection between two nodes is gone, with all that was under way. */
  cut(a: LabNode, b: LabNode): void {
    for (const wire of this.#between(a, b)) {
      this.#wires.splice(this.#wires.indexOf(wire), 1);
      wire.from.replicator.closed(wire.link, this.now);
    }
  }

  /** What `from` sends to `to` waits until it is released. */
  hold(from: LabNode, to: LabNode, held: boolean): void {
    for (const wire of this.#between(from, to)) if (wire.from === from) wire.held = held;
  }

  /** What waits on the way from one node to another, to look at or to change. */
  waiting(from: LabNode, to: LabNode): Uint8Array[] {
    return this.#between(from, to).find((wire) => wire.from === from)?.waiting ?? [];
  }

  /** Nothing of the node happens for so long; what it is sent waits. */
  stall(node: LabNode, ms: number): void {
    this.#stalled.set(node, this.now + ms);
  }

  /** The node is gone, its state with it. */
  kill(node: LabNode): void {
    for (const other of this.#nodes) if (other !== node) this.cut(other, node);
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
  }

  /** Time passes. */
  run(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now += 10;
      for (const node of this.#running()) {
        node.store.tend(this.now);
        node.replicator.tick(this.now);
      }
      this.deliver();
      for (const node of this.#running()) {
        node.store.replica.advance(1000);
        node.replicator.advance(this.now);
        node.store.deliver();
        node.replicator.collect(this.now);
      }
    }
  }

  /** Take what is to be sent, and hand over what arrives. */
  deliver(): void {
    for (const node of this.#running()) {
      for (const output of node.replicator.outputs()) {
        if (output.kind === 'close') this.#close(node, output);
        else if (output.kind === 'event') node.events.push(output);
        else this.#send(node, output.link, output.bytes);
      }
    }
    for (const wire of this.#wires.slice()) {
      if (!wire.held && !this.#stands(wire.to)) this.#arrive(wire);
    }
  }

  #arrive({ to, peer, waiting }: Wire): void {
    for (const bytes of waiting.splice(0)) {
      this.hears(to, bytes);
      to.replicator.receive(peer, bytes, this.now);
    }
  }

  #stands(node: LabNode): boolean {
    return this.now < (this.#stalled.get(node) ?? 0);
  }

  #running(): LabNode[] {
    return this.#nodes.filter((node) => !this.#stands(node));
  }

  #send(node: LabNode, link: number, bytes: Uint8Array): void {
    if (bytes[0] !== HEARTBEAT) this.sent.push(bytes);
    this.#wires.find((wire) => wire.from === node && wire.link === link)?.waiting.push(bytes);
  }

  #close(node: LabNode, output: Closing): void {
    node.closed.push(output);
    const wire = this.#wires.find(({ from, link }) => from === node && link === output.link);
    if (wire === undefined) return;
    this.#arrive(wire);
    for (const gone of this.#wires.filter(({ link }) => link === wire.link || link === wire.peer)) {
      this.#wires.splice(this.#wires.indexOf(gone), 1);
    }
    wire.to.replicator.closed(wire.peer, this.now);
  }

  #between(a: LabNode, b: LabNode): Wire[] {
    return this.#wires.filter(({ from, to }) => (from === a && to === b) || (from === b && to === a));
  }
}

/** Two nodes, linked, that have exchanged what they have. */
export function pair(): { lab: Lab; a: LabNode; b: LabNode } {
  const lab = new Lab();
  const a = lab.start('a');
  const b = lab.start('b');
  lab.link(a, b);
  lab.run(100);
  return { lab, a, b };
}
