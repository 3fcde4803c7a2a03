/** The entries of a log in chunks, checked against a sorted array: of many chunks, which no program of the laws ever fills. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { compare, Entries, type Entry } from '../../src/crdt/log-entries.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Random } from '../../src/testing/random.js';

const ACTORS = 3;

/** A list, an array that holds the same, and the copies of both that were made on the way. */
class ListAndArray {
  readonly slots: Slots;
  readonly random: Random;
  list: Entries = new Entries();
  array: Entry[] = [];
  readonly copies: [Entries, Entry[]][] = [];
  /** What was not the same. */
  readonly wrong: string[] = [];
  readonly dots: VersionVector = new VersionVector();
  /** Before the last step: what a reader has who follows. */
  #seen = new VersionVector();
  #arrivals = 0;
  #time = 0;

  constructor(seed: number) {
    const actors = new ActorTable();
    for (let i = 0; i < ACTORS; i++) actors.intern(`n${i}`, 1);
    this.slots = new Slots(actors);
    this.random = Random.seeded(seed);
  }

  step(): void {
    const { random } = this;
    this.#seen = this.dots.clone();
    const kind = random.below(10);
    if (kind < 3) this.#append(random.below(random.pick([5, 1500])));
    else if (kind < 6) this.#mergeIn(random.below(300), random.pick([2, 1000]));
    else if (kind < 8) this.#shift(random.below(900));
    else if (kind < 9) this.copies.push([this.list.clone(), this.array.slice()]);
    else this.list = Entries.of(this.array);
  }

  #new(time: number): Entry {
    const actor = this.random.below(ACTORS);
    const n = this.dots.get(actor) + 1;
    this.dots.set(actor, n);
    return { time, actor, n, value: n, arrival: 0 };
  }

  #append(count: number): void {
    const more: Entry[] = [];
    for (let i = 0; i < count; i++) {
      this.#time += this.random.below(3);
      const entry = { ...this.#new(this.#time - (this.random.chance(5) ? 400 : 0)), arrival: ++this.#arrivals };
      this.list.add(this.slots, entry);
      more.push(entry);
    }
    this.#insert(more);
  }

  /** Some in between, at one place or all over it, of which some are there already. */
  #mergeIn(count: number, spread: number): void {
    const { random } = this;
    const around = random.below(this.#time + 1);
    const time = (): number => Math.max(0, around + random.between(-spread, spread));
    const known = Array.from({ length: this.array.length === 0 ? 0 : count }, () => random.pick(this.array));
    const fresh = Array.from({ length: count }, () => this.#new(time()));
    const more = [...new Set([...known, ...fresh])].sort((a, b) => compare(this.slots, a, b));
    const there = new Set(this.array);
    const numbered: Entry[] = [];
    let arrivals = this.#arrivals;
    for (const entry of more) if (!there.has(entry)) numbered.push({ ...entry, arrival: ++arrivals });
    this.#arrivals = this.list.addAll(this.slots, more, this.#arrivals);
    this.#same('arrivals', this.#arrivals, arrivals);
    this.#insert(numbered);
  }

  #insert(more: readonly Entry[]): void {
    this.array = [...this.array, ...more].sort((a, b) => compare(this.slots, a, b));
  }

  #shift(count: number): void {
    for (let i = 0; i < count && this.array.length > 0; i++)
      this.#same('shift', [this.list.shift()], [this.array.shift()]);
  }

  look(): void {
    const { array, list, random } = this;
    this.#same('length', list.length, array.length);
    this.#same('ends', [list.first, list.last], [array[0], array.at(-1)]);
    this.#same('all', list.all(), array);
    const n = random.below(array.length + 2);
    this.#same('newest', list.newest(n), array.slice(Math.max(0, array.length - n)));
    const covered = this.#seen;
    if (random.chance(30)) {
      for (let actor = 0; actor < ACTORS; actor++) covered.set(actor, random.below(this.dots.get(actor) + 1));
    }
    const isNew = (entry: Entry): boolean => entry.n > covered.get(entry.actor);
    this.#same('newerThan', list.newerThan(covered), array.filter(isNew));
    this.#same('allNewerThan', list.allNewerThan(covered), array.every(isNew));
  }

  copiesStay(): void {
    for (const [list, array] of this.copies) this.#same('a copy', list.all(), array);
  }

  #same(what: string, found: unknown, expected: unknown): void {
    if (JSON.stringify(found) !== JSON.stringify(expected)) this.wrong.push(what);
  }
}

test('the entries of a log in chunks are what an array would hold, and copies stay what they were', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 25 }), (seed, steps) => {
      const both = new ListAndArray(seed);
      for (let i = 0; i < steps; i++) {
        both.step();
        both.look();
      }
      both.copiesStay();
      expect(both.wrong).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
