/**
 * Options by name: one that nobody knows is a misspelt one, and what it should have set would silently be the default. Plain
 * JavaScript has nobody else to say so.
 */
import { checkOptions, described } from './argument.js';
import { MerganserError } from './error.js';

/** Longer names are nobody's misspelling, and comparing takes time by their length. */
const MAX_CHARACTERS = 40;

/** The options, which have no other names than these. Errors: BAD_ARGUMENT, which names the nearest. */
export function checkKnown<O extends object>(options: O, known: Readonly<Record<keyof O & string, unknown>>): O {
  const unknown = Object.keys(checkOptions(options)).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return options;
  const nearest = nearestTo(unknown, Object.keys(known));
  throw new MerganserError('BAD_ARGUMENT', `there is no option ${described(unknown)}; did you mean ${nearest}?`);
}

/** The name that takes the fewest letters put in, left out or changed. */
function nearestTo(name: string, names: readonly string[]): string {
  const distances = names.map((other) => distance(name.slice(0, MAX_CHARACTERS).toLowerCase(), other.toLowerCase()));
  return names[distances.indexOf(Math.min(...distances))] as string;
}

/** Levenshtein's, a row of the table at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
