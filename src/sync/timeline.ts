/**
 * From dots to time: up to when is everything that a node wrote somewhere else? Heartbeats say the sender's last dot and what its
 * clock shows. Everything that it wrote at or before that moment has no later dot; so once the dot is covered, everything up to the
 * moment is. A node that beats but sends no frames, for whatever reason, is therefore seen to stand still.
 *
 * Bounded: of many moments those remain that lie ever farther apart the older they are, which makes the answer coarser and never
 * wrong. While nothing is written one moment moves along and nothing grows. Cost: a look at 64 moments a heartbeat.
 */
export interface Moment {
  /** By the clock of the node that wrote, milliseconds since 1970. */
  readonly wall: number;
  /** By the driver's clock here. */
  readonly at: number;
  /** The writer's last dot then. */
  readonly dot: number;
}

const LENGTH = 64;

export class Timeline {
  #moments: Moment[] = [];

  /** Times and dots rise. */
  note(moment: Moment): void {
    const last = this.#moments.length - 1;
    if (last > 0 && this.#moments[last]?.dot === moment.dot && this.#moments[last - 1]?.dot === moment.dot) {
      this.#moments[last] = moment;
      return;
    }
    this.#moments.push(moment);
    if (this.#moments.length > LENGTH) this.#thin(moment.at);
  }

  /** The moment goes that is missed the least: beside which the gap is small for its age. */
  #thin(now: number): void {
    const at = this.#moments.map((moment) => moment.at);
    let best = 1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i < at.length - 1; i++) {
      const [before, after] = [at[i - 1] as number, at[i + 1] as number];
      const missed = (after - before) / (now - after + 1);
      if (missed >= least) continue;
      least = missed;
      best = i;
    }
    this.#moments.splice(best, 1);
  }

  /** The last moment up to which nothing was written after `dot`; undefined if that was before the first. */
  through(dot: number): Moment | undefined {
    return this.#moments.findLast((moment) => moment.dot <= dot);
  }
}
