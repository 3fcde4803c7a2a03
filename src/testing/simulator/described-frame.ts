/**
 * What a frame carries, for people: per cell its key and the dots of its slots, and what the frame makes its receiver cover.
 * Cells and actors travel as the sender's numbers, so a frame is described when it is cut, with the sender's tables.
 */
import { type Reader } from '../../base/bytes.js';
import { BASE, CELL, Slots } from '../../crdt/slots.js';
import { typeOfTag } from '../../crdt/registry.js';
import type { Replica } from '../../store/replica.js';
import { readDefinitions } from '../../sync/wire-actors.js';

/**
 * @param r behind the kind of the message
 * @param lives whether its actors are told with their lives
 */
export function describeFrame(r: Reader, replica: Replica, lives: boolean): string {
  r.uint();
  const where = `epoch ${r.uint()} seq ${r.uint()}`;
  r.uint();
  const full = (r.byte() & 1) === 1;
  readDefinitions(r, lives);
  const ranges: string[] = [];
  for (let left = r.uint(); left > 0; left--) {
    const actor = r.uint();
    r.uint();
    const top = replica.vv.get(actor);
    const base = top - r.uint();
    ranges.push(
      base === top ? `${name(replica, actor)}:${top} taken for granted` : `${name(replica, actor)}:${base}–${top}`,
    );
  }
  if (full) for (let left = r.uint(); left > 0; left--) r.uint();
  const cells: string[] = [];
  let previous = 0;
  while (!r.done) previous = cell(r, replica, previous, cells);
  return `FRAME ${where}${full ? ' full' : ''} covers ${ranges.join(', ') || 'nothing new'}; ${cells.join(', ') || 'no cells'}`;
}

/** One cell; returns its number. */
function cell(r: Reader, replica: Replica, previous: number, into: string[]): number {
  const code = r.uint();
  const zigzag = Math.floor(code / 4);
  const number = previous + (zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2);
  let tag = replica.cells.tag(number);
  if (code % 2 === 1) {
    tag = r.byte();
    r.uint();
    r.bytes(1 << 20);
  }
  const type = typeOfTag(tag);
  if ((code & 2) !== 0 || type === undefined) return number;
  const slots = new Slots(replica.actors);
  const head = type.read(slots, r, { top: replica.vv, actor: (wire) => wire });
  const dots: string[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot)) {
    const actor = slots.actor(slot);
    if (actor === CELL) dots.push('whole');
    else dots.push(`${actor >= BASE ? 'base of ' : ''}${name(replica, actor % BASE)}:${slots.dot(slot)}`);
  }
  const parent = replica.cells.parent(number);
  const own = replica.cells.name(number);
  const key = parent === 0 ? own : `${replica.cells.name(parent)}[${own}]`;
  into.push(`${type.name} ${key} {${dots.join(' ')}}`);
  return number;
}

function name(replica: Replica, actor: number): string {
  if (actor >= replica.actors.size) return `actor ${actor}`;
  const { node, incarnation } = replica.actors.get(actor);
  return `${node}@${incarnation}`;
}
