/**
 * Values that registers and logs hold: JSON-like, plus Uint8Array. A value is checked once, where it enters, and kept as a
 * deeply frozen copy that went through the codec, so that the writer's replica holds exactly what every other one decodes,
 * and nobody can change a replica's state by changing an object that was handed in or out.
 */
import { Reader, Writer } from './bytes.js';
import { MerganserError } from './error.js';
import { MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from './limits.js';

export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value };

function check(value: unknown, depth: number): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new MerganserError('BAD_VALUE', `${value} is not a finite number`);
    return;
  }
  if (depth > MAX_VALUE_DEPTH)
    throw new MerganserError(
      'BAD_VALUE',
      `the value is nested deeper than ${MAX_VALUE_DEPTH} levels, or refers to itself`,
    );
  if (Array.isArray(value)) {
    for (const item of value) check(item, depth + 1);
    return;
  }
  if (value instanceof Uint8Array) return;
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new MerganserError(
      'BAD_VALUE',
      `a ${typeof value === 'object' ? 'class instance' : typeof value} cannot be stored`,
    );
  }
  for (const item of Object.values(value as object)) check(item, depth + 1);
}

function freeze(value: unknown): Value {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    for (const item of Object.values(value)) freeze(item);
    Object.freeze(value);
  }
  return value as Value;
}

/** The checked, normalised, frozen copy that a replica keeps. Errors: BAD_VALUE, VALUE_TOO_LARGE. */
export function normalise(value: unknown): Value {
  check(value, 0);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'string' && value.length < MAX_VALUE_BYTES / 3) return value;
  const w = new Writer();
  w.any(value);
  if (w.length > MAX_VALUE_BYTES)
    throw new MerganserError('VALUE_TOO_LARGE', `${w.length} bytes encoded; the limit is ${MAX_VALUE_BYTES}`);
  return freeze(new Reader(w.finish()).any());
}

export function writeValue(w: Writer, value: Value): void {
  w.any(value);
}

export function readValue(r: Reader): Value {
  const before = r.left;
  const value = r.any();
  if (before - r.left > MAX_VALUE_BYTES) throw new MerganserError('MALFORMED_MESSAGE', 'a value is over its limit');
  try {
    check(value, 0);
  } catch {
    throw new MerganserError('MALFORMED_MESSAGE', 'a value is not JSON-like');
  }
  return freeze(value);
}
