/**
 * What this session has put into gauges and presences. It lives in the process that holds the session and goes with it;
 * a client that meets another process says it again, and that is what this remembers.
 *
 * Invariant: what is remembered is the effect of exactly those writes of shares that the node has executed. Writes are executed in the
 * order of their numbers, so one number, the highest executed, settles which.
 */
import { Op } from '../sync/client-operation.js';
import { blankOperation, type Operation } from '../sync/client-shape.js';
import type { Write } from './pending.js';
import type { Target } from './target.js';

/** What a write says of a key of some type, one after the other. */
interface Share {
  readonly target: Target;
  apply(write: Write): void;
  readonly isEmpty: boolean;
  /** What has to be said to who knows nothing of it. */
  restated(): Iterable<Operation>;
}

class GaugeShare implements Share {
  readonly target: Target;
  #share = 0;

  constructor(target: Target) {
    this.target = target;
  }

  apply({ code, n }: Write): void {
    this.#share = code === Op.gaugeSet ? n : this.#share + n;
  }

  get isEmpty(): boolean {
    return this.#share === 0;
  }

  restated(): Operation[] {
    return [{ ...blankOperation(), code: Op.gaugeSet, n: this.#share }];
  }
}

class PresenceShare implements Share {
  readonly target: Target;
  /** Member → what is said of it. */
  readonly #members = new Map<string, unknown>();

  constructor(target: Target) {
    this.target = target;
  }

  apply({ code, name, value }: Write): void {
    if (code === Op.presenceJoin) this.#members.set(name, value);
    else this.#members.delete(value as string);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  *restated(): Generator<Operation> {
    for (const [name, value] of this.#members) yield { ...blankOperation(), code: Op.presenceJoin, name, value };
  }
}

export class Shares {
  /** By type and key. */
  readonly #shares = new Map<string, Share>();
  /** Writes of shares not known to be executed, oldest first. */
  #waiting: Write[] = [];

  asked(write: Write): void {
    this.#waiting.push(write);
  }

  /** A refused write has no effect. */
  refused(seq: number): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((write) => write.seq !== seq);
  }

  /** Everything up to `seq` has been executed. */
  executed(seq: number): void {
    let taken = 0;
    for (const write of this.#waiting) {
      if (write.seq > seq) break;
      this.#apply(write);
      taken += 1;
    }
    if (taken > 0) this.#waiting = this.#waiting.slice(taken);
  }

  /** What a node that does not know the session must be told, each with its key. */
  *restated(): Generator<readonly [target: Target, operation: Operation]> {
    for (const share of this.#shares.values())
      for (const operation of share.restated()) yield [share.target, operation];
  }

  #apply(write: Write): void {
    const { target } = write;
    const id = `${target.type} ${target.key}`;
    const known = this.#shares.get(id);
    const share = known ?? (target.type === 'gauge' ? new GaugeShare(target) : new PresenceShare(target));
    share.apply(write);
    if (share.isEmpty) this.#shares.delete(id);
    else if (known === undefined) this.#shares.set(id, share);
  }
}
