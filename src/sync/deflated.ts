/**
 * One compressed message, between regions only:
 *
 *   DEFLATED   length of the message in it, the message as raw deflate (RFC 1951)
 *
 * It stands for exactly one message of another kind, so order and numbers are as without it. Whether it pays, and the algorithm,
 * is the business of whoever has one (`Compression`); without it nothing is announced, and nothing of the kind is taken. The length
 * is checked before anything is inflated, and no more than that is ever inflated: a bomb costs its sender the link.
 */
import { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_PEER_MESSAGE_BYTES } from '../base/limits.js';
import type { Compression } from './compression.js';
import type { Link } from './link.js';
import { DEFLATE, DEFLATED } from './message.js';

/** What of a message crosses the link. @param region where this node is */
export function pack(
  link: Link,
  message: Uint8Array,
  region: string,
  compression: Compression | undefined,
): Uint8Array {
  const { member } = link;
  if (compression === undefined || (link.features & DEFLATE) === 0) return message;
  if (member === undefined || member.region === region) return message;
  link.packer ??= compression.packer();
  const packed = link.packer(message);
  if (packed === undefined) return message;
  const w = new Writer();
  w.byte(DEFLATED);
  w.uint(message.length);
  w.rest(packed);
  return w.finish();
}

/** The message that has crossed the link. Errors: MESSAGE_TOO_LARGE, MALFORMED_MESSAGE. */
export function unpack(bytes: Uint8Array, compression: Compression | undefined): Uint8Array {
  if (compression === undefined || bytes[0] !== DEFLATED) return bytes;
  const r = new Reader(bytes);
  r.byte();
  const length = r.uint();
  if (length > MAX_PEER_MESSAGE_BYTES) {
    throw new MerganserError(
      'MESSAGE_TOO_LARGE',
      `a compressed message of ${length} bytes; the limit is ${MAX_PEER_MESSAGE_BYTES}`,
    );
  }
  const message = compression.unpack(r.rest(), length);
  if (message[0] === DEFLATED) throw new MerganserError('MALFORMED_MESSAGE', 'a message is compressed twice');
  return message;
}
