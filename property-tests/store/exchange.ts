/** What one store would send another, decoded into a staging area there, without the replicator: tests decide what is in it. */
import { Reader, Writer } from '../../src/base/bytes.js';
import { newerThan } from '../../src/crdt/chain.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { Staged } from '../../src/store/replica.js';
import type { Store } from '../../src/store/store.js';
import type { Random } from '../../src/testing/random.js';

/** A vector in the numbers of one store, in those of another. */
export function translate(vv: VersionVector, from: Store, to: Store): VersionVector {
  const translated = new VersionVector();
  vv.dots.forEach((n, i) => {
    const { node, incarnation } = from.replica.actors.get(i);
    if (n > 0) translated.set(to.replica.actors.intern(node, incarnation), n);
  });
  return translated;
}

/** Number in `to` of a cell of `from`, made if need be. */
function cellIn(to: Store, from: Store, cell: number): number {
  const { cells } = from.replica;
  const parent = cells.parent(cell);
  const above = parent === 0 ? 0 : cellIn(to, from, parent);
  const length = to.replica.cells.encodeBytes(cells.keyBytes(cell).slice(), above);
  return to.replica.ensure(cells.tag(cell), length, above);
}

/**
 * @param since what the receiver has, in the sender's numbers; without it, every cell is sent whole
 * @param listed which cells of the sender may be in it
 */
export function stage(
  from: Store,
  to: Store,
  since?: VersionVector,
  full = false,
  listed: (cell: number) => boolean = () => true,
): Staged {
  const { cells: theirs, slots, vv, ghostFloor, actors } = from.replica;
  const staging = new Slots(to.replica.actors);
  const top = translate(vv, from, to);
  const cells: number[] = [];
  const heads: number[] = [];
  const actor = (wire: number): number => {
    const { node, incarnation } = actors.get(wire);
    return to.replica.actors.intern(node, incarnation);
  };
  theirs.forEach((cell) => {
    const head = theirs.head(cell);
    if (head === 0 || !listed(cell) || (since !== undefined && !newerThan(slots, head, since))) return;
    const w = new Writer();
    from.replica.type(cell).write(slots, head, w, vv, since);
    cells.push(cellIn(to, from, cell));
    heads.push(from.replica.type(cell).read(staging, new Reader(w.finish()), { actor, top }));
  });
  return { slots: staging, cells, heads, top, full, ghostFloor: translate(ghostFloor, from, to) };
}

export const KEYS = ['k0', 'k1'];

/** One random operation of any type. */
export function operate(store: Store, random: Random): void {
  const key = random.pick(KEYS);
  const n = random.between(1, 9);
  switch (random.below(13)) {
    case 0:
    case 1:
      return store.increment(`counter ${key}`, n);
    case 2:
      return store.counter(`counter ${key}`).reset();
    case 3:
      return store.gauge(`gauge ${key}`).set(n);
    case 4:
    case 5:
      return store.register(`register ${key}`).set(n);
    case 6:
      return store.register(`register ${key}`).delete();
    case 7:
    case 8:
      return store.set(`set ${key}`).add(random.pick(KEYS));
    case 9:
      return random.chance(30) ? store.set(`set ${key}`).clear() : store.set(`set ${key}`).delete(random.pick(KEYS));
    case 10:
      return store.log<number>(`log ${key}`, { cap: 3 }).append(n);
    case 11:
      return random.chance(50) ? store.log(`log ${key}`).clear() : store.window(`window ${key}`).clear();
    default:
      return store.window(`window ${key}`, { bucket: 10, keep: 30 }).add(n, random.between(0, 5) * 10);
  }
}
