/** Names that are live as more than one type; a field's as `key[field]`. */
import { type Cells, LIVE } from './cells.js';

/** A cell whose name others bear came to life or died. */
export function noteConflict(cells: Cells, conflicts: Set<string>, cell: number): void {
  const parent = cells.parent(cell);
  const name = cells.name(cell);
  const live = cells.sameName(cells.encode(name, parent), parent).filter((c) => (cells.flags(c) & LIVE) !== 0);
  const told = parent === 0 ? name : `${cells.name(parent)}[${name}]`;
  if (live.length > 1) conflicts.add(told);
  else conflicts.delete(told);
}
