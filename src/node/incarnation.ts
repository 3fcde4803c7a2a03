/** Which life of a node a process is: the time of its start. */

let newest = 0;

/** Two nodes of one process, or one that is started again at once, never have the same. */
export function nextIncarnation(): number {
  newest = Math.max(Date.now(), newest + 1);
  return newest;
}
