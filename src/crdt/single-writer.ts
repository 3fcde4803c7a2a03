/**
 * Content of sketches in which every actor has a part of its own that only it writes to, as a register with a single writer: a query
 * reads all parts as one. Adding up what is merged would count a frame that comes twice twice; so parts are joined, each with what it
 * was before.
 *
 * On the wire: (count, then per part: actor, distance of its last dot from `top`, what is news of it). Source: Lamport, "On
 * interprocess communication", 1986; the per-replica entries of the G-counter (Shapiro et al. 2011). Cost: as the parts.
 */
import type { ActorTable } from '../base/actor.js';
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { readDot } from './chain.js';
import type { Content } from './generation.js';

/** What one actor wrote, up to a dot. */
export interface Part<P> {
  readonly dot: number;
  copy(): P;
  /** this := this ⊔ other, of which one is an earlier state of the other. Keeps nothing of `other`. */
  join(other: P): void;
}

/** By actor. */
export type Parts<P> = Map<number, P>;

export interface PartCodec<P> {
  /** The fewest bytes of a part, its actor and its dot included. */
  readonly least: number;
  /** What later dots than `known` brought, or all of it if that is 0. */
  write(part: P, w: Writer, known: number): void;
  /** Dots within the part are not told: its last, `dot`, is no earlier. Errors: MALFORMED_MESSAGE. */
  read(r: Reader, dot: number): P;
  canonical(part: P, w: Writer): void;
}

/** Actors in the order that every replica agrees on. */
export function writersInOrder(parts: Parts<unknown>, actors: ActorTable): number[] {
  return [...parts.keys()].sort((a, b) => actors.compare(a, b));
}

export function singleWriter<P extends Part<P>>(codec: PartCodec<P>): Content<Parts<P>> {
  return {
    make: () => new Map(),
    isEmpty: (parts) => parts.size === 0,
    copy: (parts) => new Map([...parts].map(([actor, part]) => [actor, part.copy()])),
    join(into, from) {
      for (const [actor, theirs] of from) {
        const mine = into.get(actor);
        if (mine === undefined) into.set(actor, theirs.copy());
        else mine.join(theirs);
      }
    },
    write(parts, w, top, since) {
      const known = (actor: number): number => since?.get(actor) ?? 0;
      const news = [...parts].filter(([actor, { dot }]) => dot > known(actor));
      w.uint(news.length);
      for (const [actor, part] of news) {
        w.uint(actor);
        w.uint(top.get(actor) - part.dot);
        codec.write(part, w, known(actor));
      }
    },
    read(r, context) {
      const parts: Parts<P> = new Map();
      for (let left = r.count(codec.least); left > 0; left--) {
        const actor = context.actor(r.uint());
        if (parts.has(actor)) throw new MerganserError('MALFORMED_MESSAGE', 'an actor stands twice in a cell');
        parts.set(actor, codec.read(r, readDot(r, actor, context)));
      }
      return parts;
    },
    canonical(parts, actors, w) {
      for (const actor of writersInOrder(parts, actors)) {
        const { node, incarnation } = actors.get(actor);
        w.string(node);
        w.uint(incarnation);
        codec.canonical(parts.get(actor) as P, w);
      }
    },
  };
}
