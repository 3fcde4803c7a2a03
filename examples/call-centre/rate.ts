/** What a call costs: whole cents for every minute that has begun, so that sums never round. */
export const CENTS_PER_MINUTE = 12;

export function centsFor(talkSeconds: number): number {
  return Math.ceil(Math.max(0, talkSeconds) / 60) * CENTS_PER_MINUTE;
}
