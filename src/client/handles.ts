/** Handles: what one does with a key of each type that comes with the store. Each method is one row of the table of methods. */
import { checkFunction, checkOptions, checkSafeInteger } from '../base/argument.js';
import { unitsOf } from '../base/decimal.js';
import { Op } from '../sync/client-operation.js';
import { Handle, promised, type Unsubscribe, type WriteOptions } from './handle.js';

export interface WriteAtOptions extends WriteOptions {
  /** When it happened, in milliseconds since 1970, at most five minutes ahead of the node's clock; now by default. */
  readonly at?: number;
}

export interface LogEntry<T> {
  readonly at: number;
  readonly value: T;
}

export interface LogPage<T> {
  readonly entries: readonly LogEntry<T>[];
  /** Some that came after the cursor were cut off by the cap before they were asked for, or may have been. */
  readonly missed: boolean;
  /** Hand it in again, at whatever node, to get what was not given yet. */
  readonly cursor: string;
}

export class CounterHandle extends Handle {
  /** What is asked most often, hence without a detour. Of a counter with a scale: a number with no more digits than that. */
  increment(n = 1, options?: WriteOptions): Promise<void> {
    if (options !== undefined || this.#scale > 0 || !Number.isSafeInteger(n)) return this.#add(n, 1, options);
    return this.session.write(this.target, Op.counterAdd, undefined, n, undefined, undefined);
  }

  decrement(n = 1, options?: WriteOptions): Promise<void> {
    return this.#add(n, -1, options);
  }

  /** Back to zero, as seen here: concurrent increments elsewhere survive exactly. */
  reset(options?: WriteOptions): Promise<void> {
    return this.put(Op.counterReset, options);
  }

  /** Deletes the key: everything seen of it goes, what others write meanwhile survives. */
  delete(options?: WriteOptions): Promise<void> {
    return this.put(Op.delete, options);
  }

  value(): Promise<number> {
    return this.fetch(Op.counterValue);
  }

  subscribe(listener: (value: number) => void): Unsubscribe {
    return this.follow(Op.counterValue, listener);
  }

  get #scale(): number {
    return (this.target.options as { readonly scale?: number }).scale ?? 0;
  }

  #add(n: number, sign: 1 | -1, options: WriteOptions | undefined): Promise<void> {
    return promised(() => {
      const units = this.#scale === 0 ? checkSafeInteger('an amount', n) : unitsOf(n, this.#scale);
      return this.put(Op.counterAdd, options, sign * units);
    });
  }
}

export class GaugeHandle extends Handle {
  /** Raises this session's share. */
  add(n: number, options?: WriteOptions): Promise<void> {
    return this.put(Op.gaugeAdd, options, n);
  }

  /** Makes this session's share `n`. */
  set(n: number, options?: WriteOptions): Promise<void> {
    return this.put(Op.gaugeSet, options, n);
  }

  /** The sum of all shares of those who are there. */
  value(): Promise<number> {
    return this.fetch(Op.gaugeValue);
  }

  subscribe(listener: (value: number) => void): Unsubscribe {
    return this.follow(Op.gaugeValue, listener);
  }
}

export class RegisterHandle<T> extends Handle {
  set(value: T, options?: WriteOptions): Promise<void> {
    return this.put(Op.registerSet, options, value);
  }

  /** Deletes the key: everything seen of it goes, what others write meanwhile survives. */
  delete(options?: WriteOptions): Promise<void> {
    return this.put(Op.delete, options);
  }

  get(): Promise<T | undefined> {
    return this.fetch(Op.registerGet);
  }

  /** All values written concurrently, the one that `get` shows first. */
  values(): Promise<T[]> {
    return this.fetch(Op.registerValues);
  }

  subscribe(listener: (value: T | undefined) => void): Unsubscribe {
    return this.follow(Op.registerGet, listener);
  }
}

export class SetHandle extends Handle {
  add(element: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.setAdd, options, element);
  }

  delete(element: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.setDelete, options, element);
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.put(Op.setClear, options);
  }

  has(element: string): Promise<boolean> {
    return this.fetch(Op.setHas, element);
  }

  values(): Promise<string[]> {
    return this.fetch(Op.setValues);
  }

  size(): Promise<number> {
    return this.fetch(Op.setSize);
  }

  subscribe(listener: (elements: string[]) => void): Unsubscribe {
    return this.follow(Op.setValues, listener);
  }

  subscribeSize(listener: (size: number) => void): Unsubscribe {
    return this.follow(Op.setSize, listener);
  }
}

export class LogHandle<T> extends Handle {
  append(value: T, options?: WriteAtOptions): Promise<void> {
    return this.put(Op.logAppend, options, value, options);
  }

  /** The `n` newest entries by time, the newest last. */
  last(n = 10): Promise<LogEntry<T>[]> {
    return this.fetch(Op.logLast, n);
  }

  /** What was not given to whoever has the cursor, in the order in which it became visible here; without one, everything. */
  since(cursor?: string): Promise<LogPage<T>> {
    return this.fetch(Op.logSince, cursor);
  }

  /**
   * Gets each entry once, a page at a time, from the cursor on or from the oldest; also when the connection is lost and goes on at another
   * node. Whoever keeps the cursor of the last page can go on from there later.
   */
  subscribeSince(listener: (page: LogPage<T>) => void, cursor?: string): Unsubscribe {
    checkFunction('the listener', listener);
    let end: Unsubscribe;
    const from = (start: string | undefined): void => {
      const took = (page: LogPage<T>): void => {
        if (page.entries.length === 0 && !page.missed) return;
        end();
        from(page.cursor);
        listener(page);
      };
      end = this.follow(Op.logSince, took, start);
    };
    from(cursor);
    return () => end();
  }

  size(): Promise<number> {
    return this.fetch(Op.logSize);
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.put(Op.logClear, options);
  }

  /** Gets the `n` newest entries whenever they change. */
  subscribe(listener: (entries: LogEntry<T>[]) => void, n = 10): Unsubscribe {
    return this.follow(Op.logLast, listener, n);
  }
}

/** One sum per `step` milliseconds from `from` on. */
export interface Series {
  readonly from: number;
  readonly step: number;
  readonly sums: readonly number[];
}

/** A day of a time zone, from its first moment (milliseconds since 1970) to that of the next, and what was added in it. */
export interface Day {
  readonly from: number;
  readonly to: number;
  readonly sum: number;
}

export class WindowHandle extends Handle {
  add(n = 1, options?: WriteAtOptions): Promise<void> {
    if (options === undefined) return this.put(Op.windowAdd, undefined, n);
    return promised(() => this.put(Op.windowAdd, options, n, checkOptions(options).at));
  }

  /** The sum over [from, to), milliseconds since 1970. */
  sum(from: number, to: number): Promise<number> {
    return this.fetch(Op.windowSum, from, to);
  }

  /** One sum per `step` milliseconds over [from, to). */
  series(from: number, to: number, step: number): Promise<number[]> {
    return this.fetch(Op.windowSeries, from, to, step);
  }

  /** One sum per `step` milliseconds over the last `span`, by the node's clock. */
  recent(span: number, step: number): Promise<Series> {
    return this.fetch(Op.windowRecent, span, step);
  }

  /** The sum of today, by the clocks of a time zone ("Europe/Berlin"). */
  today(timeZone: string): Promise<number> {
    return this.fetch(Op.windowToday, timeZone);
  }

  /** The sums of the last `count` days, today's last. */
  days(timeZone: string, count: number): Promise<Day[]> {
    return this.fetch(Op.windowDays, timeZone, count);
  }

  /** Gets `recent` whenever something is added; that time goes on is no change. */
  subscribe(listener: (series: Series) => void, span: number, step: number): Unsubscribe {
    return this.follow(Op.windowRecent, listener, span, step);
  }

  /** Gets `today` whenever something is added; that a day ends is no change. */
  subscribeToday(listener: (sum: number) => void, timeZone: string): Unsubscribe {
    return this.follow(Op.windowToday, listener, timeZone);
  }
}

export class FlagHandle extends Handle {
  enable(options?: WriteOptions): Promise<void> {
    return this.put(Op.flagEnable, options);
  }

  /** Off as seen here: a concurrent enable elsewhere survives. */
  disable(options?: WriteOptions): Promise<void> {
    return this.put(Op.flagDisable, options);
  }

  enabled(): Promise<boolean> {
    return this.fetch(Op.flagEnabled);
  }

  subscribe(listener: (on: boolean) => void): Unsubscribe {
    return this.follow(Op.flagEnabled, listener);
  }
}

export class DocHandle extends Handle {
  /** An update of a Yjs document. Editors connect a Yjs provider to `/doc/KEY` instead. */
  apply(update: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.put(Op.docApply, options, update);
  }

  /** All of it as plain data, each root by its name; a text is a string. */
  json<T = Record<string, unknown>>(): Promise<T> {
    return this.fetch(Op.docJson);
  }

  /** What a Yjs document with this state vector lacks, as an update; without one, everything. */
  update(stateVector?: Uint8Array): Promise<Uint8Array> {
    return this.fetch(Op.docUpdate, stateVector);
  }

  /** Deletes the document: edits that have not seen this go with it. */
  delete(options?: WriteOptions): Promise<void> {
    return this.put(Op.delete, options);
  }

  subscribe<T = Record<string, unknown>>(listener: (json: T) => void): Unsubscribe {
    return this.follow(Op.docJson, listener);
  }
}

export class UniqueHandle extends Handle {
  /** Counts an element; one that was added before changes nothing. */
  add(element: string, options?: WriteOptions): Promise<void> {
    return this.put(Op.uniqueAdd, options, element);
  }

  /** Drops all of it; what is added elsewhere at the same time goes with it. */
  clear(options?: WriteOptions): Promise<void> {
    return this.put(Op.uniqueClear, options);
  }

  /** How many different elements were added, ± 0.8 % (one standard error). */
  count(): Promise<number> {
    return this.fetch(Op.uniqueCount);
  }

  subscribe(listener: (count: number) => void): Unsubscribe {
    return this.follow(Op.uniqueCount, listener);
  }
}

export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export class QuantilesHandle extends Handle {
  /** Adds a value, up to 1e15 in size, `n` times. */
  add(value: number, n = 1, options?: WriteOptions): Promise<void> {
    return this.put(Op.quantilesAdd, options, value, n);
  }

  /** Drops all of it; what is added elsewhere at the same time goes with it. */
  clear(options?: WriteOptions): Promise<void> {
    return this.put(Op.quantilesClear, options);
  }

  /** The value below which that share of the values lies (0.5: the median), to 1 %; undefined if there are none. */
  quantile(share: number): Promise<number | undefined> {
    return this.fetch(Op.quantilesOne, share);
  }

  /** As `quantile`, of several shares at once. */
  quantiles(shares: readonly number[]): Promise<number[] | undefined> {
    return this.fetch(Op.quantilesSeveral, shares);
  }

  /** Count, sum, minimum and maximum; undefined if there are no values. */
  summary(): Promise<Summary | undefined> {
    return this.fetch(Op.quantilesSummary);
  }

  /** Gets these quantiles whenever they change. */
  subscribe(listener: (values: number[] | undefined) => void, shares: readonly number[]): Unsubscribe {
    return this.follow(Op.quantilesSeveral, listener, shares);
  }
}

/** Counted at most `count` times and at least `count − error`. */
export interface TopItem {
  readonly item: string;
  readonly count: number;
  readonly error: number;
}

export class TopHandle extends Handle {
  /** Counts an item `n` times more. */
  add(item: string, n = 1, options?: WriteOptions): Promise<void> {
    return this.put(Op.topAdd, options, item, n);
  }

  /** Drops all of it; what is counted elsewhere at the same time goes with it. */
  clear(options?: WriteOptions): Promise<void> {
    return this.put(Op.topClear, options);
  }

  /** The `n` items that were counted most often, the first of them first. */
  largest(n = 10): Promise<TopItem[]> {
    return this.fetch(Op.topLargest, n);
  }

  /** All that was counted. */
  total(): Promise<number> {
    return this.fetch(Op.topTotal);
  }

  /** Gets the `n` largest whenever they change. */
  subscribe(listener: (items: TopItem[]) => void, n = 10): Unsubscribe {
    return this.follow(Op.topLargest, listener, n);
  }
}
