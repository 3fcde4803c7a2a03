/**
 * The checks of what sessions are told. Writes that were said to be lost are never seen again by anybody, unless a
 * node comes back with them from where they were kept; when a barrier is over,
 * everything is visible that its members had when it began.
 *
 * Not in worlds where a node runs twice: its earlier life may go on to tell whoever has not heard of the later one. Nor, for what is
 * lost, where messages vanish on a connection that lives: a row is then not all that its node has.
 */
import type { Barrier } from '../../sync/barrier.js';
import { PRESENT } from './core.js';
import type { History, Life } from './history.js';
import { LOSSY, type Plan } from './plan.js';
import type { Process } from './process.js';

interface Fresh {
  readonly barrier: Barrier;
  /** Where another node is, and what it had when the barrier began, by life. */
  readonly before: readonly { readonly region: string; readonly had: readonly number[] }[];
}

export class Sessions {
  readonly #history: History;
  readonly #barriers = new Map<Process, Fresh>();
  readonly #twins: boolean;
  readonly #lossy: boolean;
  readonly #plan: Plan;
  /** By life: after which dot its writes were said to be lost. */
  readonly #last: number[] = [];
  /** Lives whose writes came back from where they were kept. */
  readonly #back = new Set<number>();

  constructor(history: History, plan: Plan) {
    const { faults } = plan;
    this.#plan = plan;
    this.#history = history;
    this.#twins = faults.has('twin');
    this.#lossy = LOSSY.some((fault) => faults.has(fault));
  }

  /** A reader at `process` wants to see what is known anywhere. */
  begin(process: Process, others: readonly Process[]): void {
    if (this.#twins || process.core !== PRESENT || this.#barriers.has(process)) return;
    const before: { region: string; had: readonly number[] }[] = [];
    const members = new Set(process.replicator.peers(0).map(({ node }) => node));
    for (const other of others) {
      const region = this.#plan.regions[other.index] as string;
      if (other.alive && members.has(other.name)) before.push({ region, had: other.seen() ?? [] });
    }
    this.#barriers.set(process, { barrier: process.replicator.barriers.begin(), before });
  }

  /** A process begins with what it had once: what nobody else has of that comes back, also if it was said to be lost. */
  comeBack(process: Process, others: readonly Process[]): void {
    const seen = process.seen() ?? [];
    const had = others.filter((other) => other !== process && other.alive).map((other) => other.seen() ?? []);
    seen.forEach((dot, life) => {
      if (had.every((theirs) => (theirs[life] ?? 0) < dot)) this.#back.add(life);
    });
  }

  /** What is wrong, or undefined. */
  check(process: Process): string | undefined {
    return process.core === PRESENT ? (this.#fresh(process) ?? this.#final(process)) : undefined;
  }

  #fresh(process: Process): string | undefined {
    const fresh = this.#barriers.get(process);
    const { vv } = process.store.replica;
    if (fresh === undefined || !fresh.barrier.isOver(vv)) return undefined;
    this.#barriers.delete(process);
    process.replicator.barriers.end(fresh.barrier);
    const missing = new Set(fresh.barrier.missing(vv));
    const seen = process.seen() ?? [];
    for (const { region, had } of fresh.before) {
      const stale = !missing.has(region) && had.some((n, life) => n > (seen[life] ?? 0));
      if (stale) return `fresh: ${process.title} reads what ${region} had as if it were not there`;
    }
    return undefined;
  }

  #final(process: Process): string | undefined {
    // Who does not know of a node cannot know what it has.
    if (this.#twins || this.#lossy || process.replicator.peers(0).length < this.#plan.nodes - 1) return undefined;
    const seen = process.seen() ?? [];
    for (let life = 0; life < this.#history.lives.length; life++) {
      const { node, incarnation } = this.#history.lives[life] as Life;
      const last = this.#last[life];
      const here = seen[life] ?? 0;
      if (last !== undefined && here > last && process.life !== life && !this.#back.has(life)) {
        return `lost: ${process.title} sees ${node}@${incarnation}:${here}; what came after ${last} was said to be lost`;
      }
      if (process.store.replica.isFinal(node, incarnation)) this.#last[life] = Math.min(last ?? here, here);
    }
    return undefined;
  }
}
