/**
 * "Once this turn is over": after every promise that is ready has run, so that all who were woken by one answer put their next
 * calls into one batch. In Node that is the tick queue, which runs when the promises have; in a browser a few rounds of the
 * promise queue come as near as it gets without a pause.
 */
const ROUNDS = 4;

const { process } = globalThis as { process?: { nextTick?: (task: () => void) => void } };

export function afterThisTurn(task: () => void): void {
  if (process?.nextTick !== undefined) process.nextTick(task);
  else again(task, ROUNDS);
}

function again(task: () => void, rounds: number): void {
  queueMicrotask(() => (rounds === 0 ? task() : again(task, rounds - 1)));
}
