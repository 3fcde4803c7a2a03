/**
 * How the table of members spreads. A link that comes up is given the whole table, afterwards rows that changed, but not those
 * that came over it. Every message carries the hash of the sender's table and that of the receiver's as the sender knows it, and
 * is answered if that is not the receiver's any more: so each change costs two small messages a link, both ends know when they
 * know the same, and nothing is said while nothing changes.
 *
 * What got lost on the way is noticed by hashes that stay different, and mended by the whole table, less and less often.
 */
import type { NodeTable, Row } from './table.js';
import { type TableMessage, writeTable } from './table-message.js';

const LAST_WAIT_MS = 60_000;

/** One link's part in it. */
export class Exchange {
  /** Nodes whose rows the peer is to be told. */
  readonly due: Set<string> = new Set();
  /** Our hash as it was last told. */
  told = 0;
  /** The peer's, as it was last heard. */
  theirs = 0;
  /** The peer does not know our hash. */
  answer = true;
  at = 0;
  waitMs = 0;
}

export class Gossip {
  readonly #table: NodeTable;
  readonly #own: string;

  /** @param own the name of this node */
  constructor(table: NodeTable, own: string) {
    this.#table = table;
    this.#own = own;
  }

  /** A link to a node that takes part came up. */
  begin(): Exchange {
    const exchange = new Exchange();
    for (const { node } of this.#table.all()) exchange.due.add(node);
    return exchange;
  }

  /**
   * The peer said something; `refute` is handed what it says of this node. Errors: as `NodeTable.put`, and what `refute` throws.
   */
  receive(exchange: Exchange, { mine, yours, rows }: TableMessage, refute: (row: Row) => void): void {
    for (const row of rows) {
      if (row.node === this.#own) refute(row);
      else this.#table.put(row);
      // The peer has it: unless ours is later, it need not be told.
      if (this.#table.get(row.node) === row) exchange.due.delete(row.node);
    }
    exchange.theirs = mine;
    if (yours !== this.#table.hash) exchange.answer = true;
  }

  /** What the peer is to be told now, if anything. */
  message(exchange: Exchange, now: number, retryMs: number): Uint8Array | undefined {
    const { hash } = this.#table;
    const { due, theirs } = exchange;
    if (theirs === hash) {
      exchange.waitMs = retryMs;
      due.clear();
    }
    const fresh = due.size > 0 || exchange.answer || exchange.told !== hash;
    const stuck = theirs !== hash && now - exchange.at >= exchange.waitMs;
    if (!fresh && !stuck) return undefined;
    if (!fresh) {
      exchange.waitMs = Math.min(2 * Math.max(exchange.waitMs, retryMs), LAST_WAIT_MS);
      for (const { node } of this.#table.all()) due.add(node);
    }
    const rows = [...due].map((node) => this.#table.get(node) as Row);
    due.clear();
    exchange.waitMs = Math.max(exchange.waitMs, retryMs);
    exchange.answer = false;
    exchange.told = hash;
    exchange.at = now;
    return writeTable({ mine: hash, yours: theirs, rows });
  }
}
