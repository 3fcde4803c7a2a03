/** A wire between client and node that a test can cut, and on which it can lose what the node says. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { atTheEnd } from '../node/nodes.js';

export class Wire {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [client: Socket, node: Socket]>();
  readonly #target: number;
  /** What the node says is lost. */
  deaf = false;
  /** New connections are refused. */
  refusing = false;
  /** Bytes from the client that still pass before the wire breaks. */
  #budget = Number.POSITIVE_INFINITY;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#accept(client));
  }

  static async to(url: string): Promise<Wire> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = new Wire(server, Number(new URL(url).port));
    atTheEnd(() => {
      wire.cut();
      server.close();
    });
    return wire;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  cut(): void {
    for (const [client, node] of this.#pairs) {
      client.resetAndDestroy();
      node.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** The wire breaks, once, after this many more bytes from the client. */
  breakAfter(bytes: number): void {
    this.#budget = bytes;
  }

  #accept(client: Socket): void {
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const node = connect(this.#target, '127.0.0.1');
    const pair = [client, node] as const;
    this.#pairs.add(pair);
    client.on('data', (bytes) => this.#forward(bytes, node));
    node.on('data', (bytes) => {
      if (!this.deaf) client.write(bytes);
    });
    for (const [one, other] of [pair, [node, client] as const]) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  #forward(bytes: Buffer, node: Socket): void {
    if (bytes.length <= this.#budget) {
      this.#budget -= bytes.length;
      node.write(bytes);
      return;
    }
    const last = bytes.subarray(0, this.#budget);
    this.#budget = Number.POSITIVE_INFINITY;
    node.write(last, () => this.cut());
  }
}
