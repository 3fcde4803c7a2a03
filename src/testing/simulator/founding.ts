/**
 * What the operator of a world does, once: when all nodes are there he tells one that knows them that the cluster is new. Whoever is
 * started later, or again, has to be told by others.
 */
import type { Process } from './process.js';

export class Founding {
  readonly #nodes: number;
  #founder: Process | undefined;

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  /** Whether a process was told. */
  readonly isFirst = (process: Process): boolean => {
    if (process.replicator.membership.table.size >= this.#nodes) this.#founder ??= process;
    return this.#founder === process;
  };
}
