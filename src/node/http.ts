/**
 * What a node says over HTTP: whether it lives, whether it is ready, how it and its peers are, and to people the console.
 * Everything else is a problem document (RFC 9457) with a code.
 *
 * A peer that is down makes no node unready: local first. It does make the node less than healthy, and `/healthz` names it.
 */
import { Hono } from 'hono';
import { type AdminSource, adminApp } from './admin.js';
import { consoleApp } from './console.js';
import { problem } from './problem.js';
import type { NodeStatus } from './status.js';

export interface HttpSource extends AdminSource {
  status(withDigest: boolean): NodeStatus;
}

export function httpApp(source: HttpSource): Hono {
  const app = new Hono();
  app.get('/livez', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => {
    const { ready, joining, seeds } = source.status(false);
    const status = ready ? 200 : 503;
    if (c.req.query('verbose') === undefined) return c.text(ready ? 'ok\n' : `joining: ${joining}\n`, status);
    return c.json({ ready, joining, seeds }, status);
  });
  app.get('/healthz', (c) => {
    const { ready, healthy, problems } = source.status(false);
    return c.json({ ready, healthy, problems }, ready ? 200 : 503);
  });
  app.get('/status', (c) => c.json(source.status(c.req.query('digest') !== undefined)));
  app.route('/v1/admin', adminApp(source));
  app.route('/', consoleApp());
  app.notFound((c) => problem('NOT_FOUND', 404, `${c.req.method} ${c.req.path} is not here`));
  return app;
}
