/** The algorithm that makes messages smaller, which this floor is handed: it has none of its own. */

/** For the messages of one link, in order: the message compressed, or undefined where that does not pay. */
export type Packer = (message: Uint8Array) => Uint8Array | undefined;

export interface Compression {
  packer(): Packer;
  /** Exactly `length` bytes. Errors: MALFORMED_MESSAGE if that is not what comes out; never more than `length` are held. */
  unpack(packed: Uint8Array, length: number): Uint8Array;
}
