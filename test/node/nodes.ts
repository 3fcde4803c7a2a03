/** Nodes and clients of a test, on loopback and free ports, all closed when the test is over. */
import { afterEach } from 'vitest';
import { connect, type ConnectOptions, type Database } from '../../src/client/index.js';
import { createNode, type MerganserNode, type NodeOptions } from '../../src/node/index.js';

const closing: (() => Promise<void> | void)[] = [];

/** To be called when the test is over, last first. */
export function atTheEnd(close: () => Promise<void> | void): void {
  closing.push(close);
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

export async function aNode(options: NodeOptions = {}): Promise<MerganserNode> {
  const node = await createNode({ listen: '127.0.0.1:0', flushMs: 1, settleMs: 0, ...options });
  atTheEnd(() => node.close());
  if ((options.join ?? []).length === 0) node.bootstrap();
  return node;
}

export async function aClient(url: string | readonly string[], options: ConnectOptions = {}): Promise<Database> {
  const db = await connect(url, { connectTimeout: 5_000, ...options });
  atTheEnd(() => db.close());
  return db;
}

/** Nodes in these regions, each linked to those before it. */
export async function aCluster(...regions: readonly string[]): Promise<MerganserNode[]> {
  const nodes: MerganserNode[] = [];
  for (const region of regions) nodes.push(await aNode({ region, join: nodes.map(urlOf) }));
  return nodes;
}

export function urlOf(node: MerganserNode): string {
  if (node.url === undefined) throw new Error('the node has no listener');
  return node.url;
}
