/**
 * Everything that was ever committed, kept outside of the system under test: per life of a node its transactions, per cell its
 * operations with what their maker had seen. The checks are made against this and nothing else.
 */
import type { Lives } from '../../base/lives.js';
import type { TypeName } from '../../crdt/crdt.js';
import type { Event } from '../models/event.js';

interface Commit {
  readonly at: number;
  readonly context: readonly number[];
}

export interface Life {
  readonly node: string;
  readonly incarnation: number;
  /** The last dot of every transaction → when it was committed, and what its maker had seen. */
  readonly ends: Map<number, Commit>;
  last: number;
  /** The life that began the actor whose dots it gives out, and after which dot it goes on with it. */
  actor: number;
  since: number;
}

/** The operations on one cell: a key, or an element of a set. */
export interface CellHistory {
  readonly type: TypeName;
  readonly key: string;
  readonly element: string | undefined;
  readonly events: Event<unknown>[];
}

/** An operation that was made, before it is committed. */
export interface Made {
  readonly type: TypeName;
  readonly key: string;
  readonly element?: string;
  readonly dot: number;
  readonly context: readonly number[];
  readonly op: unknown;
}

export class History {
  readonly lives: Life[] = [];
  readonly cells: Map<string, CellHistory> = new Map();
  transactions = 0;
  /** Per node, by life: the last dot that it, or an earlier life of it, ever had. */
  readonly had: Map<string, number[]> = new Map();
  #index = new Map<string, number>();

  /** A life begins. Returns its number. */
  begin(node: string, incarnation: number): number {
    const id = `${incarnation}@${node}`;
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    this.#index.set(id, this.lives.length);
    const actor = this.lives.length;
    const ends = new Map([[0, { at: 0, context: [] }]]);
    return this.lives.push({ node, incarnation, ends, last: 0, actor, since: 0 }) - 1;
  }

  /** A life that has committed nothing goes on with the dots of another one's actor above `since`. */
  succeed(life: number, actor: number, since: number): void {
    const own = this.lives[life] as Life;
    own.ends.set(since, { at: 0, context: [] });
    Object.assign(own, { actor, since, last: since });
  }

  /**
   * Which lives have given out the dots of an actor up to `n`, by what a replica knows of them: the last dot of each. Lives that are too
   * long ago for a replica to know are as they were. Undefined if one of them never was.
   */
  givers(actor: number, known: Lives, n: number): Map<number, number> | undefined {
    const { node } = this.lives[actor] as Life;
    const [oldest] = known;
    const before = this.lives.filter(
      (life) =>
        life.actor === actor && life.incarnation < (oldest?.incarnation ?? 0) && life.since < (oldest?.since ?? 0),
    );
    const givers = new Map<number, number>();
    let until = n;
    for (const { incarnation, since } of [...before, ...known].sort((a, b) => b.incarnation - a.incarnation)) {
      const life = this.find(node, incarnation);
      if (life === undefined) return undefined;
      if (since >= until) continue;
      givers.set(life, until);
      until = since;
    }
    return givers;
  }

  /** The number of a life, or undefined if it never began. */
  find(node: string, incarnation: number): number | undefined {
    return this.#index.get(`${incarnation}@${node}`);
  }

  /** Everything that `life` committed as one transaction. Returns what is wrong with its dots, if anything is (P6). */
  commit(life: number, operations: readonly Made[], dot: number, at: number): string | undefined {
    const { node, incarnation } = this.lives[life] as Life;
    const own = this.lives[life] as Life;
    if (dot === own.last && operations.length === 0) return undefined;
    if (dot !== own.last + operations.length) {
      return `P6: ${node}@${incarnation} gave out ${operations.length} dots after ${own.last} and stands at ${dot}`;
    }
    for (const { type, key, element, op, context, dot: n } of operations) {
      this.#cell(type, key, element).events.push({ actor: life, dot: n, context, op });
    }
    own.last = dot;
    own.ends.set(dot, { at, context: operations[0]?.context ?? [] });
    this.transactions++;
    return undefined;
  }

  /** Everything that was ever done to a key that is one cell, in the order in which it was done. */
  eventsOn(type: TypeName, key: string): readonly Event<unknown>[] {
    return this.#cell(type, key, undefined).events;
  }

  /** A replica of `node` was seen to cover this. */
  remember(node: string, seen: readonly number[]): void {
    const had = this.had.get(node) ?? [];
    this.had.set(node, had);
    seen.forEach((dot, life) => {
      had[life] = Math.max(had[life] ?? 0, dot);
    });
  }

  /** The order that every replica agrees on: that of their actors. */
  readonly order = (a: number, b: number): number => {
    const x = this.lives[(this.lives[a] as Life).actor] as Life;
    const y = this.lives[(this.lives[b] as Life).actor] as Life;
    if (x.node !== y.node) return x.node < y.node ? -1 : 1;
    return x.incarnation - y.incarnation;
  };

  #cell(type: TypeName, key: string, element: string | undefined): CellHistory {
    const id = `${type} ${key} ${element ?? ''}`;
    let cell = this.cells.get(id);
    if (cell === undefined) {
      cell = { type, key, element, events: [] };
      this.cells.set(id, cell);
    }
    return cell;
  }
}
