/** One direction of a link, step by step: a frame is encoded, decoded and merged by the real codec, so that each step can be timed. */
import { Reader } from '../src/base/bytes.js';
import { Slots } from '../src/crdt/slots.js';
import { VersionVector } from '../src/crdt/version-vector.js';
import type { Staged } from '../src/store/staging.js';
import type { Store } from '../src/store/store.js';
import { CellMap, KnownCells } from '../src/sync/cell-numbers.js';
import { decodeCells, encodeFrame, readFrameStart, readFrameVectors } from '../src/sync/frame.js';
import { WireActors } from '../src/sync/wire-actors.js';

export class FrameLink {
  readonly #from: Store;
  readonly #into: Store;
  readonly #sender = { known: new KnownCells(), lastTop: new VersionVector(), scan: 0 };
  readonly #receiver: { actors: WireActors; cells: CellMap; top: VersionVector };
  readonly #staging: Slots;
  /** What the other side has. */
  #base = new VersionVector();
  #seq = 0;

  constructor(from: Store, into: Store) {
    this.#from = from;
    this.#into = into;
    this.#receiver = { actors: new WireActors(into.replica), cells: new CellMap(), top: new VersionVector() };
    this.#receiver.actors.lives = true;
    this.#staging = new Slots(into.replica.actors);
  }

  /** What has changed since the frame before; each has to arrive. */
  encode(): Uint8Array {
    const { replica } = this.#from;
    const bytes = encodeFrame(replica, this.#sender, {
      epoch: 1,
      seq: this.#seq++,
      full: false,
      told: { confirmed: 0, lives: true },
      base: this.#base,
    });
    this.#base = replica.vv.clone();
    return bytes;
  }

  decode(bytes: Uint8Array): Staged {
    const { replica } = this.#into;
    const r = new Reader(bytes);
    r.byte();
    readFrameStart(r, this.#receiver.actors);
    const vectors = readFrameVectors(replica, this.#receiver, r, false);
    this.#receiver.top = vectors.top;
    const staged = decodeCells(replica, this.#receiver, r, vectors, false, this.#staging);
    if (staged === undefined) throw new Error('a frame names cells that it does not define');
    return staged;
  }

  merge(staged: Staged): void {
    this.#into.replica.apply([staged]);
  }
}
