/**
 * Arguments as callers hand them in, who may be JavaScript or a stranger. What is wrong with one is said in an error, and to say so
 * never fails: `${x}` and `String(x)` do, of a symbol, of an object without a prototype or with a `toString` of its own, of a proxy.
 *
 * Invariants: a description is short, whatever is described, and takes no longer for a large value; of the caller's code a proxy's
 * traps and a getter may run, and what they throw is caught. Cost: nothing unless a check fails.
 */
import { MerganserError } from './error.js';
import { MAX_AHEAD_MS } from './limits.js';
import { printable } from './name.js';

/** Characters of a description. */
const MAX_CHARACTERS = 60;
/** What is written out in digits: those of a large BigInt take time that grows with their square. */
const LARGE_BIGINT: bigint = 2n ** 64n;
/** Objects that are handed in by mistake often enough to be called by their names. */
const NAMED: ReadonlySet<string> = new Set(['Date', 'Map', 'Set', 'Promise', 'RegExp', 'Error']);

/** Any value in a few words, for a message: at most 60 characters, one line. */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return value > -LARGE_BIGINT && value < LARGE_BIGINT ? `${value}n` : 'a large BigInt';
    case 'symbol':
    case 'function':
      return `a ${typeof value}`;
    case 'object':
      return value === null ? 'null' : kindOf(value);
    default:
      return String(value);
  }
}

function quoted(text: string): string {
  // An escaped character takes up to six, so what is cut may have to be cut again.
  const whole = JSON.stringify(printable(text.slice(0, MAX_CHARACTERS)));
  if (text.length <= MAX_CHARACTERS && whole.length <= MAX_CHARACTERS) return whole;
  return `${whole.slice(0, MAX_CHARACTERS - 2)}…"`;
}

function kindOf(value: object): string {
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`.slice(0, MAX_CHARACTERS);
    if (value instanceof Uint8Array) return `${value.length} bytes`.slice(0, MAX_CHARACTERS);
    const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
    if (NAMED.has(name)) return `a ${name}`;
  } catch {
    // A proxy that was revoked, or code that throws: it is an object all the same.
  }
  return 'an object';
}

/** BAD_ARGUMENT. @param wanted what is taken, a sentence that goes on with ", not …" */
export function wrongArgument(wanted: string, got: unknown): MerganserError {
  return new MerganserError('BAD_ARGUMENT', `${wanted}, not ${described(got)}`);
}

/** Errors: BAD_ARGUMENT. */
export function checkSafeInteger(name: string, value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw wrongArgument(`${name} must be a safe integer`, value);
}

/** Errors: BAD_ARGUMENT. */
export function checkWhole(name: string, value: unknown, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  const most = max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`;
  throw wrongArgument(`${name} must be a whole number from ${min} ${most}`, value);
}

/** Errors: BAD_ARGUMENT. */
export function checkFinite(name: string, value: unknown): number {
  if (Number.isFinite(value)) return value as number;
  throw wrongArgument(`${name} must be a finite number`, value);
}

/** A time that somebody gives, and what the clock shows, both in milliseconds since 1970. Errors: BAD_ARGUMENT. */
export function checkAhead(at: unknown, now: number): number {
  const time = checkFinite('at', at);
  if (time <= now + MAX_AHEAD_MS) return time;
  throw wrongArgument(`at must be at most ${MAX_AHEAD_MS / 60_000} minutes ahead of this node's clock`, at);
}

/** Errors: BAD_ARGUMENT. */
export function checkString(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrongArgument(`${name} must be a string`, value);
}

/** Errors: BAD_ARGUMENT. */
export function checkFunction<F extends (...args: never[]) => unknown>(name: string, value: F): F {
  if (typeof value === 'function') return value;
  throw wrongArgument(`${name} must be a function`, value);
}

/** Options are a plain object, of whatever realm: nothing else would be meant for them. Errors: BAD_ARGUMENT. */
export function checkOptions<O extends object>(value: O): O {
  if (isPlainObject(value)) return value;
  throw wrongArgument('options are a plain object', value);
}

/** Bytes, not a proxy of some. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && value instanceof Uint8Array;
}

/** Errors: BAD_ARGUMENT. @param wanted as of `wrongArgument` */
export function checkArray<T>(
  wanted: string,
  value: readonly T[],
  most: number = Number.POSITIVE_INFINITY,
): readonly T[] {
  try {
    if (Array.isArray(value) && value.length <= most) return value;
  } catch {
    // A proxy that was revoked.
  }
  throw wrongArgument(wanted, value);
}

/** `{…}`, or without any prototype. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || (Object.getPrototypeOf(prototype) === null && !Array.isArray(value));
  } catch {
    return false;
  }
}
