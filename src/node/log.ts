/**
 * What the node writes its log to. The shape is pino's, so that a program that embeds a node may hand in its own logger;
 * without one a node is silent.
 */
import type { PeerEvent } from '../sync/ports.js';

export interface NodeLog {
  debug(context: object, message: string): void;
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}

/** At which level it is told what happened to a peer, or to this node. */
export function levelOf(event: PeerEvent): 'info' | 'warn' | 'error' {
  if (event === 'different' || event === 'orphaned') return 'error';
  const warns = ['down', 'refused', 'evicted', 'superseded', 'reborn'].includes(event);
  return warns ? 'warn' : 'info';
}

function nothing(): void {}

export const silentLog: NodeLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };
