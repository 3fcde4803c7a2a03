/**
 * Compression for worlds whose messages are short: zeros are left out. Of each eight bytes comes one that says which of them are not
 * zero, then those. What is told apart by its first byte while it is under way, heartbeats and comparisons, stays as it is.
 */
import { MerganserError } from '../../base/error.js';
import type { Compression } from '../../sync/compression.js';
import { unpack } from '../../sync/deflated.js';
import { DIGEST, HEARTBEAT } from '../../sync/message.js';

const GROUP = 8;

export const CODEC: Compression = {
  packer: () => (message) => (message[0] === HEARTBEAT || message[0] === DIGEST ? undefined : withoutZeros(message)),
  unpack(packed, length) {
    const message = new Uint8Array(length);
    let from = 0;
    for (let at = 0; at < length; at += GROUP) {
      const which = packed[from++] ?? 0;
      for (let i = 0; i < GROUP; i++) if ((which & (1 << i)) !== 0) message[at + i] = packed[from++] ?? 0;
    }
    if (from !== packed.length) throw new MerganserError('MALFORMED_MESSAGE', 'a compressed message cannot be read');
    return message;
  },
};

function withoutZeros(message: Uint8Array): Uint8Array {
  const packed: number[] = [];
  for (let at = 0; at < message.length; at += GROUP) {
    const group = [...message.subarray(at, at + GROUP)];
    packed.push(group.reduce((which, byte, i) => (byte === 0 ? which : which | (1 << i)), 0));
    packed.push(...group.filter((byte) => byte !== 0));
  }
  return Uint8Array.from(packed);
}

/** A message under way, as it was before it was compressed. */
export function plain(bytes: Uint8Array): Uint8Array {
  return unpack(bytes, CODEC);
}
