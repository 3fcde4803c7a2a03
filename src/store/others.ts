/** What the store needs to know of other nodes for what it does by itself (rights.ts, sweep.ts); whoever knows them says so (sync/backing.ts). */
export interface Others {
  /** Whether another node is known to have a dot of this one, or there is no other. */
  isBacked(dot: number): boolean;
  /** Whether everybody who can have written is known to have a dot of this node, and all that they had then is here. */
  isKnownToAll(dot: number): boolean;
  /** An actor that is up in each of the other regions. */
  regions(): readonly number[];
  /** Whether it is this node that removes what lives of a node have left that are over. */
  isHeirOf(node: string): boolean;
  /** Whether a life that is over is final (`Replica.isFinal`) is to be found out. */
  ask(): void;
}

/** There are none. */
export const NOBODY: Others = {
  isBacked: () => true,
  isKnownToAll: () => true,
  regions: () => [],
  isHeirOf: () => true,
  ask: () => undefined,
};
