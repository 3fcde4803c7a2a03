/**
 * What the keys of some types are opened with, and what of that is taken: the same for whoever holds a store and for a client, which
 * asks before anything is sent. What is left out is left to the key, or to its type's default.
 *
 * Errors of all of them: BAD_ARGUMENT.
 */
import { checkSafeInteger, checkWhole, wrongArgument } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { checkKnown } from '../base/known-options.js';
import { MAX_BUCKETS, MAX_LOG_CAP, MAX_SCALE, MAX_TOP_ITEMS } from '../base/limits.js';
import { type Bounds, initialRights } from './escrow.js';

/** Digits after the point of a counter. */
export function scaleIn(options: { readonly scale?: number }): number | undefined {
  const { scale } = checkKnown(options, { scale: true });
  return scale === undefined ? undefined : checkWhole('scale', scale, 0, MAX_SCALE);
}

/** Entries that a log keeps. */
export function capIn(options: { readonly cap?: number }): number | undefined {
  const { cap } = checkKnown(options, { cap: true });
  return cap === undefined ? undefined : checkWhole('cap', cap, 1, MAX_LOG_CAP);
}

/** Items that a region watches in a top. */
export function itemsIn(options: { readonly items?: number }): number | undefined {
  const { items } = checkKnown(options, { items: true });
  return items === undefined ? undefined : checkWhole('items', items, 1, MAX_TOP_ITEMS);
}

/** Milliseconds of a window: how wide a bucket is, how far back it is kept. */
export interface Spans {
  readonly bucket: number | undefined;
  readonly keep: number | undefined;
}

/** @param otherwise the width of a bucket if none is said */
export function spansIn(options: { readonly bucket?: number; readonly keep?: number }, otherwise: number): Spans {
  const { bucket, keep } = checkKnown(options, { bucket: true, keep: true });
  for (const [name, ms] of Object.entries({ bucket, keep })) {
    if (ms === undefined || (Number.isSafeInteger(ms) && ms > 0)) continue;
    throw wrongArgument(`${name} must be a positive whole number of milliseconds`, ms);
  }
  if (keep !== undefined) checkBuckets(keep, bucket ?? otherwise);
  return { bucket, keep };
}

/** A series is computed and sent whole. */
export function checkBuckets(keep: number, bucket: number): void {
  const span = keep / bucket;
  if (span > MAX_BUCKETS)
    throw new MerganserError('BAD_ARGUMENT', `keep is ${Math.ceil(span)} buckets; the limit is ${MAX_BUCKETS}`);
}

/** Between what a bounded counter stays, and what it begins with; undefined: nothing is said. */
export function boundsIn(options: {
  readonly min?: number;
  readonly max?: number;
  readonly initial?: number;
}): Bounds | undefined {
  const { min, max, initial } = checkKnown(options, { min: true, max: true, initial: true });
  for (const [name, n] of Object.entries({ min, max, initial })) if (n !== undefined) checkSafeInteger(name, n);
  if (min === undefined && max === undefined) {
    if (initial === undefined) return undefined;
    throw new MerganserError('BAD_ARGUMENT', 'a bounded counter has a min or a max');
  }
  const bounds: Bounds = { min, max, initial: initial ?? min ?? Math.min(0, max as number) };
  if (bounds.initial < (min ?? bounds.initial) || bounds.initial > (max ?? bounds.initial))
    throw new MerganserError('BAD_ARGUMENT', `initial must lie within the bounds ${textOfBounds(bounds)}`);
  const distances = [initialRights(bounds, 'down'), initialRights(bounds, 'up'), (max ?? 0) - (min ?? 0)];
  if (!distances.every(Number.isSafeInteger))
    throw new MerganserError('BAD_ARGUMENT', `the bounds lie too far apart: ${textOfBounds(bounds)}`);
  return bounds;
}

/** For people. */
export function textOfBounds({ min, max, initial }: Bounds): string {
  const said = Object.entries({ min, max, initial }).filter(([, n]) => n !== undefined);
  return said.map(([name, n]) => `${name} ${n}`).join(', ');
}
