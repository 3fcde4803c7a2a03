/** Real timers for the parts of the node that are handed time. They never keep a process alive. */
import type { Timers } from './client-sessions.js';

export const realTimers: Timers = {
  after(ms: number, task: () => void): () => void {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
