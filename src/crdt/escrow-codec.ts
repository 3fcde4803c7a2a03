/** Bounds and rows of bounded counters as bytes: flags, and then only what is there. Everything from outside is checked here. */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import type { WireContext } from './crdt.js';
import { type Account, BLANK, type Bounds, type Row, SIDES } from './escrow.js';

/** One bit is left to whoever writes the flags. */
const HAS_BOUNDS = 2;
const HAS_MIN = 4;
const HAS_MAX = 8;

export function flagsOf(bounds: Bounds | undefined): number {
  if (bounds === undefined) return 0;
  return HAS_BOUNDS + (bounds.min === undefined ? 0 : HAS_MIN) + (bounds.max === undefined ? 0 : HAS_MAX);
}

export function writeBounds(bounds: Bounds | undefined, w: Writer): void {
  if (bounds === undefined) return;
  const { min, max, initial } = bounds;
  w.int(initial);
  if (min !== undefined) w.int(min);
  if (max !== undefined) w.int(max);
}

/** An integer from outside. Errors: MALFORMED_MESSAGE. */
function integer(r: Reader): number {
  const n = r.int();
  if (!Number.isSafeInteger(n)) throw new MerganserError('MALFORMED_MESSAGE', 'a value is not a safe integer');
  return n;
}

/** Errors: MALFORMED_MESSAGE. */
export function readBounds(r: Reader, flags: number): Bounds | undefined {
  if ((flags & HAS_BOUNDS) === 0) return undefined;
  const initial = integer(r);
  const min = (flags & HAS_MIN) === 0 ? undefined : integer(r);
  const max = (flags & HAS_MAX) === 0 ? undefined : integer(r);
  return { min, max, initial };
}

const CLAIMED = 1;
const HOLDS = 2;
/** Two bits from here: which accounts follow. */
const ACCOUNTS = 4;
const UNUSED = 16;
/** And two: which of them took something over. */
const TAKERS = 32;

function isEmpty({ edge, want, lost, given, taken }: Account): boolean {
  return edge === 0 && want === 0 && lost === 0 && given.size === 0 && taken.size === 0;
}

/** @param writeShares actors and how many rights, in the order and by the names that the reader wants */
export function writeRow(row: Row, w: Writer, writeShares: (shares: ReadonlyMap<number, number>) => void): void {
  let flags = (row.claim === 0 ? 0 : CLAIMED) + (row.holds ? HOLDS : 0) + (row.used ? 0 : UNUSED);
  SIDES.forEach((side, i) => {
    if (!isEmpty(row[side])) flags += ACCOUNTS << i;
    if (row[side].taken.size > 0) flags += TAKERS << i;
  });
  w.byte(flags);
  w.int(row.net);
  if (row.claim !== 0) w.uint(row.claim);
  for (const side of SIDES) {
    const { edge, want, lost, given, taken } = row[side];
    if (isEmpty(row[side])) continue;
    w.int(edge);
    w.uint(want);
    w.uint(lost);
    for (const shares of taken.size > 0 ? [given, taken] : [given]) {
      w.uint(shares.size);
      writeShares(shares);
    }
  }
}

/** Errors: MALFORMED_MESSAGE. */
export function readRow(r: Reader, context: WireContext): Row {
  const flags = r.byte();
  const net = integer(r);
  const claim = (flags & CLAIMED) === 0 ? 0 : r.uint();
  const [down, up] = SIDES.map((side, i) => {
    if ((flags & (ACCOUNTS << i)) === 0) return BLANK[side];
    return readAccount(r, context, (flags & (TAKERS << i)) !== 0);
  });
  const [used, holds] = [(flags & UNUSED) === 0, (flags & HOLDS) !== 0];
  return { net, used, claim, holds, down: down as Account, up: up as Account };
}

function readAccount(r: Reader, context: WireContext, takes: boolean): Account {
  const edge = integer(r);
  const want = r.uint();
  const lost = r.uint();
  const given = readShares(r, context);
  return { edge, want, lost, given, taken: takes ? readShares(r, context) : BLANK.down.taken };
}

function readShares(r: Reader, context: WireContext): ReadonlyMap<number, number> {
  const shares = new Map<number, number>();
  for (let left = r.count(2); left > 0; left--) shares.set(context.actor(r.uint()), r.uint());
  return shares;
}
