/**
 * Which changes go to one peer at once, and which only when they are late there: the sender's half of the deferral.
 *
 * If every node forwarded everything, a change would cross each link of a mesh of eight about six times (hole H2). So the
 * receiver says of whom it does not need to hear from this peer (WANT, chosen by its routes.ts), and the changes of those are
 * left out of frames: the frame's base then says "you have these already", and the receiver lets it wait until it has. What
 * the receiver has not acknowledged for longer than `lagMs` goes along after all, so a wrong choice costs time, never a change.
 *
 * Invariants
 *   - `skipped[o]` is the highest dot of o whose cells some scan has passed over; to send o again the feed is scanned from a
 *     checkpoint that `sent` covers, unless `sent[o]` has reached it by itself;
 *   - before the first WANT nothing is sent to a peer that knows WANT, for `lagMs` at most.
 * Source: eager and lazy push of Plumtree (Leitão, Pereira, Rodrigues, SRDS 2007), with the version vector as the lazy advertisement.
 */
import type { Actor, ActorTable } from '../base/actor.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Checkpoints } from './checkpoints.js';
import type { Want } from './want.js';

/** A hold that is not renewed ends: its receiver may have forgotten it. */
export const HOLD_MS = 3000;

/** The actors whose changes go into a frame; undefined: all. */
export type Eager = ((actor: number) => boolean) | undefined;

export class Deferral {
  readonly #actors: ActorTable;
  readonly #peer: Actor | undefined;
  readonly #since: number;
  /** Whether the peer lets frames wait and says what it wants. */
  readonly defers: boolean;
  #want: Want | undefined;
  #heldUntil = 0;
  /** By actor. */
  #late: boolean[] = [];
  #mark: { readonly at: number; readonly vv: VersionVector };
  #skipped = new VersionVector();
  /** The next frame says everything: what was left out before did not arrive by other ways. */
  all = false;

  /** @param peer the life that the peer is */
  constructor(actors: ActorTable, defers: boolean, peer: Actor | undefined, now: number) {
    this.#actors = actors;
    this.#peer = peer;
    this.defers = defers;
    this.#since = now;
    this.#mark = { at: now, vv: new VersionVector() };
  }

  /** The actor whose dots the peer gives out, and of which nobody else has more; undefined while it is not known to have given out any. */
  get peer(): number | undefined {
    return this.#peer && this.#actors.find(this.#peer.node, this.#peer.incarnation);
  }

  /** The peer said what it wants. An older word than the last one does not count. */
  asked(want: Want, now: number): void {
    if (this.#want !== undefined && want.version <= this.#want.version) return;
    this.#want = want;
    this.#heldUntil = want.hold ? now + HOLD_MS : 0;
  }

  /** Whether nothing is to be sent yet. */
  held(now: number, lagMs: number): boolean {
    if (!this.defers) return false;
    return this.#want === undefined ? now - this.#since < lagMs : now < this.#heldUntil;
  }

  /** Call often: notices what the peer, which has `row`, has lacked for longer than `lagMs`. */
  notice(vv: VersionVector, row: VersionVector, now: number, lagMs: number): void {
    if (!this.defers || now - this.#mark.at < lagMs) return;
    this.#late = this.#mark.vv.dots.map((n, actor) => n > row.get(actor));
    this.#mark = { at: now, vv: vv.clone() };
  }

  /** This process stood still: what the peer said meanwhile is not late. */
  excuse(pause: number): void {
    this.#mark = { at: this.#mark.at + pause, vv: this.#mark.vv };
  }

  /** Nothing is late before it has been waited for, from now on, once more. */
  postpone(now: number): void {
    this.#late = [];
    this.#mark = { at: now, vv: this.#mark.vv };
  }

  /** Whose changes go into the next frame. */
  eager(): Eager {
    const want = this.#want;
    if (!this.defers || this.all || want === undefined) return undefined;
    const { peer } = this;
    return (actor) => actor !== peer && (this.#late[actor] === true || !want.lazy.has(this.#actors.get(actor).node));
  }

  /** From where to scan for a frame of these actors, given where the last scan ended. */
  scanFrom(scan: number, eager: Eager, sent: VersionVector, vv: VersionVector, checkpoints: Checkpoints): number {
    const passed = this.#skipped.dots.some((n, actor) => n > sent.get(actor) && (eager?.(actor) ?? true));
    return passed ? Math.min(scan, checkpoints.before(baseOf(eager, sent, vv))) : scan;
  }

  /** A frame of these actors was cut at `vv`. */
  cut(eager: Eager, sent: VersionVector, vv: VersionVector): void {
    this.all = false;
    for (let actor = 0; actor < vv.dots.length; actor++) {
      const n = vv.get(actor);
      if (eager === undefined || eager(actor)) {
        sent.raise(actor, n);
        this.#skipped.set(actor, 0);
      } else if (n > sent.get(actor)) this.#skipped.set(actor, n);
    }
  }

  /** The sender begins again. */
  rewind(): void {
    this.#skipped = new VersionVector();
  }
}

/** What a receiver must have for a frame of these actors that is cut at `vv`, when it has been sent `sent`. */
export function baseOf(eager: Eager, sent: VersionVector, vv: VersionVector): VersionVector {
  if (eager === undefined) return sent;
  return new VersionVector(vv.dots.map((n, actor) => (eager(actor) ? Math.min(sent.get(actor), n) : n)));
}

/** Whether there is anything of these actors that was not sent (H10: else two replicas answer each other for ever). */
export function anythingFor(eager: Eager, sent: VersionVector, vv: VersionVector): boolean {
  return vv.dots.some((n, actor) => n > sent.get(actor) && (eager === undefined || eager(actor)));
}
