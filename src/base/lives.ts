/**
 * Which life of a node gave out which dots of an actor. A node that starts again may go on with the dots of an actor of its own
 * (sync/succession.ts), so an actor has a list of lives: each gave out the dots above its `since`, up to that of the next one.
 *
 * A dot names one operation only together with the life that gave it out: what a crash took was perhaps only thought lost, and a later
 * life has used its dots for other writes. So whoever says "I have this actor up to n" also says of which lives, and of two lists
 * the one with the later life for a dot is right; whoever has the dot of an earlier life has an orphan: a write in whose place
 * everybody else has another one.
 *
 * Invariants of a list: incarnations and `since` ascend, and each life but the last has given out something. It begins with the life
 * that the actor is named by, at 0, or, once there were more than `MAX_LIVES`, with the oldest that is still known: who gave out what
 * before that is not said any more.
 */

/** Older ones are forgotten: nobody who is a member can be that far behind, since each succession waits for all members. */
export const MAX_LIVES = 8;

export interface Life {
  readonly incarnation: number;
  /** The last dot before its first. */
  readonly since: number;
}

export type Lives = readonly Life[];

/** The life that gave out a dot; undefined if that is not known any more. */
export function giverOf(lives: Lives, dot: number): Life | undefined {
  return lives.findLast(({ since }) => since < dot);
}

/** The last dot that a life can have given out; undefined if the life is not listed. */
export function lastOf(lives: Lives, incarnation: number): number | undefined {
  const i = lives.findIndex((life) => life.incarnation === incarnation);
  return i === -1 ? undefined : (lives[i + 1]?.since ?? Number.POSITIVE_INFINITY);
}

/** What two lists know together. Of two lives that say they gave out the same dots the later one counts. */
export function joinLives(a: Lives, b: Lives): Lives {
  if (a === b || b.every((life) => a.some((known) => same(known, life)))) return a;
  const oldest = Math.max(
    ...[a, b].map(([first]) => (first === undefined || first.since === 0 ? 0 : first.incarnation)),
  );
  const newestFirst = [...a, ...b]
    .filter(({ incarnation }) => incarnation >= oldest)
    .sort((one, two) => two.incarnation - one.incarnation || two.since - one.since);
  const kept: Life[] = [];
  for (const life of newestFirst) {
    const after = kept[0];
    if (after === undefined || (life.incarnation !== after.incarnation && life.since < after.since)) kept.unshift(life);
  }
  return kept.slice(-MAX_LIVES);
}

/**
 * The first dot up to `n` that `lives` gives to an earlier life than `other` does: whoever has it, by `lives`, has an orphan.
 * Undefined if there is none. Where one of the two does not know, nothing is said, unless it is all too long ago to be known.
 */
export function orphanIn(lives: Lives, n: number, other: Lives): number | undefined {
  const [oldest] = other;
  if (n === 0 || oldest === undefined) return undefined;
  if (oldest.since > 0 && (lives.at(-1)?.incarnation ?? 0) < oldest.incarnation) return n;
  for (const { incarnation, since } of other) {
    if (since >= n) return undefined;
    const giver = giverOf(lives, since + 1);
    if (giver !== undefined && giver.incarnation < incarnation) return since + 1;
  }
  return undefined;
}

function same(a: Life, b: Life): boolean {
  return a.incarnation === b.incarnation && a.since === b.since;
}
