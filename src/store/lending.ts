/**
 * How a node deals with its rights on one side of a bounded counter (crdt/escrow.ts): how far it says ahead that it may go, when it
 * asks others for more, and what it gives to who asks. A policy, and nothing but one: whatever it says no bound is ever passed.
 *
 * Ahead: a quarter of what it has, more under heavy use, at most half. What is said ahead is what it can spend while nobody hears
 * it, and what a crash takes from everybody until somebody has looked into it. Asked is for what twice the use of the last seconds takes, once
 * half of that is gone. Given is at most half of what the giver does not need itself, by the richest that is up; should that one
 * not answer, by the next, and so on.
 *
 * When there is not enough for two, the one that lacks more gives to one that lacks less than half as much and has less than half
 * as much, so that nobody has nothing for long and nothing goes to and fro; and to one that comes first by name what makes that one
 * whole, so that of two that want all there is one gets it.
 */

/** Use is counted over about this many milliseconds. */
export const USE_MS = 5_000;
/** It is forgotten when there was none for so long: as it only fades, rights would go on to move for a minute after heavy use. */
export const IDLE_MS: number = 2 * USE_MS;
/** For how long a refusal is a reason to ask. */
export const REFUSED_MS = 5_000;
/** The second richest gives if the richest has not in this many milliseconds, the third after twice as many. */
export const TURN_MS = 300;
/** What is under way with a counter is looked at again after at most so many milliseconds. */
export const LAST_LOOK_MS = 2_000;
/**
 * So many milliseconds after the last operation nothing moves any more, if links take less than half a second there and back: use is
 * forgotten, a look finds that, and another one does what follows from what others did about it.
 */
export const REST_MS: number = IDLE_MS + 2 * LAST_LOOK_MS;

/** What a node sees of its own account on one side. */
export interface Outlook {
  /** How far it has gone; see escrow.ts for the words. */
  readonly position: number;
  readonly edge: number;
  readonly rights: number;
  /** All that it was ever given. */
  readonly received: number;
  /** It asks until it was given so many. */
  readonly want: number;
  /** An edge that was said is not known to others yet. */
  readonly pending: boolean;
  /** How many it spent in the last `USE_MS`. */
  readonly use: number;
  /** The most that was asked of it at a time and refused lately. */
  readonly refused: number;
}

/** Rights that it has not used. */
export function room({ rights, position }: Pick<Outlook, 'rights' | 'position'>): number {
  return Math.max(0, rights - position);
}

/** The edge to say from now on. */
export function edgeFor(outlook: Outlook): number {
  const { position, edge, pending, use, refused } = outlook;
  if (pending) return edge;
  const most = room(outlook);
  const busy = Math.min(Math.ceil(2 * use), Math.ceil(most / 2));
  const wish = Math.min(most, Math.max(Math.ceil(most / 4), busy, refused));
  const ahead = edge - position;
  if (ahead < Math.max(refused, wish / 2) || ahead > 2 * wish + 1) return position + wish;
  return edge;
}

/** How much to ask for from now on, in all. */
export function wantFor(outlook: Outlook): number {
  const { received, want, use, refused } = outlook;
  const has = room(outlook);
  const asked = Math.max(0, want - received);
  const lacks = Math.ceil(2 * use + refused - has);
  if (has < Math.max(use, refused) && lacks > asked) return received + lacks;
  // Whoever asked on and gave as well would move the same rights to and fro.
  return asked > 0 && lacks <= 0 ? received : want;
}

/** Who asks, as the giver sees it. */
export interface Asker {
  readonly lacks: number;
  /** What it has all the same. */
  readonly has: number;
  /** Whether it comes before the giver in an order that is the same everywhere. */
  readonly isFirst: boolean;
}

/** How much to give. */
export function giftFor(asker: Asker, has: number, { use, refused }: Pick<Outlook, 'use' | 'refused'>): number {
  const lacks = Math.ceil(2 * use + refused - has);
  const isPoor = 2 * asker.lacks < lacks && 2 * asker.has <= has;
  const yields = lacks > 0 && (isPoor || (asker.isFirst && asker.lacks <= has));
  const n = Math.min(asker.lacks, Math.ceil(Math.max(0, yields ? has : -lacks) / 2));
  // Not in driblets, as the use of the last seconds fades.
  return n === asker.lacks || 8 * n >= has ? n : 0;
}

/**
 * After how many milliseconds of an unanswered wish it is this node's turn to give.
 * @param lenders what everybody who is up has, the asker left out; of equals the first
 */
export function turnOf(self: number, lenders: readonly { readonly actor: number; readonly room: number }[]): number {
  const own = lenders.findIndex(({ actor }) => actor === self);
  const mine = lenders[own]?.room ?? 0;
  let before = 0;
  lenders.forEach((lender, i) => {
    if (lender.room > mine || (lender.room === mine && i < own)) before++;
  });
  return before * TURN_MS;
}
