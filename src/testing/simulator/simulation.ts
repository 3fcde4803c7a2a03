/**
 * One world of one seed: real stores and real replicators under virtual time, with the network between them and the faults that
 * the plan allows. After every step each replica that may have changed is checked; at the end everything heals, and within a
 * bounded time all must agree and then be silent.
 */
import type { TypeName } from '../../crdt/crdt.js';
import type { Output } from '../../sync/ports.js';
import { DIGEST, HEARTBEAT } from '../../sync/message.js';
import { Random } from '../random.js';
import type { Break } from './break.js';
import { CheckFailed } from './check-failed.js';
import { type Core, PRESENT } from './core.js';
import { Crossings } from './crossings.js';
import { beginLeaving, evict, HONEST, isGoing } from './departures.js';
import { cause, congest, type Troubled } from './faults.js';
import { Founding } from './founding.js';
import { History } from './history.js';
import { type End, Network } from './network.js';
import { Images } from './image.js';
import { checkReplica } from './oracle.js';
import { Sessions } from './sessions.js';
import { ORPHANING, type Plan } from './plan.js';
import { Process, type WallClock } from './process.js';
import { Readers } from './readers.js';
import { Reference } from './reference.js';
import { countFault, newStatistics, type Statistics } from './statistics.js';
import { checkAgreement, checkShadow, checkTimely, Pairs } from './agreement.js';
import { describeMessage, Transcript } from './transcript.js';
import { planFor, tellsLives, Versions } from './versions.js';
import { Turn } from './workload.js';

export interface SimulationOptions {
  /** A known bug that is put back. */
  readonly breakage?: Break | undefined;
  /** An earlier version, which some of the nodes run. */
  readonly previous?: Core | undefined;
  /** Types of keys; by default all that come with the store and every node knows. */
  readonly types?: readonly TypeName[];
  /** Lines of transcript to keep; by default none. */
  readonly lines?: number;
}

/** Steps without faults within which everything must have come to rest. */
const HEALING_STEPS = 4000;
const QUIET_STEPS = 60;

export class Simulation implements Troubled {
  readonly plan: Plan;
  readonly nodes: number;
  readonly random: Random;
  readonly network: Network = new Network();
  readonly history: History = new History();
  readonly #reference: Reference = new Reference(this.history.order);
  readonly transcript: Transcript;
  readonly crossings: Crossings = new Crossings();
  readonly statistics: Statistics = newStatistics();
  now = 0;
  readonly #sessions: Sessions;
  readonly #readers: Readers;
  readonly #options: SimulationOptions;
  readonly #clocks: WallClock[];
  readonly #images: Images = new Images();
  readonly #founding: Founding;
  readonly #processes: Process[] = [];
  readonly #versions: Versions;
  /** Earlier lives that go on beside a later one. */
  readonly #twins: Process[] = [];
  /** When a dead node returns. */
  readonly #returns: number[] = [];
  #incarnations = 0;
  /** While everything heals nothing new goes wrong. */
  #calm = false;
  /** Since when nothing but heartbeats was sent. */
  #quietSteps = 0;

  constructor(seed: number, options: SimulationOptions) {
    this.random = Random.seeded(seed);
    this.plan = planFor(this.random, options);
    this.nodes = this.plan.nodes;
    this.transcript = new Transcript(options.lines ?? 0);
    this.#sessions = new Sessions(this.history, this.plan);
    this.#options = options;
    this.#readers = new Readers(options.previous === undefined);
    this.#versions = new Versions(options.previous, this.random);
    this.#clocks = Array.from({ length: this.plan.nodes }, () => ({ offset: 0 }));
    this.#founding = new Founding(this.nodes);
    for (let node = 0; node < this.plan.nodes; node++) this.#start(node);
  }

  /** Throws CheckFailed. */
  run(): void {
    for (let i = 0; i < this.plan.steps; i++) this.#step();
    this.#heal();
    for (let i = 0; this.#quietSteps < QUIET_STEPS; i++) {
      if (i === HEALING_STEPS)
        this.#fail(`P7: no rest after healing: ${this.#processes.map(({ title }) => title).join(', ')}`);
      this.#step();
    }
    const problem = checkAgreement(this.#processes, this.history, this.plan, this.now);
    if (problem !== undefined) this.#fail(problem);
    const again = this.#options.previous === undefined ? this.crossings.check(this.plan, this.statistics) : undefined;
    if (again !== undefined) this.#fail(again);
  }

  crash(node: number, halfOpen: boolean): boolean {
    const process = this.#processes[node] as Process;
    if (!process.alive) return false;
    this.#end(process, halfOpen);
    return true;
  }

  keepImage(node: number, lives: number): boolean {
    return this.#images.take(this.#processes[node] as Process, lives);
  }

  stop(node: number): boolean {
    const process = this.#processes[node] as Process;
    if (!process.alive || process.pausedUntil > this.now) return false;
    process.replicator.leave(this.now);
    this.#drain(process);
    this.#end(process, false);
    return true;
  }

  twin(node: number, alone: number): boolean {
    const process = this.#processes[node] as Process;
    // One that has done nothing yet would take itself for the later one.
    if (!process.alive || process.joins) return false;
    process.aloneUntil = this.now + alone;
    if (alone > 0) this.network.breakAll(process, (most) => this.random.between(0, most));
    this.#twins.push(process);
    this.#start(node);
    return true;
  }

  leave(node: number, deadline: number): boolean {
    return this.#options.previous !== undefined
      ? false
      : beginLeaving(this.#processes[node] as Process, deadline, this.now);
  }

  evict(by: number, node: number): boolean {
    const [operator, victim] = [this.#processes[by] as Process, this.#processes[node] as Process];
    const known = this.#options.previous === undefined && evict(operator, victim, this.#processes, this.now);
    this.#drain(operator);
    return known;
  }

  pause(node: number, until: number): boolean {
    const process = this.#processes[node] as Process;
    process.pausedUntil = until;
    return process.alive;
  }

  jumpClock(node: number, offset: number): void {
    (this.#clocks[node] as WallClock).offset = offset;
    this.transcript.note(() => `${this.#time()} the clock of ${this.#processes[node]?.name} is off by ${offset} ms`);
  }

  setWritable(end: End, yes: boolean): void {
    end.process.replicator.writable(end.link, yes);
  }

  /** The process is gone; of what it had sent, what is under way may still arrive. */
  #end(process: Process, halfOpen: boolean): void {
    process.alive = false;
    this.#returns[process.index] = this.now + this.random.between(5, 600);
    this.transcript.note(() => `${this.#time()} ${process.title} ends`);
    this.network.abandon(process, halfOpen, (most) => this.random.between(0, most));
  }

  #everybody(): Process[] {
    return [...this.#processes, ...this.#twins];
  }

  #start(node: number): void {
    const clock = this.#clocks[node] as WallClock;
    const incarnation = this.#options.breakage?.sameIncarnation === true ? 1 : ++this.#incarnations;
    const { plan, history } = this;
    const core = this.#versions.next(this.#processes[node]?.core);
    const shadow = this.#reference.begin();
    const joining = core === PRESENT && this.random.chance(plan.patient);
    const now = (): number => this.now;
    const first = this.#founding.isFirst;
    const birth = { index: node, incarnation, plan, clock, now, history, core, shadow, joining, first };
    const process = new Process(birth);
    this.#options.breakage?.wrap(process);
    if (core === PRESENT) this.crossings.meter(process);
    if (this.plan.watching) process.watch(this.plan);
    this.#processes[node] = process;
    this.#quietSteps = 0;
    const image = this.#images.restore(process, this.#options.breakage?.sameIncarnation === true);
    if (image) this.#sessions.comeBack(process, this.#everybody());
    this.transcript.note(() => `${this.#time()} ${process.title} starts${image ? ' with what it had once' : ''}`);
  }

  #step(): void {
    const { random, plan } = this;
    this.now += this.#calm ? 10 : random.below(20);
    this.statistics.steps++;
    this.#quietSteps++;
    if (!this.#calm) this.#troubles();
    for (let node = 0; node < plan.nodes; node++) {
      const process = this.#processes[node] as Process;
      if (!process.alive && this.now >= (this.#returns[node] as number)) this.#start(node);
    }
    this.#dial();
    for (const process of this.#everybody()) {
      if (!process.alive || process.pausedUntil > this.now) continue;
      if (process.orphaned) {
        if (!ORPHANING.some((fault) => this.plan.faults.has(fault)))
          this.#fail(`H7: ${process.title} has orphans, though no process outlived its node`);
        this.statistics.orphaned++;
        this.#images.forget(process.name);
        this.#end(process, false);
        continue;
      }
      if (process.joins) process.serve(this.now);
      if (isGoing(process, this.now)) {
        this.#drain(process);
        this.#end(process, false);
        continue;
      }
      if (!this.#calm && random.chance(plan.busy) && process.takesWrites(random)) this.#write(process);
      if (this.#calm || random.chance(70)) this.#tick(process);
    }
    this.#deliver();
    this.network.sweep();
    this.#check();
  }

  #troubles(): void {
    if (this.plan.congested) congest(this, 5);
    for (const fault of this.plan.faults) {
      if (!this.random.chance(this.plan.trouble) || !cause(fault, this)) continue;
      countFault(this.statistics, fault);
      this.transcript.note(() => `${this.#time()} fault: ${fault}`);
    }
  }

  #dial(): void {
    for (const [from, to] of this.plan.edges) {
      const [dialler, answerer] = [this.#either(from), this.#either(to)];
      if (!dialler.alive || !answerer.alive || dialler.pausedUntil > this.now) continue;
      if (this.network.isCut(from, to) || this.network.isCut(to, from)) continue;
      const linked = this.network.linked(dialler, answerer) || (this.#calm && this.network.linked(answerer, dialler));
      if (linked || !this.random.chance(30)) continue;
      const { ends } = this.network.connect(dialler, answerer);
      ends.forEach((end, i) => {
        this.#guarded(end.process, () => end.process.replicator.open(end.link, i === 0, this.now));
        this.#drain(end.process);
      });
    }
  }

  /** The process that is found where a node is expected: now and then an earlier life of it that goes on. */
  #either(node: number): Process {
    const reachable = ({ index, alive, aloneUntil }: Process): boolean =>
      alive && index === node && aloneUntil <= this.now;
    const twin = this.#calm ? undefined : this.#twins.find(reachable);
    return twin !== undefined && this.random.chance(30) ? twin : (this.#processes[node] as Process);
  }

  #write(process: Process, act = (turn: Turn): boolean => turn.run(this.history)): void {
    const turn = new Turn(process, this.plan, this.random, this.now);
    if (act(turn)) countFault(this.statistics, 'rollback');
    if (turn.made.length > 0) process.shadow.perform(process.life, turn.made);
    for (const line of turn.lines) this.transcript.note(() => `${this.#time()} ${process.title} ${line}`);
    process.changed = true;
    process.vv = process.store.replica.vv.clone();
    if (turn.problem !== undefined) this.#fail(turn.problem);
  }

  #tick(process: Process): void {
    if (!this.#calm && this.random.chance(10)) this.#sessions.begin(process, this.#everybody());
    if (process.tends) this.#write(process, (turn) => turn.tend(this.history));
    this.#guarded(process, () => process.replicator.tick(this.now));
    if (process.succeeds()) {
      this.statistics.successions++;
      this.transcript.note(() => `${this.#time()} ${process.title} goes on after ${process.store.dot}`);
    }
    this.#drain(process);
    if (this.#calm || this.random.chance(50)) this.#advance(process);
    process.store.deliver();
    const problem = process.checkWatchers();
    if (problem !== undefined) this.#fail(problem);
    this.#guarded(process, () => process.replicator.collect(this.now));
    process.changed = true;
  }

  /** What is too large for one step goes on: a frame that waited may be applied. */
  #advance(process: Process): void {
    process.core.advance?.(process.store, process.replicator, this.random.between(1, this.#calm ? 100 : 20), this.now);
    if (!process.movesOn()) this.#fail(`P4: the version vector of ${process.title} went back`);
    this.#drain(process);
  }

  /** The version vector does not move. */
  #guarded(process: Process, run: () => void): void {
    run();
    if (!process.store.replica.vv.equals(process.vv)) this.#fail(`P4: the version vector of ${process.title} moved`);
  }

  #drain(process: Process): void {
    for (const output of process.replicator.outputs()) this.#output(process, output);
  }

  #output(process: Process, output: Output): void {
    if (output.kind === 'event') {
      process.hears(output.event, output.node);
      this.transcript.note(() => `${this.#time()} ${process.title} reports ${output.event}: ${output.message}`);
      if (output.event === 'different') this.#fail(`P5: ${process.title} finds that ${output.message}`);
      return;
    }
    const end = this.network.end(process, output.link);
    if (output.kind === 'close') {
      this.transcript.note(() => `${this.#time()} ${process.title} closes ${output.link}: ${output.code}`);
      const peer = end === undefined ? undefined : this.network.other(end).process;
      if (peer !== undefined && this.#versions.isOutdated(output.code, peer.core)) return this.#end(peer, false);
      if (!HONEST.has(output.code))
        this.#fail(`honest: ${process.title} refuses a peer: ${output.code} ${output.message}`);
      if (end !== undefined) this.network.close(end);
      return;
    }
    // Comparing goes on for ever and changes nothing.
    if (output.bytes[0] !== HEARTBEAT && output.bytes[0] !== DIGEST) this.#quietSteps = 0;
    if (end === undefined) return;
    const to = this.network.other(end);
    const sent = (): string => this.transcript.sent(output.bytes, process.store.replica, tellsLives(end));
    if (output.bytes[0] !== HEARTBEAT)
      this.transcript.note(() => `${this.#time()} ${process.title} → ${to.process.title} [${end.link}] ${sent()}`);
    this.network.send(end, output.bytes, this.now + this.random.between(1, this.#calm ? 5 : 40));
  }

  #deliver(): void {
    const ends = this.network.connections.flatMap((connection) => connection.ends);
    while (ends.length > 0) {
      const at = this.random.below(ends.length);
      const [end] = ends.splice(at, 1) as [End];
      const most = this.#calm ? 100 : this.random.between(1, 4);
      for (let i = 0; i < most && this.network.due(end, this.now); i++) this.#arrive(end);
    }
  }

  #arrive(end: End): void {
    const { process, link } = end;
    const bytes = this.network.take(end);
    if (bytes === undefined) {
      this.network.close(end);
      this.#guarded(process, () => process.replicator.closed(link, this.now));
      this.#drain(process);
      return;
    }
    this.statistics.messages++;
    if (bytes[0] !== HEARTBEAT)
      this.transcript.note(
        () => `${this.#time()} ${process.title} ← [${link}] ${describeMessage(bytes, tellsLives(end))}`,
      );
    process.replicator.receive(link, bytes, this.now);
    if (!process.movesOn()) this.#fail(`P4: the version vector of ${process.title} went back`);
    this.#drain(process);
  }

  #check(): void {
    const pairs = new Pairs();
    for (const process of this.#everybody()) {
      if (!process.changed) continue;
      process.changed = false;
      const problem =
        checkReplica(process, this.history, this.plan) ??
        checkShadow(process, this.history, this.plan) ??
        this.#readers.check(process, this.plan) ??
        checkTimely(process, this.history, this.plan, this.now) ??
        this.#sessions.check(process) ??
        pairs.check(process, this.#everybody());
      if (problem !== undefined) this.#fail(problem);
    }
  }

  #heal(): void {
    this.#calm = true;
    for (const twin of this.#twins) if (twin.alive) this.#end(twin, false);
    this.transcript.note(() => `${this.#time()} everything heals`);
    this.network.healAll();
    for (const clock of this.#clocks) clock.offset = 0;
    for (const process of this.#processes) process.pausedUntil = 0;
    for (const { ends } of this.network.connections) for (const end of ends) this.setWritable(end, true);
    this.#returns.fill(0);
    this.#quietSteps = 0;
  }

  #time(): string {
    return `${this.now}`.padStart(6);
  }

  #fail(message: string): never {
    throw new CheckFailed(message);
  }
}
