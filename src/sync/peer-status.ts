/** What an operator sees of a peer. */
import type { Link } from './link.js';
import type { Member } from './members.js';
import type { Progress } from './progress.js';
import type { PeerStatus } from './ports.js';
import type { Scrub } from './scrub.js';
import { sumOf } from './traffic.js';

export function peerStatus(
  member: Member,
  link: Link | undefined,
  progress: Progress,
  scrub: Scrub,
  now: number,
): PeerStatus {
  const remote = link === undefined && !member.met && member.suspectedAt === undefined;
  const unlinked = remote ? 'remote' : 'connecting';
  const linked = link?.synced === true ? 'live' : link === undefined ? unlinked : 'syncing';
  return {
    node: member.node,
    region: member.region,
    incarnation: member.incarnation,
    state: member.down ? 'down' : linked,
    lagMs: remote ? 0 : link === undefined ? Math.max(0, now - member.heard) : link.sending.lag(now),
    rttMs: link?.rtt ?? 0,
    ...sumOf(member.traffic, link?.traffic),
    link: member.link,
    arriving: link?.receiving.assembly?.progress,
    ...progress.of(member, link, now),
    agreement: scrub.agreement(member, now),
  };
}
