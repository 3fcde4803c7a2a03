/**
 * Handles: what one does with a key of each type. They hold no state but the target, so that keeping one or asking for it
 * again is the same. Every write returns a promise that resolves when the write is done (see `durable`) and rejects with a
 * `MerganserError`; every read asks the node, in order with the writes before it.
 */
import { MerganserError } from '../base/error.js';
import { MAX_ELEMENT_BYTES } from '../base/limits.js';
import { normalise } from '../base/value.js';
import { Op } from '../sync/client-operation.js';
import type { Session } from './session.js';
import type { Target } from './target.js';

export interface WriteOptions {
  /** How many other regions must hold the write before it is answered. */
  readonly durable?: number;
}

export interface WriteAtOptions extends WriteOptions {
  /** When it happened, in milliseconds since 1970; now by default. */
  readonly at?: number;
}

export type Unsubscribe = () => void;

export interface LogEntry<T> {
  readonly at: number;
  readonly value: T;
}

export interface LogPage<T> {
  readonly entries: readonly LogEntry<T>[];
  /** Hand it in again to get what has become visible since. */
  readonly cursor: string;
}

function refuse(what: string): Promise<never> {
  return Promise.reject(new MerganserError('BAD_ARGUMENT', what));
}

function finite(...numbers: readonly (number | undefined)[]): boolean {
  return numbers.every((n) => n === undefined || Number.isFinite(n));
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

/** The node counts the bytes; this only keeps what can never pass from being sent. */
function checkElement(text: unknown): void {
  if (typeof text !== 'string') throw new MerganserError('BAD_ARGUMENT', `an element is a string, not ${typeof text}`);
  if (text.length > MAX_ELEMENT_BYTES) {
    throw new MerganserError(
      'KEY_TOO_LONG',
      `the element has ${text.length} characters; the limit is ${MAX_ELEMENT_BYTES} bytes`,
    );
  }
}

abstract class Handle {
  protected readonly session: Session;
  protected readonly target: Target;

  constructor(session: Session, target: Target) {
    this.session = session;
    this.target = target;
  }

  get key(): string {
    return this.target.key;
  }

  protected async writeText(code: number, text: string, options: WriteOptions | undefined): Promise<void> {
    checkElement(text);
    return this.session.write(this.target, code, options?.durable, 0, text, undefined);
  }

  protected async writeValue(code: number, value: unknown, options: WriteAtOptions | undefined): Promise<void> {
    // A copy is taken now: what the caller does with the object later does not reach what is sent.
    const copy = normalise(value);
    if (!finite(options?.at)) return refuse(`a moment is a number of milliseconds, not ${options?.at}`);
    return this.session.write(this.target, code, options?.durable, 0, copy, options?.at);
  }

  protected writeInteger(code: number, n: number, options: WriteAtOptions | undefined): Promise<void> {
    if (!Number.isSafeInteger(n)) return refuse(`a safe integer is expected, not ${n}`);
    if (!finite(options?.at)) return refuse(`a moment is a number of milliseconds, not ${options?.at}`);
    return this.session.write(this.target, code, options?.durable, n, undefined, options?.at);
  }
}

export class CounterHandle extends Handle {
  increment(n = 1, options?: WriteOptions): Promise<void> {
    if (!Number.isSafeInteger(n)) return refuse(`a counter counts in safe integers, not ${n}`);
    return this.session.write(this.target, Op.counterAdd, options?.durable, n, undefined, undefined);
  }

  decrement(n = 1, options?: WriteOptions): Promise<void> {
    return this.increment(-n, options);
  }

  /** Back to zero, as seen here: concurrent increments elsewhere survive exactly. */
  reset(options?: WriteOptions): Promise<void> {
    return this.session.write(this.target, Op.counterReset, options?.durable, 0, undefined, undefined);
  }

  /** Deletes the key: everything seen of it goes, what others write meanwhile survives. */
  delete(options?: WriteOptions): Promise<void> {
    return this.session.write(this.target, Op.delete, options?.durable, 0, undefined, undefined);
  }

  value(): Promise<number> {
    return this.session.read(this.target, Op.counterValue);
  }

  subscribe(listener: (value: number) => void): Unsubscribe {
    return this.session.subscribe(this.target, Op.counterValue, 0, listener);
  }
}

export class GaugeHandle extends Handle {
  /** Raises this session's share. */
  add(n: number, options?: WriteOptions): Promise<void> {
    return this.writeInteger(Op.gaugeAdd, n, options);
  }

  /** Makes this session's share `n`. */
  set(n: number, options?: WriteOptions): Promise<void> {
    return this.writeInteger(Op.gaugeSet, n, options);
  }

  /** The sum of all shares of those who are there. */
  value(): Promise<number> {
    return this.session.read(this.target, Op.gaugeValue);
  }

  subscribe(listener: (value: number) => void): Unsubscribe {
    return this.session.subscribe(this.target, Op.gaugeValue, 0, listener);
  }
}

export class RegisterHandle<T> extends Handle {
  set(value: T, options?: WriteOptions): Promise<void> {
    return this.writeValue(Op.registerSet, value, options);
  }

  /** Deletes the key: everything seen of it goes, what others write meanwhile survives. */
  delete(options?: WriteOptions): Promise<void> {
    return this.session.write(this.target, Op.delete, options?.durable, 0, undefined, undefined);
  }

  get(): Promise<T | undefined> {
    return this.session.read(this.target, Op.registerGet);
  }

  /** All values written concurrently, the one that `get` shows first. */
  values(): Promise<T[]> {
    return this.session.read(this.target, Op.registerValues);
  }

  subscribe(listener: (value: T | undefined) => void): Unsubscribe {
    return this.session.subscribe(this.target, Op.registerGet, 0, listener);
  }
}

export class SetHandle extends Handle {
  add(element: string, options?: WriteOptions): Promise<void> {
    return this.writeText(Op.setAdd, element, options);
  }

  delete(element: string, options?: WriteOptions): Promise<void> {
    return this.writeText(Op.setDelete, element, options);
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.session.write(this.target, Op.setClear, options?.durable, 0, undefined, undefined);
  }

  async has(element: string): Promise<boolean> {
    checkElement(element);
    return this.session.read(this.target, Op.setHas, 0, undefined, 0, element);
  }

  values(): Promise<string[]> {
    return this.session.read(this.target, Op.setValues);
  }

  size(): Promise<number> {
    return this.session.read(this.target, Op.setSize);
  }

  subscribe(listener: (elements: string[]) => void): Unsubscribe {
    return this.session.subscribe(this.target, Op.setValues, 0, listener);
  }

  subscribeSize(listener: (size: number) => void): Unsubscribe {
    return this.session.subscribe(this.target, Op.setSize, 0, listener);
  }
}

export class LogHandle<T> extends Handle {
  append(value: T, options?: WriteAtOptions): Promise<void> {
    return this.writeValue(Op.logAppend, value, options);
  }

  /** The `n` newest entries by time, the newest last. */
  last(n = 10): Promise<LogEntry<T>[]> {
    return isCount(n) ? this.session.read(this.target, Op.logLast, n) : refuse(`${n} is not a number of entries`);
  }

  /** What became visible here after the cursor, in that order; from the start without one. */
  since(cursor?: string): Promise<LogPage<T>> {
    return this.session.read(this.target, Op.logSince, 0, undefined, 0, cursor ?? '');
  }

  size(): Promise<number> {
    return this.session.read(this.target, Op.logSize);
  }

  clear(options?: WriteOptions): Promise<void> {
    return this.session.write(this.target, Op.logClear, options?.durable, 0, undefined, undefined);
  }

  /** Gets the `n` newest entries whenever they change. */
  subscribe(listener: (entries: LogEntry<T>[]) => void, n = 10): Unsubscribe {
    if (!isCount(n)) throw new MerganserError('BAD_ARGUMENT', `${n} is not a number of entries`);
    return this.session.subscribe(this.target, Op.logLast, n, listener);
  }
}

export class WindowHandle extends Handle {
  add(n = 1, options?: WriteAtOptions): Promise<void> {
    return this.writeInteger(Op.windowAdd, n, options);
  }

  /** The sum over [from, to), milliseconds since 1970. */
  sum(from: number, to: number): Promise<number> {
    return finite(from, to)
      ? this.session.read(this.target, Op.windowSum, from, to)
      : refuse(`[${from}, ${to}) is not a range`);
  }

  /** One sum per `step` milliseconds over [from, to). */
  series(from: number, to: number, step: number): Promise<number[]> {
    if (!finite(from, to, step)) return refuse(`[${from}, ${to}) by ${step} is not a series`);
    return this.session.read(this.target, Op.windowSeries, from, to, step);
  }
}
