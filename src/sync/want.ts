/**
 * WANT: what a receiver asks of one peer. Of whom it does not need to hear from there (it hears from them directly, or from
 * somebody nearer), or to wait altogether while another peer brings it up to date. Not said again unless it changes; a hold is
 * renewed while it lasts.
 */
import { type Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_ACTORS, MAX_NAME_BYTES } from '../base/limits.js';
import { WANT } from './message.js';

export interface Want {
  /** Larger for each word on one link. */
  readonly version: number;
  /** Send nothing until another word. */
  readonly hold: boolean;
  /** Names of nodes whose changes are to be sent only when they are late. */
  readonly lazy: ReadonlySet<string>;
}

export function writeWant(want: Want): Uint8Array {
  const w = new Writer();
  w.byte(WANT);
  w.uint(want.version);
  w.byte(want.hold ? 1 : 0);
  w.uint(want.lazy.size);
  for (const node of want.lazy) w.string(node);
  return w.finish();
}

/** Errors: MALFORMED_MESSAGE. */
export function readWant(r: Reader): Want {
  const version = r.uint();
  const hold = (r.byte() & 1) === 1;
  const lazy = new Set<string>();
  const count = r.count(1);
  if (count > MAX_ACTORS) throw new MerganserError('MALFORMED_MESSAGE', `nobody knows ${count} nodes`);
  for (let left = count; left > 0; left--) lazy.add(r.string(MAX_NAME_BYTES));
  return { version, hold, lazy };
}
