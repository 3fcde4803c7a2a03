/**
 * A second opinion: replicas that are as simple as can be, run beside the real ones and given the same operations. Each holds
 * everything as plain objects (simple.ts) and exchanges whole states; there are no frames, no slots, no ghosts, nothing is ever
 * forgotten, and no line of it is shared with the types under test.
 *
 * When a real replica comes to cover more, its shadow merges whole states that shadows once had until it covers the same. If no
 * such states exist, what the real one covers was no replica's state and no union of such states, which is an error by itself.
 */
import type { TypeName } from '../../crdt/crdt.js';
import type { ActorOrder } from '../models/event.js';
import { joinSeen, type Seen, type Simple } from '../simple.js';
import { onStoreOf, partOf } from '../subjects.js';
import type { Made } from './history.js';

/** A key, or an element of one. */
interface Cell {
  readonly simple: Simple<unknown>;
  readonly state: unknown;
  readonly element: string | undefined;
}

interface State {
  readonly seen: Seen;
  /** By key, as one type, then by element: "" for a key that has none. */
  readonly keys: ReadonlyMap<string, ReadonlyMap<string, Cell>>;
}

export class Reference {
  readonly #order: ActorOrder;
  /** Every state that any shadow had, the newest last. */
  readonly #states: State[] = [];

  constructor(order: ActorOrder) {
    this.#order = order;
  }

  begin(): Shadow {
    return new Shadow(this.#order, this.#states);
  }
}

/** The simple replica beside a real one. */
export class Shadow {
  readonly #order: ActorOrder;
  readonly #states: State[];
  #state: State = { seen: [], keys: new Map() };

  constructor(order: ActorOrder, states: State[]) {
    this.#order = order;
    this.#states = states;
  }

  /** The operations of one transaction of `life`, in order. */
  perform(life: number, operations: readonly Made[]): void {
    const keys = new Map(this.#state.keys);
    const seen = this.#state.seen.slice();
    for (const { type, key, element, op, dot } of operations) {
      seen[life] = dot;
      const { simple } = partOf(type, element ?? '');
      if (simple === undefined) continue;
      const cells = new Map(keys.get(idOf(type, key)));
      const state = cells.get(element ?? '')?.state ?? simple.nothing;
      const after = simple.perform(state, op, { life, n: dot }, this.#order);
      cells.set(element ?? '', { simple, state: after, element });
      keys.set(idOf(type, key), cells);
    }
    this.#keep({ seen, keys });
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

  /** Whether it has an opinion of keys of this type. */
  knows(type: TypeName): boolean {
    return partOf(type, '').simple !== undefined;
  }

  /** @param hidden whether what a life says is left out, where that matters */
  shown(type: TypeName, key: string, hidden: (life: number) => boolean): unknown {
    const show = ({ simple, state }: Cell): unknown => simple.shown(state, this.#order, hidden);
    const cells = this.#state.keys.get(idOf(type, key)) ?? new Map<string, Cell>();
    const { whole } = onStoreOf(type);
    if (whole !== undefined) return whole(new Map([...cells].map(([element, cell]) => [element, show(cell)])));
    const cell = cells.get('');
    if (cell !== undefined) return show(cell);
    const simple = partOf(type, '').simple as Simple<unknown>;
    return simple.shown(simple.nothing, this.#order, hidden);
  }

  #keep(state: State): void {
    this.#state = state;
    this.#states.push(state);
  }
}

function idOf(type: string, key: string): string {
  return `${type} ${key}`;
}

function merge(one: State, two: State, order: ActorOrder): State {
  const keys = new Map<string, ReadonlyMap<string, Cell>>();
  for (const id of new Set([...one.keys.keys(), ...two.keys.keys()])) {
    const [left, right] = [one.keys.get(id), two.keys.get(id)];
    const cells = new Map<string, Cell>();
    for (const element of new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])) {
      const cell = (left?.get(element) ?? right?.get(element)) as Cell;
      const stateIn = (side: ReadonlyMap<string, Cell> | undefined): unknown =>
        side?.get(element)?.state ?? cell.simple.nothing;
      const state = cell.simple.merge(stateIn(left), stateIn(right), one.seen, two.seen, order);
      cells.set(element, { ...cell, state });
    }
    keys.set(id, cells);
  }
  return { seen: joinSeen(one.seen, two.seen), keys };
}

function covers(one: Seen, two: Seen): boolean {
  return two.every((n, life) => n <= (one[life] ?? 0));
}
