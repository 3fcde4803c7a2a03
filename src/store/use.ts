/**
 * What a node remembers of one side of a bounded counter: how much of it was used and how much was refused lately, which is why rights are asked
 * for (lending.ts), and who else asks.
 */
import { IDLE_MS, REFUSED_MS, USE_MS } from './lending.js';

export interface Use {
  /** Since the last look. */
  spent: number;
  spentAt: number;
  /** Of about the last `USE_MS`. */
  use: number;
  refused: number;
  refusedAt: number;
  /** actor that asks → up to how many, and since when it was seen */
  readonly asking: Map<number, { readonly want: number; readonly since: number }>;
}

export function unused(): Use {
  return { spent: 0, spentAt: 0, use: 0, refused: 0, refusedAt: 0, asking: new Map() };
}

/** Use and refusals are forgotten in time. @param passed since it aged last */
export function age(use: Use, passed: number, now: number): void {
  use.use = use.use * Math.exp(-passed / USE_MS) + use.spent;
  use.spent = 0;
  if (use.use < 0.5 || now - use.spentAt >= IDLE_MS) use.use = 0;
  if (now - use.refusedAt > REFUSED_MS) use.refused = 0;
}
