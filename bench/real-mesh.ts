/**
 * Real nodes with real sockets, every two of them linked over a distance, all in this process: on a machine with two cores
 * processes of their own would measure the scheduler, and in one process every frame can be counted where it is applied.
 * The nodes share one event loop, so nothing here says how long something takes.
 */
import { createNode, type MerganserNode } from '../src/node/index.js';
import { Incoming } from '../src/sync/incoming.js';
import { Replicator } from '../src/sync/replicator.js';
import { freePort } from '../src/testing/real/free-port.js';
import { Mesh } from '../src/testing/real/mesh.js';
import { until } from './peer.js';

/** What the replicators were given since the counting began. */
export interface Counted {
  /** Cells of applied frames, by `SENDER RECEIVER`, their regions. */
  readonly cells: Map<string, number>;
  /** Bytes of messages by their kind. */
  readonly kinds: Map<number, number>;
}

export interface RealMesh {
  readonly nodes: readonly MerganserNode[];
  /** Begins to count anew. */
  readonly count: () => Counted;
  readonly close: () => Promise<void>;
}

type Receive = (this: Replicator, ...given: Parameters<Replicator['receive']>) => void;
type Take = (this: Incoming, ...given: Parameters<Incoming['take']>) => void;

/** @param regions of each node: a name that stands twice is a region of two nodes, which are near each other */
export async function startMesh(regions: readonly string[], oneWayMs: number): Promise<RealMesh> {
  const names = regions.map((region, i) => `${region}-${i}`);
  const regionOf = new Map(names.map((name, i) => [name, regions[i] as string]));
  const far = (one: string, other: string): number => (regionOf.get(one) === regionOf.get(other) ? 0 : oneWayMs);
  const mesh = new Mesh(names, far);
  const ports: number[] = [];
  for (const _ of names) ports.push(await freePort(new Set(ports)));
  const counting = listenIn();
  const nodes = await Promise.all(
    names.map(async (node, i) => {
      const join: string[] = [];
      for (const [j, other] of names.entries()) {
        if (j !== i) join.push(`ws://127.0.0.1:${await mesh.door(node, other, ports[j] as number)}/peer`);
      }
      const listen = `127.0.0.1:${ports[i] as number}`;
      return createNode({ node, region: regions[i] as string, cluster: 'bench', listen, join });
    }),
  );
  counting.count(nodes);
  await until(() => nodes.every((node) => live(node) === nodes.length - 1));
  return {
    nodes,
    count: counting.begin,
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await mesh.close();
      counting.end();
    },
  };
}

function live(node: MerganserNode): number {
  return node.status().peers.filter(({ state }) => state === 'live').length;
}

/** Whether every node has everything that any has. */
export function converged({ nodes }: RealMesh): boolean {
  const vvs = nodes.map(({ store }) =>
    JSON.stringify(Object.entries(store.vv()).toSorted(([one], [other]) => (one < other ? -1 : 1))),
  );
  return vvs.every((vv) => vv === vvs[0]);
}

/** Listens in on every replicator of this process. */
function listenIn(): { count: (nodes: readonly MerganserNode[]) => void; begin: () => Counted; end: () => void } {
  const replicators: { receive: Receive } = Replicator.prototype;
  const incomings: { take: Take } = Incoming.prototype;
  const { receive } = replicators;
  const { take } = incomings;
  let counted: Counted = { cells: new Map(), kinds: new Map() };
  /** The top of a frame → where it came from. */
  const origins = new WeakMap<object, string>();
  replicators.receive = function (link, bytes, now) {
    add(counted.kinds, bytes[0] ?? 0, bytes.length);
    receive.call(this, link, bytes, now);
  };
  incomings.take = function (link, kind, r, now) {
    take.call(this, link, kind, r, now);
    origins.set(link.receiving.top, link.member?.region ?? '');
  };
  return {
    count: (nodes) => {
      for (const { store, region } of nodes) {
        const { replica } = store;
        const apply = replica.apply.bind(replica);
        replica.apply = (frames) => {
          for (const { cells, top } of frames) add(counted.cells, `${origins.get(top) ?? '?'} ${region}`, cells.length);
          apply(frames);
        };
      }
    },
    begin: () => (counted = { cells: new Map(), kinds: new Map() }),
    end: () => {
      replicators.receive = receive;
      incomings.take = take;
    },
  };
}

function add<K>(to: Map<K, number>, key: K, n: number): void {
  to.set(key, (to.get(key) ?? 0) + n);
}
