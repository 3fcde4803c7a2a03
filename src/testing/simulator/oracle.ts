/**
 * The checks of one replica against the history, after every step. P1: what it shows is what the model says of exactly the
 * transactions that its version vector covers. P2: the version vector never ends in the middle of a transaction. P3: nor does it
 * cover one and not what its maker had seen. P6: every dot was given out, once. The other checks are listed in agreement.ts.
 */
import type { TypeName } from '../../crdt/crdt.js';
import { typeOfName } from '../../crdt/registry.js';
import { deepEqual } from '../equal.js';
import type { Event } from '../models/event.js';
import type { Subject } from '../subject.js';
import { onStoreOf, partOf, subjectOf } from '../subjects.js';
import type { CellHistory, History, Life } from './history.js';
import type { Plan } from './plan.js';
import { NAMES, type Process } from './process.js';

/** What is wrong with the replica, or undefined. */
export function checkReplica(process: Process, history: History, plan: Plan): string | undefined {
  const seen = process.seen();
  if (seen === undefined) return `P6: ${process.title} covers dots of a life that never was`;
  for (let life = 0; life < seen.length; life++) {
    const { node, incarnation, ends } = history.lives[life] as Life;
    const newest = ends.get(seen[life] as number);
    if (newest === undefined) {
      return `P2: ${process.title} covers ${node}@${incarnation} up to ${seen[life]}, in the middle of a transaction`;
    }
    if (newest.context.some((dot, other) => other !== life && dot > (seen[other] ?? 0))) {
      return `P3: ${process.title} covers ${node}@${incarnation} up to ${seen[life]} and not what that had seen`;
    }
  }
  history.remember(process.name, seen);
  return checkCovered(process, history, plan) ?? new Check(process, history, seen).run(plan);
}

/** A write is never said to be in more regions than have had it (I4: what is known of a peer was true). */
function checkCovered(process: Process, history: History, { regions }: Plan): string | undefined {
  const { index, title, life, store, replicator } = process;
  const having = new Set<string>();
  for (const [node, had] of history.had)
    if ((had[life] ?? 0) >= store.dot) having.add(regions[NAMES.indexOf(node)] ?? '');
  having.delete(regions[index] as string);
  const claimed = replicator.covered(store.dot);
  if (claimed <= having.size || store.dot === (history.lives[life] as Life).since) return undefined;
  return `I4: ${title} takes its write ${store.dot} for safe in ${claimed} regions; ${having.size} ever had it`;
}

class Check {
  readonly #process: Process;
  readonly #history: History;
  readonly #seen: readonly number[];
  readonly #cells = new Map<string, CellHistory[]>();

  constructor(process: Process, history: History, seen: readonly number[]) {
    this.#process = process;
    this.#history = history;
    this.#seen = seen;
    for (const cell of history.cells.values()) {
      const id = `${cell.type} ${cell.key}`;
      const cells = this.#cells.get(id);
      if (cells === undefined) this.#cells.set(id, [cell]);
      else cells.push(cell);
    }
  }

  run(plan: Plan): string | undefined {
    const { store, title } = this.#process;
    const live = new Map<string, TypeName[]>();
    const shouldBe = new Map<string, unknown>();
    for (const { type, name } of plan.keys) {
      const [shown, expected, lives] = this.#key(type, name);
      shouldBe.set(`${type} ${name}`, expected);
      if (!deepEqual(shown, expected)) {
        return `P1: ${title} shows ${type} ${name} = ${text(shown)}; its transactions say ${text(expected)}`;
      }
      if (lives) live.set(name, [...(live.get(name) ?? []), type]);
    }
    const names = [...live.keys()].sort();
    if (!deepEqual(store.keys(), names)) return `P1: ${title} lists the keys ${text(store.keys())}, not ${text(names)}`;
    const size = [...live.values()].reduce((sum, types) => sum + types.length, 0);
    if (store.size !== size) return `P1: ${title} counts ${store.size} keys, not ${size}`;
    for (const { name } of plan.keys) {
      const types = (live.get(name) ?? []).sort((a, b) => tagOf(a) - tagOf(b));
      if (store.type(name) !== types[0]) return `P1: ${title} takes ${name} for a ${store.type(name)}, not ${types[0]}`;
      if (store.conflicts.has(name) !== types.length > 1) return `P1: ${title} reports a wrong conflict over ${name}`;
      const problem =
        types[0] === undefined ? undefined : this.#throughHandles(types[0], name, shouldBe.get(`${types[0]} ${name}`));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** What is shown, what should be, and whether the key lives. */
  #key(type: TypeName, name: string): [unknown, unknown, boolean] {
    const shown = this.#process.shown(type, name);
    const cells = this.#cells.get(`${type} ${name}`) ?? [];
    const { whole, lives, isLeft } = onStoreOf(type);
    const events = cells.flatMap((cell) => this.#visible(cell));
    const expected =
      whole === undefined
        ? this.#model(subjectOf(type), events)
        : whole(new Map(cells.map((cell) => [cell.element as string, this.#element(type, cell)])));
    // What a later life of an actor says stands in the place of what an earlier one said.
    const actorOf = (life: number): number => (this.#history.lives[life] as Life).actor;
    if (isLeft !== undefined) return [shown, expected, cells.some((cell) => isLeft(this.#visible(cell), actorOf))];
    const standing = events.map((event) => ({ ...event, actor: actorOf(event.actor) }));
    return [shown, expected, lives(expected, standing)];
  }

  #element(type: TypeName, cell: CellHistory): unknown {
    return this.#model(partOf(type, cell.element as string), this.#visible(cell));
  }

  #model(subject: Subject<unknown>, events: readonly Event<unknown>[]): unknown {
    return subject.model(events, this.#history.order, this.#hidden);
  }

  /** Whether what a life says is left out here, where that matters. */
  readonly #hidden = (life: number): boolean => {
    const { core, store } = this.#process;
    const { node, incarnation } = this.#history.lives[life] as Life;
    return core.hidden(store, node, incarnation);
  };

  #visible(cell: CellHistory): Event<unknown>[] {
    return cell.events.filter(({ actor, dot }) => dot <= (this.#seen[actor] ?? 0));
  }

  /** Users see the same through handles. */
  #throughHandles(type: TypeName, name: string, expected: unknown): string | undefined {
    const { store, title } = this.#process;
    const shown = onStoreOf(type).value(store, name, expected);
    if (deepEqual(shown, expected)) return undefined;
    return `P1: a reader at ${title} sees ${type} ${name} = ${text(shown)}, not ${text(expected)} (${store.dot})`;
  }
}

function tagOf(type: TypeName): number {
  return typeOfName(type)?.tag ?? 0;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
