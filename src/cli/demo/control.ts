/**
 * What the demo's pages ask of the demo itself, over HTTP on the loopback: how the regions compare, and to cut and heal a link,
 * kill a region or play the scene of a heal. The pages find it through a register that every region holds.
 *
 * Only pages of this machine are answered: a page from elsewhere has no business with somebody's demo.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';

export interface ControlSource {
  /** The demo as the pages show it, ready for JSON. */
  readonly state: () => object;
  /** These answer false where there is no such link or region. */
  readonly cut: (link: string) => Promise<boolean>;
  readonly heal: (link: string) => Promise<boolean>;
  readonly kill: (region: string) => boolean;
  readonly play: () => void;
}

export class Control {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async open(source: ControlSource): Promise<Control> {
    const listen = getRequestListener(controlApp(source).fetch, { overrideGlobalObjects: false });
    const server = createServer((request, response) => void listen(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Control(server);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

export function controlApp({ state, cut, heal, kill, play }: ControlSource): Hono {
  const app = new Hono();
  app.use(cors({ origin: (origin) => (isLocal(origin) ? origin : null), allowMethods: ['GET', 'POST'] }));
  app.use(async (c, next) => {
    const origin = c.req.header('origin');
    if (origin !== undefined && !isLocal(origin)) return c.json({ error: `pages from ${origin} may not do this` }, 403);
    await next();
    return undefined;
  });
  app.get('/state', (c) => c.json(state()));
  app.post('/links/:name/:what{cut|heal}', async (c) => {
    const { name, what } = c.req.param();
    const done = await (what === 'cut' ? cut(name) : heal(name));
    return done ? c.json(state()) : c.json({ error: `there is no link ${name}` }, 404);
  });
  app.post('/regions/:name/kill', (c) => {
    return kill(c.req.param('name')) ? c.json(state()) : c.json({ error: 'there is no such region' }, 404);
  });
  app.post('/play', (c) => {
    play();
    return c.json(state());
  });
  return app;
}

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname);
}
