/** What `connect` is asked for, and whether it can be that. */
import { wrongArgument } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { checkKnown } from '../base/known-options.js';
import { DEFAULT_MAX_QUEUED } from '../base/limits.js';
import { isSessionId } from '../sync/client-message.js';

export interface ConnectOptions {
  /** How many other regions must hold a write before it is answered; 0 (the default) answers at once. */
  readonly durable?: number;
  /**
   * After how many milliseconds a write that waits for other regions is rejected with TIMEOUT, so that nobody waits for ever; the write
   * itself goes on. 30,000 by default, Infinity for never.
   */
  readonly durableTimeout?: number;
  /** The session's id: 16 to 64 letters, digits, dashes or underscores. A random one by default. */
  readonly session?: string;
  /** Operations that may wait for an answer before further ones are refused with QUEUE_FULL. */
  readonly maxQueued?: number;
  /** How long `connect` tries before it gives up, in milliseconds. */
  readonly connectTimeout?: number;
  /** A connection that says nothing for this long is asked, and given up after as long again; milliseconds. */
  readonly heartbeat?: number;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_HEARTBEAT_MS = 5_000;
const DEFAULT_DURABLE_MS = 30_000;
/** What timers take: 24 days. */
export const LONGEST_MS: number = 2 ** 31 - 1;

const KNOWN: Readonly<Record<keyof ConnectOptions, true>> = {
  durable: true,
  durableTimeout: true,
  session: true,
  maxQueued: true,
  connectTimeout: true,
  heartbeat: true,
};

/** With what was left out. Errors: BAD_ARGUMENT. */
export function completed(options: ConnectOptions): Required<ConnectOptions> {
  const {
    durable = 0,
    durableTimeout = DEFAULT_DURABLE_MS,
    session = randomId(),
    maxQueued = DEFAULT_MAX_QUEUED,
    connectTimeout = DEFAULT_CONNECT_TIMEOUT_MS,
    heartbeat = DEFAULT_HEARTBEAT_MS,
  } = checkKnown(options, KNOWN);
  checkPositive('connectTimeout takes milliseconds', connectTimeout);
  checkPositive('heartbeat takes milliseconds', heartbeat);
  const times = { connectTimeout: Math.min(connectTimeout, LONGEST_MS), heartbeat: Math.min(heartbeat, LONGEST_MS) };
  return { durable, durableTimeout, session, maxQueued, ...times };
}

export type SessionOptions = Required<Pick<ConnectOptions, 'durable' | 'durableTimeout' | 'maxQueued'>>;

/** Errors: BAD_ARGUMENT. */
export function checkSession(id: string, { durable, durableTimeout, maxQueued }: SessionOptions): void {
  if (typeof id !== 'string' || !isSessionId(id))
    throw new MerganserError('BAD_ARGUMENT', 'a session id is 16 to 64 letters, digits, dashes or underscores');
  const refusal = wrongRegions(durable);
  if (refusal !== undefined) throw refusal;
  checkPositive('durableTimeout takes milliseconds', durableTimeout);
  checkPositive('maxQueued takes a number of operations', maxQueued);
}

/** What is no number of regions would be answered too early, or never. */
export function wrongRegions(durable: number): MerganserError | undefined {
  if (Number.isSafeInteger(durable) && durable >= 0) return undefined;
  return wrongArgument('durable takes a number of regions', durable);
}

/** Errors: BAD_ARGUMENT. @param wanted as in `wrongArgument` */
function checkPositive(wanted: string, n: number): void {
  if (typeof n !== 'number' || !(n > 0)) throw wrongArgument(wanted, n);
}

function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
