/**
 * Top: what is counted most often: the busiest agents, the numbers that are called most. Each actor has a table of its own that only it
 * counts in (space-saving.ts), and a query reads all of them as one: adding up what is merged would count a frame that comes
 * twice twice. An item was counted at most `count` times and at least `count − error`. Whatever was counted in some region
 * more often than (all that was counted there) ÷ (items watched there) is in the answer.
 *
 * How many items are watched is each writer's own business and no part of the state.
 * Deleted as a whole (generation.ts). Not guaranteed: removal of single items, counting down.
 * Cost: as the table, an actor; a query looks at every item that is watched, some 0.3 µs each.
 */
import type { ActorTable } from '../base/actor.js';
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_ELEMENT_BYTES, MAX_TOP_ITEMS } from '../base/limits.js';
import { readDot } from './chain.js';
import { LARGE_SUM } from './counter.js';
import type { Crdt, WireContext } from './crdt.js';
import { type Content, contentOf, clear as clearGeneration, generational, touched } from './generation.js';
import type { Slots } from './slots.js';
import { type Counted, largest as largestOf, Table } from './space-saving.js';
import type { VersionVector } from './version-vector.js';

/** By actor. */
type Tables = Map<number, Table>;

function write(tables: Tables, w: Writer, top: VersionVector, since: VersionVector | undefined): void {
  const known = (actor: number): number => since?.get(actor) ?? 0;
  let news = 0;
  for (const [actor, { dot }] of tables) if (dot > known(actor)) news++;
  w.uint(news);
  for (const [actor, table] of tables) {
    if (table.dot <= known(actor)) continue;
    w.uint(actor);
    w.uint(top.get(actor) - table.dot);
    writeStart(table, w);
    let items = 0;
    for (const { dot } of table.values()) if (dot > known(actor)) items++;
    w.uint(items);
    for (const { item, count, error, dot } of table.values()) {
      if (dot <= known(actor)) continue;
      w.string(item);
      w.uint(count);
      w.uint(error);
    }
  }
}

function writeStart(table: Table, w: Writer): void {
  w.uint(table.total);
  w.uint(table.floorCount);
  w.string(table.floorItem);
}

function read(r: Reader, context: WireContext): Tables {
  const tables: Tables = new Map();
  for (let left = r.count(6); left > 0; left--) {
    const actor = context.actor(r.uint());
    if (tables.has(actor)) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a cell');
    tables.set(actor, readTable(r, readDot(r, actor, context)));
  }
  return tables;
}

/** The items' own dots are not told: the table's is no earlier. */
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

const content: Content<Tables> = {
  make: () => new Map(),
  isEmpty: (tables) => tables.size === 0,
  copy: (tables) => new Map([...tables].map(([actor, table]) => [actor, table.copy()])),
  join(into, from) {
    for (const [actor, theirs] of from) {
      const mine = into.get(actor);
      if (mine === undefined) into.set(actor, theirs.copy());
      else mine.join(theirs);
    }
  },
  write,
  read,
  canonical(tables, actors: ActorTable, w) {
    for (const actor of [...tables.keys()].sort((a, b) => actors.compare(a, b))) {
      const table = tables.get(actor) as Table;
      const { node, incarnation } = actors.get(actor);
      w.string(node);
      w.uint(incarnation);
      writeStart(table, w);
      for (const { item, count, error } of [...table.values()].sort((a, b) => (a.item < b.item ? -1 : 1))) {
        w.string(item);
        w.uint(count);
        w.uint(error);
      }
    }
  },
};

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
  const own = contentOf<Tables>(slots, head)?.get(actor);
  if ((own?.total ?? 0) + n > LARGE_SUM) {
    throw new MerganserError('COUNTER_OVERFLOW', `a region can count up to ${LARGE_SUM}`);
  }
  const result = touched(slots, head, actor, dot, content);
  let table = own;
  if (table === undefined) {
    table = new Table();
    (contentOf<Tables>(slots, result) as Tables).set(actor, table);
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
  return largestOf([...(contentOf<Tables>(slots, head)?.values() ?? [])], n);
}

/** All that was counted. */
export function total(slots: Slots, head: number): number {
  let sum = 0;
  for (const table of contentOf<Tables>(slots, head)?.values() ?? []) sum += table.total;
  return sum;
}

export const top: Crdt = generational(15, 'top', content);
