/**
 * TABLE: rows of the table of members, with two hashes: of the sender's whole table, and of the receiver's as far as the sender
 * knows it. A receiver whose table is another one by then answers; so both know when they know the same (gossip.ts).
 *
 *   TABLE = hash here, hash there, rows, [inheritances]
 *   row   = node, incarnation, version, state, region, addresses, features, needs
 *   inheritance = which row, actor, since
 */
import { type Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_ADDRESS_BYTES, MAX_ADDRESSES, MAX_DOT, MAX_MEMBERS } from '../base/limits.js';
import { readName } from '../base/name.js';
import { type Inheritance, MAX_VERSION, type Row, STATES } from './table.js';

export const TABLE_MESSAGE = 12;

export interface TableMessage {
  /** Of the sender's table, these rows included. */
  readonly mine: number;
  /** Of the receiver's table, as it was last heard. */
  readonly yours: number;
  readonly rows: readonly Row[];
}

/** The shortest row that there is. */
const ROW_BYTES = 8;

export function writeTable({ mine, yours, rows }: TableMessage): Uint8Array {
  const w = new Writer();
  w.byte(TABLE_MESSAGE);
  w.uint(mine);
  w.uint(yours);
  w.uint(rows.length);
  for (const row of rows) {
    w.string(row.node);
    w.uint(row.incarnation);
    w.uint(row.version);
    w.byte(STATES.indexOf(row.state));
    w.string(row.region);
    w.uint(row.addresses.length);
    for (const address of row.addresses) w.string(address);
    w.uint(row.features);
    w.uint(row.needs);
  }
  const heirs = rows.filter(({ succeeds }) => succeeds !== undefined);
  if (heirs.length > 0) w.uint(heirs.length);
  for (const heir of heirs) {
    const { actor, since } = heir.succeeds as Inheritance;
    w.uint(rows.indexOf(heir));
    w.uint(actor);
    w.uint(since);
  }
  return w.finish();
}

/** Errors: MALFORMED_MESSAGE. */
export function readTable(r: Reader): TableMessage {
  const mine = r.uint();
  const yours = r.uint();
  const rows: Row[] = [];
  for (let left = bounded(r.count(ROW_BYTES), MAX_MEMBERS, 'rows'); left > 0; left--) rows.push(readRow(r));
  for (let left = r.done ? 0 : r.count(3); left > 0; left--) {
    const i = r.uint();
    const row = rows[i];
    const succeeds = { actor: r.uint(), since: bounded(r.uint(), MAX_DOT, 'dots') };
    if (row === undefined || succeeds.actor >= row.incarnation || row.succeeds !== undefined)
      throw new MerganserError('MALFORMED_MESSAGE', 'a row of the table inherits what it cannot');
    rows[i] = { ...row, succeeds };
  }
  return { mine, yours, rows };
}

function readRow(r: Reader): Row {
  const node = readName(r);
  const incarnation = r.uint();
  const version = bounded(r.uint(), MAX_VERSION, 'refutations');
  const state = STATES[r.byte()];
  if (node === '' || state === undefined) {
    throw new MerganserError('MALFORMED_MESSAGE', 'a row of the table names no node, or a state that does not exist');
  }
  const region = readName(r);
  const addresses: string[] = [];
  for (let left = bounded(r.count(1), MAX_ADDRESSES, 'addresses'); left > 0; left--)
    addresses.push(readName(r, MAX_ADDRESS_BYTES));
  return { node, incarnation, version, state, region, addresses, features: r.uint(), needs: r.uint() };
}

function bounded(count: number, most: number, what: string): number {
  if (count > most)
    throw new MerganserError('MALFORMED_MESSAGE', `${count} ${what} in the table; the limit is ${most}`);
  return count;
}
