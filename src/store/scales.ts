/**
 * Which counters were given different scales by nodes that did not know of each other. What was counted before they met stands in the
 * sums in units that nobody can tell apart: such a counter is not read or written as decimals any more until somebody who has seen all of
 * it resets it, under one scale.
 *
 * The scale of a counter is a register under a reserved name beside it, all concurrent values of which are kept.
 * Cost: nothing for other keys; a look at the register whenever it changes.
 */
import * as register from '../crdt/register.js';
import type { Slots } from '../crdt/slots.js';
import type { Cells } from './cells.js';

const PREFIX = '\u0000scale/';
/** The first four bytes of it, as a record holds them. */
const PREFIX_WORD = 0x61637300;

/** What the register is called that holds a counter's scale. */
export function scaleName(key: string): string {
  return PREFIX + key;
}

export class Scales {
  /** Counter → its scales, ascending. */
  readonly disputed: Map<string, readonly number[]> = new Map();
  /** Raised whenever some counter's scale may have become another one: who knows one looks again. */
  changes = 0;

  /** A cell of a reserved name changed. */
  note(cells: Cells, slots: Slots, cell: number): void {
    if (cells.keyWord(cell, 0) !== PREFIX_WORD || cells.tag(cell) !== register.register.tag) return;
    this.changes++;
    const scales = new Set(register.values(slots, cells.head(cell)) as number[]);
    const key = cells.name(cell).slice(PREFIX.length);
    if (scales.size > 1)
      this.disputed.set(
        key,
        [...scales].sort((a, b) => a - b),
      );
    else this.disputed.delete(key);
  }
}
