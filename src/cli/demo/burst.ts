/** Many increments over few keys, at once: what a frame carries of them is one slot a key, whatever was added how often. */
import type { Database } from '../../client/index.js';

const KEYS = 1_000;
const TIMES = 20;

export interface Burst {
  readonly keys: number;
  readonly increments: number;
}

/** Writes it through a client of a region. `refused` is told of increments that the client did not take. */
export function burst(db: Database, refused: () => void): Burst {
  for (let key = 0; key < KEYS; key += 1) {
    const counter = db.counter(`burst/${key}`);
    for (let times = 0; times < TIMES; times += 1) counter.increment().catch(refused);
  }
  return { keys: KEYS, increments: KEYS * TIMES };
}
