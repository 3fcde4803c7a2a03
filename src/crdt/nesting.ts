/**
 * Which cells may stand below which. A set, say, is a stateless cell, its root, with a cell below it for each element; a map has a
 * cell below it for each field and type, and a set in a field is the root of its elements. So a cell is the root of others if its
 * type has fields and the cell above it, if there is one, is of another type.
 */
import type { Crdt } from './crdt.js';

/** @param above the type of the cell above, if there is one */
export function isRoot(type: Crdt, above: Crdt | undefined): boolean {
  return type.fields && type !== above;
}

/** Whether a cell of a type may stand below a root, or, without one, be a key. */
export function mayStand(type: Crdt, above: Crdt | undefined): boolean {
  if (above === undefined) return true;
  return above.holds === undefined ? type === above : above.holds.includes(type);
}
