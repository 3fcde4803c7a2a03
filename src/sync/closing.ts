/**
 * When is it known that the end of a life is here: that nobody has, or can still get, more of its writes than this replica?
 *
 * A node that knows that a life is over takes nothing from it any more; from then on it gets that life's writes only from nodes
 * that have them. So once every member is known to know, and none had more when it said so, there is no more: what one
 * member gained after it had spoken, another had when that one spoke.
 *
 * A member knows if it says that it has the same table of members as this node and with that, in answer to a barrier, all that it has;
 * or if it has a write of a later life. Hearsay counts for nothing (H9): rows come from the members themselves.
 */
import type { ActorTable } from '../base/actor.js';
import type { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import type { Link } from './link.js';
import type { Membership } from './membership.js';
import { isOver } from './table.js';

export function isFinal(
  replica: Replica,
  membership: Membership,
  links: ReadonlyMap<number, Link>,
  node: string,
  incarnation: number,
): boolean {
  const { actors, vv } = replica;
  const { members, table } = membership;
  if (incarnation > actors.overUpTo(node) || !knowsEverybody(replica, membership)) return false;
  for (const member of members.all()) {
    const link = member.link === undefined ? undefined : links.get(member.link);
    const itself = member.node === node && member.met;
    const knows = itself || link?.agreed === table.hash || hasLater(actors, member.row, node, incarnation);
    // What it had may name others who wrote.
    if (!knows || !vv.covers(member.row)) return false;
  }
  return true;
}

/** Whether whoever has written anything is a member, this node, or one that counts no more. */
export function knowsEverybody({ actors, node: own }: Replica, { members, table }: Membership): boolean {
  for (let i = 0; i < actors.size; i++) {
    const { node } = actors.get(i);
    if (node === own || members.get(node) !== undefined) continue;
    const row = table.get(node);
    if (row === undefined || !isOver(row)) return false;
  }
  return true;
}

/** Whether something of a later life of the node is in `row`. */
function hasLater(actors: ActorTable, row: VersionVector, node: string, incarnation: number): boolean {
  return row.dots.some(
    (n, i) =>
      n > 0 &&
      actors.get(i).node === node &&
      actors.lives(i).some((life) => life.incarnation > incarnation && life.since < n),
  );
}
