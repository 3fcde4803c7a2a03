/** Frames that wait for each other, merged as one step, against whole states merged one after the other. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { Staged } from '../../src/store/staging.js';
import { Store } from '../../src/store/store.js';
import { deepEqual } from '../../src/testing/equal.js';
import { Random } from '../../src/testing/random.js';
import { operate, stage, tell, translate } from './exchange.js';

interface Parked {
  /** What the receiver must have. */
  readonly base: VersionVector;
  /** For the receiver; for the naive one the sender's whole state. */
  readonly frame: Staged;
  readonly whole: Staged;
}

/** One link to the receiver. */
interface Sender {
  readonly store: Store;
  sent: VersionVector;
  queue: Parked[];
}

/** Everything up to `prefix`es of the queues that can be applied together: a chain per actor that begins at `vv`. */
function satisfiable(queues: readonly Parked[][], vv: VersionVector): number[] {
  const prefixes = queues.map((queue) => queue.length);
  for (;;) {
    const frames = queues.flatMap((queue, i) => queue.slice(0, prefixes[i]));
    const cover = vv.clone();
    for (let moved = true; moved;) {
      moved = false;
      for (const { base, frame } of frames) {
        frame.top.dots.forEach((top, actor) => {
          if (base.get(actor) > cover.get(actor) || top <= cover.get(actor)) return;
          cover.set(actor, top);
          moved = true;
        });
      }
    }
    let stable = true;
    queues.forEach((queue, i) => {
      const stuck = queue.slice(0, prefixes[i]).findIndex(({ base }) => !cover.covers(base));
      if (stuck < 0) return;
      prefixes[i] = stuck;
      stable = false;
    });
    if (stable) return prefixes;
  }
}

class World {
  readonly #random: Random;
  readonly #senders: Sender[];
  readonly #receiver: Store;
  readonly #naive: Store;
  /** Told by the receiver what is new there. */
  readonly #next: Store;
  /** Up to where in the receiver's changes feed. */
  #told = 0;
  /** How often frames were applied that none of them could have been alone. */
  waited = 0;

  constructor(random: Random) {
    this.#random = random;
    let now = 1_700_000_000_000;
    const store = (node: string): Store => new Store({ node, incarnation: 1, clock: () => now++ });
    this.#receiver = store('m');
    this.#naive = store('naive');
    this.#next = store('next');
    this.#senders = ['z', 'a', 'q'].map((node) => ({ store: store(node), sent: new VersionVector(), queue: [] }));
  }

  step(): void {
    const random = this.#random;
    const sender = random.pick(this.#senders);
    const what = random.below(100);
    if (what < 45) operate(sender.store, random);
    else if (what < 55) operate(this.#receiver, random);
    else if (what < 75) tell(random.pick(this.#senders).store, sender.store);
    else if (what < 90) this.#cut(sender);
    else if (what < 93) tell(this.#receiver, sender.store);
    else if (what < 97) this.#collect();
    else this.drain();
  }

  drain(): void {
    const { replica } = this.#receiver;
    const prefixes = satisfiable(
      this.#senders.map(({ queue }) => queue),
      replica.vv,
    );
    const ready = this.#senders.flatMap(({ queue }, i) => queue.splice(0, prefixes[i]));
    if (ready.length === 0) return;
    if (ready.every(({ base }) => !replica.vv.covers(base))) this.waited++;
    tell(this.#receiver, this.#naive);
    replica.apply(ready.map(({ frame }) => frame));
    for (const { whole } of ready) this.#naive.replica.apply([whole]);
    this.#agree(this.#naive);
    this.#passOn();
  }

  /** What stands in the changes feed is all that the next one needs. */
  #passOn(): void {
    const { replica } = this.#receiver;
    const touched = new Set<number>();
    replica.changes.scan(this.#told, (cell) => touched.add(cell));
    this.#told = replica.changes.seal();
    const have = translate(this.#next.replica.vv, this.#next, this.#receiver);
    const full = !have.covers(replica.ghostFloor);
    const since = full ? undefined : have;
    this.#next.replica.apply([stage(this.#receiver, this.#next, since, full, (cell) => full || touched.has(cell))]);
    this.#agree(this.#next);
  }

  #agree(other: Store): void {
    const [expected, actual] = [other, this.#receiver].map((db) => [db.vv(), db.keys(), db.digest()]);
    if (deepEqual(actual, expected)) return;
    throw new Error(`the receiver is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }

  /** The sender's own changes, maybe those of others: for the rest the receiver must have what the sender has. */
  #cut(sender: Sender): void {
    const { store } = sender;
    const { replica } = store;
    const base = replica.vv.clone();
    const full = this.#random.chance(5) || !sender.sent.covers(replica.ghostFloor);
    for (let actor = 0; actor < base.dots.length; actor++) {
      if (full) base.set(actor, 0);
      else if (actor === 0 || this.#random.chance(30)) base.set(actor, sender.sent.get(actor));
    }
    sender.queue.push({
      base: translate(base, store, this.#receiver),
      frame: stage(store, this.#receiver, full ? undefined : base, full),
      whole: stage(store, this.#naive, undefined, full),
    });
    sender.sent.join(replica.vv);
  }

  /** What everybody has seen removed is forgotten by one of them; maybe also what only the senders have seen. */
  #collect(): void {
    const { store } = this.#random.pick(this.#senders);
    const seen = store.replica.vv.clone();
    for (const other of this.#senders) seen.meet(translate(other.store.replica.vv, other.store, store));
    const stable = seen.clone();
    for (const other of [this.#receiver, this.#next]) stable.meet(translate(other.replica.vv, other, store));
    store.replica.collect(this.#random.chance(50) ? seen : stable, stable);
  }
}

test('frames that wait for each other make together what whole states make one after the other', () => {
  let waited = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = new World(Random.seeded(seed));
      for (let i = 0; i < 120; i++) world.step();
      world.drain();
      waited += world.waited;
    }),
    { numRuns: 300 },
  );
  expect(waited).toBeGreaterThan(0);
});
