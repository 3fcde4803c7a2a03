/** A trunk of circuits that nodes share, and what one does with bounded counters. */
import type { Bounded } from '../../src/store/handles/bounded.js';
import { code } from '../error-code.js';
import { Lab, type LabNode } from './lab.js';

const TRUNK = { min: 0, max: 480 };

export function trunkAt(node: LabNode): Bounded {
  return node.store.bounded('trunk', TRUNK);
}

/** So many nodes, all linked with each other. */
export function mesh(names: readonly string[]): { lab: Lab; nodes: LabNode[] } {
  const lab = new Lab();
  const nodes = names.map((name) => lab.start(name));
  nodes.forEach((a, i) => {
    for (const b of nodes.slice(i + 1)) lab.link(a, b);
  });
  lab.run(100);
  return { lab, nodes };
}

/** As many as go, one at a time. */
export function most(operation: () => void): number {
  for (let done = 0; ; done++) {
    const refused = code(operation);
    if (refused === 'INSUFFICIENT_RIGHTS') return done;
    if (refused !== undefined) throw new Error(refused);
  }
}
