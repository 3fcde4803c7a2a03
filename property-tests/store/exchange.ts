/** What one store would send another, decoded into a staging area there, without the replicator: tests decide what is in it. */
import type { Actor } from '../../src/base/actor.js';
import { Reader, Writer } from '../../src/base/bytes.js';
import { newerThan } from '../../src/crdt/chain.js';
import type { BuiltIn as TypeName, Crdt } from '../../src/crdt/crdt.js';
import { TYPE_NAMES } from '../../src/crdt/registry.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { MapHandle } from '../../src/store/handles/map.js';
import type { Staged } from '../../src/store/staging.js';
import type { Store } from '../../src/store/store.js';
import type { Random } from '../../src/testing/random.js';
import { onStoreOf, subjectOf } from '../../src/testing/subjects.js';

/** A vector in the numbers of one store, in those of another. */
export function translate(vv: VersionVector, from: Store, to: Store): VersionVector {
  return renumbered(vv, actorsOf(from), to);
}

function actorsOf({ replica: { actors } }: Store): Actor[] {
  return Array.from({ length: actors.size }, (_, i) => actors.get(i));
}

function renumbered(vv: VersionVector, actors: readonly Actor[], to: Store): VersionVector {
  const translated = new VersionVector();
  vv.dots.forEach((n, i) => {
    const { node, incarnation } = actors[i] as Actor;
    if (n > 0) translated.set(to.replica.actors.intern(node, incarnation), n);
  });
  return translated;
}

interface CellCut {
  readonly type: Crdt;
  /** Its own type and name behind those of the cells above. */
  readonly path: readonly { readonly tag: number; readonly name: Uint8Array }[];
  readonly state: Uint8Array;
}

/** A frame as it is when it is cut, whatever the sender does later. */
export class Cut {
  readonly #actors: readonly Actor[];
  readonly #cells: CellCut[] = [];
  readonly #top: VersionVector;
  readonly #ghostFloor: VersionVector;
  readonly #full: boolean;

  /**
   * @param since what the receiver has, in the sender's numbers; without it, every cell is sent whole
   * @param listed which cells of the sender may be in it
   */
  constructor(from: Store, since?: VersionVector, full = false, listed: (cell: number) => boolean = () => true) {
    const { cells, slots, vv, ghostFloor } = from.replica;
    this.#actors = actorsOf(from);
    this.#top = vv.clone();
    this.#ghostFloor = ghostFloor.clone();
    this.#full = full;
    cells.forEach((cell) => {
      const head = cells.head(cell);
      if (head === 0 || !listed(cell) || (since !== undefined && !newerThan(slots, head, since))) return;
      const w = new Writer();
      const type = from.replica.type(cell);
      type.write(slots, head, w, vv, since);
      const path = [];
      for (let part = cell; part !== 0; part = cells.parent(part))
        path.unshift({ tag: cells.tag(part), name: cells.keyBytes(part).slice() });
      this.#cells.push({ type, path, state: w.finish() });
    });
  }

  get size(): number {
    return this.#cells.length;
  }

  /** Decoded at once. */
  into(to: Store): Staged {
    const slots = new Slots(to.replica.actors);
    const cells = this.#cells.map((cut) => cellIn(to, cut));
    const heads = this.#cells.map((cut) => this.#read(cut, slots, to));
    return { slots, cells, heads, ...this.#frame(to) };
  }

  /** Decoded bit by bit, some cells twice: call it until it gives the frame. */
  *littleByLittle(to: Store, random: Random): Generator<undefined, Staged, undefined> {
    const staging = to.replica.stage();
    for (const cut of this.#cells) {
      if (random.chance(30)) yield;
      do {
        const cell = cellIn(to, cut);
        const { cells } = to.replica;
        for (let above = cells.parent(cell); above !== 0; above = cells.parent(above)) staging.pin(above);
        staging.add(cell, this.#read(cut, staging.slots, to));
      } while (random.chance(20));
    }
    const { top, full, ghostFloor } = this.#frame(to);
    return staging.finish(top, full, ghostFloor);
  }

  /** As the beginning of a frame that is given up. */
  abandonedBy(to: Store, random: Random): void {
    const staging = to.replica.stage();
    for (const cut of this.#cells)
      if (random.chance(70)) staging.add(cellIn(to, cut), this.#read(cut, staging.slots, to));
    to.replica.abandon(staging);
  }

  #frame(to: Store): Pick<Staged, 'top' | 'full' | 'ghostFloor'> {
    return {
      top: renumbered(this.#top, this.#actors, to),
      full: this.#full,
      ghostFloor: renumbered(this.#ghostFloor, this.#actors, to),
    };
  }

  #read({ type, state }: CellCut, slots: Slots, to: Store): number {
    const actor = (wire: number): number => {
      const { node, incarnation } = this.#actors[wire] as Actor;
      return to.replica.actors.intern(node, incarnation);
    };
    return type.read(slots, new Reader(state), { actor, top: this.#frame(to).top });
  }
}

/** The receiver's number of a cell, made if need be. */
function cellIn({ replica }: Store, { path }: CellCut): number {
  let cell = 0;
  for (const { tag, name } of path) cell = replica.ensure(tag, replica.cells.encodeBytes(name, cell), cell);
  return cell;
}

/** A frame, cut and decoded. Parameters: as of `Cut`. */
export function stage(
  from: Store,
  to: Store,
  since?: VersionVector,
  full = false,
  listed?: (cell: number) => boolean,
): Staged {
  return new Cut(from, since, full, listed).into(to);
}

/** Everything, in full if there were removals of which nothing is left at the sender. */
export function tell(from: Store, to: Store): void {
  const full = !to.replica.vv.covers(translate(from.replica.ghostFloor, from, to));
  to.replica.apply([stage(from, to, undefined, full)]);
}

export const KEYS = ['k0', 'k1'];

export function keyOf(type: TypeName, key: string, shared: boolean): string {
  return shared ? key : `${type} ${key}`;
}

const KNOWN: readonly string[] = ['counter', 'gauge', 'register', 'set', 'log', 'window'];
/** Types that need nothing special. */
const OTHERS = TYPE_NAMES.filter((type) => !KNOWN.includes(type) && onStoreOf(type).act === undefined);

/** One random operation of any type. @param shared keys of all types have the same names */
export function operate(store: Store, random: Random, shared = false): void {
  const picked = random.pick(KEYS);
  const key = (type: TypeName): string => keyOf(type, picked, shared);
  const n = random.between(1, 9);
  switch (random.below(21)) {
    case 0:
    case 1:
      return store.increment(key('counter'), n);
    case 2:
      return store.counter(key('counter')).reset();
    case 3:
      return store.gauge(key('gauge')).set(n);
    case 4:
    case 5:
      return store.register(key('register')).set(n);
    case 6:
      return store.register(key('register')).delete();
    case 7:
    case 8:
      return store.set(key('set')).add(random.pick(KEYS));
    case 9:
      return random.chance(30) ? store.set(key('set')).clear() : store.set(key('set')).delete(random.pick(KEYS));
    case 10:
      return store.log<number>(key('log'), { cap: 3 }).append(n);
    case 11:
      return random.chance(50) ? store.log(key('log')).clear() : store.window(key('window')).clear();
    case 13:
      return store.sorted(key('sorted')).set(random.pick(KEYS), n);
    case 14:
      return store.sorted(key('sorted')).increment(random.pick(KEYS), n);
    case 15:
      return random.chance(30)
        ? store.sorted(key('sorted')).clear()
        : store.sorted(key('sorted')).delete(random.pick(KEYS));
    case 16:
    case 17:
      return changeMap(store.map(key('map')), random);
    case 18:
      return random.chance(30) ? store.map(key('map')).clear() : store.map(key('map')).delete(random.pick(KEYS));
    case 12:
      return store.window(key('window'), { bucket: 10, keep: 30 }).add(n, random.between(0, 5) * 10);
    default: {
      const type = random.pick(OTHERS);
      return onStoreOf(type).perform(store, key(type), subjectOf(type).draw(random));
    }
  }
}

/** A field keeps its type while it is there. */
function changeMap(map: MapHandle, random: Random): void {
  const field = random.pick(KEYS);
  const what = { counter: 0, register: 1, set: 2, flag: 3, new: random.below(4) }[map.type(field) ?? 'new'];
  if (what === 0) map.increment(field, random.between(1, 9));
  else if (what === 1) map.set(field, random.between(1, 9));
  else if (what === 2 && random.chance(60)) map.add(field, random.pick(KEYS));
  else if (what === 2) map.remove(field, random.pick(KEYS));
  else if (random.chance(60)) map.enable(field);
  else map.disable(field);
}
