/**
 * The world's trouble: every error that a user, a peer or the surroundings can cause has a code from this one table,
 * and the table says what to do about it. `docs/errors.md` is checked against it.
 */

/** code → what it means and what to do. The only list. */
export const ERRORS = {
  BAD_KEY:
    'The key is empty, not a string, starts with the reserved character U+0000, or has half a character in it (a lone surrogate). Choose another key.',
  KEY_TOO_LONG: 'The key or element is longer than its limit in bytes. Shorten it, or hash the long part.',
  BAD_VALUE:
    'The value is not JSON-like (null, boolean, number, string, array, plain object, Uint8Array). Convert it first.',
  VALUE_TOO_LARGE: 'The encoded value is over its limit. Split it, or keep it elsewhere and store a reference.',
  BAD_ARGUMENT: 'An argument has the wrong type or lies outside its range. The message names it.',
  COUNTER_OVERFLOW: 'The operation would leave the safe integers (±2^53−1) and was refused; nothing changed.',
  INSUFFICIENT_RIGHTS:
    'A bounded counter cannot go so far here: either it is at its bound, or the rights to go there are in other regions. More were asked for; try again, or spend less. In a new cluster they are nobody’s until an operator has said that it is new: the message says so.',
  TYPE_CONFLICT: 'The name is in use as another type. Use that type, delete the key first, or choose another name.',
  TYPE_TAKEN:
    'A data type cannot be registered: its name, its tag or the code of one of its methods is in use or reserved. Choose others.',
  CONFIG_CONFLICT:
    'The key has other settings (cap, keep, scale or bounds), which outlive its deletion. Use the same settings in every region.',
  TOO_MANY_ACTORS:
    'More than 32,766 incarnations have written here since the start. Restart this node empty: it knows only those whose writes still stand.',
  TOO_MANY_KEYS:
    'The store holds as many keys and elements of sets as it can tell apart, 67 million. Delete some, or use several clusters.',
  TRANSACTION_ASYNC:
    'A transaction function returned a promise. Transactions are synchronous: await first, then write.',
  TRANSACTION_NESTED: 'A transaction was started inside another one. Do the work in the outer one.',
  MALFORMED_MESSAGE:
    'A message does not follow the protocol. The connection is closed. Nothing of a frame was applied; of a batch, what stood before the fault.',
  MESSAGE_TOO_LARGE: 'A message is over its limit in bytes. Send smaller batches, or raise the limit on both sides.',
  UNKNOWN_TYPE:
    'A peer sent a data type that this version does not know. Upgrade this node before the feature is used.',
  UNSUPPORTED_VERSION:
    'The other side speaks a protocol version too far from ours. Upgrade the older side; adjacent versions interoperate.',
  WRONG_CLUSTER: 'The other side belongs to another cluster. Check --cluster and --join on both sides.',
  CLOCK_SKEW:
    'The clocks of the two nodes differ by more than the bound. Synchronise the clocks (NTP) and the link comes up by itself.',
  STALE_INCARNATION:
    'A newer incarnation of this node is known. The old process is fenced: stop it, or restart it to rejoin.',
  EVICTED:
    'An operator evicted this incarnation of the node: it takes no more writes. Start it again: it returns as a new incarnation.',
  LEAVING: 'The node is leaving its cluster for good: it takes no more writes. Write at another node.',
  MEMBER_ALIVE:
    'The node is heard, here or elsewhere: evicting it would end a life that goes on. Stop it first, or force the eviction.',
  TOO_MANY_MEMBERS:
    'The table of members is full. Give nodes that are restarted a fixed --node name, so that they keep their row.',
  ORPHANED_WRITES:
    'One of the two nodes has writes of an earlier life of a node which everybody else knows to be lost; the message names it. Stop it and start it again: it returns empty, and gets what the others have.',
  DUPLICATE_NODE: 'Another running node has the same name. Give each node its own --node name.',
  DUPLICATE_LINK: 'Both sides dialled at once; this connection is the one given up. Nothing to do.',
  SELF_LINK: 'A node was told to join itself. Remove its own address from --join.',
  PEER_SILENT:
    'Nothing was heard from the peer for longer than the silence bound. The link is dialled again by itself.',
  PEER_LEFT: 'The peer said goodbye. It is dialled again until it returns.',
  NOT_READY: 'The node is still joining its cluster. The client tries again by itself.',
  SHUTTING_DOWN: 'The node is stopping. The client reconnects by itself, here or to another node.',
  SESSION_TAKEN:
    'The session was opened again by another connection. Only the newest connection of a session may write.',
  QUEUE_FULL: 'Too many operations wait for the connection. Await the earlier ones, or raise `maxQueued`.',
  DISCONNECTED: 'The connection was closed by this client before the operation was answered. Its outcome is unknown.',
  CONNECT_FAILED: 'No endpoint could be reached. Check the address and that the server runs.',
  TIMEOUT: 'The answer did not come in time. The message names what was waited for.',
  TOO_MANY_SUBSCRIPTIONS:
    'The connection holds more subscriptions than its limit. Close some, or use another connection.',
  ADDRESS_IN_USE: 'Another process listens on the address. Stop it, or choose another with --listen HOST:PORT.',
  ORIGIN_REFUSED:
    'A web page from another origin tried to connect. Allow its origin with --allow-origin, or serve the page from this node.',
  BAD_CONFIG: 'A setting is wrong. The message names it, its source and what is allowed.',
  NOT_FOUND: 'There is nothing at this address.',
  INTERNAL_ERROR:
    'The node failed at what was asked in a way that it did not foresee, and goes on for everybody. Its log says what happened: report it.',
  REPLICAS_DIFFER:
    'Two nodes have seen the same and hold different state: memory or code went wrong. What one has lost is mended by itself; for the rest look at the keys, then run merganser verify --repair.',
  BAD_TOKEN:
    'The session token is damaged, or of a version that this node does not know. Begin a new session; a token is kept as it was given.',
  BAD_CURSOR:
    'The cursor of a log is damaged, or of another log. A cursor is kept as it was given; without one, a log is read from its oldest entry.',
  LOST_WRITES:
    'A node crashed before it had passed on the last writes that the session token names; no node has them. Write them again, or go on without.',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An expected failure with a stable `code`; `message` says what happened here, `ERRORS[code]` what to do. */
export class MerganserError extends Error {
  override readonly name = 'MerganserError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether a string that came from outside is one of our codes. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
