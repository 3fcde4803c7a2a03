/** Worlds in which nodes may run different versions: with types and operations of which all make the same. */
import { TYPE_NAMES } from '../../crdt/registry.js';
import type { TypeName } from '../../crdt/crdt.js';
import type { Random } from '../random.js';
import type { Break } from './break.js';
import type { Core } from './core.js';
import { drawPlan, type Plan } from './plan.js';

const FIRST_SIX: readonly TypeName[] = ['counter', 'gauge', 'register', 'set', 'log', 'window'];

interface Versions {
  readonly breakage?: Break | undefined;
  readonly previous?: Core | undefined;
  readonly types?: readonly TypeName[];
}

export function planFor(random: Random, { types, previous, breakage }: Versions): Plan {
  const known = previous === undefined ? TYPE_NAMES : (previous.types ?? FIRST_SIX);
  const plan = drawPlan(random, types ?? known, breakage?.leaning);
  // Version 1 drops what is appended to a log with a time before what was cleared.
  const differ = previous !== undefined && plan.keys.some(({ type }) => type === 'log');
  return differ ? { ...plan, without: new Set([...plan.without, 'clear', 'delete']) } : plan;
}
