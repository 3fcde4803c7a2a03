/**
 * Dots by the names of those who gave them out, as a short text that can be carried from node to node. What the texts mean is
 * said where they are made: session-token.ts, log-cursor.ts.
 *
 *   base64url( version, nodes: [name, lives: [incarnation, n]], check )
 *
 * Names and lives stand in order, so equal dots give equal texts. The check is a hash of what stands before it: a text that was cut
 * or changed on its way, or that was made for something else (another `seed`), is refused and not believed.
 * Cost: about 15 bytes per node, 20 as text.
 */
import { fromBase64url, toBase64url } from '../base/base64url.js';
import { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_NAME_BYTES, MAX_TOKEN_CHARACTERS } from '../base/limits.js';
import { hashBytes } from './key-index.js';

const VERSION = 1;
const CHECK_BYTES = 4;

/** One entry of a text. */
export interface TokenDot {
  readonly node: string;
  readonly incarnation: number;
  readonly n: number;
}

export function writeDots(dots: readonly TokenDot[], seed: number): string {
  const nodes = new Map<string, TokenDot[]>();
  for (const dot of dots) {
    const lives = nodes.get(dot.node);
    if (lives === undefined) nodes.set(dot.node, [dot]);
    else lives.push(dot);
  }
  const w = new Writer();
  w.byte(VERSION);
  w.uint(nodes.size);
  for (const [node, lives] of [...nodes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    w.string(node);
    w.uint(lives.length);
    for (const { incarnation, n } of lives.sort((a, b) => a.incarnation - b.incarnation)) {
      w.uint(incarnation);
      w.uint(n);
    }
  }
  const body = w.finish();
  const check = hashBytes(body, 0, body.length, seed);
  for (let shift = 0; shift < 32; shift += 8) w.byte((check >>> shift) & 0xff);
  return toBase64url(w.finish());
}

/** Undefined for what `writeDots` did not make with this seed. */
export function readDots(text: unknown, seed: number): TokenDot[] | undefined {
  if (typeof text !== 'string' || text.length > MAX_TOKEN_CHARACTERS) return undefined;
  const bytes = fromBase64url(text);
  if (bytes === undefined) return undefined;
  const body = bytes.subarray(0, -CHECK_BYTES);
  const check = hashBytes(body, 0, body.length, seed);
  for (let i = 0; i < CHECK_BYTES; i++) if (bytes[body.length + i] !== ((check >>> (i * 8)) & 0xff)) return undefined;
  try {
    return readBody(new Reader(body));
  } catch (error) {
    if (error instanceof MerganserError) return undefined;
    throw error;
  }
}

function readBody(r: Reader): TokenDot[] | undefined {
  if (r.byte() !== VERSION) return undefined;
  const dots: TokenDot[] = [];
  for (let nodes = r.count(3); nodes > 0; nodes--) {
    const node = r.string(MAX_NAME_BYTES);
    for (let lives = r.count(2); lives > 0; lives--) dots.push({ node, incarnation: r.uint(), n: r.uint() });
  }
  return r.done ? dots : undefined;
}
