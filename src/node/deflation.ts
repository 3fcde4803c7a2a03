/**
 * Compression of the messages between regions: raw deflate, level 1, of each message by itself, in the turn in which it is sent.
 *
 * Chosen by `npm run bench -- compress` (Node 20 on one core, other work beside it; MB/s of plain bytes, compressing /
 * decompressing):
 *
 *   message                      deflate 1         deflate 3         deflate 6         brotli 1
 *   FRAME of 1,000 counters     3.9×  450 / 880   4.1×  390 / 960   4.2×  190 / 990   3.7×  410 / 590
 *   CHUNK of counters, 24 kB    5.9×  400 / 1070  5.9×  310 / 1070  6.0×  210 / 1090  5.8×  480 / 660
 *   FRAME of registers of JSON  4.2×  500 / 1000  4.6×  180 / 1000  4.7×  120 / 1110  4.4×  480 / 620
 *   CHUNK of set elements       7.3×  440 / 1120  7.3×  280 / 1070  7.3×  140 / 1110  7.3×  510 / 690
 *   FRAME of 20 counters        3.0×   63 / 76    3.0×   64 / 40    3.0×   60 / 66    2.8×   72 / 102
 *   FRAME of 5 counters         1.9×    5 / 9     1.9×   10 / 18    1.9×   10 / 21    1.6×   10 / 7
 *
 * More effort than level 1 costs twice the time for a tenth less. A message of 32 kB takes 0.1 ms: the thread pool would add
 * its hand-over (small messages take up to twelve times as long, large ones twice) and put the messages out of order, for
 * a pause that nobody notices. Below 512 bytes an own stream per message costs more than it saves: some 20 µs for 70 bytes.
 * What is sent in one turn of the event loop is compressed up to `TURN_BYTES` (a few milliseconds); the rest of a burst, as of a
 * frame of large values, goes as it is.
 *
 * Values that are compressed or random already do not get smaller: if the last `SAMPLES` messages of a link saved less than a
 * tenth, the next `SKIPPED` are not tried.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { MerganserError } from '../base/error.js';
import type { Compression, Packer } from '../sync/compression.js';

const LEVEL = 1;
const LEAST_BYTES = 512;
const TURN_BYTES = 1 << 20;
const SAMPLES = 8;
const LEAST_SAVING = 0.1;
const SKIPPED = 256;

export class Deflation implements Compression {
  readonly #sends: boolean;
  /** Of what was sent in this turn. */
  #spent = 0;

  /** @param sends false: what comes is understood, and nothing is compressed */
  constructor(sends: boolean) {
    this.#sends = sends;
  }

  packer(): Packer {
    let [tried, plain, packed, skip] = [0, 0, 0, 0];
    return (message) => {
      if (!this.#sends || message.length < LEAST_BYTES) return undefined;
      if (skip > 0) {
        skip--;
        return undefined;
      }
      if (!this.#afford(message.length)) return undefined;
      const deflated = deflateRawSync(message, { level: LEVEL });
      plain += message.length;
      packed += Math.min(deflated.length, message.length);
      if (++tried === SAMPLES) {
        if (packed > plain * (1 - LEAST_SAVING)) skip = SKIPPED;
        [tried, plain, packed] = [0, 0, 0];
      }
      return deflated.length < message.length * (1 - LEAST_SAVING) ? deflated : undefined;
    };
  }

  unpack(packed: Uint8Array, length: number): Uint8Array {
    let message: Uint8Array;
    try {
      // At least one byte may come out, or the option is refused.
      message = inflateRawSync(packed, { maxOutputLength: Math.max(1, length) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const reason = code === 'ERR_BUFFER_TOO_LARGE' ? `it is longer than the ${length} bytes that it names` : code;
      throw new MerganserError('MALFORMED_MESSAGE', `a compressed message cannot be read: ${reason}`);
    }
    if (message.length === length) return message;
    throw new MerganserError('MALFORMED_MESSAGE', `a compressed message has ${message.length} of ${length} bytes`);
  }

  #afford(bytes: number): boolean {
    if (this.#spent + bytes > TURN_BYTES) return false;
    if (this.#spent === 0) setImmediate(() => (this.#spent = 0));
    this.#spent += bytes;
    return true;
  }
}
