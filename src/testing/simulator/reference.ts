/**
 * A second opinion: replicas that are as simple as can be, run beside the real ones and given the same operations. Each holds
 * everything as plain objects and exchanges whole states; there are no frames, no slots, no ghosts, nothing is ever forgotten,
 * and no line of it is shared with the types under test. It follows the definitions: a replica's version vector is the context
 * of all it holds; of what carries dots, two replicas keep what both have and what the other one cannot have seen.
 *
 * When a real replica comes to cover more, its shadow merges whole states that shadows once had until it covers the same. If no
 * such states exist, what the real one covers was no replica's state and no union of such states, which is an error by itself.
 *
 * Source: the state-based definitions in Shapiro et al. (SSS 2011) and Almeida et al. (JPDC 2018), taken literally.
 */
import type { Made } from './history.js';

/** By number of the life: the last dot that is covered. */
type Seen = readonly number[];

interface Dotted {
  readonly life: number;
  readonly n: number;
  readonly value: unknown;
  /** Milliseconds, or the hybrid clock's reading. */
  readonly time: number;
}

interface Sum {
  readonly life: number;
  readonly start: number;
  readonly n: number;
  readonly sum: number;
}

/** One key as one type; of each only those parts are used that the type needs. */
interface Cell {
  /** What was written and not seen by a removal: increments, elements, values, shares, entries. */
  readonly dots: readonly Dotted[];
  /** Of a log: the largest entry that a clear had seen. */
  readonly floor: Dotted | undefined;
  /** Of a log or a window: the least that was declared. */
  readonly limit: number;
  readonly sums: readonly Sum[];
  /** Of a window, by life: the last dot whose sums a clear had seen. */
  readonly cleared: readonly number[];
  readonly newest: number;
}

interface State {
  readonly seen: Seen;
  readonly cells: ReadonlyMap<string, Cell>;
}

const NOTHING: Cell = { dots: [], floor: undefined, limit: Infinity, sums: [], cleared: [], newest: -Infinity };

/** The order of lives that every replica agrees on. */
type Order = (a: number, b: number) => number;

export class Reference {
  readonly #order: Order;
  /** Every state that any shadow had, the newest last. */
  readonly #states: State[] = [];

  constructor(order: Order) {
    this.#order = order;
  }

  begin(): Shadow {
    return new Shadow(this.#order, this.#states);
  }
}

/** The simple replica beside a real one. */
export class Shadow {
  readonly #order: Order;
  readonly #states: State[];
  #state: State = { seen: [], cells: new Map() };

  constructor(order: Order, states: State[]) {
    this.#order = order;
    this.#states = states;
  }

  /** The operations of one transaction of `life`, in order. */
  perform(life: number, operations: readonly Made[]): void {
    const cells = new Map(this.#state.cells);
    const seen = this.#state.seen.slice();
    for (const made of operations) {
      const id = idOf(made.type, made.key, made.element);
      cells.set(id, perform(cells.get(id) ?? NOTHING, made, life, this.#order));
      seen[life] = made.dot;
    }
    this.#keep({ seen, cells });
  }

  /** Come to cover `seen` by whole states of others. Returns whether there were such states. */
  follow(seen: Seen): boolean {
    let state = this.#state;
    for (let i = this.#states.length - 1; i >= 0 && !covers(state.seen, seen); i--) {
      const other = this.#states[i] as State;
      if (covers(seen, other.seen) && !covers(state.seen, other.seen)) state = merge(state, other, this.#order);
    }
    if (!covers(state.seen, seen) || !covers(seen, state.seen)) return false;
    if (state !== this.#state) this.#keep(state);
    return true;
  }

  counter(key: string): { value: number; live: boolean } {
    const { dots } = this.#cell('counter', key);
    return { value: dots.reduce((sum, { value }) => sum + (value as number), 0), live: dots.length > 0 };
  }

  /** @param hidden whether the shares of a life are left out */
  gauge(key: string, hidden: (life: number) => boolean): number {
    const { dots } = this.#cell('gauge', key);
    return dots.reduce((sum, { life, value }) => sum + (hidden(life) ? 0 : (value as number)), 0);
  }

  /** All concurrent values, the shown one first. */
  register(key: string): unknown[] {
    const dots = this.#cell('register', key).dots.toSorted((a, b) => b.time - a.time || this.#order(b.life, a.life));
    return dots.map(({ value }) => value);
  }

  set(key: string): string[] {
    const prefix = idOf('set', key, '');
    const elements: string[] = [];
    for (const [id, { dots }] of this.#state.cells)
      if (id.startsWith(prefix) && dots.length > 0) elements.push(id.slice(prefix.length));
    return elements.sort();
  }

  /** Time and value of each entry, the oldest first. */
  log(key: string): [number, unknown][] {
    const { dots, limit } = this.#cell('log', key);
    const sorted = dots.toSorted((a, b) => compare(a, b, this.#order));
    return sorted.slice(Math.max(0, sorted.length - limit)).map(({ time, value }) => [time, value]);
  }

  /** Start and sum of each bucket. */
  window(key: string): [number, number][] {
    const { sums, cleared, newest, limit } = this.#cell('window', key);
    const buckets = new Map<number, number>();
    for (const { life, start, n, sum } of sums) {
      if (start >= newest - limit && n > (cleared[life] ?? 0)) buckets.set(start, (buckets.get(start) ?? 0) + sum);
    }
    return [...buckets].sort((a, b) => a[0] - b[0]);
  }

  #cell(type: string, key: string): Cell {
    return this.#state.cells.get(idOf(type, key, undefined)) ?? NOTHING;
  }

  #keep(state: State): void {
    this.#state = state;
    this.#states.push(state);
  }
}

function idOf(type: string, key: string, element: string | undefined): string {
  return element === undefined ? `${type} ${key}` : `${type} ${key} ${element}`;
}

/** One operation, where everything that the cell holds has been seen by its maker. */
function perform(cell: Cell, { op, dot }: Made, life: number, order: Order): Cell {
  const { kind, n, value, time, share, start, cap, keep } = op as Operation;
  const dotted = { life, n: dot, value, time: time ?? 0 };
  switch (kind) {
    case undefined: // a share of a gauge, which belongs to its life
      return { ...cell, dots: [...cell.dots.filter((d) => d.life !== life), { ...dotted, value: share }] };
    case 'increment':
      return { ...cell, dots: [...cell.dots, { ...dotted, value: n }] };
    case 'set':
    case 'add':
      if (start === undefined) return { ...cell, dots: [dotted] };
      return addTo(cell, { life, start, n: dot, sum: n ?? 0 }, keep ?? Infinity);
    case 'append':
      return {
        ...cell,
        dots: cell.floor !== undefined && compare(dotted, cell.floor, order) <= 0 ? cell.dots : [...cell.dots, dotted],
        limit: Math.min(cell.limit, cap ?? Infinity),
      };
    case 'reset':
    case 'delete':
    case 'remove':
      return { ...cell, dots: [] };
    case 'clear':
      return {
        ...cell,
        dots: [],
        floor: cell.dots.reduce((most, entry) => later(most, entry, order), cell.floor),
        cleared: cell.sums.reduce((last, sum) => raise(last, sum.life, sum.n), cell.cleared),
      };
  }
}

interface Operation {
  readonly kind: 'increment' | 'set' | 'add' | 'append' | 'reset' | 'delete' | 'remove' | 'clear' | undefined;
  readonly n?: number;
  readonly value?: unknown;
  readonly time?: number;
  readonly share?: number;
  readonly start?: number;
  readonly cap?: number;
  readonly keep?: number;
}

function addTo(cell: Cell, added: Sum, keep: number): Cell {
  const { life, start } = added;
  const before = cell.sums.find((sum) => sum.life === life && sum.start === start);
  const counts = before !== undefined && before.n > (cell.cleared[life] ?? 0);
  return {
    ...cell,
    sums: [...cell.sums.filter((sum) => sum !== before), { ...added, sum: added.sum + (counts ? before.sum : 0) }],
    newest: Math.max(cell.newest, start),
    limit: Math.min(cell.limit, keep),
  };
}

function merge(one: State, two: State, order: Order): State {
  const cells = new Map<string, Cell>();
  for (const id of new Set([...one.cells.keys(), ...two.cells.keys()])) {
    cells.set(id, mergeCells(id, one, two, order));
  }
  return { seen: join(one.seen, two.seen), cells };
}

function mergeCells(id: string, left: State, right: State, order: Order): Cell {
  const one = left.cells.get(id) ?? NOTHING;
  const two = right.cells.get(id) ?? NOTHING;
  const floor = two.floor === undefined ? one.floor : later(one.floor, two.floor, order);
  const isLog = id.startsWith('log ');
  const has = (dots: readonly Dotted[], { life, n }: Dotted): boolean => dots.some((d) => d.life === life && d.n === n);
  const knew = (seen: Seen, { life, n }: Dotted): boolean => n <= (seen[life] ?? 0);
  // Entries of a log are removed by the floor alone.
  const stays = (mine: Dotted, dots: readonly Dotted[], seen: Seen): boolean =>
    isLog ? floor === undefined || compare(mine, floor, order) > 0 : has(dots, mine) || !knew(seen, mine);
  const kept = one.dots.filter((dot) => stays(dot, two.dots, right.seen));
  const taken = two.dots.filter((dot) => !has(one.dots, dot) && stays(dot, [], left.seen));
  return {
    dots: [...kept, ...taken],
    floor,
    limit: Math.min(one.limit, two.limit),
    sums: newestSums([...one.sums, ...two.sums]),
    cleared: join(one.cleared, two.cleared),
    newest: Math.max(one.newest, two.newest),
  };
}

/** Of each life and bucket the sum with the latest dot. */
function newestSums(sums: readonly Sum[]): Sum[] {
  const newest = new Map<string, Sum>();
  for (const sum of sums) {
    const id = `${sum.life} ${sum.start}`;
    if (sum.n > (newest.get(id)?.n ?? 0)) newest.set(id, sum);
  }
  return [...newest.values()];
}

function compare(a: Dotted, b: Dotted, order: Order): number {
  return a.time - b.time || order(a.life, b.life) || a.n - b.n;
}

function later(a: Dotted | undefined, b: Dotted, order: Order): Dotted {
  return a === undefined || compare(b, a, order) > 0 ? b : a;
}

function raise(last: readonly number[], life: number, n: number): number[] {
  const raised = last.slice();
  raised[life] = Math.max(raised[life] ?? 0, n);
  return raised;
}

function join(one: readonly number[], two: readonly number[]): number[] {
  return Array.from({ length: Math.max(one.length, two.length) }, (_, i) => Math.max(one[i] ?? 0, two[i] ?? 0));
}

function covers(one: Seen, two: Seen): boolean {
  return two.every((n, life) => n <= (one[life] ?? 0));
}
