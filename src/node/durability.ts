/**
 * Writes that wait for other regions. A write is answered once enough regions have acknowledged everything up to the last own
 * dot of its batch. Dots rise, so of all who wait for the same number of regions the oldest is always the first.
 */
export interface DurabilityWaiter {
  durable(from: number, to: number): void;
}

interface Waiting {
  readonly dot: number;
  readonly waiter: DurabilityWaiter;
  readonly from: number;
  readonly to: number;
}

export class DurabilityQueue {
  /** Per number of regions, oldest first. */
  readonly #queues = new Map<number, Waiting[]>();
  readonly #covered: (dot: number) => number;

  /** @param covered how many other regions have acknowledged everything up to an own dot */
  constructor(covered: (dot: number) => number) {
    this.#covered = covered;
  }

  wait(regions: number, dot: number, waiter: DurabilityWaiter, from: number, to: number): void {
    let queue = this.#queues.get(regions);
    if (queue === undefined) this.#queues.set(regions, (queue = []));
    queue.push({ dot, waiter, from, to });
  }

  /** Acknowledgements may have come: answers whoever they satisfy. */
  check(): void {
    for (const [regions, queue] of this.#queues) {
      let done = 0;
      while (done < queue.length && this.#covered((queue[done] as Waiting).dot) >= regions) done += 1;
      if (done === 0) continue;
      for (const { waiter, from, to } of queue.splice(0, done)) waiter.durable(from, to);
      if (queue.length === 0) this.#queues.delete(regions);
    }
  }

  /** Its connection is gone: a client that returns asks again. */
  forget(waiter: DurabilityWaiter): void {
    for (const [regions, queue] of this.#queues) {
      const left = queue.filter((waiting) => waiting.waiter !== waiter);
      if (left.length === 0) this.#queues.delete(regions);
      else this.#queues.set(regions, left);
    }
  }
}
