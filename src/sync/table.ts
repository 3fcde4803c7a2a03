/**
 * The table of members: one row per node with what is known of its newest life. Rows spread by gossip and merge, so every node
 * ends with the same table, whichever way and in whatever order the rows came.
 *
 * Of two rows of one node the later counts: by incarnation; then an evicted one over any other; then by `version`, which only
 * the node itself raises, and who suspects one that leaves; then by state. So what others say (suspect) holds until the node
 * itself says something newer, which refutes it; an eviction is never refuted, only a new incarnation gets past it.
 *
 * Invariants: a row never goes back in that order, which is total, so merging is commutative, associative and idempotent; equal
 * tables have equal hashes. Cost: a row is some sixty bytes; there are `MAX_MEMBERS` at most.
 * Source: SWIM (Das, Gupta, Motivala 2002), with its incarnation split in two: the life, and the refutation.
 */
import { MerganserError } from '../base/error.js';
import { MAX_MEMBERS } from '../base/limits.js';

/** In the order in which one follows the other within a version. */
export const STATES = ['joining', 'alive', 'suspect', 'leaving', 'closed', 'evicted'] as const;

/**
 * joining: not serving yet; suspect: somebody hears nothing of it; leaving: it goes for good; closed: it has gone; evicted: an
 * operator said that it will not come back as this incarnation.
 */
export type NodeState = (typeof STATES)[number];

/** A node that has refuted so often cannot any more: only a liar gets it there. */
export const MAX_VERSION: number = 2 ** 48;

export interface Row {
  readonly node: string;
  readonly incarnation: number;
  /** Raised by the node itself whenever it says something of itself; also by who suspects that it does not leave any more. */
  readonly version: number;
  readonly state: NodeState;
  readonly region: string;
  /** URLs at which it can be dialled. */
  readonly addresses: readonly string[];
  /** What it can do: bits as in HELLO. */
  readonly features: number;
  /** What is in use and every member must therefore be able to do. */
  readonly needs: number;
  /** It goes on, or is about to, with an actor of an earlier life. */
  readonly succeeds?: Inheritance | undefined;
}

/** What a life takes over: the dots above `since` of the actor of its node that is named by this incarnation. */
export interface Inheritance {
  readonly actor: number;
  readonly since: number;
}

/** Whether this life counts no more. */
export function isOver({ state }: Row): boolean {
  return state === 'closed' || state === 'evicted';
}

export class NodeTable {
  readonly #rows = new Map<string, Row>();
  /** Told of each row that changed. */
  onChange: (row: Row, before: Row | undefined) => void = () => undefined;
  /** Of all rows, 32 bits. */
  hash = 0;

  get(node: string): Row | undefined {
    return this.#rows.get(node);
  }

  all(): Iterable<Row> {
    return this.#rows.values();
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Takes a row over if it is later than what is known. Errors: TOO_MANY_MEMBERS. */
  put(row: Row): boolean {
    const before = this.#rows.get(row.node);
    if (before !== undefined && compare(row, before) <= 0) return false;
    if (before === undefined && this.#rows.size >= MAX_MEMBERS) {
      throw new MerganserError('TOO_MANY_MEMBERS', `${this.#rows.size} nodes are known; ${row.node} is one too many`);
    }
    this.#rows.set(row.node, row);
    this.hash = (this.hash ^ (before === undefined ? 0 : hashOf(before)) ^ hashOf(row)) >>> 0;
    this.onChange(row, before);
    return true;
  }
}

/** Positive if `a` is the later row of the two, which are of one node. */
export function compare(a: Row, b: Row): number {
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation;
  const evicted = Number(a.state === 'evicted') - Number(b.state === 'evicted');
  if (evicted !== 0) return evicted;
  if (a.version !== b.version) return a.version - b.version;
  const states = STATES.indexOf(a.state) - STATES.indexOf(b.state);
  if (states !== 0) return states;
  const [one, two] = [text(a), text(b)];
  if (one === two) return 0;
  return one < two ? -1 : 1;
}

function text({ node, incarnation, version, state, region, addresses, features, needs, succeeds }: Row): string {
  // What not everybody knows of stands there only if it is in use.
  const more = succeeds === undefined ? [] : [succeeds.actor, succeeds.since];
  return JSON.stringify([node, incarnation, version, state, region, addresses, features, needs, ...more]);
}

/** FNV-1a. */
function hashOf(row: Row): number {
  let hash = 0x811c9dc5;
  const said = text(row);
  for (let i = 0; i < said.length; i++) hash = Math.imul(hash ^ said.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
