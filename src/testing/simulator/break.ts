/** What a known bug is that the simulator can put back. */
import type { Leaning } from './plan.js';
import type { Process } from './process.js';

export interface Break {
  /** Its number in the list of holes that the obvious version falls into. */
  readonly hole?: `H${number}`;
  /** What is wrong with it. */
  readonly bug: string;
  /** A node returns from a crash as the actor that it was. */
  readonly sameIncarnation?: true;
  /** Where it shows soon; without it, everywhere. */
  readonly leaning?: Leaning;
  /** It shows once in hundreds of worlds: who has little time begins with this one. */
  readonly from?: number;
  wrap(process: Process): void;
}
