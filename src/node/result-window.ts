/**
 * What the store keeps of a client's session: how far its writes are done, and which were refused (see client-sessions.ts).
 *
 * The process that carried a session last forgets its window in time. If that process died nobody would: so a window says
 * until when it is wanted, and whoever finds it long past that removes it. The clocks of two nodes that are linked agree to
 * seconds, and the margin is an hour.
 */
import { INTERNAL, LIVE } from '../store/cells.js';
import type { Store } from '../store/store.js';
import type { FailureRun } from './failure-runs.js';

export interface ResultWindow {
  /** Where it was written, and by which process: `node@incarnation`. */
  readonly region: string;
  readonly process: string;
  readonly done: number;
  readonly acked: number;
  readonly failures: readonly FailureRun[];
  /** When it may be forgotten, in milliseconds since 1970. */
  readonly until: number;
}

/** What the names of windows begin with, among the reserved names. */
export const SESSION_PREFIX = 'session/';

const MARGIN_MS = 3_600_000;

/** Cells that are looked at in one go, a few milliseconds' work. */
const SWEPT = 1 << 20;

/**
 * Removes the windows that nobody has wanted for an hour, among some of the cells.
 * @param from what the last call returned; at first 0
 */
export function forgetExpired(store: Store, now: number, from: number): number {
  const { cells } = store.replica;
  const names: string[] = [];
  cells.forEach(
    (cell) => {
      if ((cells.flags(cell) & (LIVE | INTERNAL)) !== (LIVE | INTERNAL)) return;
      const name = cells.name(cell).slice(1);
      if (name.startsWith(SESSION_PREFIX)) names.push(name);
    },
    from,
    from + SWEPT,
  );
  for (const name of names) {
    const window = store.internal<ResultWindow>(name);
    if (window.values().every(({ until }) => until + MARGIN_MS < now)) window.delete();
  }
  return from + SWEPT < cells.end ? from + SWEPT : 0;
}
