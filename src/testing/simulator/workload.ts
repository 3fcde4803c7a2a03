/**
 * What users do: single writes, several in one turn, transactions, some of which throw. Each operation is made through the
 * handles that users have, and handed to the history with what its maker had seen.
 */
import type { TypeName } from '../../crdt/crdt.js';
import { errorCode } from '../configured.js';
import type { Deed, Scene, Subject } from '../subject.js';
import type { Random } from '../random.js';
import { onStoreOf, subjectOf } from '../subjects.js';
import type { History, Made } from './history.js';
import type { Key, Plan } from './plan.js';
import { EPOCH_MS, type Process } from './process.js';

/** Thrown on purpose inside a transaction. */
class Rollback extends Error {}

/**
 * One turn of the event loop at one node. What is wrong, if anything is, is its `problem`: dots that were taken for nothing, a `type`
 * that another one's write did not hold back, a write that was `refused`, what `delete` says, a `rollback` that left something.
 */
export class Turn {
  readonly made: Made[] = [];
  /** What was done, for the transcript. */
  readonly lines: string[] = [];
  problem: string | undefined;
  readonly #process: Process;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #now: number;
  readonly #seen: readonly number[];

  constructor(process: Process, plan: Plan, random: Random, now: number) {
    this.#process = process;
    this.#plan = plan;
    this.#random = random;
    this.#now = now;
    this.#seen = process.seen() ?? [];
  }

  /** Returns whether a transaction was rolled back. */
  run(history: History): boolean {
    const random = this.#random;
    const { store } = this.#process;
    let rolledBack = false;
    if (random.chance(25) && this.#has('transaction')) {
      const before = store.digest();
      const dot = store.dot;
      rolledBack = this.#plan.faults.has('rollback') && random.chance(40);
      this.#transaction(rolledBack);
      if (rolledBack) {
        this.made.length = 0;
        if (store.digest() !== before || store.dot !== dot)
          this.problem ??= 'rollback: a transaction that threw left a trace';
      }
    } else {
      const count = random.chance(70) ? 1 : random.between(2, 4);
      for (let i = 0; i < count; i++) this.#operation();
    }
    this.#commit(history);
    return rolledBack;
  }

  /** What the store does by itself, one change of a key at a time. */
  tend(history: History): false {
    const { store, core } = this.#process;
    if (core.tend === undefined) return false;
    const keys = this.#plan.keys.flatMap((key) => {
      const deedAt = onStoreOf(key.type).tending?.(store, key.name);
      return deedAt === undefined ? [] : [{ key, deedAt }];
    });
    const before = store.dot;
    core.tend(store, this.#now);
    for (let dot = before + 1; dot <= store.dot; dot++) {
      const [done] = keys.flatMap(({ key, deedAt }) => {
        const deed = deedAt(dot);
        return deed === undefined ? [] : [{ key, deed }];
      });
      if (done === undefined)
        this.problem ??= `dots: ${store.dot - before} were taken by the store itself, ${dot} for no key`;
      else this.#deed(done.key, done.deed, dot);
    }
    this.#commit(history);
    return false;
  }

  #commit(history: History): void {
    const { store, life } = this.#process;
    this.problem ??= history.commit(life, this.made, store.dot, this.#now);
    for (const { type, key } of this.made) {
      const broken = onStoreOf(type).kept?.(key, history.eventsOn(type, key));
      if (broken !== undefined) this.problem ??= `${type}: ${broken}`;
    }
  }

  #transaction(rollBack: boolean): void {
    try {
      this.#process.store.transaction(() => {
        const count = this.#random.between(2, 5);
        for (let i = 0; i < count; i++) this.#operation();
        if (rollBack) throw new Rollback();
      });
    } catch (error) {
      if (!(error instanceof Rollback)) throw error;
      this.lines.push('rolled back');
    }
  }

  #has(operation: string): boolean {
    return !this.#plan.without.has(operation);
  }

  #operation(): void {
    const key = this.#random.pick(this.#plan.keys);
    const { store } = this.#process;
    const winner = store.type(key.name);
    const refused = winner !== undefined && winner !== key.type;
    if (this.#random.chance(8) && this.#has('delete')) {
      this.#delete(key, winner);
      return;
    }
    const before = store.dot;
    try {
      this.#typed(key);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      if (errorCode(error) !== 'TYPE_CONFLICT' || !refused)
        this.problem ??= `refused: ${key.name} as ${key.type}: ${(error as Error).message}`;
      return;
    }
    if (refused && store.dot !== before)
      this.problem ??= `type: ${key.name} is a ${winner} and was written as a ${key.type}`;
  }

  #delete(key: Key, winner: TypeName | undefined): void {
    const { store } = this.#process;
    const removed = winner === undefined ? [] : onStoreOf(winner).removed(store, key.name);
    const dot = store.dot;
    const there = store.delete(key.name);
    if (there !== (winner !== undefined)) this.problem ??= `delete: it says ${there} of ${key.name}, a ${winner}`;
    if (winner !== undefined) this.#note({ type: winner, name: key.name }, removed, dot);
  }

  #typed(key: Key): void {
    const { store } = this.#process;
    const dot = store.dot;
    this.#note(key, act(subjectOf(key.type), this.#sceneOf(key), key.name), dot);
  }

  #sceneOf(key: Key): Scene {
    const { store, core } = this.#process;
    return {
      store,
      random: this.#random,
      looks: core,
      now: EPOCH_MS + this.#now,
      elements: this.#plan.elements,
      has: (kind) => this.#has(kind),
      unique: () => `${this.#process.title}#${store.dot + 1}`,
      kept: (open) => this.#process.kept(`${key.type} ${key.name}`, open),
    };
  }

  /** What was done since the store stood at `dot`: nothing, or one deed for each dot. */
  #note(key: Key, deeds: readonly Deed<unknown>[], dot: number): void {
    const taken = this.#process.store.dot - dot;
    if (taken === 0) return;
    if (taken !== deeds.length) this.problem ??= `dots: ${key.name} took ${taken} for ${deeds.length} operations`;
    deeds.forEach((deed, i) => this.#deed(key, deed, dot + 1 + i));
  }

  #deed(key: Key, { op, element }: Deed<unknown>, dot: number): void {
    const context = this.#seen.slice();
    context[this.#process.life] = dot - 1;
    const of = element === undefined ? {} : { element };
    this.made.push({ type: key.type, key: key.name, ...of, dot, context, op });
    this.lines.push(`${key.name}${element === undefined ? '' : `[${element}]`} ${JSON.stringify(op)}`);
  }
}

/** One operation on a key. */
function act<Op>(subject: Subject<Op>, scene: Scene, key: string): readonly Deed<Op>[] {
  const { onStore } = subject;
  if (onStore === undefined) return [];
  if (onStore.act !== undefined) return onStore.act(scene, key);
  const op = subject.draw(scene.random);
  if (!scene.has(kindOf(op))) return [];
  onStore.perform(scene.store, key, op);
  return [{ op }];
}

function kindOf(op: unknown): string {
  return typeof op === 'object' && op !== null && 'kind' in op ? String(op.kind) : '';
}
