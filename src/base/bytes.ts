/**
 * Bytes in and out: lib0's variable-length integers and strings, with every read bounded by what is there.
 * Writer and Reader mirror each other, method by method. A read past the end, or a length that the message does not
 * hold, is MALFORMED_MESSAGE before anything is allocated.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { decodeUtf8, encodeUtf8 } from 'lib0/string';
import { assert } from './assert.js';
import { MerganserError } from './error.js';

/** UTF-8 of a string. */
export const utf8: (text: string) => Uint8Array = encodeUtf8;

/** Whether bytes from outside are UTF-8, so that `fromUtf8` gives back what they say. */
export function isUtf8(bytes: Uint8Array): boolean {
  let high = 0;
  for (const byte of bytes) high |= byte;
  if (high < 128) return true;
  try {
    decodeUtf8(bytes);
    return true;
  } catch {
    return false;
  }
}

export const fromUtf8: (bytes: Uint8Array) => string = decodeUtf8;

const ELLIPSIS = '…';

/** A text of at most so many bytes: one that is longer is cut between two characters, and ends in an ellipsis. */
export function shortened(text: string, maxBytes: number): string {
  // A UTF-16 unit takes three bytes at most, and one at least.
  if (text.length <= maxBytes / 3) return text;
  const bytes = utf8(text.slice(0, maxBytes));
  if (text.length <= maxBytes && bytes.length <= maxBytes) return text;
  let end = maxBytes - ELLIPSIS.length * 3;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return fromUtf8(bytes.subarray(0, end)) + ELLIPSIS;
}

/** ECMAScript 2024; a regular expression takes five times as long. */
const isWellFormedString: (this: string) => boolean = Reflect.get(String.prototype, 'isWellFormed');

/**
 * Whether UTF-8 has bytes for all of it: for half a character, a surrogate without the other one, it has none, so others would be told
 * something else. Cost: of text without characters beyond U+00FF, nothing.
 */
export function isWellFormed(text: string): boolean {
  return isWellFormedString.call(text);
}

/** Whether its UTF-8 takes no more than so many bytes. Cost: of a text that is far longer, or far shorter, nothing. */
export function fitsInBytes(text: string, most: number): boolean {
  // A UTF-16 unit takes three bytes at most.
  return text.length <= most / 3 || (text.length <= most && utf8(text).length <= most);
}

/** How lib0 marks what follows. */
const ANY_ARRAY = 117;
const ANY_OBJECT = 118;
/** After a text of so many characters, or so many shorter ones, it is asked how much there is. */
const LARGE = 256;

export class Writer {
  #encoder = encoding.createEncoder();

  /** A non-negative safe integer: 1 byte below 128, at most 8. What is none would be written as another, or without end. */
  uint(n: number): void {
    if ((n & 127) === n) {
      encoding.write(this.#encoder, n);
      return;
    }
    assert(Number.isSafeInteger(n) && n >= 0, 'an integer that is written without a sign is safe and has none');
    encoding.writeVarUint(this.#encoder, n);
  }

  /** A safe integer of either sign. */
  int(n: number): void {
    assert(Number.isSafeInteger(n), 'an integer that is written is safe');
    encoding.writeVarInt(this.#encoder, n);
  }

  byte(n: number): void {
    encoding.write(this.#encoder, n);
  }

  float(n: number): void {
    encoding.writeFloat64(this.#encoder, n);
  }

  string(s: string): void {
    encoding.writeVarString(this.#encoder, s);
  }

  bytes(b: Uint8Array): void {
    encoding.writeVarUint8Array(this.#encoder, b);
  }

  /** Bytes without a length before them: the last thing in a message. */
  rest(b: Uint8Array): void {
    encoding.writeUint8Array(this.#encoder, b);
  }

  /** A JSON-like value (see value.ts). */
  any(v: unknown): void {
    encoding.writeAny(this.#encoder, v as never);
  }

  /** As `any`, of what may be far too much: nothing more is written soon after the writer holds so many bytes. */
  anyUpTo(v: unknown, bytes: number): void {
    if (typeof v !== 'object' || v === null || v instanceof Uint8Array) return this.any(v);
    const names = Array.isArray(v) ? undefined : Object.keys(v);
    const items = v as { readonly [name: string | number]: unknown; readonly length: number };
    const count = names?.length ?? items.length;
    encoding.write(this.#encoder, names === undefined ? ANY_ARRAY : ANY_OBJECT);
    encoding.writeVarUint(this.#encoder, count);
    for (let i = 0; i < count; i++) {
      const name = names?.[i];
      if (name !== undefined) this.string(name);
      const item = items[name ?? i];
      const isLarge = typeof item === 'object' || (typeof item === 'string' && item.length >= LARGE);
      if (isLarge) this.anyUpTo(item, bytes);
      else this.any(item);
      if ((isLarge || i % LARGE === 0) && this.length > bytes) return;
    }
  }

  get length(): number {
    return encoding.length(this.#encoder);
  }

  finish(): Uint8Array {
    return encoding.toUint8Array(this.#encoder);
  }
}

function truncated(): never {
  throw new MerganserError('MALFORMED_MESSAGE', 'the message ends in the middle of a field');
}

export class Reader {
  #decoder: decoding.Decoder;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#decoder = decoding.createDecoder(bytes);
    this.#end = bytes.length;
  }

  get done(): boolean {
    return this.#decoder.pos >= this.#end;
  }

  get left(): number {
    return this.#end - this.#decoder.pos;
  }

  uint(): number {
    const { arr } = this.#decoder;
    let pos = this.#decoder.pos;
    let byte = pos < this.#end ? (arr[pos++] as number) : truncated();
    if (byte < 128) {
      this.#decoder.pos = pos;
      return byte;
    }
    let n = byte & 127;
    let scale = 128;
    for (;;) {
      byte = pos < this.#end ? (arr[pos++] as number) : truncated();
      n += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
      if (scale > 2 ** 49) throw new MerganserError('MALFORMED_MESSAGE', 'an integer is longer than 53 bits');
    }
    if (n > Number.MAX_SAFE_INTEGER) throw new MerganserError('MALFORMED_MESSAGE', 'an integer is longer than 53 bits');
    this.#decoder.pos = pos;
    return n;
  }

  int(): number {
    return this.#guard(decoding.readVarInt);
  }

  byte(): number {
    if (this.#decoder.pos >= this.#end) truncated();
    return decoding.readUint8(this.#decoder);
  }

  float(): number {
    if (this.left < 8) truncated();
    return decoding.readFloat64(this.#decoder);
  }

  /** A string of at most `max` bytes. */
  string(max: number): string {
    const at = this.#decoder.pos;
    this.#need(max);
    this.#decoder.pos = at;
    return this.#guard(decoding.readVarString);
  }

  /** A view, not a copy: it lives as long as the message does. */
  bytes(max: number): Uint8Array {
    const length = this.#need(max);
    const { arr, pos } = this.#decoder;
    this.#decoder.pos += length;
    return arr.subarray(pos, pos + length);
  }

  rest(): Uint8Array {
    const { arr, pos } = this.#decoder;
    this.#decoder.pos = this.#end;
    return arr.subarray(pos, this.#end);
  }

  any(): unknown {
    return this.#guard(decoding.readAny);
  }

  /** How many items follow; each takes at least `bytesEach`, so a count that cannot fit is refused at once. */
  count(bytesEach: number): number {
    const n = this.uint();
    if (n * bytesEach > this.left)
      throw new MerganserError('MALFORMED_MESSAGE', `${n} items announced, ${this.left} bytes left`);
    return n;
  }

  #need(max: number): number {
    const length = this.uint();
    if (length > max)
      throw new MerganserError('MALFORMED_MESSAGE', `a field of ${length} bytes is over its limit of ${max}`);
    if (length > this.left) truncated();
    return length;
  }

  #guard<T>(read: (decoder: decoding.Decoder) => T): T {
    let value: T;
    try {
      value = read(this.#decoder);
    } catch {
      throw new MerganserError('MALFORMED_MESSAGE', 'a field cannot be decoded');
    }
    if (this.#decoder.pos > this.#end) truncated();
    return value;
  }
}
