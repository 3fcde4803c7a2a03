/**
 * Matters: what writers write beside the six types that the ledger knows, and what must be there in the end. A new type is a row
 * here. Each thing whose outcome depends on order is written by one session only; everything else commutes.
 */
import type { Database } from '../../client/database.js';
import type { Random } from '../random.js';

/** Who writes. */
export interface Hand {
  readonly name: string;
  readonly db: Database;
  readonly random: Random;
  /** A write is on its way: it must be answered, and not with an error. */
  track(this: void, what: string, answer: Promise<void>): void;
}

/** One kind of thing, in one run: what was written is remembered here. */
export interface Matter {
  write(hand: Hand): void;
  /** One line per difference. */
  judge(db: Database): Promise<string[]>;
}

const OWN = 4;

/** Flags that one session switches on and off. */
function flags(): Matter {
  const on = new Map<string, boolean>();
  return {
    write({ name, db, random, track }) {
      const key = `flag/${name}/${random.below(OWN)}`;
      const enable = random.chance(60);
      on.set(key, enable);
      const flag = db.flag(key);
      track(key, enable ? flag.enable() : flag.disable());
    },
    judge: async (db) => differences(on, (key) => db.flag(key).enabled()),
  };
}

async function differences<Value>(
  should: ReadonlyMap<string, Value>,
  ask: (key: string) => Promise<Value>,
): Promise<string[]> {
  const wrong = [...should].map(async ([key, expected]) => {
    const is = await ask(key);
    return is === expected ? [] : [`${key} is ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`];
  });
  return (await Promise.all(wrong)).flat();
}

export function allMatters(): Matter[] {
  return [flags()];
}
