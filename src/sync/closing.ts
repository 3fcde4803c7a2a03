/**
 * When is it known that the end of a life is here: that nobody has, or can still get, more of its writes than this replica?
 *
 * A node that knows that a life is over takes nothing from it any more; from then on it gets that life's writes only from nodes
 * that have them. So once every member is known to know, and none had more when it said so, there is no more: what one
 * member gained after it had spoken, another had when that one spoke.
 *
 * A member knows if it says that it has the same table of members as this node and then, in answer to a barrier, all that it has;
 * or if it has a write of a later life. Hearsay counts for nothing (H9): rows come from the members themselves.
 */
import type { Replica } from '../store/replica.js';
import type { Link } from './link.js';
import type { Membership } from './membership.js';
import { isOver } from './table.js';

export function isFinal(
  { actors, vv, node: own }: Replica,
  { members, table }: Membership,
  links: ReadonlyMap<number, Link>,
  node: string,
  incarnation: number,
): boolean {
  if (incarnation > actors.overUpTo(node)) return false;
  const later: number[] = [];
  for (let i = 0; i < actors.size; i++) {
    const life = actors.get(i);
    if (life.node === node && life.incarnation > incarnation) later.push(i);
    if (life.node === own || members.get(life.node) !== undefined) continue;
    const row = table.get(life.node);
    if (row === undefined || !isOver(row)) return false;
  }
  for (const member of members.all()) {
    const link = member.link === undefined ? undefined : links.get(member.link);
    const itself = member.node === node && member.met;
    const knows = itself || link?.agreed === table.hash || later.some((life) => member.row.get(life) > 0);
    // What it had may name others who wrote.
    if (!knows || !vv.covers(member.row)) return false;
  }
  return true;
}
