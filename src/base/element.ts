/** Elements, members and fields as they come from users: text that is the same in every region. */
import { wrongArgument } from './argument.js';
import { fitsInBytes, isWellFormed } from './bytes.js';
import { MerganserError } from './error.js';
import { MAX_ELEMENT_BYTES } from './limits.js';

/** Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
export function checkElement(text: unknown): string {
  if (typeof text !== 'string') throw wrongArgument('an element or field is a string', text);
  if (!fitsInBytes(text, MAX_ELEMENT_BYTES))
    throw new MerganserError('KEY_TOO_LONG', `an element or field may take ${MAX_ELEMENT_BYTES} bytes`);
  if (!isWellFormed(text)) throw wrongArgument('an element or field has no halves of characters', text);
  return text;
}
