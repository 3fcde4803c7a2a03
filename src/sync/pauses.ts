/**
 * Telling one's own silence from that of others: a process that was stopped, or whose event loop stood still, finds that it has
 * heard nothing for long. Its peers were not silent; what they said waits in the sockets. (The idea is Lifeguard's, Dadgar et al. 2018.)
 */

/** The driver ticks more often than this when nothing holds it up. */
export const STALL_MS = 150;

export class Pauses {
  #tickedAt: number | undefined;

  /** Call at every tick. How long this process stood still, in milliseconds, if longer than `bound`; else 0. */
  notice(now: number, bound: number): number {
    const pause = this.#tickedAt === undefined ? 0 : now - this.#tickedAt;
    this.#tickedAt = now;
    return pause > bound ? pause : 0;
  }
}

/** Do not count the pause as silence of somebody who was last heard before it, or in it. */
export function excuse(somebody: { heard: number }, pause: number, now: number): void {
  somebody.heard = Math.min(now, somebody.heard + pause);
}
