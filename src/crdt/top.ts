/**
 * Top: what is counted most often: the busiest agents, the numbers that are called most. Each actor has a table of its own (space-saving.ts,
 * single-writer.ts). An item was counted at most `count` times and at least `count − error`. Whatever was counted in some region
 * more often than (all that was counted there) ÷ (items watched there) is in the answer.
 *
 * How many items are watched is each writer's own business and no part of the state.
 * Deleted as a whole (generation.ts). Not guaranteed: removal of single items, counting down.
 * Cost: as the table, an actor; a query looks at every item that is watched, some 0.3 µs each.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_ELEMENT_BYTES, MAX_TOP_ITEMS } from '../base/limits.js';
import { LARGE_SUM } from './counter.js';
import type { Crdt } from './crdt.js';
import { contentOf, clear as clearGeneration, generational, touched } from './generation.js';
import { type Parts, singleWriter } from './single-writer.js';
import type { Slots } from './slots.js';
import { type Counted, largest as largestOf, Table } from './space-saving.js';

function writeTable(table: Table, w: Writer, known: number): void {
  writeStart(table, w);
  const news = [...table.values()].filter(({ dot }) => dot > known);
  w.uint(news.length);
  for (const watched of news) writeItem(watched, w);
}

function writeStart(table: Table, w: Writer): void {
  w.uint(table.total);
  w.uint(table.floorCount);
  w.string(table.floorItem);
}

function writeItem({ item, count, error }: Counted, w: Writer): void {
  w.string(item);
  w.uint(count);
  w.uint(error);
}

function readTable(r: Reader, dot: number): Table {
  const table = new Table();
  table.dot = dot;
  table.total = r.uint();
  table.lift(r.uint(), r.string(MAX_ELEMENT_BYTES));
  if (table.total > LARGE_SUM) throw new MerganserError('MALFORMED_MESSAGE', 'a table counts too much');
  const items = r.count(3);
  if (items > MAX_TOP_ITEMS) throw new MerganserError('MALFORMED_MESSAGE', `${items} items are over the limit`);
  for (let i = 1; i <= items; i++) {
    const item = r.string(MAX_ELEMENT_BYTES);
    const count = r.uint();
    const error = r.uint();
    table.raise({ item, count, error, dot, at: 0 });
    if (count > table.total || error >= count || table.size !== i) {
      throw new MerganserError('MALFORMED_MESSAGE', 'an item of a table says nonsense');
    }
  }
  return table;
}

const content = singleWriter<Table>({
  least: 6,
  write: writeTable,
  read: readTable,
  canonical(table, w) {
    writeStart(table, w);
    for (const watched of [...table.values()].sort((a, b) => (a.item < b.item ? -1 : 1))) writeItem(watched, w);
  },
});

/**
 * Count an item `n` times, n a positive safe integer, watching up to `capacity` items from now on.
 * Errors: COUNTER_OVERFLOW, and then nothing changed.
 */
export function add(
  slots: Slots,
  head: number,
  actor: number,
  dot: number,
  item: string,
  n: number,
  capacity: number,
): number {
  const own = contentOf<Parts<Table>>(slots, head)?.get(actor);
  if ((own?.total ?? 0) + n > LARGE_SUM) {
    throw new MerganserError('COUNTER_OVERFLOW', `a region can count up to ${LARGE_SUM}`);
  }
  const result = touched(slots, head, actor, dot, content);
  let table = own;
  if (table === undefined) {
    table = new Table();
    (contentOf<Parts<Table>>(slots, result) as Parts<Table>).set(actor, table);
  }
  table.add(item, n, capacity, dot);
  return result;
}

/** Everything goes that is of this generation. */
export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  return clearGeneration(slots, head, actor, dot, content);
}

/** The `n` items that were counted most often. */
export function largest(slots: Slots, head: number, n: number): Counted[] {
  return largestOf([...(contentOf<Parts<Table>>(slots, head)?.values() ?? [])], n);
}

/** All that was counted. */
export function total(slots: Slots, head: number): number {
  let sum = 0;
  for (const table of contentOf<Parts<Table>>(slots, head)?.values() ?? []) sum += table.total;
  return sum;
}

export const top: Crdt = generational(15, 'top', content);
