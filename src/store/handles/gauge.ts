/** Gauge: the sum of what each living node says is so now (crdt/gauge.ts). `add` and `set` change this node's share, of which sessions have parts. */
import { wrongArgument } from '../../base/argument.js';
import * as type from '../../crdt/gauge.js';
import type { Access } from '../access.js';
import { Handle } from './handle.js';

export class Gauge extends Handle {
  constructor(access: Access, key: string) {
    super(access, key, type.gauge.tag);
  }

  /** Errors: BAD_ARGUMENT, COUNTER_OVERFLOW (nothing changed), TYPE_CONFLICT. */
  add(n: number): void {
    this.#write(this.share() + checkAmount(n));
  }

  /** This node's share becomes `n`. */
  set(n: number): void {
    this.#write(checkAmount(n));
  }

  /** This node's own share. */
  share(): number {
    return type.share(this.access.replica.slots, this.head, this.access.replica.self);
  }

  /** A part of this node's own that ends as one. */
  newShare(): GaugeShare {
    return new GaugeShare(this);
  }

  /** The sum over the nodes that are up as seen from here. */
  value(): number {
    return type.value(this.access.replica.slots, this.head);
  }

  #write(share: number): void {
    const { slots, self } = this.access.replica;
    this.access.mutate(this.writable(), (head, dot) => type.setShare(slots, head, self, dot, share));
  }
}

/** What one session has put into one gauge. */
export class GaugeShare {
  readonly #gauge: Gauge;
  #share = 0;

  constructor(gauge: Gauge) {
    this.#gauge = gauge;
  }

  /** Errors: as `Gauge.add`. */
  add(n: number): void {
    this.set(this.#share + checkAmount(n));
  }

  /** Errors: as `Gauge.add`. */
  set(n: number): void {
    if (checkAmount(n) !== this.#share) this.#gauge.add(n - this.#share);
    this.#share = n;
  }

  get isEmpty(): boolean {
    return this.#share === 0;
  }

  /** It is taken back. Errors: TYPE_CONFLICT, and then it is still there. */
  end(): void {
    this.set(0);
  }
}

/** Errors: BAD_ARGUMENT. */
function checkAmount(n: number): number {
  if (Number.isSafeInteger(n)) return n;
  throw wrongArgument('a gauge takes safe integers', n);
}
