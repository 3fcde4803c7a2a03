/**
 * Carries a plan out on a running cluster.
 *
 * What makes the verdict sharp is what is promised here:
 * - A region is killed only when the one killed before it is back and ready, so whatever was answered as held by another
 *   region is in a living process at every moment.
 * - Before a killed region is started again its own links are whole, and they stay so until it serves: what it wrote before
 *   reaches it, so a client's doubtful writes are counted once. Links between others may be cut meanwhile.
 * - A region is not stopped while another one starts.
 * - At the end every link is whole and every region runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../real/cluster.js';
import type { LinkStep, Plan, ProcessStep } from './plan.js';

export class Faults {
  /** How many of each kind have happened. */
  readonly counts: Map<string, number> = new Map();
  readonly #cluster: Cluster;
  readonly #say: (what: string) => void;
  readonly #inDoubt: (region: string) => number;
  readonly #stop: AbortSignal;
  /** Links that something is wrong with, or that must be whole, and whose doing that is. */
  readonly #busy = new Map<string, LinkStep | ProcessStep>();
  readonly #ownMs = new Map<string, number>();
  #mending: Promise<void>[] = [];
  /** When nothing goes wrong any more. */
  #end = 0;

  /** @param inDoubt how many writes of a region's clients wait for an answer */
  constructor(cluster: Cluster, inDoubt: (region: string) => number, stop: AbortSignal, say: (what: string) => void) {
    this.#cluster = cluster;
    this.#inDoubt = inDoubt;
    this.#stop = stop;
    this.#say = say;
    for (const name of cluster.mesh.names) this.#ownMs.set(name, cluster.mesh.link(name).oneWayMs);
  }

  /** Resolves when the plan is done and everything is whole again. */
  async run(plan: Plan, untilMs: number): Promise<void> {
    const start = performance.now();
    this.#end = start + untilMs;
    await Promise.all([this.#links(plan.links, start), this.#processes(plan.processes, start)]);
    await Promise.all(this.#mending);
    for (const name of this.#cluster.mesh.names) this.#heal(name);
  }

  async #links(steps: readonly LinkStep[], start: number): Promise<void> {
    for (const step of steps) {
      await this.#until(start + step.at);
      if (this.#busy.has(step.link)) continue;
      this.#count(step.kind);
      this.#busy.set(step.link, step);
      this.#spoil(step);
      this.#mending.push(this.#mend(step));
    }
  }

  #spoil(step: LinkStep): void {
    const link = this.#cluster.mesh.link(step.link);
    switch (step.kind) {
      case 'reset':
      case 'silence':
        link.cut(step.kind);
        this.#say(`cut ${step.link} (${step.kind}) for ${step.ms} ms`);
        return;
      case 'one-way':
        link.cut('silence', step.heading);
        this.#say(`cut ${step.link} one way (${step.heading}) for ${step.ms} ms`);
        return;
      case 'throttle':
        link.throttle(step.bytesPerSecond);
        this.#say(`throttle ${step.link} to ${step.bytesPerSecond} B/s for ${step.ms} ms`);
        return;
      case 'slow':
        link.slow(step.oneWayMs);
        this.#say(`slow ${step.link}: ${step.oneWayMs} ms one way, for ${step.ms} ms`);
        return;
      case 'break':
        link.breakAfter(step.afterBytes);
        this.#say(`break ${step.link} after ${step.afterBytes} bytes more`);
        return;
      default:
        step.kind satisfies never;
    }
  }

  async #mend(step: LinkStep): Promise<void> {
    await this.#until(Math.min(performance.now() + step.ms, this.#end));
    if (this.#busy.get(step.link) !== step) return;
    this.#heal(step.link);
    this.#busy.delete(step.link);
    if (step.kind !== 'break') this.#say(`heal ${step.link}`);
  }

  #heal(name: string): void {
    const link = this.#cluster.mesh.link(name);
    link.slow(this.#ownMs.get(name) as number);
    link.heal();
  }

  async #processes(steps: readonly ProcessStep[], start: number): Promise<void> {
    for (const step of steps) {
      await this.#until(start + step.at);
      if (performance.now() > this.#end) return;
      this.#count(step.kind);
      if (step.kind === 'pause') await this.#pause(step);
      else await this.#kill(step);
    }
  }

  async #pause({ victims, ms }: ProcessStep): Promise<void> {
    const [victim] = victims as [string];
    const region = this.#cluster.region(victim);
    this.#say(`STOP ${victim} for ${ms} ms`);
    region.pause();
    await this.#until(performance.now() + ms);
    region.resume();
    this.#say(`CONTINUE ${victim}`);
  }

  async #kill(step: ProcessStep): Promise<void> {
    const { kind, victims, ms, cut, cutMs } = step;
    const { mesh } = this.#cluster;
    const links = [...new Set(victims.flatMap((victim) => mesh.linksOf(victim)))];
    if (kind === 'kill while cut off') {
      for (const link of links) {
        this.#busy.set(link, step);
        mesh.link(link).cut(cut);
      }
      this.#say(`cut ${victims.join(' and ')} off (${cut})`);
      await this.#until(performance.now() + cutMs);
    }
    const inDoubt = victims.map((victim) => this.#inDoubt(victim)).join(' and ');
    await Promise.all(victims.map((victim) => this.#cluster.region(victim).kill()));
    this.#say(`KILL ${victims.join(' and ')} (${inDoubt} writes in doubt)`);
    await this.#until(performance.now() + ms);
    for (const link of links) {
      this.#busy.set(link, step);
      this.#heal(link);
    }
    const died = performance.now();
    await Promise.all(victims.map((victim) => this.#cluster.region(victim).start()));
    this.#say(`RESTARTED ${victims.join(' and ')}, empty; ready after ${Math.round(performance.now() - died)} ms`);
    for (const link of links) this.#busy.delete(link);
  }

  #count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  async #until(moment: number): Promise<void> {
    await sleep(Math.max(0, moment - performance.now()), undefined, { signal: this.#stop });
  }
}
