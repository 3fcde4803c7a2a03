/**
 * Orphans: writes of an earlier life of a node in the place of which a later life has made others (base/lives.ts). An old process that
 * wakes up has them, or who took them from it and had not heard of the later life. Two nodes of which one has orphans must not
 * exchange anything: their version vectors would be equal one day, and what they hold never.
 *
 * Which of the two has them is never in doubt, and the error names it. It is for an operator to start that node again, empty: nobody
 * gives up what he has because of what one peer says.
 */
import type { Actor } from '../base/actor.js';
import { MerganserError } from '../base/error.js';
import { giverOf, type Lives, orphanIn } from '../base/lives.js';
import type { Replica } from '../store/replica.js';

/** What the checks need of a replica. */
export type Holder = Pick<Replica, 'actors' | 'node' | 'vv'>;

/** What a node says that it has of an actor, and of which lives. */
export interface Claim {
  readonly actor: Actor;
  readonly lives: Lives;
  readonly n: number;
}

export class OrphanedWrites extends MerganserError {
  /** The node that has them. */
  readonly holder: string;

  constructor(holder: string, { node, incarnation }: Actor, dot: number) {
    super(
      'ORPHANED_WRITES',
      `${holder} has the write ${dot} of ${node}@${incarnation} by a life in whose place a later one goes on: start ${holder} again, empty`,
    );
    this.holder = holder;
  }
}

/** Errors: ORPHANED_WRITES if one of the two has what the other knows to be of a later life. */
export function checkClaim({ actors, node, vv }: Holder, peer: string, { actor, lives, n }: Claim): void {
  const known = actors.named(actor);
  if (known === undefined) return;
  const ours = actors.lives(known);
  if (ours.length === 1 && lives.length === 1) return;
  const theirs = orphanIn(lives, n, ours);
  if (theirs !== undefined) throw new OrphanedWrites(peer, actor, theirs);
  const own = orphanIn(ours, vv.get(known), lives);
  if (own !== undefined) throw new OrphanedWrites(node, actor, own);
}

/**
 * A later life is about to go on with an actor: what comes now and is of earlier lives beyond that is not taken, since all have been asked
 * already what they have. Errors: ORPHANED_WRITES.
 */
export function checkHeir({ actors, vv }: Holder, peer: string, { actor, lives, n }: Claim): void {
  const heir = actors.heirOf(actor);
  if (heir === undefined || n <= heir.since) return;
  const known = actors.named(actor);
  if (known !== undefined && n <= vv.get(known)) return;
  if ((giverOf(lives, n)?.incarnation ?? heir.incarnation) < heir.incarnation)
    throw new OrphanedWrites(peer, actor, heir.since + 1);
}
