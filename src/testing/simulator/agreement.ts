/**
 * Checks that need more than one replica, or more than one moment. Together with the oracle's they are
 *
 *   P1  what is shown = what the visible transactions say     P2  no transaction is visible in part
 *   P3  what a visible transaction had seen is visible        P4  a version vector moves by commits and merges only, never back
 *   P5  equal version vectors, equal digests                  P6  a dot names one operation for ever
 *   P7  after healing: equal, and then silent                 P8  in a healthy world a write is everywhere within bounded time
 *   P9  in a healthy mesh of regions a change reaches each once, and hardly ever again
 *   I4  what is known of a peer was true                      reference: the simple replica beside each real one agrees
 *   dots, type, refused, delete, rollback: a turn does what it says (workload.ts)
 *   since, watch, gauge, presence, honest: readers of logs miss nothing (readers.ts), watchers are told, dead shares and members are gone, links end for cause
 *
 * P10, reading through a merge that is not finished, is P1 in worlds with large frames; P11 is all of them with mixed versions.
 */
import { deepEqual } from '../equal.js';
import { onStoreOf } from '../subjects.js';
import { PRESENT } from './core.js';
import type { History, Life } from './history.js';
import { LOSSY, type Plan } from './plan.js';
import type { Process } from './process.js';

/** Within this time of virtual milliseconds a write is everywhere, over as many hops as it takes. */
const LATEST_MS = 1000;

/** P5, of one moment. A digest reads all of a replica, so it is made once. */
export class Pairs {
  readonly #digests = new Map<Process, string>();

  check(one: Process, others: readonly Process[]): string | undefined {
    const differs = others.find((two) => two !== one && this.#differ(one, two));
    return differs === undefined ? undefined : `P5: ${one.title} and ${differs.title} have seen the same and differ`;
  }

  #differ(one: Process, two: Process): boolean {
    // What goes into a digest is each version's own business.
    if (!one.alive || !two.alive || one.core !== two.core) return false;
    return deepEqual(one.store.vv(), two.store.vv()) && this.#digest(one) !== this.#digest(two);
  }

  #digest(process: Process): string {
    const digest = this.#digests.get(process) ?? process.store.digest();
    this.#digests.set(process, digest);
    return digest;
  }
}

/** P8: where nothing goes wrong, what was written long enough ago is here. */
export function checkTimely(process: Process, { lives }: History, plan: Plan, now: number): string | undefined {
  if (plan.faults.size > 0) return undefined;
  const seen = process.seen() ?? [];
  for (const [life, { node, incarnation, ends }] of lives.entries()) {
    for (const [dot, { at }] of ends) {
      if (dot > (seen[life] ?? 0) && now - at > LATEST_MS)
        return `P8: ${process.title} lacks what ${node}@${incarnation} wrote ${now - at} ms ago, though nothing went wrong`;
    }
  }
  return undefined;
}

/** The simple replica beside this one comes to see the same by whole states, and then it shows the same. */
export function checkShadow(process: Process, history: History, plan: Plan): string | undefined {
  const { core, shadow, store, title } = process;
  const seen = process.seen() ?? [];
  if (!shadow.follow(seen))
    return `reference: ${title} covers ${text(seen)}, which no exchange of whole states explains`;
  const hidden = (life: number): boolean => {
    const { node, incarnation } = history.lives[life] as Life;
    return core.hidden(store, node, incarnation);
  };
  for (const { type, name } of plan.keys) {
    if (!shadow.knows(type)) continue;
    const shown = process.shown(type, name);
    const expected = shadow.shown(type, name, hidden);
    if (deepEqual(shown, expected)) continue;
    return `reference: ${title} shows ${type} ${name} = ${text(shown)}, the simple replica ${text(expected)}`;
  }
  return undefined;
}

/** Everything healed and nothing is under way: is it as it should be? */
export function checkAgreement(
  processes: readonly Process[],
  history: History,
  plan: Plan,
  now: number,
): string | undefined {
  const first = processes[0] as Process;
  const mixed = processes.some(({ core }) => core !== first.core);
  for (const process of processes) {
    const { store, replicator, title } = process;
    if (!deepEqual(store.vv(), first.store.vv())) {
      return `P7: ${title} has ${text(store.vv())}, ${first.title} ${text(first.store.vv())}, and neither says a word`;
    }
    const alike = process.core === first.core;
    if (alike && store.digest() !== first.store.digest())
      return `P7: ${title} and ${first.title} have seen the same and differ`;
    // What a lost ACK said is said again only when it changes: a connection that lives loses nothing.
    const lossy = LOSSY.some((fault) => plan.faults.has(fault));
    if (!lossy && !replicator.quiet) return `I4: ${title} waits for acknowledgements that do not come`;
    // Where not everybody is linked, nobody can say of a counter that everybody has seen its removal.
    if (plan.mesh && store.replica.ghosts > 0)
      return `P7: ${title} keeps ${store.replica.ghosts} ghosts that everybody has seen`;
    const well = (state: string): boolean =>
      state === 'live' || (lossy && state === 'syncing') || (!plan.mesh && state === 'remote');
    // Where an earlier version stands between, word of a node beyond it does not come.
    const known = ({ link }: { link: number | undefined }): boolean => !mixed || plan.mesh || link !== undefined;
    const lagging = replicator
      .peers(now)
      .filter(known)
      .find(({ state, lagMs }) => !well(state) || lagMs > 0);
    if (lagging !== undefined) return `P7: ${title} calls ${lagging.node} ${lagging.state}, ${lagging.lagMs} ms behind`;
    const near = plan.regions.filter((_, node) => plan.mesh || linked(plan, node, process.index));
    const others = new Set(near.filter((region) => region !== plan.regions[process.index])).size;
    if (!lossy && replicator.covered(store.dot) < others)
      return `I4: ${title} does not know that its writes are everywhere`;
    const problem = checkGauges(process, processes, history, plan) ?? checkEnds(process, plan);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function linked({ edges }: Plan, one: number, two: number): boolean {
  return edges.some(([from, to]) => (from === one && to === two) || (from === two && to === one));
}

/** Shares of dead lives are gone, those of the living count. */
function checkGauges(
  process: Process,
  processes: readonly Process[],
  history: History,
  plan: Plan,
): string | undefined {
  const { actors } = process.store.replica;
  for (let actor = 0; actor < actors.size; actor++) {
    const life = process.lifeOf(actor);
    const { node } = history.lives[life ?? -1] as Life;
    const incarnation = process.livesOf(actor).at(-1)?.incarnation;
    const current = processes.find(({ name }) => name === node)?.store.replica.incarnation;
    const closed = current !== incarnation;
    if (plan.mesh && actors.hidden(actor) !== closed) {
      return `gauge: ${process.title} ${closed ? 'counts' : 'leaves out'} what ${node}@${incarnation} said`;
    }
  }
  return undefined;
}

/** What each type says must be so in the end. */
function checkEnds({ core, store, title }: Process, { keys }: Plan): string | undefined {
  if (core !== PRESENT) return undefined;
  for (const { type, name } of keys) {
    const problem = onStoreOf(type).ended?.(store, name);
    if (problem !== undefined) return `${type}: at ${title} ${problem}`;
  }
  return undefined;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
