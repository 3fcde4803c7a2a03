/**
 * Where two views part, in words. Everything must be equal, with one exception: when more calls share the oldest shown
 * second than there is room for, which of them are shown is open.
 */
import { isDeepStrictEqual } from 'node:util';

type Table = Readonly<Record<string, unknown>>;

/** One line for each name under which the two differ; none when they agree. */
export function differences<T extends object>(one: T, other: T): string[] {
  const a = one as Table;
  const b = other as Table;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) => {
    if (isDeepStrictEqual(a[name], b[name])) return [];
    if (name === 'last_100_calls' && sameLastCalls(a[name], b[name])) return [];
    return [`${name}: ${firstDifference(a[name], b[name])}`];
  });
}

function sameLastCalls(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  const oldest = secondOf(one[0]);
  return one.every((call, at) => {
    const against: unknown = other[at];
    return secondOf(call) === oldest ? secondOf(against) === oldest : call === against;
  });
}

/** `YYMMDD HH:MM:SS id` without the id. */
function secondOf(call: unknown): string {
  return typeof call === 'string' ? call.slice(0, call.lastIndexOf(' ')) : '';
}

function firstDifference(one: unknown, other: unknown): string {
  if (isTable(one) && isTable(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      if (!isDeepStrictEqual(one[key], other[key])) return `${key} is ${text(one[key])}, against ${text(other[key])}`;
    }
  }
  return `${text(one)}, against ${text(other)}`;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}
