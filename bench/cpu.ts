/** What a piece of work takes of this process's CPU time, since others make it wait; and what is held in memory. */
import { setImmediate as nextTurn } from 'node:timers/promises';

const TURNS = 4;

/** Microseconds, compiling and collecting included. */
export function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Microseconds that one of so many takes. */
export function each(times: number, work: (i: number) => unknown): number {
  const all = cpuOf(() => {
    for (let i = 0; i < times; i++) work(i);
  });
  return all / times;
}

/** Bytes in use, on the heap and beside it, when what is let go of is gone: of some of it that is in a later turn. */
export async function held(): Promise<number> {
  for (let turn = 0; turn < TURNS; turn++) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
