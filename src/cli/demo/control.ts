/**
 * What the demo's pages ask of the demo itself, over HTTP on the loopback: how the regions compare, and to cut and heal a link
 * or kill a region. The pages find it through a register that every region holds.
 *
 * Only pages of this machine are answered: a page from elsewhere has no business with somebody's demo.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { REGIONS, type World } from './world.js';

/** The register that tells the pages where the demo listens. */
export const CONTROL_KEY = 'demo/control';

export interface ControlSource {
  readonly world: World;
  /** The demo as the pages show it, ready for JSON. */
  readonly state: () => object;
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

export function controlApp({ world, state }: ControlSource): Hono {
  const app = new Hono();
  app.use(cors({ origin: (origin) => (isLocal(origin) ? origin : null), allowMethods: ['GET', 'POST'] }));
  app.use(async (c, next) => {
    const origin = c.req.header('origin');
    if (origin !== undefined && !isLocal(origin)) return c.json({ error: `pages from ${origin} may not do this` }, 403);
    await next();
    return undefined;
  });
  app.get('/state', (c) => c.json(state()));
  app.post('/links/:name/:what{cut|heal}', (c) => {
    const { name, what } = c.req.param();
    const done = what === 'cut' ? world.cut(name) : world.heal(name);
    return done ? c.json(state()) : c.json({ error: `there is no link ${name}` }, 404);
  });
  app.post('/regions/:name/kill', (c) => {
    const region = REGIONS.find((region) => region === c.req.param('name'));
    if (region === undefined) return c.json({ error: 'there is no such region' }, 404);
    world.region(region).kill();
    return c.json(state());
  });
  return app;
}

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname);
}
