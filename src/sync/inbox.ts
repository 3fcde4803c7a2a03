/**
 * Frames that wait. A frame is applied when everything up to its base is here; until then it stands in its link's queue, in
 * order. Two links' frames can wait for each other: the sender of each had what the other brings and left it out. They are
 * applied together, as one step, when all that they need is here or in the set itself.
 *
 * `jointCover` finds that set: begin with all of each queue; from our version vector raise the cover along chains
 * base ≤ cover < top, actor by actor, so that nothing justifies itself (hole H5); cut each queue at the first frame whose base
 * is not covered; repeat until nothing is cut. What is left is the largest set that is self-sufficient.
 *
 * What waits for longer than it should, or is more than it should be, is refused with a NACK, and the sender begins again with
 * everything. Nobody ever stops reading because frames wait.
 * Cost: nothing for a frame that does not wait; (frames × actors) per round for those that do.
 */
import type { VersionVector } from '../crdt/version-vector.js';
import type { Assembly } from './assembly.js';
import type { FrameVectors } from './frame.js';

export interface Waiting extends FrameVectors {
  readonly seq: number;
  readonly hlc: number;
  readonly full: boolean;
  readonly bytes: number;
  /** The cells; of a frame that came in chunks the last ones. */
  readonly body: Uint8Array;
  /** The others. */
  readonly assembly?: Assembly;
  readonly since: number;
}

/** Whether everything up to the frame's base is covered. */
export function applicable(frame: FrameVectors, have: VersionVector): boolean {
  return frame.entries.every(({ actor, base }) => base <= have.get(actor));
}

/** How many frames of each queue, from its head, are applicable together. */
export function jointCover(queues: readonly (readonly FrameVectors[])[], vv: VersionVector): number[] {
  const taken = queues.map((queue) => queue.length);
  for (;;) {
    const cover = coverOf(queues, taken, vv);
    let cut = false;
    queues.forEach((queue, i) => {
      const stuck = queue.slice(0, taken[i]).findIndex((frame) => !applicable(frame, cover));
      if (stuck === -1) return;
      taken[i] = stuck;
      cut = true;
    });
    if (!cut) return taken;
  }
}

function coverOf(
  queues: readonly (readonly FrameVectors[])[],
  taken: readonly number[],
  vv: VersionVector,
): VersionVector {
  const cover = vv.clone();
  const entries = queues.flatMap((queue, i) => queue.slice(0, taken[i]).flatMap((frame) => frame.entries));
  for (let raised = true; raised;) {
    raised = false;
    for (const { actor, base, top } of entries) {
      const reached = cover.get(actor);
      if (base > reached || top <= reached) continue;
      cover.set(actor, top);
      raised = true;
    }
  }
  return cover;
}
