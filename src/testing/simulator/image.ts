/**
 * A stale snapshot: what a node had at some moment, to begin a later life with. The later life is a new incarnation, so no dot is
 * used twice; but its version vector is of the past, it has what others have removed since, and lacks what it once had.
 */
import { Reader } from '../../base/bytes.js';
import { Slots } from '../../crdt/slots.js';
import { VersionVector } from '../../crdt/version-vector.js';
import { CellMap, KnownCells } from '../../sync/cell-numbers.js';
import { decodeCells, encodeFrame, readFrameStart, readFrameVectors } from '../../sync/frame.js';
import type { Row } from '../../sync/table.js';
import { WireActors } from '../../sync/wire-actors.js';
import { PRESENT } from './core.js';
import type { Process } from './process.js';

interface Image {
  readonly bytes: Uint8Array;
  /** Who there was: without them it would take what it has for what everybody has. */
  readonly members: readonly Row[];
  /** By life. */
  readonly seen: readonly number[];
  /** How many lives begin with nothing before one begins with this. */
  lives: number;
}

export class Images {
  readonly #byNode = new Map<string, Image>();

  /** Keep what a node has now. Returns whether there is anything. */
  take(process: Process, lives: number): boolean {
    const { alive, core, name, store } = process;
    if (!alive || core !== PRESENT || store.dot === 0) return false;
    store.replica.finish();
    const sender = { known: new KnownCells(), lastTop: new VersionVector(), scan: 0 };
    const base = new VersionVector();
    const bytes = encodeFrame(store.replica, sender, {
      epoch: 0,
      seq: 0,
      full: true,
      told: { confirmed: 0, lives: true },
      base,
    });
    const members = [...process.replicator.membership.table.all()].filter(({ node }) => node !== name);
    this.#byNode.set(name, { bytes, members, seen: process.seen() ?? [], lives });
    return true;
  }

  /** A node is to begin with nothing. */
  forget(node: string): void {
    this.#byNode.delete(node);
  }

  /**
   * A new life begins with what was kept of an earlier one, also with what nobody else has any more, so that writes that were lost
   * come back, or are orphans of an actor with which another life went on. Returns whether it does.
   * @param same only with a known bug put back: it is of the same life, which goes on from there
   */
  restore(process: Process, same: boolean): boolean {
    const image = this.#byNode.get(process.name);
    if (image === undefined || process.core !== PRESENT || (!same && image.lives-- > 0)) return false;
    const { replica } = process.store;
    if (same) replica.vv.set(replica.self, image.seen[process.life] ?? 0);
    const receiver = { actors: new WireActors(replica), cells: new CellMap(), top: new VersionVector() };
    receiver.actors.lives = true;
    const r = new Reader(image.bytes);
    r.byte();
    const { hlc } = readFrameStart(r, receiver.actors);
    const vectors = readFrameVectors(replica, receiver, r, true);
    const staged = decodeCells(replica, receiver, r, vectors, true, new Slots(replica.actors));
    if (staged === undefined) throw new Error('an image names cells that it does not define');
    for (const row of image.members) process.replicator.membership.table.put(row);
    replica.apply([staged]);
    replica.clock.observe(hlc);
    process.vv = replica.vv.clone();
    process.shadow.follow(process.seen() ?? []);
    // It has something without having heard of anybody.
    process.replicator.membership.serve();
    return true;
  }
}
