/**
 * What a node says over HTTP: whether it lives, whether it is ready, how it and its peers are, and to people the console.
 * Everything else is a problem document (RFC 9457) with a code.
 *
 * A peer that is down makes no node unready: local first. It does make the node less than healthy, and `/healthz` names it.
 */
import { Hono } from 'hono';
import type { MerganserError } from '../base/error.js';
import type { ExactDigest } from '../store/exact-digest.js';
import { type AdminSource, adminApp } from './admin.js';
import { consoleApp } from './console.js';
import { problem } from './problem.js';
import type { NodeStatus } from './status.js';

export interface HttpSource extends AdminSource {
  status(): NodeStatus;
  /** An answer could not be made: what to say instead. */
  failed(error: unknown): MerganserError;
  vv(): Readonly<Record<string, number>>;
  /** Takes its time. Errors: SHUTTING_DOWN. */
  digest(): Promise<ExactDigest>;
}

export function httpApp(source: HttpSource): Hono {
  const app = new Hono();
  app.get('/livez', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => {
    const { ready, joining, seeds } = source.status();
    const status = ready ? 200 : 503;
    if (c.req.query('verbose') === undefined) return c.text(ready ? 'ok\n' : `joining: ${joining}\n`, status);
    return c.json({ ready, joining, seeds }, status);
  });
  app.get('/healthz', (c) => {
    const { ready, healthy, problems } = source.status();
    return c.json({ ready, healthy, problems }, ready ? 200 : 503);
  });
  app.get('/status', async (c) => {
    const { digest, vv } = c.req.query();
    if (digest === undefined) return c.json({ ...source.status(), ...(vv !== undefined && { vv: source.vv() }) });
    try {
      const exact = await source.digest();
      return c.json({ ...source.status(), ...exact });
    } catch (error) {
      return failure(source.failed(error));
    }
  });
  app.route('/v1/admin', adminApp(source));
  app.route('/', consoleApp());
  app.onError((error) => failure(source.failed(error)));
  app.notFound((c) => problem('NOT_FOUND', 404, `${c.req.method} ${c.req.path} is not here`));
  return app;
}

function failure({ code, message }: MerganserError): Response {
  return problem(code, code === 'INTERNAL_ERROR' ? 500 : 503, message);
}
