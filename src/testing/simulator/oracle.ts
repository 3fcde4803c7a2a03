/**
 * The checks of one replica against the history, after every step. P1: what it shows is what the model says of exactly the
 * transactions that its version vector covers. P2: the version vector never ends in the middle of a transaction. P3: nor does it
 * cover one and not what its maker had seen. P6: every dot was given out, once. The other checks are listed in agreement.ts.
 */
import type { BuiltIn as TypeName } from '../../crdt/crdt.js';
import { typeOfName } from '../../crdt/registry.js';
import { deepEqual } from '../equal.js';
import { type Event } from '../models/event.js';
import { gaugeShares, type GaugeOp } from '../models/gauge.js';
import type { CounterValue } from '../models/counter.js';
import { SUBJECTS } from '../subjects.js';
import type { CellHistory, History, Life } from './history.js';
import type { Plan } from './plan.js';
import { NAMES, type Process } from './process.js';
import { BUCKET_MS } from './workload.js';

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
  if (claimed <= having.size || store.dot === 0) return undefined;
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
    for (const { type, name } of plan.keys) {
      const [shown, expected, lives] = this.#key(type, name);
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
      const problem = types[0] === undefined ? undefined : this.#throughHandles(types[0], name);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** What is shown, what should be, and whether the key lives. */
  #key(type: TypeName, name: string): [unknown, unknown, boolean] {
    if (type === 'set') return this.#set(name);
    const events = this.#visible(this.#cells.get(`${type} ${name}`)?.[0]);
    const shown = this.#process.shown(type, name);
    if (type === 'gauge') {
      const shares = gaugeShares(events as Event<GaugeOp>[]);
      return [shown, this.#gauge(shares), [...shares.values()].some((share) => share !== 0)];
    }
    const expected = SUBJECTS[type].model(events, this.#history.order);
    const lives = type === 'counter' ? (expected as CounterValue).live : (expected as unknown[]).length > 0;
    return [shown, expected, lives];
  }

  #set(name: string): [unknown, unknown, boolean] {
    const shown = this.#process.shown('set', name);
    const expected: string[] = [];
    for (const cell of this.#cells.get(`set ${name}`) ?? []) {
      if (SUBJECTS.set.model(this.#visible(cell), this.#history.order) === true) expected.push(cell.element as string);
    }
    return [shown, expected.sort(), expected.length > 0];
  }

  /** Shares of the lives that are not hidden here. */
  #gauge(shares: ReadonlyMap<number, number>): number {
    const { core, store } = this.#process;
    let sum = 0;
    for (const [life, share] of shares) {
      const { node, incarnation } = this.#history.lives[life] as Life;
      if (!core.hidden(store, node, incarnation)) sum += share;
    }
    return sum;
  }

  #visible(cell: CellHistory | undefined): Event<unknown>[] {
    return cell === undefined ? [] : cell.events.filter(({ actor, dot }) => dot <= (this.#seen[actor] ?? 0));
  }

  /** Users see the same through handles. */
  #throughHandles(type: TypeName, name: string): string | undefined {
    const { store, title } = this.#process;
    const [, expected] = this.#key(type, name);
    const shown = this.#read(type, name);
    const right = type === 'counter' ? (expected as CounterValue).value : expected;
    if (deepEqual(shown, right)) return undefined;
    return `P1: a reader at ${title} sees ${type} ${name} = ${text(shown)}, not ${text(right)} (${store.dot})`;
  }

  #read(type: TypeName, name: string): unknown {
    const { store } = this.#process;
    switch (type) {
      case 'counter':
        return this.#process.counter(name).value();
      case 'gauge':
        return store.gauge(name).value();
      case 'register':
        return store.register(name).values();
      case 'set':
        return store.set(name).size() === store.set(name).values().length
          ? store.set(name).values().sort()
          : 'miscounted';
      case 'log':
        return store
          .log(name)
          .last(1000)
          .map(({ at, value }) => [at, value]);
      case 'window': {
        const [, expected] = this.#key(type, name);
        const window = store.window(name, { bucket: BUCKET_MS });
        return (expected as [number, number][]).map(([start]) => [start, window.sum(start, start + BUCKET_MS)]);
      }
    }
  }
}

function tagOf(type: TypeName): number {
  return typeOfName(type)?.tag ?? 0;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
