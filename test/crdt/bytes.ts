/** One cell's state by itself, for tests of a type's codec. */
import { ActorTable } from '../../src/base/actor.js';
import { Reader, Writer } from '../../src/base/bytes.js';
import type { Crdt } from '../../src/crdt/crdt.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';

/** A state whose actors are 0 (`a`) and 1 (`b`), as somebody sees it who has seen 100 dots of each. */
export class Cell {
  readonly slots: Slots;
  readonly top: VersionVector = new VersionVector([100, 100]);
  head = 0;
  readonly #type: Crdt;

  constructor(type: Crdt) {
    this.#type = type;
    const actors = new ActorTable();
    actors.intern('a', 1);
    actors.intern('b', 1);
    this.slots = new Slots(actors);
  }

  bytes(since?: VersionVector): Uint8Array {
    const w = new Writer();
    this.#type.write(this.slots, this.head, w, this.top, since);
    return w.finish();
  }

  hex(): string {
    return Buffer.from(this.bytes()).toString('hex');
  }

  canonical(): string {
    const w = new Writer();
    this.#type.canonical(this.slots, this.head, w);
    return Buffer.from(w.finish()).toString('hex');
  }

  /** Becomes what the bytes say. Errors: MALFORMED_MESSAGE. */
  read(bytes: Uint8Array): this {
    this.head = this.#type.read(this.slots, new Reader(bytes), { actor: (wire) => known(wire), top: this.top });
    return this;
  }

  merge(other: Cell): this {
    const { slots, head } = this;
    this.head = this.#type.merge(slots, head, new VersionVector(), other.slots, other.head, other.top);
    return this;
  }
}

function known(wire: number): number {
  if (wire > 1) throw new RangeError('there is no such actor');
  return wire;
}
