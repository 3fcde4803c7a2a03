/**
 * The code that a simulated node runs: a store and a replicator, and how to look into them. The present version is one; an
 * earlier one, bundled by `scripts/previous.ts`, is handed in by whoever has it, so that both can meet in one world.
 *
 * What looks inside belongs to the version that it looks into: of another version only what stands in the protocol is known.
 */
import * as shares from '../../crdt/gauge.js';
import * as logs from '../../crdt/log.js';
import { typeOfName } from '../../crdt/registry.js';
import * as windows from '../../crdt/window.js';
import type { BuiltIn as TypeName } from '../../crdt/crdt.js';
import type { ReplicaOptions } from '../../store/replica.js';
import { Store } from '../../store/store.js';
import type { ReplicatorOptions } from '../../sync/ports.js';
import { Replicator } from '../../sync/replicator.js';
import { SUBJECTS } from '../subjects.js';

export interface Core {
  store(options: ReplicaOptions): Store;
  replicator(store: Store, options: ReplicatorOptions): Replicator;
  /** What a key shows as this type, whatever else stands under the name; of a set its elements, sorted. */
  shown(store: Store, type: TypeName, name: string): unknown;
  /** This node's share of a gauge. */
  share(store: Store, name: string): number;
  /** The declared cap of a log. */
  cap(store: Store, name: string): number | undefined;
  /** The declared keep of a window. */
  keep(store: Store, name: string): number | undefined;
  /** Whether the gauge shares of a life are left out. */
  hidden(store: Store, node: string, incarnation: number): boolean;
  /** Cells of large frames that are still to be merged; go on with those and with what is sent in slices. Version 1 has neither. */
  pending?(store: Store): number;
  advance?(store: Store, replicator: Replicator, cells: number, now: number): void;
}

export const PRESENT: Core = {
  store: (options) => new Store(options),
  replicator: (store, options) => new Replicator(store, options),
  shown(store, type, name) {
    const { cells, collections, slots } = store.replica;
    if (type !== 'set') return SUBJECTS[type].value(slots, headOf(store, type, name));
    const parent = cellOf(store, type, name);
    if (parent === 0) return [];
    store.replica.resolveTree(parent);
    const live = collections.elements(parent).filter((cell) => SUBJECTS.set.value(slots, cells.head(cell)) === true);
    return live.map((cell) => cells.name(cell)).sort();
  },
  share: (store, name) => shares.share(store.replica.slots, headOf(store, 'gauge', name), store.replica.self),
  cap: (store, name) => logs.capOf(store.replica.slots, headOf(store, 'log', name)),
  keep: (store, name) => windows.keepOf(store.replica.slots, headOf(store, 'window', name)),
  hidden({ replica: { actors } }, node, incarnation) {
    return actors.hidden(actors.intern(node, incarnation));
  },
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
