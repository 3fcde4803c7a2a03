/**
 * Live subscriptions: first the value, then every later one, conflated by the node to what the socket takes. They outlive
 * connections: after a reconnect each is opened again and begins with the value as it is then.
 */
import { MerganserError } from '../base/error.js';
import { MAX_SUBSCRIPTIONS } from '../base/limits.js';
import { asError } from './emitter.js';
import type { Operation } from '../sync/client-shape.js';
import type { Target } from './target.js';

export class Subscription implements Operation {
  readonly kind = 'subscription';
  readonly id: number;
  readonly target: Target;
  readonly code: number;
  readonly listener: (value: never) => void;
  readonly n: number;
  readonly at: number | undefined;
  readonly step: number;
  readonly value: unknown;
  readonly name: string;
  slot = 0;
  turn = 0;
  ended = false;

  constructor(id: number, target: Target, asked: Operation, listener: (value: never) => void) {
    this.id = id;
    this.target = target;
    this.listener = listener;
    const { code, n, at, step, value, name } = asked;
    this.code = code;
    this.n = n;
    this.at = at;
    this.step = step;
    this.value = value;
    this.name = name;
  }
}

export class SubscriptionTable {
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #trouble: (error: Error) => void;
  #last = 0;

  /** @param trouble told of a refused subscription, and of a listener that throws */
  constructor(trouble: (error: Error) => void) {
    this.#trouble = trouble;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  all(): Iterable<Subscription> {
    return this.#subscriptions.values();
  }

  open(target: Target, asked: Operation, listener: (value: never) => void): Subscription {
    if (this.size >= MAX_SUBSCRIPTIONS) {
      throw new MerganserError('TOO_MANY_SUBSCRIPTIONS', `${this.size} subscriptions are open`);
    }
    const subscription = new Subscription((this.#last += 1), target, asked, listener);
    this.#subscriptions.set(subscription.id, subscription);
    return subscription;
  }

  /** Whether it was open until now. */
  end(subscription: Subscription): boolean {
    subscription.ended = true;
    return this.#subscriptions.delete(subscription.id);
  }

  clear(): void {
    this.#subscriptions.clear();
  }

  deliver(id: number, value: unknown): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    try {
      subscription.listener(value as never);
    } catch (error) {
      this.#trouble(asError(error));
    }
  }

  refuse(id: number, error: MerganserError): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    this.end(subscription);
    this.#trouble(error);
  }
}
