/**
 * What users do: single writes, several in one turn, transactions, some of which throw. Each operation is made through the
 * handles that users have, and handed to the history with what its maker had seen.
 */
import { toMilliseconds } from '../../base/hlc.js';
import type { BuiltIn as TypeName } from '../../crdt/crdt.js';
import type { Random } from '../random.js';
import type { History, Made } from './history.js';
import type { Key, Plan } from './plan.js';
import { EPOCH_MS, type Process } from './process.js';

export const BUCKET_MS = 10;

/** The code of an error of the store, whichever version threw it. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'MerganserError' && 'code' in error ? String(error.code) : undefined;
}

/** Thrown on purpose inside a transaction. */
class Rollback extends Error {}

/** One turn of the event loop at one node. Returns what is wrong, if anything is. */
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
    const { store, life } = this.#process;
    let rolledBack = false;
    if (random.chance(25) && this.#has('transaction')) {
      const before = store.digest();
      const dot = store.dot;
      rolledBack = this.#plan.faults.has('rollback') && random.chance(40);
      this.#transaction(rolledBack);
      if (rolledBack) {
        this.made.length = 0;
        if (store.digest() !== before || store.dot !== dot) this.problem ??= 'a transaction that threw left a trace';
      }
    } else {
      const count = random.chance(70) ? 1 : random.between(2, 4);
      for (let i = 0; i < count; i++) this.#operation();
    }
    this.problem ??= history.commit(life, this.made, store.dot, this.#now);
    return rolledBack;
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
    try {
      this.#typed(key);
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      if (codeOf(error) !== 'TYPE_CONFLICT' || !refused)
        this.problem ??= `${key.name} as ${key.type}: ${(error as Error).message}`;
      return;
    }
    const last = this.made.at(-1);
    if (refused && last !== undefined && last.key === key.name && last.type === key.type && last.dot === store.dot) {
      this.problem ??= `${key.name} is a ${winner} and was written as a ${key.type}`;
    }
  }

  #typed(key: Key): void {
    switch (key.type) {
      case 'counter':
        return this.#counter(key);
      case 'gauge':
        return this.#gauge(key);
      case 'register':
        return this.#register(key);
      case 'set':
        return this.#set(key);
      case 'log':
        return this.#log(key);
      case 'window':
        return this.#window(key);
    }
  }

  #counter(key: Key): void {
    const { store } = this.#process;
    if (this.#random.chance(20) && this.#has('reset')) {
      this.#make(
        key,
        () => store.counter(key.name).reset(),
        () => ({ kind: 'reset' }),
      );
    } else if (this.#has('increment')) {
      const n = this.#random.chance(5) ? 0 : this.#random.between(-3, 9);
      const handle = this.#process.counter(key.name);
      const add = (): void => (this.#random.chance(50) ? handle.increment(n) : store.increment(key.name, n));
      this.#make(key, add, () => ({ kind: 'increment', n }));
    }
  }

  #gauge(key: Key): void {
    if (!this.#has('share')) return;
    const { core, store } = this.#process;
    const gauge = store.gauge(key.name);
    const n = this.#random.between(-3, 9);
    const change = (): void => (this.#random.chance(50) ? gauge.set(n) : gauge.add(n));
    this.#make(key, change, () => ({ share: core.share(store, key.name) }));
  }

  #register(key: Key): void {
    const register = this.#process.store.register(key.name);
    const { clock } = this.#process.store.replica;
    if (this.#random.chance(20) && this.#has('remove')) {
      this.#make(
        key,
        () => register.delete(),
        () => ({ kind: 'delete' }),
      );
    } else if (this.#has('assign')) {
      const value = this.#unique();
      this.#make(
        key,
        () => register.set(value),
        () => ({ kind: 'set', time: clock.last, value }),
      );
    }
  }

  #set(key: Key): void {
    const set = this.#process.store.set(key.name);
    const element = `e${this.#random.below(this.#plan.elements)}`;
    const what = this.#random.below(100);
    if (what < 10 && this.#has('clear')) this.#clearSet(key);
    else if (what < 40 && this.#has('remove')) {
      this.#make(
        key,
        () => set.delete(element),
        () => ({ kind: 'remove' }),
        element,
      );
    } else if (this.#has('add'))
      this.#make(
        key,
        () => set.add(element),
        () => ({ kind: 'add' }),
        element,
      );
  }

  #clearSet(key: Key): void {
    const { store } = this.#process;
    const set = store.set(key.name);
    const elements = set.values();
    const dot = store.dot;
    set.clear();
    elements.forEach((element, i) => this.#note(key, { kind: 'remove' }, dot + 1 + i, element));
  }

  #log(key: Key): void {
    const { store } = this.#process;
    if (this.#random.chance(10) && this.#has('clear')) {
      this.#make(
        key,
        () => store.log(key.name).clear(),
        () => ({ kind: 'clear' }),
      );
      return;
    }
    if (!this.#has('append')) return;
    const value = this.#unique();
    const at = this.#random.chance(40) ? undefined : EPOCH_MS + this.#now + this.#random.between(-60, 20);
    const cap = this.#random.chance(85) ? 3 : this.#random.pick([2, 5, undefined]);
    const existing = this.#process.core.cap(store, key.name);
    const append = (declared: number | undefined): void =>
      store.log(key.name, declared === undefined ? {} : { cap: declared }).append(value, { at });
    const declared = this.#configured(cap, existing, append);
    const made = { kind: 'append', value, cap: declared ?? (existing === undefined ? 100 : undefined) };
    this.#make(
      key,
      () => append(declared),
      () => ({ ...made, time: at ?? toMilliseconds(store.replica.clock.last) }),
    );
  }

  #window(key: Key): void {
    const { store } = this.#process;
    const { clock } = store.replica;
    if (this.#random.chance(10) && this.#has('clear')) {
      this.#make(
        key,
        () => store.window(key.name).clear(),
        () => ({ kind: 'clear' }),
      );
      return;
    }
    if (!this.#has('add')) return;
    const n = this.#random.between(-3, 9);
    const at = this.#random.chance(30) ? undefined : EPOCH_MS + this.#now + this.#random.between(-80, 20);
    const keep = this.#random.chance(85) ? 60 : this.#random.pick([30, 90]);
    const existing = this.#process.core.keep(store, key.name);
    const add = (declared: number | undefined): void =>
      store
        .window(key.name, declared === undefined ? { bucket: BUCKET_MS } : { bucket: BUCKET_MS, keep: declared })
        .add(n, at);
    const declared = this.#configured(keep, existing, add);
    this.#make(
      key,
      () => add(declared),
      () => {
        const start = Math.floor((at ?? toMilliseconds(clock.last)) / BUCKET_MS) * BUCKET_MS;
        return { kind: 'add', start, n, keep: declared };
      },
    );
  }

  /** The setting if it may be declared; undefined if the key has another one, and then declaring it must be refused. */
  #configured(
    wanted: number | undefined,
    existing: number | undefined,
    write: (declared: number | undefined) => void,
  ): number | undefined {
    if (wanted === undefined || existing === undefined || existing === wanted) return wanted;
    try {
      write(wanted);
      this.problem ??= `a setting of ${wanted} was taken where ${existing} stands`;
    } catch (error) {
      if (codeOf(error) !== 'CONFIG_CONFLICT') throw error;
    }
    return undefined;
  }

  #delete(key: Key, winner: string | undefined): void {
    const { store } = this.#process;
    const elements = winner === 'set' ? store.set(key.name).values() : [];
    const dot = store.dot;
    const there = store.delete(key.name);
    if (there !== (winner !== undefined)) this.problem ??= `delete says ${there} of ${key.name}, a ${winner}`;
    if (winner === undefined || store.dot === dot) return;
    const target: Key = { type: winner as TypeName, name: key.name };
    if (winner === 'set') elements.forEach((e, i) => this.#note(target, { kind: 'remove' }, dot + 1 + i, e));
    else this.#note(target, DELETES[winner as keyof typeof DELETES], dot + 1);
  }

  /** Do something that takes one dot, or none if there is nothing to do. */
  #make(key: Key, run: () => void, op: () => unknown, element?: string): void {
    const { store } = this.#process;
    const dot = store.dot;
    run();
    if (store.dot > dot) this.#note(key, op(), dot + 1, element);
  }

  #note(key: Key, op: unknown, dot: number, element?: string): void {
    const context = this.#seen.slice();
    context[this.#process.life] = dot - 1;
    const of = element === undefined ? {} : { element };
    this.made.push({ type: key.type, key: key.name, ...of, dot, context, op });
    this.lines.push(`${key.name}${element === undefined ? '' : `[${element}]`} ${JSON.stringify(op)}`);
  }

  #unique(): string {
    return `${this.#process.title}#${this.#process.store.dot + 1}`;
  }
}

const DELETES = {
  counter: { kind: 'reset' },
  gauge: { share: 0 },
  register: { kind: 'delete' },
  log: { kind: 'clear' },
  window: { kind: 'clear' },
} as const;
