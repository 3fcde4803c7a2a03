/**
 * The console's files: the page, its script, its style. There are a handful of them, they come with the package, and nothing else
 * is ever read: a request names one of them or gets nothing.
 *
 * Files whose name holds a hash of what is in them are kept by browsers for good; the page itself is asked for every time.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';

const DIRECTORY = fileURLToPath(new URL('../console/', import.meta.url));
const PAGE = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page takes code and style from its node only; it talks to the node and, in the demo, to another port of this machine. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' http://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface ConsoleFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

export function consoleApp(directory: string = DIRECTORY): Hono {
  const app = new Hono();
  let files: Promise<ReadonlyMap<string, ConsoleFile>> | undefined;
  app.get('*', async (c, next) => {
    files ??= readFiles(directory);
    const path = c.req.path === '/' ? PAGE : c.req.path.slice(1);
    const file = (await files).get(path);
    if (file !== undefined) return c.body(file.body, 200, { ...file.headers });
    await next();
    return undefined;
  });
  return app;
}

/** What is there: nothing, where the console has not been built. */
async function readFiles(directory: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const files = new Map<string, ConsoleFile>();
  let names: string[];
  try {
    names = await readdir(directory, { recursive: true });
  } catch {
    return files;
  }
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type !== undefined) files.set(name.replaceAll('\\', '/'), await readOne(directory, name, type));
  }
  return files;
}

async function readOne(directory: string, name: string, type: string): Promise<ConsoleFile> {
  const isHashed = name.startsWith('assets');
  return {
    body: new Uint8Array(await readFile(`${directory}/${name}`)),
    headers: {
      'content-type': type,
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
      ...(name === PAGE && { 'content-security-policy': POLICY }),
    },
  };
}
