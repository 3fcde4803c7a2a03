/** Bounded counters: what the node has no rights for is asked for there and tried again, for a bounded time. */
import { checkOptions, wrongArgument } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { Op } from '../sync/client-operation.js';
import { Handle, typed, type Unsubscribe, type WriteOptions } from './handle.js';

export interface BoundedOptions {
  /** The value never falls below this. The same wherever the key is used, as the other two. */
  readonly min?: number;
  /** The value never rises above this. */
  readonly max?: number;
  /** What it begins with. Default: `min`, else 0. */
  readonly initial?: number;
}

export interface RightsOptions extends WriteOptions {
  /** How long to try when the rights for it have to come from another region, in milliseconds; 2,000 by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_RIGHTS_MS = 2_000;
/** The first pause before it is tried again; each is twice the one before, up to the longest. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 160;

export class BoundedHandle extends Handle {
  /** Rejects with INSUFFICIENT_RIGHTS when the time is up, and then nothing was done; with BAD_ARGUMENT for a time that is none. */
  increment(n = 1, options?: RightsOptions): Promise<void> {
    return this.#patiently(Op.boundedIncrement, n, options);
  }

  /** As `increment`. */
  decrement(n = 1, options?: RightsOptions): Promise<void> {
    return this.#patiently(Op.boundedDecrement, n, options);
  }

  /** The node gives another one the right to take `n` away, of those that it has. */
  transfer(node: string, n: number, options?: WriteOptions): Promise<void> {
    return this.put(Op.boundedTransfer, options, node, n);
  }

  /** The node gives another one the right to add `n`. */
  transferUp(node: string, n: number, options?: WriteOptions): Promise<void> {
    return this.put(Op.boundedTransferUp, options, node, n);
  }

  /** Of the rights to take away that crashes of the node may have spent, `n` were not: it has them again. */
  recover(n: number, options?: WriteOptions): Promise<void> {
    return this.put(Op.boundedRecover, options, n);
  }

  /** As `recover`, of the rights to add. */
  recoverUp(n: number, options?: WriteOptions): Promise<void> {
    return this.put(Op.boundedRecoverUp, options, n);
  }

  /** Back to what it begins with; what is done elsewhere at the same time is gone with it. */
  delete(options?: WriteOptions): Promise<void> {
    return this.put(Op.delete, options);
  }

  value(): Promise<number> {
    return this.fetch(Op.boundedValue);
  }

  /** How much can be taken away at this node now; 2^53 − 1 without a `min`. */
  available(): Promise<number> {
    return this.fetch(Op.boundedAvailable);
  }

  /** How much can be added at this node now; 2^53 − 1 without a `max`. */
  availableUp(): Promise<number> {
    return this.fetch(Op.boundedAvailableUp);
  }

  /** Rights that crashes of the node may have spent: to take away, and to add. */
  lost(): Promise<{ readonly down: number; readonly up: number }> {
    return this.fetch(Op.boundedLost);
  }

  subscribe(listener: (value: number) => void): Unsubscribe {
    return this.follow(Op.boundedValue, listener);
  }

  subscribeAvailable(listener: (available: number) => void): Unsubscribe {
    return this.follow(Op.boundedAvailable, listener);
  }

  subscribeAvailableUp(listener: (available: number) => void): Unsubscribe {
    return this.follow(Op.boundedAvailableUp, listener);
  }

  async #patiently(code: number, n: number, options: RightsOptions = {}): Promise<void> {
    const timeoutMs = timeoutIn(options);
    const until = performance.now() + timeoutMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        await this.put(code, options, n);
        return;
      } catch (error) {
        const left = until - performance.now();
        if (!(error instanceof MerganserError) || error.code !== 'INSUFFICIENT_RIGHTS' || !(left > 0)) throw error;
        await new Promise<void>((resolve) => setTimeout(resolve, Math.min(pause, left)));
      }
    }
  }
}

/** Errors: BAD_ARGUMENT. */
function timeoutIn(options: RightsOptions): number {
  try {
    const { timeoutMs = DEFAULT_RIGHTS_MS } = checkOptions(options);
    if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs < 2 ** 31) return timeoutMs;
    throw wrongArgument('timeoutMs is a number of milliseconds', timeoutMs);
  } catch (error) {
    throw typed(error);
  }
}
