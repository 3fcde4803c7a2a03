/** Time for the parts of the node that are handed it: a real clock here, a test's own elsewhere. */
export interface Timers {
  /** Runs `task` once after `ms`; the returned function calls it off. */
  after(ms: number, task: () => void): () => void;
}

/** They never keep a process alive. */
export const realTimers: Timers = {
  after(ms: number, task: () => void): () => void {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
