/** What the store needs to know of other nodes for what it does by itself (rights.ts, sweep.ts); whoever knows them says so (sync/backing.ts). */
export interface Others {
  /** Whether it can be relied on that a dot of this node is known to another one, or there is none. */
  isBacked(dot: number): boolean;
  /** Whether everybody who can have written is known to have a dot of this node, and all that they had then is here. */
  isKnownToAll(dot: number): boolean;
  /** An actor that is up in each of the other regions. */
  regions(): readonly number[];
  /** Whether it is this node that removes what lives of a node have left that are over. */
  isHeirOf(node: string): boolean;
  /** Whether this node can know everybody who may have written anything: the cluster is new, or it has met one who can. */
  isComplete(): boolean;
  /** Whether nobody has, or can still get, more of what earlier lives of this node wrote than is here. Finds out if it can. */
  endsAreHere(): boolean;
  /** Whether a life that is over is final (`Replica.isFinal`) is to be found out. */
  ask(): void;
}

/** There are none. */
export const NOBODY: Others = {
  isBacked: () => true,
  isKnownToAll: () => true,
  regions: () => [],
  isHeirOf: () => true,
  isComplete: () => true,
  endsAreHere: () => true,
  ask: () => undefined,
};
