/** Decimals as whole numbers of a unit, 10^-scale: sums of those are exact, sums of binary fractions are not. */
import { wrongArgument } from './argument.js';

/** What a decimal that is written as a binary fraction, and multiplied, may be off by: absolute, and for each unit. */
const OFF = 1e-6;
const OFF_EACH: number = 2 ** -51;

/** A number as so many units. Errors: BAD_ARGUMENT: it has more digits after the point than `scale`, or too many in all. */
export function unitsOf(n: number, scale: number): number {
  const exact = typeof n === 'number' ? n * 10 ** scale : Number.NaN;
  const units = Math.round(exact);
  if (Number.isSafeInteger(units) && Math.abs(exact - units) <= OFF + Math.abs(exact) * OFF_EACH) return units;
  throw wrongArgument(`a number with at most ${scale} digits after the point is expected`, n);
}
