/** Elements of sketches as they come from users: text that is the same in every region. */
import { wrongArgument } from './argument.js';
import { fromUtf8, utf8 } from './bytes.js';
import { MerganserError } from './error.js';
import { MAX_ELEMENT_BYTES } from './limits.js';

/** Strings that may hold half a character, which does not survive the way to another region. */
const SURROGATE = /[\ud800-\udfff]/;

/** The element as every region has it. Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
export function checkElement(text: unknown): string {
  if (typeof text !== 'string') throw wrongArgument('an element is a string', text);
  // A UTF-16 unit takes three bytes at most.
  const short = text.length <= MAX_ELEMENT_BYTES / 3;
  if (short && !SURROGATE.test(text)) return text;
  const bytes = short || text.length <= MAX_ELEMENT_BYTES ? utf8(text) : undefined;
  if (bytes === undefined || bytes.length > MAX_ELEMENT_BYTES)
    throw new MerganserError('KEY_TOO_LONG', `an element may take ${MAX_ELEMENT_BYTES} bytes`);
  return fromUtf8(bytes);
}
