/**
 * Writes that wait for other regions. A write is answered once enough regions have acknowledged everything up to the last own
 * dot of its batch. Dots rise, so of all who wait for the same number of regions the oldest is always the first.
 *
 * Invariant: one waiter has `MAX_WAITING` entries at most; ranges that touch and wait for the same dot are one entry.
 */
import { MerganserError } from '../base/error.js';
import { MAX_WAITING } from '../base/limits.js';

export interface DurabilityWaiter {
  durable(from: number, to: number): void;
}

interface Waiting {
  readonly dot: number;
  readonly waiter: DurabilityWaiter;
  from: number;
  to: number;
}

export class DurabilityQueue {
  /** Per number of regions, oldest first. */
  readonly #queues = new Map<number, Waiting[]>();
  readonly #entries = new Map<DurabilityWaiter, number>();
  readonly #covered: (dot: number) => number;

  /** @param covered how many other regions have acknowledged everything up to an own dot */
  constructor(covered: (dot: number) => number) {
    this.#covered = covered;
  }

  /** Errors: QUEUE_FULL. */
  wait(regions: number, dot: number, waiter: DurabilityWaiter, from: number, to: number): void {
    const queue = this.#queues.get(regions) ?? [];
    const last = queue.at(-1);
    if (last?.waiter === waiter && last.dot === dot && from <= last.to + 1 && to >= last.from - 1) {
      last.from = Math.min(last.from, from);
      last.to = Math.max(last.to, to);
      return;
    }
    const entries = this.#entries.get(waiter) ?? 0;
    if (entries >= MAX_WAITING) {
      throw new MerganserError('QUEUE_FULL', `${entries} answers wait for other regions already`);
    }
    this.#entries.set(waiter, entries + 1);
    this.#queues.set(regions, queue);
    queue.push({ dot, waiter, from, to });
  }

  /** Acknowledgements may have come: answers whoever they satisfy. */
  check(): void {
    for (const [regions, queue] of this.#queues) {
      let done = 0;
      while (done < queue.length && this.#covered((queue[done] as Waiting).dot) >= regions) done += 1;
      if (done === 0) continue;
      for (const { waiter, from, to } of queue.splice(0, done)) {
        this.#entries.set(waiter, (this.#entries.get(waiter) ?? 0) - 1);
        waiter.durable(from, to);
      }
      if (queue.length === 0) this.#queues.delete(regions);
    }
  }

  /** Its connection is gone: a client that returns asks again. */
  forget(waiter: DurabilityWaiter): void {
    this.#entries.delete(waiter);
    for (const [regions, queue] of this.#queues) {
      const left = queue.filter((waiting) => waiting.waiter !== waiter);
      if (left.length === 0) this.#queues.delete(regions);
      else this.#queues.set(regions, left);
    }
  }
}
