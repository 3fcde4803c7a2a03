/** Every cap, its unit in its name, and its reason. A value from outside is checked against these before memory is taken for it. */

/** Keys are copied into the key arena and sent once per link: long ones are almost always a mistake. */
export const MAX_KEY_BYTES: number = 1024;
/** An element of a set is its own cell; it may carry a small document or a URL. */
export const MAX_ELEMENT_BYTES: number = 4096;
/** One register or log value, encoded. Larger things belong into an object store. */
export const MAX_VALUE_BYTES: number = 1 << 20;
/** What a session may say of a member of a presence: it is held in memory for each of a hundred thousand. */
export const MAX_META_BYTES: number = 4096;
/** Nesting of a value; deeper is refused before the stack is in danger. */
export const MAX_VALUE_DEPTH: number = 64;
/** Digits after the point that a counter may have: nine leave nine million before it. */
export const MAX_SCALE: number = 9;
/** Entries a capped log may keep: it is held in memory in every region. */
export const MAX_LOG_CAP: number = 1_000_000;
export const DEFAULT_LOG_CAP: number = 100;
/** Items that one region may watch in a top: each takes some hundred bytes in every region. */
export const MAX_TOP_ITEMS: number = 10_000;
/** An item that makes up a thousandth of a region's counts is found. */
export const DEFAULT_TOP_ITEMS: number = 1000;
/** Quantiles that are asked for at once. */
export const MAX_QUANTILES: number = 1000;
/** Window defaults: one-minute buckets kept for a day, be it one of 25 hours. */
export const DEFAULT_BUCKET_MS: number = 60_000;
export const DEFAULT_KEEP_MS: number = 90_000_000;
/** Buckets one window may span: a series is computed and shipped whole. */
export const MAX_BUCKETS: number = 100_000;
/** Days that a window is asked for at once. */
export const MAX_DAYS: number = 1000;
/** So far may a time that somebody gives lie ahead of the node's clock: what clocks of clients differ by. A log shows nothing that is
 * new as long as it is full of what is to come. */
export const MAX_AHEAD_MS: number = 300_000;
/** A window drops nothing for the sake of a clock that is wrong by up to this much: the hour of a wrong time zone, and a minute. */
export const WINDOW_GRACE_MS: number = 3_660_000;
/** Actors (node incarnations) one replica can tell apart: 15 bits in a slot, two values reserved. */
export const MAX_ACTORS: number = 32_766;
/** What of them peers may bring by hearsay; the rest is for peers that are met, so that a liar who fills it shuts nobody out. */
export const MAX_HEARD_ACTORS: number = MAX_ACTORS - 2048;
/** A dot is 48 bits in a slot. */
export const MAX_DOT: number = 2 ** 48 - 1;
/** Cells in one store: 26 bits in the key index, the value 0 reserved. */
export const MAX_CELLS: number = (1 << 26) - 1;
/** One message from a peer; a larger frame travels in parts of this size and is staged. */
export const MAX_PEER_MESSAGE_BYTES: number = 4 << 20;
/** A frame cut into parts is staged whole before it is applied: the most that one peer can make us hold. */
export const MAX_STAGED_FRAME_BYTES: number = 1 << 30;
/** What the frames in chunks of one peer may take here until they are applied: as many cells as a store can have, at 500 bytes
 * each. A node whose memory is small allows half of it, since what is staged is merged into as much again. */
export const MAX_STAGED_CUT_BYTES: number = 2 ** 35;
/** One message from a client. */
export const MAX_CLIENT_MESSAGE_BYTES: number = 4 << 20;
/** One answer to a client, encoded: a log, a set or a series is sent whole. */
export const MAX_ANSWER_BYTES: number = 64 << 20;
/** What goes wrong is told a client in so many bytes at most; what says more is cut. */
export const MAX_TROUBLE_BYTES: number = 4096;
/** A text or bytes among the operands of a client's operation: one finds room in a message in which others stand already. */
export const MAX_OPERAND_BYTES: number = 2 << 20;
/** What a client opens a key of a type from outside with, encoded. */
export const MAX_SETTINGS_BYTES: number = 4096;
/** Answers of one client connection that may wait for other regions: a client that asks again asks for ranges. */
export const MAX_WAITING: number = 65_536;
/** Node, region and cluster names. */
export const MAX_NAME_BYTES: number = 128;
/** Subscriptions of one client connection. */
export const MAX_SUBSCRIPTIONS: number = 10_000;
/** Clocks of two nodes may differ by this much before a link is refused. */
export const DEFAULT_MAX_SKEW_MS: number = 30_000;
/** Keys one client connection names by number at a time; the next one takes over the oldest number. */
export const MAX_SLOTS: number = 65_536;
/** Operations of one client that may wait for their answers: a few hundred bytes each. */
export const DEFAULT_MAX_QUEUED: number = 500_000;
/** Nodes in the gossiped table, those that left or were evicted included: the whole of it is one message. */
export const MAX_MEMBERS: number = 1024;
/** Addresses at which one node says it can be dialled. */
export const MAX_ADDRESSES: number = 8;
/** One of them, a URL. */
export const MAX_ADDRESS_BYTES: number = 256;
/** A session token, or the cursor of a log, that a client hands in: some thousand actors. */
export const MAX_TOKEN_CHARACTERS: number = 65_536;
