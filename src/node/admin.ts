/**
 * What an operator can tell a node over HTTP: that its cluster is new, that a member is evicted, that the node itself leaves for good,
 * that it compares what it holds with its peers.
 *
 * Whoever reaches the listener may do it (it listens on loopback unless told otherwise), but no page from elsewhere in an
 * operator's browser: a request that says it comes from a page must come from this node's own.
 */
import { Hono } from 'hono';
import { type ErrorCode, MerganserError } from '../base/error.js';
import type { MemberStatus } from './cluster.js';
import type { Verification } from './waits.js';
import { problem } from './problem.js';

export interface AdminSource {
  /** Compares with every peer. */
  verify(repair: boolean): Promise<readonly Verification[]>;
  /** The cluster is new. */
  bootstrap(): void;
  /** Errors: NOT_FOUND, BAD_ARGUMENT, MEMBER_ALIVE. */
  evict(node: string, force: boolean): MemberStatus;
  /** Begins; what comes of it is told by `/status`. Errors: BAD_ARGUMENT. */
  leave(force: boolean): void;
}

const STATUS: Readonly<Partial<Record<ErrorCode, 400 | 404 | 409>>> = { NOT_FOUND: 404, MEMBER_ALIVE: 409 };

export function adminApp(source: AdminSource): Hono {
  const app = new Hono();
  app.use('*', async (c, next) => {
    const origin = c.req.header('origin');
    if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== c.req.header('host'))) {
      return problem('ORIGIN_REFUSED', 403, `pages from ${origin} may not administer this node`);
    }
    await next();
    return undefined;
  });
  app.post('/bootstrap', (c) => {
    source.bootstrap();
    return c.json({ complete: true });
  });
  app.post('/evict', async (c) => {
    const { node, force } = await asked(c.req.raw);
    if (typeof node !== 'string')
      return problem('BAD_ARGUMENT', 400, 'the body is {"node": NAME, "force": true or false}');
    return attempt(() => c.json(source.evict(node, force === true)));
  });
  app.post('/verify', async (c) => {
    const { repair } = await asked(c.req.raw);
    return c.json(await source.verify(repair === true));
  });
  app.post('/leave', async (c) => {
    const { force } = await asked(c.req.raw);
    return attempt(() => {
      source.leave(force === true);
      return c.json({ state: 'leaving' }, 202);
    });
  });
  return app;
}

/** The body, as far as it is an object. */
async function asked(request: Request): Promise<Readonly<Record<string, unknown>>> {
  try {
    const body: unknown = await request.json();
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function attempt(work: () => Response): Response {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MerganserError)) throw error;
    return problem(error.code, STATUS[error.code] ?? 400, error.message);
  }
}
