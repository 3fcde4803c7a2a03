/**
 * Rights to change a number that has bounds, and the row in which one actor accounts for its own. Pure arithmetic; the state that
 * rows are kept in is bounded.ts.
 *
 * A counter that must not fall below `min` has `initial − min` rights to be decremented; each increment makes one, each decrement
 * spends one. Whoever has rights spends them without asking. The same holds for `max` with increments: two *sides*, `down` and
 * `up`, each with an account of its own, that mirror each other: what is spent on one is made on the other.
 *
 * Of an actor, `net` is the sum of its own increments less its decrements, and its *position* on a side is how far that has gone
 * in the side's direction (−net down, net up). Per side:
 *   rights   = its share of the initial ones + what others gave it − what it gave − what its crashes may have spent
 *              + what it took from actors of its node that are over − what was taken from it; position ≤ rights
 *   edge     = how far it has said that it may go; position ≤ edge ≤ rights
 * Summed over all actors: value − min = Σ (rights − position) + Σ lost ≥ 0 on the down side, and the mirror image of it.
 *
 * The edge is why a crash oversells nothing. The last operations of a node that crashes are known to its clients and to no replica;
 * an actor goes only up to an edge that another node is known to have, so what clients were promised lies within it. What follows
 * a crash counts the distance from the last known position to the edge as `lost`: spent on that side, and made on neither. (To
 * count it as done instead, as in "decrements := reserved decrements", would make rights on the other side out of nothing.) An edge
 * bounds the position and not the sum of what was spent, so that a region that is cut off for days can go on to take and give back.
 *
 * A life that could not go on as an earlier actor of its node takes what that one had beyond its edge, once nobody can have more of
 * that one than is here (`taking`); what lies between position and edge is lost as well, and is taken if somebody recovers it.
 *
 * The initial rights belong to nobody until one actor holds them: see `claim` and `holds`.
 *
 * Source: Balegas et al., "Extending Eventually Consistent Cloud Databases for Enforcing Numeric Invariants" (SRDS 2015); the edge
 * takes the place of its assumption that a replica never forgets.
 */
import { MerganserError } from '../base/error.js';

/** Which bound: `down` is about `min` and decrements, `up` about `max` and increments. */
export type Side = 'down' | 'up';
export const SIDES: readonly Side[] = ['down', 'up'];

export interface Bounds {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly initial: number;
}

/** One actor's account of one side. */
export interface Account {
  /** The position will not pass this without another word. */
  readonly edge: number;
  /** It asks for rights until it was given so many in all. */
  readonly want: number;
  /** Rights that earlier lives of the actor may have spent when they crashed. */
  readonly lost: number;
  /** actor → how many rights it was given, all in all */
  readonly given: ReadonlyMap<number, number>;
  /** actor of the same node that is over → how many of its rights are this one's, all in all */
  readonly taken: ReadonlyMap<number, number>;
}

/** All that an actor says, and only it. Never changed, but replaced. */
export interface Row {
  readonly net: number;
  /** Somebody did something with it. Rights that were only asked for make no key. */
  readonly used: boolean;
  /** When the actor claimed the initial rights, by its hybrid clock; 0: it did not. */
  readonly claim: number;
  /** The claim has come to everybody and was the first: the initial rights are this actor's. */
  readonly holds: boolean;
  readonly down: Account;
  readonly up: Account;
}

const NOTHING: Account = { edge: 0, want: 0, lost: 0, given: new Map(), taken: new Map() };
/** The row of an actor that has said nothing. */
export const BLANK: Row = { net: 0, used: false, claim: 0, holds: false, down: NOTHING, up: NOTHING };

/** How far the actor has gone on a side. */
export function position(row: Row, side: Side): number {
  return side === 'up' ? row.net : 0 - row.net;
}

/** Whether there is a bound on this side. */
export function isBounded(bounds: Bounds, side: Side): boolean {
  return (side === 'down' ? bounds.min : bounds.max) !== undefined;
}

/** The rights that there are before anything was done; 0 on a side without a bound. */
export function initialRights({ min, max, initial }: Bounds, side: Side): number {
  if (side === 'down') return min === undefined ? 0 : initial - min;
  return max === undefined ? 0 : max - initial;
}

/** Whether there are rights that have to be claimed. */
export function mustBeClaimed(bounds: Bounds): boolean {
  return SIDES.some((side) => initialRights(bounds, side) > 0);
}

/** The tightest bounds that both declare. They only ever become tighter, on every replica alike. */
export function tightest(a: Bounds, b: Bounds): Bounds {
  const min = a.min === undefined || b.min === undefined ? (a.min ?? b.min) : Math.max(a.min, b.min);
  const max = a.max === undefined || b.max === undefined ? (a.max ?? b.max) : Math.min(a.max, b.max);
  return { min, max, initial: Math.min(a.initial, b.initial) };
}

export function sameBounds(a: Bounds, b: Bounds): boolean {
  return a.min === b.min && a.max === b.max && a.initial === b.initial;
}

function safe(n: number, what: string): number {
  if (Number.isSafeInteger(n)) return n;
  throw new MerganserError('COUNTER_OVERFLOW', `${what} would leave the safe integers`);
}

/** The counter changed by `n`. Errors: COUNTER_OVERFLOW. */
export function moved(row: Row, n: number): Row {
  const net = safe(row.net + n, 'what this node has added');
  return { net, used: true, claim: row.claim, holds: row.holds, down: row.down, up: row.up };
}

export function using(row: Row): Row {
  return row.used ? row : { ...row, used: true };
}

export function withEdge(row: Row, side: Side, edge: number): Row {
  return withAccount(row, side, { ...row[side], edge });
}

export function wanting(row: Row, side: Side, want: number): Row {
  return withAccount(row, side, { ...row[side], want });
}

/**
 * `n` rights are `to`'s from now on; the edge goes back if it must. The caller has made sure that `rights`, what the actor has on
 * that side before, leaves as many beyond the position. Errors: COUNTER_OVERFLOW.
 */
export function giving(row: Row, side: Side, to: number, n: number, rights: number): Row {
  const account = row[side];
  const given = new Map(account.given);
  given.set(to, safe((given.get(to) ?? 0) + n, 'the rights that were given'));
  return withAccount(row, side, { ...account, given, edge: Math.min(account.edge, rights - n) });
}

export function claiming(row: Row, time: number): Row {
  return { ...row, claim: time };
}

export function holding(row: Row): Row {
  return { ...row, holds: true };
}

/**
 * A new life goes on with the row of an earlier one, which may have gone up to its edges before it crashed. A claim that it did
 * not know to be the first is none any more: nothing was spent on it.
 */
export function inherited(row: Row, bounds: Bounds): Row {
  let next: Row = row.holds ? row : { ...row, claim: 0 };
  for (const side of SIDES) {
    if (!isBounded(bounds, side)) continue;
    const account = next[side];
    const at = position(next, side);
    const lost = account.lost + Math.max(0, account.edge - at);
    next = withAccount(next, side, { ...account, edge: Math.min(account.edge, at), want: 0, lost });
  }
  return next;
}

/** `n` more of the rights of an actor of the same node that is over are this one's. Errors: COUNTER_OVERFLOW. */
export function taking(row: Row, side: Side, from: number, n: number): Row {
  const account = row[side];
  const taken = new Map(account.taken);
  taken.set(from, safe((taken.get(from) ?? 0) + n, 'the rights that were taken over'));
  return withAccount(row, side, { ...account, taken });
}

/** Somebody has found out that `n` of the lost rights were not spent. */
export function recovering(row: Row, side: Side, n: number): Row {
  const account = row[side];
  return withAccount(row, side, { ...account, lost: account.lost - n });
}

function withAccount(row: Row, side: Side, account: Account): Row {
  return side === 'down' ? { ...row, down: account } : { ...row, up: account };
}
