/**
 * Unique: about how many different elements were added, in any number of regions, in a few kilobytes (hyperloglog.ts). Adding one
 * that changes no register is no write at all.
 *
 * What changed lately is kept with its dots, so that a peer is sent the registers that were raised since and not all of them. What
 * has left this short list, or came in a whole, is covered by `floor`; a peer that does not cover the floor gets the whole.
 *
 * Deleted as a whole (generation.ts). Not guaranteed: whether one element was added, and removal of single elements.
 * Cost: as the registers, and up to 512 recent changes at 24 bytes.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { readDot } from './chain.js';
import type { Crdt, WireContext } from './crdt.js';
import { type Content, contentOf, clear as clearGeneration, generational, touched } from './generation.js';
import { indexOf, MAX_RANK, MAX_SPARSE, placeOf, rankOf, REGISTERS, Registers } from './hyperloglog.js';
import type { Slots } from './slots.js';
import { VersionVector } from './version-vector.js';

interface UniqueState {
  readonly registers: Registers;
  /** Changes that `floor` does not cover, the oldest first: place, actor, dot. */
  readonly recent: number[];
  readonly floor: VersionVector;
}

const RECENT = 512;
const STRIDE = 3;
/** Dense registers on the wire: four in three bytes. */
const DENSE_BYTES = (REGISTERS * 3) / 4;

const PART = 0;
const SPARSE = 1;
const DENSE = 2;

/** The register is raised by a dot, if it is. */
function put(state: UniqueState, place: number, actor: number, dot: number): void {
  if (!state.registers.raise(place)) return;
  const { recent, floor } = state;
  if (recent.length === RECENT * STRIDE) {
    const gone = recent.splice(0, (RECENT / 2) * STRIDE);
    for (let i = 0; i < gone.length; i += STRIDE) floor.raise(gone[i + 1] as number, gone[i + 2] as number);
  }
  recent.push(place, actor, dot);
}

const content: Content<UniqueState> = {
  make: () => ({ registers: new Registers(), recent: [], floor: new VersionVector() }),
  isEmpty: ({ registers }) => registers.used === 0,
  copy: ({ registers, recent, floor }) => ({
    registers: registers.copy(),
    recent: recent.slice(),
    floor: floor.clone(),
  }),
  join(into, { registers, recent, floor }) {
    for (let i = 0; i < recent.length; i += STRIDE) {
      put(into, recent[i] as number, recent[i + 1] as number, recent[i + 2] as number);
    }
    // The rest of what is there came with dots that the floor covers.
    if (floor.dots.length > 0 && into.registers.join(registers)) into.floor.join(floor);
  },
  write(state, w, top, since) {
    if (since === undefined || !since.covers(state.floor)) writeWhole(state.registers, w);
    else writePart(state.recent, w, top, since);
  },
  read(r, context, mods) {
    const form = r.byte();
    const state: UniqueState = {
      registers: new Registers(),
      recent: [],
      floor: form === PART ? new VersionVector() : mods,
    };
    if (form === PART) readPart(state, r, context);
    else if (form === SPARSE) readSparse(state.registers, r);
    else if (form === DENSE) readDense(state.registers, r);
    else throw new MerganserError('MALFORMED_MESSAGE', `registers in an unknown form, ${form}`);
    return state;
  },
  canonical: ({ registers }, _actors, w) => writeWhole(registers, w),
};

function writePart(recent: readonly number[], w: Writer, top: VersionVector, since: VersionVector): void {
  w.byte(PART);
  const isNews = (i: number): boolean => (recent[i + 2] as number) > since.get(recent[i + 1] as number);
  let count = 0;
  for (let i = 0; i < recent.length; i += STRIDE) if (isNews(i)) count++;
  w.uint(count);
  for (let i = 0; i < recent.length; i += STRIDE) {
    if (!isNews(i)) continue;
    const actor = recent[i + 1] as number;
    w.uint(recent[i] as number);
    w.uint(actor);
    w.uint(top.get(actor) - (recent[i + 2] as number));
  }
}

function readPart(state: UniqueState, r: Reader, context: WireContext): void {
  const count = r.count(3);
  if (count > RECENT) throw new MerganserError('MALFORMED_MESSAGE', `${count} changed registers are no part`);
  for (let left = count; left > 0; left--) {
    const place = checked(r.uint());
    const actor = context.actor(r.uint());
    put(state, place, actor, readDot(r, actor, context));
  }
}

/** Which form follows is decided by how many registers are not 0. */
function writeWhole(registers: Registers, w: Writer): void {
  if (registers.used <= MAX_SPARSE) {
    w.byte(SPARSE);
    w.uint(registers.used);
    let before = 0;
    registers.forEach((place) => {
      w.uint(place - before);
      before = place;
    });
    return;
  }
  w.byte(DENSE);
  const packed = new Uint8Array(DENSE_BYTES);
  for (let index = 0, at = 0; index < REGISTERS; index += 4) {
    let bits = 0;
    for (let i = 0; i < 4; i++) bits = (bits << 6) | registers.rank(index + i);
    packed[at++] = bits >>> 16;
    packed[at++] = bits >>> 8;
    packed[at++] = bits;
  }
  w.bytes(packed);
}

function readSparse(registers: Registers, r: Reader): void {
  const count = r.count(1);
  if (count > MAX_SPARSE) throw new MerganserError('MALFORMED_MESSAGE', `${count} registers are not few`);
  let before = 0;
  for (let left = count; left > 0; left--) {
    const place = checked(before + r.uint());
    if (!registers.raise(place) || registers.used !== count - left + 1) {
      throw new MerganserError('MALFORMED_MESSAGE', 'registers are not in order');
    }
    before = place;
  }
}

function readDense(registers: Registers, r: Reader): void {
  const packed = r.bytes(DENSE_BYTES);
  if (packed.length !== DENSE_BYTES) throw new MerganserError('MALFORMED_MESSAGE', 'registers are missing');
  for (let index = 0; index < REGISTERS; index++) {
    // Four in three bytes: each is some bits of two of them.
    const bit = index * 6;
    const two = ((packed[bit >>> 3] as number) << 8) | (packed[(bit >>> 3) + 1] ?? 0);
    const rank = (two >>> (10 - (bit & 7))) & 63;
    if (rank !== 0) registers.raise(checked((index << 6) | rank));
  }
  if (registers.used <= MAX_SPARSE) throw new MerganserError('MALFORMED_MESSAGE', 'registers are not many');
}

function checked(place: number): number {
  const rank = rankOf(place);
  if (place < REGISTERS * 64 && rank > 0 && rank <= MAX_RANK) return place;
  throw new MerganserError('MALFORMED_MESSAGE', 'there is no such register or rank');
}

/** Whether adding an element would change anything. */
export function isNews(slots: Slots, head: number, element: string): boolean {
  const place = placeOf(element);
  const state = contentOf<UniqueState>(slots, head);
  return state === undefined || state.registers.rank(indexOf(place)) < rankOf(place);
}

export function add(slots: Slots, head: number, actor: number, dot: number, element: string): number {
  const result = touched(slots, head, actor, dot, content);
  put(contentOf<UniqueState>(slots, result) as UniqueState, placeOf(element), actor, dot);
  return result;
}

/** About how many different elements there are, a whole number. */
export function count(slots: Slots, head: number): number {
  return contentOf<UniqueState>(slots, head)?.registers.estimate() ?? 0;
}

/** Everything goes that is of this generation. */
export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  return clearGeneration(slots, head, actor, dot, content);
}

export const unique: Crdt = generational(13, 'unique', content);
