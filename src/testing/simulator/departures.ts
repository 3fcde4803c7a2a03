/** How links and lives end other than by a fault: the codes of honest nodes, leaving for good, being evicted. */
import { isOver } from '../../sync/table.js';
import type { Process } from './process.js';

/** Codes with which a link between honest nodes may end. */
export const HONEST: ReadonlySet<string> = new Set([
  'PEER_SILENT',
  'PEER_LEFT',
  'DUPLICATE_LINK',
  'STALE_INCARNATION',
  'CLOCK_SKEW',
  'DUPLICATE_NODE',
  'EVICTED',
  'ORPHANED_WRITES',
]);

/** It begins to leave. Returns whether it could. */
export function beginLeaving(process: Process, deadline: number, now: number): boolean {
  const { membership } = process.replicator;
  const alone = [...membership.members.all()].length === 0;
  if (!process.alive || process.fenced || process.leavesBy !== undefined || alone) return false;
  membership.leave(now);
  process.leavesBy = deadline;
  return true;
}

/**
 * An operator at one node evicts another, whether that lives or not. Returns whether it could: operators agree, so none evicts
 * at a node that is evicted itself; two nodes that evicted each other refuse each other until one of them is started again.
 */
export function evict(operator: Process, victim: Process, everybody: readonly Process[], now: number): boolean {
  if (operator === victim || !operator.alive || operator.pausedUntil > now) return false;
  const { membership } = operator.replicator;
  if (everybody.some((process) => hasEvicted(process, operator))) return false;
  const row = membership.table.get(victim.name);
  if (row === undefined || isOver(row)) return false;
  membership.evict(victim.name, true, now);
  return true;
}

function hasEvicted({ replicator }: Process, { name, replicator: of }: Process): boolean {
  const row = replicator.membership.table.get(name);
  return row?.state === 'evicted' && row.incarnation === of.membership.own.incarnation;
}

/** Whether its time has come: it heard that it was evicted, or has left, which it says. */
export function isGoing({ fenced, leavesBy, replicator }: Process, now: number): boolean {
  if (fenced) return true;
  if (leavesBy === undefined || (leavesBy > now && replicator.membership.missing().length > 0)) return false;
  replicator.membership.close(now);
  replicator.leave(now);
  return true;
}
