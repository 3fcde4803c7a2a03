/** Window: sums per time bucket, for rates and trends (crdt/window.ts). */
import { checkAhead, checkFinite, checkWhole, described, wrongArgument } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import { DEFAULT_BUCKET_MS, DEFAULT_KEEP_MS, MAX_BUCKETS, MAX_DAYS } from '../../base/limits.js';
import { checkBuckets, spansIn } from '../../crdt/settings.js';
import * as type from '../../crdt/window.js';
import type { Access } from '../access.js';
import { days, type Span } from '../calendar.js';
import { LIVE } from '../cells.js';
import { Handle } from './handle.js';

export interface WindowOptions {
  /** Width of a bucket in milliseconds. Default one minute. */
  readonly bucket?: number;
  /** How far back from now to keep, in milliseconds; the same in every region. Default: what it has, else 25 hours. */
  readonly keep?: number;
}

/** A day of a time zone, 23 to 25 hours long, and what was added in it. */
export interface Day extends Span {
  readonly sum: number;
}

/** One sum per `step` milliseconds from `from` on. */
export interface Series {
  readonly from: number;
  readonly step: number;
  readonly sums: readonly number[];
}

export class Window extends Handle {
  readonly #bucket: number;
  readonly #keep: number | undefined;

  constructor(access: Access, key: string, options: WindowOptions) {
    super(access, key, type.window.tag);
    const { bucket, keep } = spansIn(options, DEFAULT_BUCKET_MS);
    this.#bucket = bucket ?? DEFAULT_BUCKET_MS;
    this.#keep = keep;
  }

  /**
   * Add a safe integer to the bucket of `at` (milliseconds since 1970, at most five minutes ahead, default now).
   * Errors: BAD_ARGUMENT, COUNTER_OVERFLOW, CONFIG_CONFLICT (another keep), TYPE_CONFLICT; nothing changed.
   */
  add(n: number, at?: number): void {
    if (!Number.isSafeInteger(n)) throw wrongArgument('a window takes safe integers', n);
    const start = this.#startOf(at);
    const { slots, self } = this.access.replica;
    const existing = type.keepOf(slots, this.head);
    if (existing !== undefined && this.#keep !== undefined && existing !== this.#keep) {
      throw new MerganserError('CONFIG_CONFLICT', `${described(this.key)} keeps ${existing} ms, not ${this.#keep} ms`);
    }
    const keep = existing ?? this.#keep ?? DEFAULT_KEEP_MS;
    if (existing === undefined) checkBuckets(keep, this.#bucket);
    const newest = type.newestBy(start, this.access.replica.clock.wall, keep);
    this.access.mutate(this.writable(), (head, dot) => type.add(slots, head, self, dot, start, n, keep, newest));
  }

  /** Sum of the buckets that start in [from, to), milliseconds since 1970. */
  sum(from: number, to: number): number {
    let sum = 0;
    for (const n of this.#buckets(from, to).values()) sum += n;
    return sum;
  }

  /** One sum per `step` milliseconds from `from` up to `to`, for a plot. */
  series(from: number, to: number, step: number): number[] {
    const length = Math.ceil((checkFinite('to', to) - checkFinite('from', from)) / checkStep(step));
    if (!(length >= 0 && length <= MAX_BUCKETS)) {
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

  /**
   * As `series`, of the last `span` milliseconds: the last step is the one that goes on now. Steps begin at multiples of `step`, so
   * a plot moves on by whole steps. Errors: as `series`.
   */
  recent(span: number, step: number): Series {
    const width = checkStep(step);
    const to = Math.floor(this.access.replica.clock.wall / width) * width + width;
    const from = to - Math.ceil(checkFinite('span', span) / width) * width;
    return { from, step, sums: this.series(from, to, width) };
  }

  /**
   * What was added today, by the clocks of a time zone of the IANA database ("Europe/Berlin").
   * Errors: BAD_ARGUMENT (no such zone; the window keeps less than a day; its buckets do not begin at midnight there).
   */
  today(timeZone: string): number {
    return (this.days(timeZone, 1)[0] as Day).sum;
  }

  /** What was added on each of the last `count` days, today the last of them, for a plot. Errors: as `today`. */
  days(timeZone: string, count: number): Day[] {
    checkWhole('count', count, 1, MAX_DAYS);
    const spans = days(timeZone, this.access.replica.clock.wall, count);
    this.#checkDays(timeZone, spans);
    return spans.map(({ from, to }) => ({ from, to, sum: this.sum(from, to) }));
  }

  /** Drop what is visible here. */
  clear(): void {
    const cell = this.readable();
    const { cells, slots, self } = this.access.replica;
    if (cell === 0 || (cells.flags(cell) & LIVE) === 0) return;
    this.access.mutate(cell, (head, dot) => type.clear(slots, head, self, dot));
  }

  /** Where the bucket of a moment begins. */
  #startOf(at: number | undefined): number {
    // Not the hybrid clock, which stays ahead where a wrong one was set back.
    const now = this.access.replica.clock.wall;
    const start = Math.floor(checkAhead(at === undefined ? now : at, now) / this.#bucket) * this.#bucket;
    if (!Number.isSafeInteger(start)) throw wrongArgument('at must be a time in milliseconds', at);
    return start;
  }

  /** A sum that lacks what was dropped, or has what belongs to another day, would be wrong without saying so. */
  #checkDays(timeZone: string, spans: readonly Span[]): void {
    const crooked = spans.find(({ from }) => from % this.#bucket !== 0);
    if (crooked !== undefined) {
      const message = `days in ${timeZone} begin within a bucket of ${this.#bucket} ms; let buckets last 15 minutes or less`;
      throw new MerganserError('BAD_ARGUMENT', message);
    }
    const { slots } = this.access.replica;
    const keep = type.keepOf(slots, this.head) ?? this.#keep ?? DEFAULT_KEEP_MS;
    const needed = (spans.at(-1) as Span).to - (spans[0] as Span).from - this.#bucket;
    if (needed > keep)
      throw new MerganserError(
        'BAD_ARGUMENT',
        `${described(this.key)} keeps ${keep} ms; so many days need ${needed} ms`,
      );
  }

  #buckets(from: number, to: number): Map<number, number> {
    return type.buckets(this.access.replica.slots, this.head, checkFinite('from', from), checkFinite('to', to));
  }
}

/** Errors: BAD_ARGUMENT. */
function checkStep(step: number): number {
  if (Number.isFinite(step) && step > 0) return step;
  throw wrongArgument('a step is a number of milliseconds above zero', step);
}
