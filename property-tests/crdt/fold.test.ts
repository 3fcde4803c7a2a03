/**
 * Law 6 (crdt/crdt.ts): nodes restart empty and lose what they had not sent; when everybody has seen what an ended life left
 * and each removal that saw only part of it, each replica folds at a moment of its own, while all go on writing and merging.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { Reader, Writer } from '../../src/base/bytes.js';
import type { Fold } from '../../src/crdt/crdt.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { deepEqual } from '../../src/testing/equal.js';
import type { Event } from '../../src/testing/models/event.js';
import { Random } from '../../src/testing/random.js';
import { canonical } from '../../src/testing/replicas.js';
import type { Subject } from '../../src/testing/subject.js';
import { SUBJECTS } from '../../src/testing/subjects.js';

const NODES = ['mu', 'alpha', 'zeta'];

interface Life {
  readonly node: string;
  readonly incarnation: number;
}

/** Actors that end together, and the lives that they stood for, each with its last dot. */
interface Wave {
  readonly into: Life;
  readonly ended: readonly Life[];
  readonly lives: ReadonlyMap<number, number>;
}

/** One life of a node. */
class State {
  readonly actors = new ActorTable();
  readonly slots: Slots;
  readonly vv = new VersionVector([0]);
  readonly life: number;
  head = 0;
  /** 0: it knows nothing of the wave; 1: all that saw the wave's actors only in part; 2: it has folded. */
  phase = 0;

  constructor(life: number, { node, incarnation }: Life) {
    this.life = life;
    this.actors.intern(node, incarnation);
    this.slots = new Slots(this.actors);
  }
}

class World {
  readonly #subject: Subject<unknown>;
  readonly #random: Random;
  /** By incarnation − 1. */
  readonly #lives: Life[] = [];
  readonly #events: Event<unknown>[] = [];
  readonly #states: State[];
  /** By the archive's incarnation − 1. */
  readonly #archives: Wave[] = [];
  #wave: Wave | undefined;

  readonly #early: boolean;

  constructor(subject: Subject<unknown>, random: Random, early: boolean) {
    this.#subject = subject;
    this.#random = random;
    this.#early = early;
    this.#states = NODES.map((node) => this.#begin(node));
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++) this.#step();
    for (let round = 0; round < 2; round++) {
      for (const to of this.#states) for (const from of this.#states) if (from !== to) this.#send(from, to, true);
      if (this.#wave !== undefined) for (const state of this.#states) this.#fold(state);
    }
    const states = new Set(this.#states.map(({ slots, head }) => canonical(this.#subject.crdt, slots, head)));
    if (states.size > 1) throw new Error('replicas that have seen everything differ');
  }

  #begin(node: string): State {
    const life = this.#lives.push({ node, incarnation: this.#lives.length + 1 }) - 1;
    return new State(life, this.#lives[life] as Life);
  }

  #step(): void {
    const random = this.#random;
    const at = random.below(NODES.length);
    const state = this.#states[at] as State;
    const what = random.below(100);
    if (what < 50) this.#write(state);
    else if (what < 80) this.#send(random.pick(this.#states), state, random.chance(50));
    else if (what < 85 && this.#wave === undefined) this.#states[at] = this.#begin(NODES[at] as string);
    else if (this.#wave === undefined) this.#agree();
    else this.#fold(state);
    for (const one of this.#states) this.#check(one);
  }

  #write(state: State): void {
    const dot = state.vv.get(0) + 1;
    const op = this.#subject.draw(this.#random);
    const head = this.#subject.perform(state.slots, state.head, 0, dot, op);
    if (head === undefined) return;
    this.#events.push({ actor: state.life, dot, context: this.#seen(state), op });
    state.head = head;
    state.vv.set(0, dot);
  }

  /**
   * Everybody gets all of the ended lives, then everybody gets what each had at that time. Writes go on in between: before the
   * first a removal may see only part of them, after it none does. `early`: the second is left out.
   */
  #agree(): void {
    const states = this.#states;
    const [first] = states as [State];
    for (const to of states) {
      this.#writeSome();
      for (const from of states) this.#send(from, to, true);
    }
    const living = new Set(states.map(({ life }) => life));
    const lives = new Map<number, number>();
    this.#seen(first).forEach((dot, life) => {
      if (dot > 0 && !living.has(life)) lives.set(life, dot);
    });
    const actors = first.vv.dots.map((n, i) => ({ n, ...first.actors.get(i) }));
    const ended = actors.filter(
      ({ n, incarnation, node }) => n > 0 && (node.charCodeAt(0) === 0 || !living.has(incarnation - 1)),
    );
    if (ended.length === 0) return;
    this.#wave = { into: { node: '\u0000archive', incarnation: this.#archives.length + 1 }, ended, lives };
    if (this.#early) return;
    for (const from of states) this.#send(from, first, true);
    for (const to of states) {
      this.#writeSome();
      this.#send(first, to, true);
    }
  }

  #writeSome(): void {
    for (let i = this.#random.below(4); i > 0; i--) this.#write(this.#random.pick(this.#states));
  }

  #fold(state: State): void {
    const wave = this.#wave;
    if (wave === undefined) return;
    if (state.phase === 0) {
      state.phase = 2;
      const fold = this.#foldOf(state, wave);
      state.head = this.#subject.crdt.fold(state.slots, state.head, fold);
      wave.ended.forEach(({ node, incarnation }) => state.vv.set(state.actors.intern(node, incarnation), 0));
      state.vv.set(fold.into, 1);
    }
    if (!this.#states.every(({ phase }) => phase === 2)) return;
    for (const one of this.#states) one.phase = 0;
    this.#archives.push(wave);
    this.#wave = undefined;
  }

  #foldOf({ actors }: State, wave: Wave): Fold {
    const gone = new Set(wave.ended.map(({ node, incarnation }) => actors.intern(node, incarnation)));
    return { has: (actor) => gone.has(actor), into: actors.intern(wave.into.node, wave.into.incarnation) };
  }

  #send(from: State, to: State, whole: boolean): void {
    if (from === to) return;
    if (from.phase === 2 && to.phase === 0) this.#fold(to);
    const wave = from.phase === 0 && to.phase === 2 ? this.#wave : undefined;
    const since = whole ? undefined : this.#translate(to, from);
    const w = new Writer();
    this.#subject.crdt.write(from.slots, from.head, w, from.vv, since);
    const top = this.#translate(from, to);
    const actor = (wire: number): number => {
      const { node, incarnation } = from.actors.get(wire);
      return to.actors.intern(node, incarnation);
    };
    const staging = new Slots(to.actors);
    let other = this.#subject.crdt.read(staging, new Reader(w.finish()), { actor, top });
    if (wave !== undefined) {
      const fold = this.#foldOf(to, wave);
      if (wave.ended.some(({ node, incarnation }) => top.get(to.actors.intern(node, incarnation)) > 0)) {
        for (const { node, incarnation } of wave.ended) top.set(to.actors.intern(node, incarnation), 0);
        top.set(fold.into, 1);
      }
      other = this.#subject.crdt.fold(staging, other, fold);
    }
    to.head = this.#subject.crdt.merge(to.slots, to.head, to.vv, staging, other, top);
    to.vv.join(top);
  }

  #translate(of: State, to: State): VersionVector {
    const vv = new VersionVector();
    of.vv.dots.forEach((n, i) => {
      const { node, incarnation } = of.actors.get(i);
      if (n > 0) vv.set(to.actors.intern(node, incarnation), n);
    });
    return vv;
  }

  /** By life. */
  #seen(state: State): number[] {
    const seen = this.#lives.map(() => 0);
    state.vv.dots.forEach((n, i) => {
      const { node, incarnation } = state.actors.get(i);
      if (n === 0) return;
      if (node.charCodeAt(0) !== 0) seen[incarnation - 1] = n;
      else for (const [life, dot] of [...this.#archives, this.#wave][incarnation - 1]?.lives ?? []) seen[life] = dot;
    });
    return seen;
  }

  #check(state: State): void {
    const seen = this.#seen(state);
    const visible = this.#events.filter(({ actor, dot }) => dot <= (seen[actor] as number));
    const order = (a: number, b: number): number => {
      const [x, y] = [this.#lives[a] as Life, this.#lives[b] as Life];
      return x.node === y.node ? x.incarnation - y.incarnation : x.node < y.node ? -1 : 1;
    };
    const expected = this.#subject.model(visible, order);
    const shown = this.#subject.value(state.slots, state.head);
    if (!deepEqual(shown, expected)) {
      throw new Error(`it shows ${JSON.stringify(shown)}, the model says ${JSON.stringify(expected)}`);
    }
  }
}

const { gauge: _, ...subjects } = SUBJECTS;
const choices = fc.array(fc.nat({ max: 1_000_000_007 }), { minLength: 60, maxLength: 900, size: 'max' });

describe.each(Object.entries(subjects))('a %s', (_name, subject) => {
  it('shows the same, however far its replicas have folded', () => {
    const same = fc.property(choices, fc.integer({ min: 10, max: 120 }), (list, steps) => {
      new World(subject, Random.chosen(list), false).run(steps);
    });
    expect(fc.defaultReportMessage(fc.check(same, { numRuns: 150 }))).toBeUndefined();
  });
});

it('a counter that folds before each reset is known that saw only part of the actors loses resets', () => {
  const early = (): void => {
    for (let seed = 1; seed <= 3000; seed++) new World(SUBJECTS.counter, Random.seeded(seed), true).run(80);
  };
  expect(early).toThrow('the model says');
});
