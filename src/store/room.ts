/** A store can tell only so many cells apart: whoever makes some asks first, so that none is made if not all can be. */
import { MerganserError } from '../base/error.js';
import type { Cells } from './cells.js';

/** Errors: TOO_MANY_KEYS, if there is no room for so many more. */
export function checkRoom({ room }: Cells, cells: number): void {
  if (cells <= room) return;
  throw new MerganserError('TOO_MANY_KEYS', `there is room for ${room} more cells, not for ${cells}`);
}
