/**
 * Cursors of logs: which entries a reader has been given, as a short text (named-dots.ts) that any node understands. It is a version
 * vector by names of those who wrote to this log: of each the last of its dots that had touched the log where the reader asked, or had
 * been touched by wherever it asked before. Who was told of a dot was told of all dots of that actor below it, since a replica sees the
 * dots of an actor without gaps. So what is not covered has not been given, wherever it is asked for next, whatever its time.
 *
 * A dot names an entry only together with the life that gave it out (base/lives.ts): a later life may have used the dots of a lost
 * tail for other entries. So of an actor each life stands there with its last dot, and where it is read counts only up to what it is known
 * there to have given out. What a node knows nothing of it hands on as it is, for the next one.
 *
 * Who has not asked for more than `MAX_LIVES` successions of one actor may be given entries of it again; none is ever skipped.
 * Cost: about 20 characters per node that ever wrote to the log.
 */
import type { ActorTable } from '../base/actor.js';
import { utf8 } from '../base/bytes.js';
import { described } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { lastOf } from '../base/lives.js';
import { VersionVector } from '../crdt/version-vector.js';
import { hashBytes } from './key-index.js';
import { type TokenDot, readDots, writeDots } from './named-dots.js';

const SEED = 0x63757273;

export interface LogCursor {
  /** In this replica's numbers. */
  readonly covered: VersionVector;
  /** Of lives that are not known here. */
  readonly others: readonly TokenDot[];
}

/** @param text undefined or empty: nothing was given yet. Errors: BAD_CURSOR. */
export function readCursor(text: string | undefined, key: string, actors: ActorTable): LogCursor {
  const covered = new VersionVector();
  const others: TokenDot[] = [];
  if (text === undefined || text === '') return { covered, others };
  const dots = readDots(text, seedOf(key));
  if (dots === undefined)
    throw new MerganserError('BAD_CURSOR', `that is not a cursor of ${described(key)}, or not all of one`);
  for (const dot of dots) {
    const actor = actors.find(dot.node, dot.incarnation);
    if (actor === undefined) others.push(dot);
    else covered.raise(actor, Math.min(dot.n, lastOf(actors.lives(actor), dot.incarnation) ?? dot.n));
  }
  return { covered, others };
}

export function writeCursor({ covered, others }: LogCursor, key: string, actors: ActorTable): string {
  const dots = [...others];
  covered.dots.forEach((n, actor) => {
    const { node } = actors.get(actor);
    const lives = actors.lives(actor);
    for (const { incarnation, since } of lives)
      if (since < n) dots.push({ node, incarnation, n: Math.min(n, lastOf(lives, incarnation) ?? n) });
  });
  return writeDots(dots, seedOf(key));
}

/** A cursor of one log is none of another. */
function seedOf(key: string): number {
  const name = utf8(key);
  return hashBytes(name, 0, name.length, SEED);
}
