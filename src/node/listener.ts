/**
 * The one listener of a node: HTTP, and the WebSockets `/client`, `/doc/KEY` and `/peer`.
 *
 * A browser sends its page's origin with a WebSocket: a page from elsewhere could otherwise talk to a node on its visitor's
 * machine. So a client from a page must come from this node itself, from this machine, or from an origin that was allowed;
 * a peer is never a page.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ErrorCode, MerganserError } from '../base/error.js';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_PEER_MESSAGE_BYTES } from '../base/limits.js';
import { type ListenAddress, urlHost } from './config.js';
import { httpApp, type HttpSource } from './http.js';
import { ONE_A_TURN } from './peer-transport.js';
import { problem, problemText } from './problem.js';

export interface ListenerHandlers extends HttpSource {
  client(socket: WebSocket): void;
  /** @param from the address that it comes from */
  peer(socket: WebSocket, from: string): void;
  /** An editor of a Yjs document. */
  doc(socket: WebSocket, key: string): void;
}

/** Read past the limit a little, so that a message over it is answered with its code. Past this the connection just ends. */
const CLIENT_PAYLOAD_BYTES = 2 * MAX_CLIENT_MESSAGE_BYTES;
const PEER_PAYLOAD_BYTES = 2 * MAX_PEER_MESSAGE_BYTES;

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
};

export class Listener {
  readonly address: ListenAddress;
  readonly #server: Server;
  readonly #clients = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_PAYLOAD_BYTES,
  });
  readonly #peers = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    ...ONE_A_TURN,
    perMessageDeflate: false,
    maxPayload: PEER_PAYLOAD_BYTES,
  });
  readonly #allowOrigins: ReadonlySet<string>;
  #handlers: ListenerHandlers | undefined;
  #answer: RequestListener = unavailable;
  #closed: Promise<void> | undefined;

  private constructor(server: Server, host: string, allowOrigins: readonly string[]) {
    this.#server = server;
    this.#allowOrigins = new Set(allowOrigins);
    this.address = { host, port: (server.address() as AddressInfo).port };
    server.on('request', (request, response) => this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Takes the address; until `serve` everything is answered with NOT_READY. Errors: ADDRESS_IN_USE, BAD_CONFIG. */
  static async open(address: ListenAddress, allowOrigins: readonly string[]): Promise<Listener> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, address)));
      server.listen(address.port, address.host, () => resolve());
    });
    return new Listener(server, address.host, allowOrigins);
  }

  serve(handlers: ListenerHandlers): void {
    this.#handlers = handlers;
    const answer = getRequestListener(httpApp(handlers).fetch, {
      overrideGlobalObjects: false,
      errorHandler: () => problem('MALFORMED_MESSAGE', 400, 'the request cannot be read'),
    });
    this.#answer = (request, response) => void answer(request, response);
  }

  get url(): string {
    return `http://${urlHost(this.address)}`;
  }

  /** Takes no new connection; those that are open go on. */
  retire(): void {
    this.#handlers = undefined;
    this.#answer = unavailable;
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Resolves once the address is free again: every WebSocket must be closed by who carries it. */
  async close(): Promise<void> {
    this.retire();
    this.#server.closeAllConnections();
    await this.#closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const handlers = this.#handlers;
    socket.on('error', () => socket.destroy());
    if (handlers === undefined) {
      refuse(socket, 503, 'NOT_READY', 'the node is starting or stopping');
      return;
    }
    const target = request.url ?? '/';
    if (!URL.canParse(target, 'http://node')) {
      refuse(socket, 400, 'MALFORMED_MESSAGE', 'the request has no address that can be read');
      return;
    }
    const path = new URL(target, 'http://node').pathname;
    const origin = request.headers.origin;
    const key = documentOf(path);
    if (path === '/client' || key !== undefined) {
      if (!this.#allowed(origin, request.headers.host)) {
        refuse(socket, 403, 'ORIGIN_REFUSED', `pages from ${origin} may not connect`);
        return;
      }
      this.#clients.handleUpgrade(request, socket, head, (client) => {
        if (key === undefined) handlers.client(client);
        else handlers.doc(client, key);
      });
    } else if (path === '/peer') {
      if (origin !== undefined) {
        refuse(socket, 403, 'ORIGIN_REFUSED', 'a page is not a peer');
        return;
      }
      const from = request.socket.remoteAddress ?? '?';
      this.#peers.handleUpgrade(request, socket, head, (peer) => handlers.peer(peer, from));
    } else {
      refuse(
        socket,
        404,
        'NOT_FOUND',
        `there is no WebSocket at ${path}; clients connect to /client, Yjs providers to /doc/KEY`,
      );
    }
  }

  #allowed(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#allowOrigins.has('*') || this.#allowOrigins.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const page = new URL(origin);
    return page.host === host || ['localhost', '127.0.0.1', '[::1]'].includes(page.hostname);
  }
}

/** The key of `/doc/KEY`; what cannot be decoded is no key of anything. */
function documentOf(path: string): string | undefined {
  if (!path.startsWith('/doc/')) return undefined;
  try {
    return decodeURIComponent(path.slice('/doc/'.length));
  } catch {
    return '';
  }
}

/** Who asks before the serving, or after it, is answered too. */
const unavailable: RequestListener = (_, response) => {
  response.writeHead(503, { 'content-type': 'application/problem+json' });
  response.end(problemText('NOT_READY', 503, 'the node is starting or stopping'));
};

function listenError(error: NodeJS.ErrnoException, address: ListenAddress): MerganserError {
  const where = urlHost(address);
  if (error.code === 'EADDRINUSE') {
    return new MerganserError(
      'ADDRESS_IN_USE',
      `${where} is taken: is another node running? Stop it, or choose another address with --listen`,
    );
  }
  return new MerganserError('BAD_CONFIG', `cannot listen on ${where}: ${error.message}`);
}

function refuse(socket: Duplex, status: number, code: ErrorCode, detail: string): void {
  const body = problemText(code, status, detail);
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
