/**
 * The operations whose answers are awaited.
 *
 * Invariants: writes stand in the order of their numbers, without a hole, from the oldest unanswered one on; a write leaves
 * when it and everything before it is answered, so `acked` (the number before the oldest) may be told to the node, which then
 * forgets those results. Answers may come out of order: a write that waits for another region does not hold up later ones.
 * Cost: one object and one promise per operation; a range of answers is one walk over an array.
 */
import { MerganserError } from '../base/error.js';
import { LONGEST_MS } from './connect-options.js';
import type { Operation } from '../sync/client-shape.js';
import type { Target } from './target.js';

type Resolve<T> = (value: T) => void;
type Reject = (error: Error) => void;

export class Write implements Operation {
  readonly kind = 'write';
  readonly target: Target;
  readonly code: number;
  readonly n: number;
  readonly value: unknown;
  readonly at: number | undefined;
  readonly name: string;
  /** Its number in the session; moved once at most, see `PendingWrites.continueAfter`. */
  seq: number;
  readonly durable: number;
  slot = 0;
  step = 0;
  /** Its place among all calls of this session: writes and reads keep it over a reconnect. */
  order = 0;
  /** The turn of the event loop in which it was asked: what was asked in one turn is performed in one. */
  turn = 0;
  answered = false;
  resolve: Resolve<void> = nobodyWaits;
  reject: Reject = nobodyWaits;

  constructor(
    target: Target,
    code: number,
    seq: number,
    durable: number,
    n: number,
    value: unknown,
    at: number | undefined,
    name: string,
  ) {
    this.target = target;
    this.code = code;
    this.seq = seq;
    this.durable = durable;
    this.n = n;
    this.value = value;
    this.at = at;
    this.name = name;
  }

  /** Whoever waits for it is told after this time that it takes long; the write itself goes on. */
  expireAfter(ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return;
    const { resolve, reject, durable } = this;
    const timer = setTimeout(
      () => {
        const held = `other regions that hold it, of ${durable} asked for`;
        reject(new MerganserError('TIMEOUT', `after ${ms} ms the write still waits for ${held}; it goes on`));
      },
      Math.min(ms, LONGEST_MS),
    );
    this.resolve = (): void => {
      clearTimeout(timer);
      resolve();
    };
    this.reject = (error): void => {
      clearTimeout(timer);
      reject(error);
    };
  }
}

export class Read implements Operation {
  readonly kind = 'read';
  readonly target: Target;
  readonly code: number;
  readonly id: number;
  readonly n: number;
  readonly at: number | undefined;
  readonly step: number;
  readonly value: unknown;
  readonly name: string;
  slot = 0;
  order = 0;
  turn = 0;
  resolve: Resolve<unknown> = nobodyWaits;
  reject: Reject = nobodyWaits;

  constructor(target: Target, { code, n, at, step, value, name }: Operation, id: number) {
    this.target = target;
    this.code = code;
    this.id = id;
    this.n = n;
    this.at = at;
    this.step = step;
    this.value = value;
    this.name = name;
  }
}

function nobodyWaits(): void {}

/** A queue is compacted once this many answered writes lead it. */
const COMPACT_AT = 4096;

export class PendingWrites {
  #writes: Write[] = [];
  /** Index of the oldest unanswered write. */
  #head = 0;
  #next = 1;

  /** The number the next write will have. */
  get next(): number {
    return this.#next;
  }

  get size(): number {
    return this.#writes.length - this.#head;
  }

  /** Everything up to here is answered. */
  get acked(): number {
    return this.#next - 1 - this.size;
  }

  push(write: Write): void {
    this.#writes.push(write);
    this.#next = write.seq + 1;
  }

  /** The session has had writes before this process: its numbers go on from there. Nothing has been answered yet. */
  continueAfter(last: number): void {
    for (const write of this.#writes) write.seq += last;
    this.#next += last;
  }

  /** The unanswered writes, oldest first. */
  unanswered(): Write[] {
    return this.#writes.slice(this.#head).filter((write) => !write.answered);
  }

  succeed(from: number, to: number): void {
    const base = this.#next - this.#writes.length;
    const last = Math.min(to - base, this.#writes.length - 1);
    for (let i = Math.max(from - base, this.#head); i <= last; i += 1) {
      const write = this.#writes[i] as Write;
      if (write.answered) continue;
      write.answered = true;
      write.resolve();
    }
    this.#advance();
  }

  fail(seq: number, error: Error): void {
    const write = this.#writes[seq - (this.#next - this.#writes.length)];
    if (write === undefined || write.answered) return;
    write.answered = true;
    write.reject(error);
    this.#advance();
  }

  #advance(): void {
    const writes = this.#writes;
    let head = this.#head;
    while (head < writes.length && (writes[head] as Write).answered) head += 1;
    this.#head = head;
    if (head === writes.length) {
      this.#writes = [];
      this.#head = 0;
    } else if (head >= COMPACT_AT && head * 2 > writes.length) {
      this.#writes = writes.slice(head);
      this.#head = 0;
    }
  }
}
