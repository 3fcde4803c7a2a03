/**
 * Actors as they travel: as the sender's small integers, each defined by its name and the lives that gave out its dots. A definition is
 * repeated in every message until the other side has confirmed it, so a lost message loses no definition; and it is made anew when one more
 * life is known, so that no dot of a life arrives before the word of it.
 *
 *   definitions = confirmed, [definitions ever made], count, per definition ([number, which one it is − confirmed], name, incarnation, [lives])
 *   lives       = 0: the one that it is named by | count, per life (incarnation and `since`, as distances from the one before)
 *
 * What stands in brackets is said to peers that know of lives; for the others the n-th definition is that of number n.
 *
 * Invariants: who is only defined, and not said to have written anything, takes no number here; nothing that a peer says it has is
 * believed before it was compared with the lives that are known here.
 */
import type { Actor, ActorTable } from '../base/actor.js';
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_ACTORS, MAX_DOT } from '../base/limits.js';
import { type Life, type Lives, MAX_LIVES } from '../base/lives.js';
import { readName } from '../base/name.js';
import { checkClaim, checkHeir, type Holder } from './orphans.js';

/** What the other side knows of our numbers for actors. */
export interface Told {
  /** How many definitions it has confirmed. */
  readonly confirmed: number;
  /** Whether it knows of lives. */
  readonly lives: boolean;
}

interface Defined {
  readonly actor: Actor;
  lives: Lives;
  /** Which of the sender's definitions it is. */
  at: number;
  /** Our number; undefined until the actor is said to have written something. */
  ours: number | undefined;
}

/** The actors of one direction of a link: the sender's numbers and ours. */
export class WireActors {
  readonly #replica: Holder;
  /** By the sender's number. */
  readonly #defined: Defined[] = [];
  /** By ours. */
  readonly #byOurs = new Map<number, Defined>();
  /** How many of the sender's definitions are known without a gap: what an ACK confirms. */
  known = 0;
  /** Who the sender is. */
  peer = '';
  /** Whether the sender tells of lives. */
  lives = false;
  /** The version of our actors when all that the sender has was last compared with them. */
  #comparedAt = 0;

  constructor(replica: Holder) {
    this.#replica = replica;
  }

  /** Our number for the sender's. Errors: MALFORMED_MESSAGE for an actor that was never defined; as `ActorTable.intern`; ORPHANED_WRITES. */
  actor(wire: number): number {
    const defined = this.#defined[wire];
    if (defined === undefined) throw new MerganserError('MALFORMED_MESSAGE', `actor ${wire} was not defined`);
    if (defined.ours === undefined) {
      const { node, incarnation } = defined.actor;
      defined.ours = this.#replica.actors.intern(node, incarnation);
      this.#byOurs.set(defined.ours, defined);
      this.#learn(defined);
    }
    return defined.ours;
  }

  /** Our number of an actor that the sender has up to `n`. Errors: as `actor`. */
  claimed(wire: number, n: number): number {
    const ours = this.actor(wire);
    checkClaim(this.#replica, this.peer, { ...(this.#defined[wire] as Defined), n });
    return ours;
  }

  /** Before anything of a frame is applied, which brings the actor, by our number, up to `n`. Errors: ORPHANED_WRITES. */
  admit(ours: number, n: number): void {
    const claim = { ...(this.#byOurs.get(ours) as Defined), n };
    checkClaim(this.#replica, this.peer, claim);
    checkHeir(this.#replica, this.peer, claim);
  }

  /** More may have become known since the sender said what it has. @param has by our numbers. Errors: ORPHANED_WRITES. */
  compare(has: (ours: number) => number): void {
    const { version } = this.#replica.actors;
    if (this.#comparedAt === version) return;
    this.#comparedAt = version;
    for (const [ours, defined] of this.#byOurs) checkClaim(this.#replica, this.peer, { ...defined, n: has(ours) });
  }

  /** Errors: MALFORMED_MESSAGE, ORPHANED_WRITES, DUPLICATE_NODE. */
  read(r: Reader): void {
    const { from, until, definitions } = readDefinitions(r, this.lives);
    if (from > this.known) throw new MerganserError('MALFORMED_MESSAGE', 'actors are defined with a gap');
    for (const definition of definitions) this.#define(definition);
    this.known = Math.max(this.known, until);
  }

  #define({ wire, at, actor, lives }: Definition): void {
    const before = this.#defined[wire];
    // An old message.
    if (before !== undefined && at <= before.at) return;
    if (before?.actor.node === actor.node && before.actor.incarnation === actor.incarnation) {
      Object.assign(before, { lives, at });
      if (before.ours !== undefined) this.#learn(before);
    } else if (before?.ours === undefined) this.#defined[wire] = { actor, lives, at, ours: undefined };
    else throw new MerganserError('MALFORMED_MESSAGE', `number ${wire} stands for two actors`);
  }

  /** Its lives become known here. */
  #learn(defined: Defined): void {
    checkClaim(this.#replica, this.peer, { ...defined, n: 0 });
    this.#replica.actors.extend(defined.ours as number, defined.lives);
  }
}

/** Definitions of every actor that the other side has not confirmed. */
export function writeActors(w: Writer, table: ActorTable, { confirmed, lives }: Told): void {
  w.uint(confirmed);
  if (lives) w.uint(table.version);
  const numbers: number[] = [];
  if (confirmed < table.version) {
    for (let i = 0; i < table.size; i++) if ((lives ? table.definedAt(i) : i) >= confirmed) numbers.push(i);
  }
  w.uint(numbers.length);
  for (const i of numbers) {
    const { node, incarnation } = table.get(i);
    if (lives) {
      w.uint(i);
      w.uint(table.definedAt(i) - confirmed);
    }
    w.string(node);
    w.uint(incarnation);
    if (lives) writeLives(w, incarnation, table.lives(i));
  }
}

interface Definition {
  /** The sender's number. */
  readonly wire: number;
  /** Which of its definitions it is. */
  readonly at: number;
  readonly actor: Actor;
  readonly lives: Lives;
}

/**
 * What `writeActors` wrote. Errors: MALFORMED_MESSAGE.
 * @param lives whether it speaks of lives
 */
export function readDefinitions(
  r: Reader,
  lives: boolean,
): { readonly from: number; readonly until: number; readonly definitions: readonly Definition[] } {
  const from = r.uint();
  const said = lives ? r.uint() : Number.POSITIVE_INFINITY;
  const definitions: Definition[] = [];
  let next = from;
  for (let left = r.count(2); left > 0; left--) {
    const wire = lives ? r.uint() : next;
    const at = lives ? from + r.uint() : next;
    next = at + 1;
    const actor = { node: readName(r), incarnation: r.uint() };
    if (wire >= MAX_ACTORS || at >= said) throw new MerganserError('MALFORMED_MESSAGE', 'too many actors are defined');
    definitions.push({ wire, at, actor, lives: lives ? readLives(r, actor.incarnation) : soleLife(actor) });
  }
  return { from, until: lives ? said : next, definitions };
}

/** How many definitions there are for a peer to confirm. */
export function definitions(table: ActorTable, { lives }: Told): number {
  return lives ? table.version : table.size;
}

export function soleLife({ incarnation }: Actor): Lives {
  return [{ incarnation, since: 0 }];
}

/** @param first the life that the actor is named by */
export function writeLives(w: Writer, first: number, lives: Lives): void {
  w.uint(lives.length === 1 ? 0 : lives.length);
  if (lives.length === 1) return;
  let before: Life = { incarnation: first, since: 0 };
  for (const life of lives) {
    w.uint(life.incarnation - before.incarnation);
    w.uint(life.since - before.since);
    before = life;
  }
}

/** Errors: MALFORMED_MESSAGE for what is no list of lives. */
export function readLives(r: Reader, first: number): Lives {
  const count = r.count(2);
  if (count === 0) return [{ incarnation: first, since: 0 }];
  const lives: Life[] = [];
  let before: Life = { incarnation: first, since: 0 };
  for (let i = 0; i < count; i++) {
    const life = { incarnation: before.incarnation + r.uint(), since: before.since + r.uint() };
    const later = life.incarnation > before.incarnation && life.since > before.since;
    const isFirst = i === 0 && life.incarnation === first && life.since === 0;
    if ((!later && !isFirst) || life.since > MAX_DOT || !Number.isSafeInteger(life.incarnation))
      throw new MerganserError('MALFORMED_MESSAGE', 'the lives of an actor are not in order');
    lives.push(life);
    before = life;
  }
  if (count > MAX_LIVES) throw new MerganserError('MALFORMED_MESSAGE', `${count} lives of an actor`);
  return lives;
}
