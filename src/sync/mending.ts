/**
 * The states of single cells on their way to be mended (store/repair.ts). They travel outside of frames: no version vector says what
 * they are valid at, and taking one in raises none.
 */
import { isUtf8, Reader, Writer } from '../base/bytes.js';
import { newerThan } from '../crdt/chain.js';
import type { Crdt } from '../crdt/crdt.js';
import { isRoot, mayStand } from '../crdt/nesting.js';
import { typeOfTag } from '../crdt/registry.js';
import { Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import { cellDigest, type CellName, cellNamed } from '../store/digest.js';
import { dropImpossible, repair } from '../store/repair.js';
import type { Replica } from '../store/replica.js';
import type { Link } from './link.js';

/** A state that is larger stays as it is. */
const MAX_STATE_BYTES = 1 << 20;

/** A dot travels as its distance from here: whatever stands in a slot, it can be encoded. */
class Ceiling extends VersionVector {
  override get(): number {
    return 2 ** 48 - 1;
  }
}

const CEILING = new Ceiling();

/** A cell's state as it is here, or undefined if there is none. */
export function stateOf(replica: Replica, name: CellName): Uint8Array | undefined {
  const { cells, slots } = replica;
  const cell = cellNamed(replica, name);
  if (cell === 0) return undefined;
  replica.resolveTree(cell);
  dropImpossible(replica, cell);
  const head = cells.head(cell);
  if (head === 0) return undefined;
  const w = new Writer();
  replica.type(cell).write(slots, head, w, CEILING, undefined);
  return w.length <= MAX_STATE_BYTES ? w.finish() : undefined;
}

/** Join a peer's state of a cell into what is here. Whether that changed anything. Errors: MALFORMED_MESSAGE. */
export function takeState(replica: Replica, link: Link, name: CellName, state: Uint8Array, guess: boolean): boolean {
  const { actors, vv } = replica;
  const type = stateful(name);
  if (type === undefined) return false;
  const staging = new Slots(actors);
  const actor = (wire: number): number => link.receiving.actors.actor(wire);
  const other = type.read(staging, new Reader(state), { top: CEILING, actor });
  // What was not seen here comes in a frame, or was never written.
  if (other === 0 || newerThan(staging, other, vv)) return false;
  const cell = ensure(replica, name);
  replica.resolveTree(cell);
  const before = cellDigest(replica, cell);
  const peer = link.member === undefined ? undefined : actors.find(link.member.node, link.member.incarnation);
  repair(replica, cell, staging, other, { peer, guess });
  const after = cellDigest(replica, cell);
  return before.high !== after.high || before.low !== after.low;
}

/** The type of a cell that has a state, if there can be a cell of this name. */
function stateful(name: CellName): Crdt | undefined {
  const type = typeOfTag(name.tag);
  const above = name.parent === undefined ? undefined : typeOfTag(name.parent.tag);
  return type === undefined || isRoot(type, above) || !isSound(name) ? undefined : type;
}

function isSound({ tag, parent, key }: CellName): boolean {
  const type = typeOfTag(tag);
  if (type === undefined || !isUtf8(key)) return false;
  if (parent === undefined) return key.length > 0;
  const root = typeOfTag(parent.tag);
  const above = parent.parent === undefined ? undefined : typeOfTag(parent.parent.tag);
  return root !== undefined && isRoot(root, above) && mayStand(type, root) && isSound(parent);
}

function ensure(replica: Replica, { tag, parent, key }: CellName): number {
  const above = parent === undefined ? 0 : ensure(replica, parent);
  return replica.ensure(tag, replica.cells.encodeBytes(key, above), above);
}
