/**
 * Names of nodes, regions and clusters as they come from outside: they stand in log lines, in terminals and on the page, so nothing
 * in them may move a cursor, hide itself or turn the direction of writing.
 */
import type { Reader } from './bytes.js';
import { MerganserError } from './error.js';
import { MAX_NAME_BYTES } from './limits.js';

/** Control characters, marks that are not seen, separators of lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A name, or something else that is shown; it may be empty. Errors: MALFORMED_MESSAGE. */
export function readName(r: Reader, max: number = MAX_NAME_BYTES): string {
  return checked(r.string(max));
}

/** What somebody else wrote for people to read. */
export function printable(text: string): string {
  return text.replace(UNSEEN, '\u{fffd}');
}

function checked(name: string): string {
  if (printable(name) !== name) throw new MerganserError('MALFORMED_MESSAGE', `"${printable(name)}" is not a name`);
  return name;
}
