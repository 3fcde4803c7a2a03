/**
 * Worlds in which nodes may run different versions: with types and operations of which all make the same. Some nodes start with the
 * earlier one, and each now and then starts with the other one than before, as in an upgrade or when it is taken back; until all use
 * what the earlier one cannot.
 */
import { TYPE_NAMES } from '../../crdt/registry.js';
import type { TypeName } from '../../crdt/crdt.js';
import type { Random } from '../random.js';
import type { Break } from './break.js';
import { type Core, PRESENT } from './core.js';
import type { End } from './network.js';
import { drawPlan, type Plan } from './plan.js';

const FIRST_SIX: readonly TypeName[] = ['counter', 'gauge', 'register', 'set', 'log', 'window'];

interface Known {
  readonly breakage?: Break | undefined;
  readonly previous?: Core | undefined;
  readonly types?: readonly TypeName[];
}

export function planFor(random: Random, { types, previous, breakage }: Known): Plan {
  const known = previous === undefined ? TYPE_NAMES : (previous.types ?? FIRST_SIX);
  const plan = drawPlan(random, types ?? known, breakage?.leaning);
  // Version 1 drops what is appended to a log with a time before what was cleared.
  const differ = previous !== undefined && plan.keys.some(({ type }) => type === 'log');
  return differ ? { ...plan, without: new Set([...plan.without, 'clear', 'delete']) } : plan;
}

/** Which version each node runs. */
export class Versions {
  readonly #previous: Core | undefined;
  readonly #random: Random;
  /** Nobody goes back any more. */
  #upgraded = false;

  constructor(previous: Core | undefined, random: Random) {
    this.#previous = previous;
    this.#random = random;
  }

  /** @param before what the node ran when it was last started */
  next(before: Core | undefined): Core {
    const previous = this.#previous;
    if (previous === undefined || this.#upgraded) return PRESENT;
    if (before === undefined) return this.#random.pick([previous, PRESENT]);
    const changes = this.#random.chance(60);
    return changes === (before === PRESENT) ? previous : PRESENT;
  }

  /** Whether a link ends because the other end's version cannot do what all others use. */
  isOutdated(code: string, peer: Core): boolean {
    const outdated = code === 'UNSUPPORTED_VERSION' && peer !== PRESENT;
    this.#upgraded ||= outdated;
    return outdated;
  }
}

/** Whether both ends of a connection know that actors have lives. */
export function tellsLives({ connection: { ends } }: End): boolean {
  return ends.every(({ process }) => process.core === PRESENT);
}
