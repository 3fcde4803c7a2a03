/**
 * Our own bugs crash: an assertion that fails means that the program is in a state it was proven not to reach,
 * and going on would spread it. The world's trouble (a peer, a user, a disk) is `MerganserError`, never this.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
