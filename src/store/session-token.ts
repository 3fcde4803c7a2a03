/**
 * Session tokens: what a client has seen, as a short text (named-dots.ts) that it carries to whichever node it talks to next. It is a
 * version vector by actor names. A node that covers it shows everything that the client has written or read (read your writes and
 * monotonic reads, Terry et al. 1994; the token as in SwiftCloud, Zawirski et al. 2015).
 *
 * Of an actor that several lives went on with, one after the other, the life stands there that gave out dot n: n counts on from life to life.
 */
import type { ActorTable } from '../base/actor.js';
import { MerganserError } from '../base/error.js';
import { giverOf } from '../base/lives.js';
import type { VersionVector } from '../crdt/version-vector.js';
import { type TokenDot, readDots, writeDots } from './named-dots.js';

const SEED = 0x746f6b65;

/** yes: all of it is visible here; not yet: it may still come; lost: some of it is in no node and never will be. */
export type Coverage = 'yes' | 'not yet' | 'lost';

export function writeToken(vv: VersionVector, actors: ActorTable): string {
  const dots: TokenDot[] = [];
  vv.dots.forEach((n, actor) => {
    if (n === 0) return;
    const { node } = actors.get(actor);
    const all = actors.lives(actor);
    const { incarnation } = giverOf(all, n) ?? all[0] ?? actors.get(actor);
    dots.push({ node, incarnation, n });
  });
  return writeDots(dots, SEED);
}

/** Errors: BAD_TOKEN. */
export function readToken(token: string): TokenDot[] {
  const dots = readDots(token, SEED);
  if (dots !== undefined) return dots;
  throw new MerganserError('BAD_TOKEN', 'that is not a session token, or not all of one');
}
