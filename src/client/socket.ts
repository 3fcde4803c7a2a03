/**
 * One WebSocket, the same in Node and in a browser. Node uses the `ws` package, loaded when the first connection is made; a
 * browser its own. Nothing else in the SDK knows which.
 */
import { described, wrongArgument } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { MAX_ANSWER_BYTES } from '../base/limits.js';

export interface SocketEvents {
  received(bytes: Uint8Array): void;
  closed(reason: string): void;
}

/** The part of the WebSocket interface that both kinds have. */
interface AnySocket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  send(data: Uint8Array): void;
  close(code?: number): void;
  /** Only in Node. */
  terminate?(): void;
}

type SocketClass = new (url: string, protocols: string[], options?: object) => AnySocket;

const OPEN = 1;

/** A message of a node is one answer at its limit and a little more at most. */
const PAYLOAD_BYTES = 2 * MAX_ANSWER_BYTES;

async function socketClass(): Promise<SocketClass> {
  const { process, WebSocket } = globalThis as { process?: { versions?: { node?: string } }; WebSocket?: unknown };
  if (process?.versions?.node === undefined && WebSocket !== undefined) return WebSocket as SocketClass;
  // Named by a variable, so that a bundler for the browser does not follow it.
  const name = 'ws';
  const { WebSocket: NodeSocket } = (await import(/* @vite-ignore */ name)) as { WebSocket: SocketClass };
  return NodeSocket;
}

/** The address of a node's client endpoint, from what people write: host, http or ws URL, with a path or without. */
export function clientAddress(url: string): string {
  if (typeof url !== 'string') throw wrongArgument('an address looks like ws://127.0.0.1:7400', url);
  let address: URL;
  try {
    address = new URL(url.includes('://') ? url : `ws://${url}`);
  } catch {
    throw new MerganserError('BAD_ARGUMENT', `${described(url)} is not an address; it looks like ws://127.0.0.1:7400`);
  }
  if (address.protocol === 'http:') address.protocol = 'ws:';
  if (address.protocol === 'https:') address.protocol = 'wss:';
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') {
    throw new MerganserError(
      'BAD_ARGUMENT',
      `${described(url)} is not a WebSocket address; it looks like ws://127.0.0.1:7400`,
    );
  }
  if (address.pathname === '/') address.pathname = '/client';
  return address.href;
}

export class Socket {
  readonly #socket: AnySocket;

  private constructor(socket: AnySocket) {
    this.#socket = socket;
  }

  /** Resolves once the connection is open; from then on `events.closed` is told of its end, once. */
  static async open(address: string, timeoutMs: number, events: SocketEvents): Promise<Socket> {
    const Class = await socketClass();
    return new Promise((resolve, reject) => {
      const options = { perMessageDeflate: false, handshakeTimeout: timeoutMs, maxPayload: PAYLOAD_BYTES };
      const socket = new Class(address, [], options);
      socket.binaryType = 'arraybuffer';
      let trouble = '';
      let open = false;
      const timer = setTimeout(() => {
        trouble = `no answer within ${timeoutMs} ms`;
        if (!open) socket.close();
      }, timeoutMs);
      socket.onopen = () => {
        open = true;
        clearTimeout(timer);
        resolve(new Socket(socket));
      };
      socket.onmessage = ({ data }) => {
        if (data instanceof ArrayBuffer) events.received(new Uint8Array(data));
      };
      socket.onerror = ({ message }) => {
        trouble ||= message ?? '';
      };
      socket.onclose = ({ code, reason }) => {
        clearTimeout(timer);
        const why = reason || trouble || `closed with status ${code}`;
        if (open) events.closed(why);
        else reject(new MerganserError('CONNECT_FAILED', `${address}: ${why}`));
      };
    });
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(bytes);
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** Gives up on a peer that no longer answers: there is nobody to shake hands with. */
  abandon(): void {
    if (this.#socket.terminate !== undefined) this.#socket.terminate();
    else this.#socket.close();
  }
}
