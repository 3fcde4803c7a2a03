/**
 * How long to wait before the next attempt: doubling from `FIRST_MS` to `LAST_MS`, each time a random half to whole of it, so
 * that the clients of a region that returns do not all arrive in the same moment.
 */
const FIRST_MS = 50;
const LAST_MS = 2_000;

export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const whole = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return whole * (0.5 + random() / 2);
}
