/** What a matter is: one kind of thing that clients write, and what must be true of it (matters.ts has them all). */
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
  /** What must be true in a region at every moment: one line per difference. */
  look?(db: Database): Promise<string[]>;
  /** One line per difference. */
  judge(db: Database): Promise<string[]>;
}
