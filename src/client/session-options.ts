/** What a session is asked to be, and whether it can be that. */
import { isSessionId } from '../sync/client-message.js';
import { MerganserError } from '../base/error.js';

/** As in `ConnectOptions`. */
export interface SessionOptions {
  readonly durable: number;
  readonly durableTimeout: number;
  readonly maxQueued: number;
}

/** Errors: BAD_ARGUMENT. */
export function checkSession(id: string, { durable, durableTimeout }: SessionOptions): void {
  if (!isSessionId(id))
    throw new MerganserError('BAD_ARGUMENT', 'a session id is 16 to 64 letters, digits, dashes or underscores');
  const refusal = wrongRegions(durable);
  if (refusal !== undefined) throw refusal;
  if (!(durableTimeout > 0))
    throw new MerganserError('BAD_ARGUMENT', `durableTimeout takes milliseconds, not ${durableTimeout}`);
}

/** What is no number of regions would be answered too early, or never. */
export function wrongRegions(durable: number): MerganserError | undefined {
  if (Number.isSafeInteger(durable) && durable >= 0) return undefined;
  return new MerganserError('BAD_ARGUMENT', `durable takes a number of regions, not ${durable}`);
}
