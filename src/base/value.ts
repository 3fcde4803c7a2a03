/**
 * Values that registers and logs hold: JSON-like, plus Uint8Array. A value is checked once, where it enters, and kept as a
 * deeply frozen copy that went through the codec, so that the writer's replica holds exactly what every other one decodes,
 * and nobody can change a replica's state by changing an object that was handed in or out. Half a character in a string (a surrogate
 * without the other one), which UTF-8 has no bytes for, becomes U+FFFD on the way; names, which have to stay apart, are refused instead.
 */
import { isWellFormed, Reader, Writer } from './bytes.js';
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
    const kind = typeof value === 'object' ? 'class instance' : typeof value;
    throw new MerganserError('BAD_VALUE', `${kind === 'undefined' ? kind : `a ${kind}`} cannot be stored`);
  }
  for (const [key, item] of Object.entries(value as object)) {
    if (key === '__proto__') throw new MerganserError('BAD_VALUE', 'a field cannot be called __proto__');
    check(item, depth + 1);
  }
}

/** Containers with byte arrays somewhere inside: byte arrays cannot be frozen, so they are copied when handed out. */
const WITH_BYTES = new WeakSet<object>();

/** Freeze what was just decoded; byte arrays, which may be views of a message, become copies of their own. */
function own(value: unknown): Value {
  if (value instanceof Uint8Array) return value.slice();
  if (typeof value !== 'object' || value === null) return value as Value;
  const container = value as Record<string, unknown>;
  for (const [key, item] of Object.entries(container)) {
    if (typeof item !== 'object' || item === null) continue;
    const kept = own(item);
    if (kept !== item) container[key] = kept;
    if (kept instanceof Uint8Array || WITH_BYTES.has(kept as object)) WITH_BYTES.add(container);
  }
  return Object.freeze(container) as Value;
}

/** A kept value for somebody outside, who cannot change what is kept. */
export function handOut(value: Value | undefined): Value | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (!WITH_BYTES.has(value)) return value;
  const entries = Object.entries(value).map(([key, item]): [string, Value] => [key, handOut(item) as Value]);
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

/** The checked, normalised, frozen copy that a replica keeps. Errors: BAD_VALUE, VALUE_TOO_LARGE. */
export function normalise(value: unknown): Value {
  try {
    return normalised(value);
  } catch (error) {
    if (error instanceof MerganserError) throw error;
    throw new MerganserError('BAD_VALUE', 'the value cannot be read: it throws');
  }
}

function normalised(value: unknown): Value {
  check(value, 0);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'string' && value.length < MAX_VALUE_BYTES / 3 && isWellFormed(value)) return value;
  const w = new Writer();
  w.any(value);
  if (w.length > MAX_VALUE_BYTES)
    throw new MerganserError('VALUE_TOO_LARGE', `${w.length} bytes encoded; the limit is ${MAX_VALUE_BYTES}`);
  const copy = new Reader(w.finish()).any();
  // A getter may say something else each time, and what peers would refuse must not be kept.
  if (typeof copy === 'object') check(copy, 0);
  return own(copy);
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
  return own(value);
}
