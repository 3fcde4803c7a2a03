/**
 * The laws of crdt/crdt.ts, one harness for all types. Replicas of one cell make operations and merge each other's states,
 * whole and as deltas, late, twice and in any order; after every step a replica must show what the model says of the
 * operations that it has seen. Then the algebra is checked on the states that came about, since only reachable states matter.
 *
 * A type joins with a `Subject` (subject.ts). What happens is drawn from a `Random`, so that a failure can be shrunk or repeated.
 */
import { deepEqual } from './equal.js';
import { LawBroken, must } from './law-broken.js';
import { canonical, type Packet, Replicas, type State } from './replicas.js';
import type { Random } from './random.js';
import type { Subject } from './subject.js';
import { VersionVector } from '../crdt/version-vector.js';

export interface LawRun {
  /** Drawn per run: operations, merges and deliveries. */
  readonly steps: number;
}

/** Run one random world of one type. Throws LawBroken, which says which law does not hold and between what, and whatever the type throws. */
export function checkLaws<Op>(subject: Subject<Op>, random: Random, run: LawRun): void {
  const world = new World(subject, random);
  for (let i = 0; i < run.steps; i++) world.step();
  world.checkAlgebra();
  world.checkCuts();
  world.converge();
}

class World<Op> {
  readonly #replicas: Replicas<Op>;
  readonly #subject: Subject<Op>;
  readonly #random: Random;
  /** Packets on the way; they may be delivered late and more than once. */
  readonly #mail: Packet[] = [];
  /** Version vectors that a replica once had. */
  readonly #history: VersionVector[][];
  /** Per replica its operations, cut into deltas one behind the other. */
  readonly #chains: Packet[][];

  constructor(subject: Subject<Op>, random: Random) {
    this.#subject = subject;
    this.#random = random;
    this.#replicas = new Replicas(subject, 3);
    this.#history = this.#replicas.states.map(() => [new VersionVector()]);
    this.#chains = this.#replicas.states.map(() => []);
  }

  step(): void {
    const random = this.#random;
    const state = this.#pick();
    const what = random.below(100);
    if (what < 45) this.#replicas.perform(state, this.#subject.draw(random), true);
    // A dot of another cell: the version vector is that of the whole replica.
    else if (what < 50) state.vv.raise(0, state.vv.get(0) + 1);
    else if (what < 70) this.#mail.push(this.#replicas.pack(state, this.#since(state)));
    else if (this.#mail.length > 0) this.#deliver(state);
    (this.#history[state.replica] as VersionVector[]).push(state.vv.clone());
    if (random.chance(15)) this.#extendChain(state);
    this.#checkValue(state, 'a replica shows what its visible operations say');
  }

  /** Commutative, associative, idempotent, monotone; deltas as good as the whole; the codec; the right side left alone. */
  checkAlgebra(): void {
    const [a, b, c] = this.#replicas.states as [State, State, State];
    const pairs = [[a, b] as const, [b, c] as const, [c, a] as const];
    // First of all, since whatever is said of copies needs it.
    for (const [left, right] of pairs) this.#checkRightSide(left, right);
    this.#same('merge is commutative', this.#joined(a, b), this.#joined(b, a));
    const bc = this.#joined(b, c);
    this.#same('merge is associative', this.#joined(this.#joined(a, b), c), this.#joined(a, bc));
    this.#same('merge is idempotent', this.#joined(a, a), a);
    const ab = this.#joined(a, b);
    this.#same('merging the same state twice changes nothing', this.#joined(ab, b), ab);
    this.#same('merge is monotone: what was merged is in the result', this.#joined(ab, a), ab);
    for (const [left, right] of pairs) {
      this.#checkDelta(left, right);
      this.#checkForget(left, right);
      this.#checkNews(left, right);
    }
    for (const state of [a, b, c]) this.#checkCodec(state);
  }

  /** Any cut of a replica's life into deltas, one behind the other, some twice, makes the state. */
  checkCuts(): void {
    for (const state of this.#replicas.states) {
      this.#extendChain(state);
      const receiver = this.#replicas.copy(this.#empty(state));
      for (const packet of this.#chains[state.replica] as Packet[]) {
        this.#replicas.receive(receiver, packet);
        if (this.#random.chance(20)) this.#replicas.receive(receiver, packet);
      }
      this.#same('deltas one behind the other make the whole', receiver, state);
    }
  }

  /** Everybody gets everything. */
  converge(): void {
    const { states } = this.#replicas;
    for (const from of states)
      for (const to of states) if (from !== to) this.#replicas.receive(to, this.#replicas.pack(from));
    for (const from of states)
      for (const to of states) if (from !== to) this.#replicas.receive(to, this.#replicas.pack(from));
    for (const state of states) {
      this.#checkValue(state, 'replicas that have seen everything agree with the model');
      this.#same('equal version vectors mean equal states', state, states[0] as State);
    }
  }

  #pick(): State {
    return this.#random.pick(this.#replicas.states);
  }

  /** Nothing, what some other replica has or once had, in the numbers of `state`. */
  #since(state: State): VersionVector | undefined {
    const other = this.#pick();
    if (this.#random.chance(20)) return undefined;
    const vv = this.#random.chance(50) ? other.vv : this.#random.pick(this.#history[other.replica] as VersionVector[]);
    return this.#replicas.translate(vv, other.replica, state.replica);
  }

  #deliver(to: State): void {
    const at = this.#random.below(this.#mail.length);
    const packet = this.#mail[at] as Packet;
    if (!this.#replicas.applicable(to, packet)) return;
    this.#replicas.receive(to, packet);
    if (this.#random.chance(60)) this.#mail.splice(at, 1);
  }

  #extendChain(state: State): void {
    const chain = this.#chains[state.replica] as Packet[];
    chain.push(this.#replicas.pack(state, chain.at(-1)?.top ?? new VersionVector()));
  }

  #empty(state: State): State {
    return { replica: state.replica, slots: state.slots, head: 0, vv: new VersionVector() };
  }

  /** left ⊔ right, in a copy. */
  #joined(left: State, right: State): State {
    const copy = this.#replicas.copy(left);
    this.#replicas.receive(copy, this.#replicas.pack(right));
    return copy;
  }

  #checkDelta(left: State, right: State): void {
    const covered = this.#replicas.translate(left.vv, left.replica, right.replica);
    const older = this.#random.pick(this.#history[left.replica] as VersionVector[]);
    const gapped = this.#replicas.translate(older, left.replica, right.replica);
    const whole = this.#joined(left, right);
    for (const since of [covered, gapped]) {
      const copy = this.#replicas.copy(left);
      const delta = this.#replicas.pack(right, since);
      this.#replicas.receive(copy, delta);
      this.#same('a delta makes what the whole makes', copy, whole);
      this.#replicas.receive(copy, delta);
      this.#same('a delta that comes twice changes nothing', copy, whole);
    }
  }

  #checkRightSide(left: State, right: State): void {
    const copy = this.#replicas.copy(left);
    const arrival = this.#replicas.unpack(this.#replicas.pack(right), copy);
    const before = this.#canonical({ ...copy, slots: arrival.staging, head: arrival.head });
    const original = this.#canonical(left);
    this.#replicas.merge(copy, arrival);
    for (let i = 0; i < 3; i++) this.#replicas.perform(copy, this.#subject.draw(this.#random), false);
    const after = this.#canonical({ ...copy, slots: arrival.staging, head: arrival.head });
    must(before === after, 'merge leaves its right side alone, then and later');
    this.#subject.crdt.free(copy.slots, copy.head);
    must(this.#canonical(left) === original, 'a copy is independent of what it was taken from');
  }

  #checkForget(left: State, right: State): void {
    const merged = this.#replicas.copy(left);
    this.#replicas.receive(merged, this.#replicas.packNothing(right));
    const forgot = this.#replicas.copy(left);
    const context = this.#replicas.translate(right.vv, right.replica, left.replica);
    forgot.head = this.#subject.crdt.forget(forgot.slots, forgot.head, context);
    this.#same('forgetting is merging with nothing', forgot, merged);
  }

  #checkNews(left: State, right: State): void {
    const copy = this.#replicas.copy(left);
    const had = this.#replicas.seen(left);
    const has = this.#replicas.seen(right);
    const expected = this.#replicas.events.some(
      ({ actor, dot }) => dot > (had[actor] as number) && dot <= (has[actor] as number),
    );
    this.#replicas.receive(copy, this.#replicas.pack(right));
    const isNews = copy.slots.news === expected;
    must(isNews, `a merge is news if it brings a dot that was not covered, and only then (${expected})`);
  }

  #checkCodec(state: State): void {
    const { staging, head } = this.#replicas.unpack(this.#replicas.pack(state), state);
    const decoded = this.#canonical({ ...state, slots: staging, head });
    must(decoded === this.#canonical(state), 'what was encoded is what is decoded');
  }

  #checkValue(state: State, law: string): void {
    const expected = this.#replicas.expected(state);
    const shown = this.#subject.value(state.slots, state.head);
    if (!deepEqual(shown, expected)) {
      throw new LawBroken(`${law}: it shows ${JSON.stringify(shown)}, the model says ${JSON.stringify(expected)}`);
    }
  }

  #same(law: string, one: State, other: State): void {
    if (this.#canonical(one) !== this.#canonical(other)) {
      const values = [one, other].map((state) => JSON.stringify(this.#subject.value(state.slots, state.head)));
      throw new LawBroken(`${law}: ${values.join(' against ')}`);
    }
  }

  #canonical(state: State): string {
    return canonical(this.#subject.crdt, state.slots, state.head);
  }
}
