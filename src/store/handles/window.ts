/** Window: sums per time bucket, for rates and trends (crdt/window.ts). */
import { MerganserError } from '../../base/error.js';
import { DEFAULT_BUCKET_MS, DEFAULT_KEEP_MS, MAX_AHEAD_MS, MAX_BUCKETS } from '../../base/limits.js';
import * as type from '../../crdt/window.js';
import type { Access } from '../access.js';
import { LIVE } from '../cells.js';
import { Handle } from './handle.js';

export interface WindowOptions {
  /** Width of a bucket in milliseconds. Default one minute. */
  readonly bucket?: number;
  /** How far back from the newest bucket to keep, in milliseconds; the same in every region. Default: what it has, else a day. */
  readonly keep?: number;
}

export class Window extends Handle {
  readonly #bucket: number;
  readonly #keep: number | undefined;

  constructor(access: Access, key: string, options: WindowOptions) {
    super(access, key, type.window.tag);
    this.#bucket = milliseconds('bucket', options.bucket) ?? DEFAULT_BUCKET_MS;
    this.#keep = milliseconds('keep', options.keep);
    if (this.#keep !== undefined) this.#checkSpan(this.#keep);
  }

  /**
   * Add a safe integer to the bucket of `at` (milliseconds since 1970, at most a day ahead, default now).
   * Errors: BAD_ARGUMENT, COUNTER_OVERFLOW, CONFIG_CONFLICT (another keep), TYPE_CONFLICT; nothing changed.
   */
  add(n: number, at?: number): void {
    if (!Number.isSafeInteger(n)) throw new MerganserError('BAD_ARGUMENT', `a window takes safe integers, not ${n}`);
    const start = Math.floor((at ?? this.access.now()) / this.#bucket) * this.#bucket;
    if (!Number.isSafeInteger(start))
      throw new MerganserError('BAD_ARGUMENT', `at must be a time in milliseconds, not ${at}`);
    if (start > this.access.now() + MAX_AHEAD_MS)
      throw new MerganserError('BAD_ARGUMENT', `at lies more than a day ahead of the clock: ${at}`);
    const cell = this.writable();
    const { slots, self, cells } = this.access.replica;
    const existing = type.keepOf(slots, cells.head(cell));
    if (existing !== undefined && this.#keep !== undefined && existing !== this.#keep) {
      throw new MerganserError('CONFIG_CONFLICT', `"${this.key}" keeps ${existing} ms, not ${this.#keep} ms`);
    }
    const keep = existing ?? this.#keep ?? DEFAULT_KEEP_MS;
    if (existing === undefined) this.#checkSpan(keep);
    this.access.mutate(cell, (head, dot) => type.add(slots, head, self, dot, start, n, keep));
  }

  /** Sum of the buckets that start in [from, to), milliseconds since 1970. */
  sum(from: number, to: number): number {
    let sum = 0;
    for (const n of this.#buckets(from, to).values()) sum += n;
    return sum;
  }

  /** One sum per `step` milliseconds from `from` up to `to`, for a plot. */
  series(from: number, to: number, step: number): number[] {
    const length = Math.ceil((to - from) / step);
    if (!(step > 0) || !(length >= 0 && length <= MAX_BUCKETS)) {
      throw new MerganserError(
        'BAD_ARGUMENT',
        `a series has up to ${MAX_BUCKETS} steps; this one would have ${length}`,
      );
    }
    const series = Array.from({ length }, () => 0);
    for (const [start, n] of this.#buckets(from, to)) {
      const i = Math.floor((start - from) / step);
      series[i] = (series[i] ?? 0) + n;
    }
    return series;
  }

  /** Drop what is visible here. */
  clear(): void {
    const cell = this.readable();
    const { cells, slots, self } = this.access.replica;
    if (cell === 0 || (cells.flags(cell) & LIVE) === 0) return;
    this.access.mutate(cell, (head, dot) => type.clear(slots, head, self, dot));
  }

  #checkSpan(keep: number): void {
    const span = keep / this.#bucket;
    if (span > MAX_BUCKETS)
      throw new MerganserError('BAD_ARGUMENT', `keep is ${Math.ceil(span)} buckets; the limit is ${MAX_BUCKETS}`);
  }

  #buckets(from: number, to: number): Map<number, number> {
    if (!Number.isFinite(from) || !Number.isFinite(to))
      throw new MerganserError('BAD_ARGUMENT', 'from and to are times in milliseconds');
    return type.buckets(this.access.replica.slots, this.head, from, to);
  }
}

function milliseconds(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return value;
  throw new MerganserError('BAD_ARGUMENT', `${name} must be a positive whole number of milliseconds, not ${value}`);
}
