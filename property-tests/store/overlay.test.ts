/** Large frames that are merged when their cells are used, or later, beside the same frames merged at once. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MerganserError } from '../../src/base/error.js';
import type { BuiltIn as TypeName } from '../../src/crdt/crdt.js';
import { TYPE_NAMES } from '../../src/crdt/registry.js';
import { Store } from '../../src/store/store.js';
import type { Counter } from '../../src/store/handles/counter.js';
import type { SetHandle } from '../../src/store/handles/set.js';
import type { Staged } from '../../src/store/staging.js';
import { deepEqual } from '../../src/testing/equal.js';
import { Random } from '../../src/testing/random.js';
import { onStoreOf } from '../../src/testing/subjects.js';
import { Cut, KEYS, keyOf, operate, stage, tell, translate } from './exchange.js';

/** What a reader sees of a key through handles that are new or that were kept. */
class Reader {
  readonly #store: Store;
  readonly #counters = new Map<string, Counter>();
  readonly #sets = new Map<string, SetHandle>();

  constructor(store: Store) {
    this.#store = store;
  }

  counter(key: string): Counter {
    const kept = this.#counters.get(key) ?? this.#store.counter(key);
    this.#counters.set(key, kept);
    return kept;
  }

  #set(key: string): SetHandle {
    const kept = this.#sets.get(key) ?? this.#store.set(key);
    this.#sets.set(key, kept);
    return kept;
  }

  read(type: TypeName, key: string): unknown {
    const store = this.#store;
    switch (type) {
      case 'counter':
        return this.counter(key).value();
      case 'gauge':
        return [store.gauge(key).value(), store.gauge(key).share()];
      case 'register':
        return store.register(key).values();
      case 'set': {
        const set = this.#set(key);
        return [KEYS.map((element) => set.has(element)), set.size(), set.values().toSorted()];
      }
      case 'map': {
        const map = store.map(key);
        return [map.value(), map.size(), KEYS.map((field) => [map.get(field), map.type(field)])];
      }
      case 'sorted': {
        const sorted = store.sorted(key);
        return [sorted.range(0, 10), sorted.size(), KEYS.map((member) => [sorted.rank(member), sorted.score(member)])];
      }
      case 'log':
        return store.log(key).last(10);
      case 'window':
        return [0, 10, 20, 30, 40, 50].map((at) => store.window(key, { bucket: 10 }).sum(at, at + 10));
      case 'bounded':
        return [store.bounded(key).value(), store.bounded(key).available()];
      case 'doc':
        return store.doc(key).toJSON();
      case 'presence':
        return [store.presence(key).count(), store.presence(key).members()];
      default:
        return onStoreOf(type).value(store, key, undefined);
    }
  }
}

/** The value, or why there is none. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MerganserError)) throw error;
    return error.code;
  }
}

interface Coming {
  readonly cut: Cut;
  readonly parts: Generator<undefined, Staged, undefined>;
}

class World {
  readonly #random: Random;
  readonly #shared: boolean;
  readonly #senders: Store[];
  readonly #lazy: Store;
  readonly #reader: Reader;
  readonly #eager: Store;
  /** Told by the lazy one what is new there. */
  readonly #next: Store;
  #told = 0;
  readonly #coming: Coming[] = [];
  readonly #readers: Map<Store, Reader>;
  readonly #keys: (readonly [TypeName, string])[];
  /** What watchers of the lazy one have been shown. */
  readonly #shown: unknown[] = [];
  /** Frames that lay over the state when something else happened. */
  overlaid = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#shared = random.chance(40);
    const clock = (): (() => number) => {
      let now = 1_700_000_000_000;
      return () => now++;
    };
    const store = (node: string): Store => new Store({ node, incarnation: 1, clock: clock() });
    this.#senders = ['z', 'a'].map(store);
    [this.#lazy, this.#eager, this.#next] = [store('m'), store('m'), store('next')];
    this.#reader = new Reader(this.#lazy);
    this.#readers = new Map([
      [this.#lazy, this.#reader],
      [this.#eager, new Reader(this.#eager)],
    ]);
    this.#keys = TYPE_NAMES.flatMap((type) => KEYS.map((key) => [type, keyOf(type, key, this.#shared)] as const));
    // That another type wins under a name is not told to those who watch this one.
    if (!this.#shared && random.chance(50)) this.#watch();
  }

  step(): void {
    const random = this.#random;
    const sender = random.pick(this.#senders);
    if (this.#lazy.replica.pending > 0) this.overlaid++;
    const what = random.below(100);
    if (what < 25) outcome(() => operate(sender, random, this.#shared));
    else if (what < 35) this.#both(random, (store, same) => this.#write(store, same));
    else if (what < 40) this.#both(random, (store, same) => this.#rollback(store, same));
    else if (what < 45) tell(random.pick(this.#senders), sender);
    else if (what < 50) this.#small(sender);
    else if (what < 60) this.#begin(sender);
    else if (what < 75) this.#goOn();
    else if (what < 80) this.#lazy.replica.advance(random.below(4));
    else if (what < 90) this.#look();
    else if (what < 95) this.#collect(random.pick([sender, this.#lazy, this.#eager]));
    else if (what < 96) tell(this.#eager, sender);
    else if (what < 97) this.#lazy.deliver();
    else if (what < 98) new Cut(sender).abandonedBy(this.#lazy, random);
    else this.#passOn();
  }

  finish(): void {
    while (this.#lazy.replica.advance(1)) this.#look();
    this.#passOn();
    this.#same('keys', (store) => [store.keys(), store.size, [...store.conflicts].toSorted()]);
    this.#same('digest', (store) => [store.vv(), store.digest()]);
    this.#lazy.deliver();
    this.#shown.forEach((value, i) => {
      const [type, key] = this.#keys[i] as [TypeName, string];
      if (
        !deepEqual(
          value,
          outcome(() => this.#reader.read(type, key)),
        )
      )
        throw new Error(`${key}: nobody was told`);
    });
  }

  #watch(): void {
    this.#keys.forEach(([type, key], i) => {
      const show = (): void => {
        this.#shown[i] = outcome(() => this.#reader.read(type, key));
      };
      show();
      this.#lazy.watch(type, key, show);
      this.#eager.watch(type, key, () => {});
    });
  }

  #both(random: Random, work: (store: Store, same: Random) => unknown): void {
    const seed = random.below(1_000_000);
    const [lazy, eager] = [this.#lazy, this.#eager].map((store) => outcome(() => work(store, Random.seeded(seed))));
    if (!deepEqual(lazy, eager)) throw new Error(`it came to ${String(lazy)}, not ${String(eager)}`);
  }

  #write(store: Store, random: Random): void {
    const counter = (this.#readers.get(store) as Reader).counter(keyOf('counter', random.pick(KEYS), this.#shared));
    if (random.chance(15)) counter.increment();
    else operate(store, random, this.#shared);
  }

  #rollback(store: Store, random: Random): void {
    store.transaction((tx) => {
      for (let i = 0; i < 3; i++) operate(tx, random, this.#shared);
      if (random.chance(30)) tx.keys();
      if (random.chance(60)) throw new MerganserError('BAD_ARGUMENT', 'taken back');
    });
  }

  /** A frame that is merged at once by both. */
  #small(from: Store): void {
    const cut = this.#cut(from);
    for (const store of [this.#lazy, this.#eager]) store.replica.apply([cut.into(store)]);
  }

  #begin(from: Store): void {
    const cut = this.#cut(from);
    this.#coming.push({ cut, parts: cut.littleByLittle(this.#lazy, this.#random) });
  }

  /** One more part of a frame; what is complete is applied, maybe together with a small one or with another large one. */
  #goOn(): void {
    const at = this.#random.below(this.#coming.length + 1);
    const frame = this.#coming[at];
    if (frame === undefined) return;
    const part = frame.parts.next();
    if (part.done !== true) return;
    this.#coming.splice(at, 1);
    const cuts = [frame.cut];
    const lazy = [part.value];
    if (this.#random.chance(20)) {
      const another = this.#cut(this.#random.pick(this.#senders));
      cuts.push(another);
      lazy.push(
        this.#random.chance(50) ? another.into(this.#lazy) : whole(another.littleByLittle(this.#lazy, this.#random)),
      );
    }
    this.#lazy.replica.apply(lazy);
    this.#eager.replica.apply(cuts.map((cut) => cut.into(this.#eager)));
  }

  #cut(from: Store): Cut {
    const have = translate(this.#eager.replica.vv, this.#eager, from);
    const full = this.#random.chance(20) || !have.covers(from.replica.ghostFloor);
    return new Cut(from, full || this.#random.chance(20) ? undefined : have, full);
  }

  #look(): void {
    const random = this.#random;
    const [type, key] = random.pick(this.#keys);
    const what = random.below(13);
    if (what < 8) this.#same(`${type} ${key}`, (store) => (this.#readers.get(store) as Reader).read(type, key));
    else if (what < 10) this.#same(`type of ${key}`, (store) => store.type(key));
    else if (random.chance(70)) return;
    else if (what === 10) this.#same('size', (store) => store.size);
    else if (what === 11) this.#same('keys', (store) => store.keys());
    else this.#same('conflicts', (store) => [...store.conflicts].toSorted());
  }

  #same(what: string, look: (store: Store) => unknown): void {
    const [lazy, eager] = [this.#lazy, this.#eager].map((store) => outcome(() => look(store)));
    if (!deepEqual(lazy, eager)) throw new Error(`${what} is ${JSON.stringify(lazy)}, not ${JSON.stringify(eager)}`);
  }

  /** What stands in the lazy one's changes feed is all that the next one needs. */
  #passOn(): void {
    const { replica } = this.#lazy;
    if (replica.pending > 0) return;
    const touched = new Set<number>();
    replica.changes.scan(this.#told, (cell) => touched.add(cell));
    this.#told = replica.changes.seal();
    const have = translate(this.#next.replica.vv, this.#next, this.#lazy);
    const full = !have.covers(replica.ghostFloor);
    const since = full ? undefined : have;
    this.#next.replica.apply([stage(this.#lazy, this.#next, since, full, (cell) => full || touched.has(cell))]);
    if (this.#next.digest() !== this.#eager.digest()) throw new Error('not everything stands in the changes feed');
  }

  /** What everybody has seen removed is forgotten; maybe also what only the senders have seen. */
  #collect(store: Store): void {
    const seen = store.replica.vv.clone();
    for (const other of this.#senders) seen.meet(translate(other.replica.vv, other, store));
    const stable = seen.clone();
    for (const other of [this.#lazy, this.#eager, this.#next]) stable.meet(translate(other.replica.vv, other, store));
    // The two called m are one actor. A sum that only one of them had forgotten they would go on with differently, under the same dot.
    if (store === this.#lazy || store === this.#eager) stable.set(store.replica.self, 0);
    // What is gone cannot be told any more.
    store.deliver();
    store.replica.collect(this.#random.chance(50) ? seen : stable, stable);
  }
}

function whole<T>(parts: Generator<undefined, T, undefined>): T {
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

test('a large frame that is merged little by little looks as if it had been merged at once', () => {
  let overlaid = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = new World(Random.seeded(seed));
      for (let i = 0; i < 150; i++) world.step();
      world.finish();
      overlaid += world.overlaid;
    }),
    { numRuns: 300 },
  );
  expect(overlaid).toBeGreaterThan(0);
});
