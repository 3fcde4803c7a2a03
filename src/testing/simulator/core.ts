/**
 * The code that a simulated node runs: a store and a replicator, and how to look into them. The present version is one; an
 * earlier one, bundled by `scripts/previous.ts`, is handed in by whoever has it, so that both can meet in one world.
 *
 * What looks inside belongs to the version that it looks into: of another version only what stands in the protocol is known.
 */
import type { Lives } from '../../base/lives.js';
import * as logs from '../../crdt/log.js';
import { TYPE_NAMES, typeOfName } from '../../crdt/registry.js';
import * as windows from '../../crdt/window.js';
import type { TypeName } from '../../crdt/crdt.js';
import type { ReplicaOptions } from '../../store/replica.js';
import { Store } from '../../store/store.js';
import type { ReplicatorOptions } from '../../sync/ports.js';
import { Replicator } from '../../sync/replicator.js';
import type { Looks } from '../subject.js';
import { partOf, subjectOf } from '../subjects.js';

export interface Core extends Looks {
  /** The types that it knows; without it, the first six. */
  readonly types?: readonly TypeName[];
  store(options: ReplicaOptions): Store;
  replicator(store: Store, options: ReplicatorOptions): Replicator;
  /** What a key shows as this type, whatever else stands under the name; of a collection the whole of it. */
  shown(store: Store, type: TypeName, name: string): unknown;
  /** Who gave out the dots of an actor. Version 1 knows of one life only. */
  lives?(store: Store, actor: number): Lives;
  /** Does what the store does by itself; version 1 does nothing. */
  tend?(store: Store, now: number): void;
  /** Whether the gauge shares of a life are left out. */
  hidden(store: Store, node: string, incarnation: number): boolean;
  /** Cells of large frames that are still to be merged; go on with those and with what is sent in slices. Version 1 has neither. */
  pending?(store: Store): number;
  advance?(store: Store, replicator: Replicator, cells: number, now: number): void;
}

export const PRESENT: Core = {
  store: (options) => new Store(options),
  replicator: (store, options) => new Replicator(store, options),
  types: TYPE_NAMES,
  shown(store, type, name) {
    const subject = subjectOf(type);
    const { cells, collections, slots } = store.replica;
    if (subject.onStore?.whole === undefined) return subject.value(slots, headOf(store, type, name));
    const root = cellOf(store, type, name);
    const elements = new Map<string, unknown>();
    store.replica.resolveTree(root);
    const visit = (cell: number): void => {
      const element = elementOf(store, type, cell);
      if (store.replica.isRoot(cell)) collections.elements(cell).forEach(visit);
      else elements.set(element, partOf(type, element).value(slots, cells.head(cell)));
    };
    collections.elements(root).forEach(visit);
    return subject.onStore.whole(elements);
  },
  cap: (store, name) => logs.capOf(store.replica.slots, headOf(store, 'log', name)),
  keep: (store, name) => windows.keepOf(store.replica.slots, headOf(store, 'window', name)),
  wall: (store) => store.replica.clock.wall,
  hidden({ replica: { actors } }, node, incarnation) {
    return actors.hides(node, incarnation);
  },
  lives: (store, actor) => store.replica.actors.lives(actor),
  tend: (store, now) => store.tend(now),
  pending: (store) => store.replica.pending,
  advance(store, replicator, cells, now) {
    store.replica.advance(cells);
    do replicator.advance(now);
    while (replicator.busy && cells-- > 0);
  },
};

function cellOf({ replica: { cells } }: Store, type: TypeName, name: string): number {
  return cells.find(typeOfName(type)?.tag ?? 0, cells.encode(name, 0), 0);
}

/** Where the state of a key begins; 0 if there is none. */
function headOf(store: Store, type: TypeName, name: string): number {
  const cell = cellOf(store, type, name);
  store.replica.resolveTree(cell);
  return cell === 0 ? 0 : store.replica.cells.head(cell);
}

/** What an element is called in worlds: by its type as well where that is another one than the collection's, and by its field. */
function elementOf(store: Store, type: TypeName, cell: number): string {
  const { cells } = store.replica;
  const own = store.replica.type(cell).name;
  const above = cells.parent(cell);
  if (cells.isField(above)) return `${elementOf(store, type, above)} ${cells.name(cell)}`;
  return own === type ? cells.name(cell) : `${own} ${cells.name(cell)}`;
}
