/**
 * Fresh reads: what was acknowledged anywhere before the barrier began is visible here when it ends. Every member is asked for
 * its version vector, and the barrier ends when all that they said is covered here. A write that a member acknowledged before it
 * was asked stands in what it answers, whoever made it. Members that are not linked cannot be asked and are reported: the
 * barrier says nothing of what they, and only they, have.
 *
 *   BARRIER = kind, 0 and id: a question | kind, 1 and id, actor definitions, version vector, hash of its table of members: the answer
 *
 * Cost: one small message per member there and back; the wait is a round trip to the farthest, and whatever is under way.
 */
import type { ActorTable } from '../base/actor.js';
import { type Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import type { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import { checkOwn } from './handshake.js';
import type { Link } from './link.js';
import type { Member, Members } from './members.js';
import { BARRIER, BARRIERS, readVector, writeVector } from './message.js';
import type { NodeTable } from './table.js';
import { type Told, type WireActors, writeActors } from './wire-actors.js';

const QUESTION = 0;
const ANSWER = 1;

type BarrierMessage =
  | { readonly kind: 'question'; readonly id: number }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly vv: VersionVector;
      /** The table of members that it knew by then. */
      readonly table: number | undefined;
    };

function writeQuestion(id: number): Uint8Array {
  const w = new Writer();
  w.byte(BARRIER);
  w.byte(QUESTION);
  w.uint(id);
  return w.finish();
}

function writeAnswer(id: number, vv: VersionVector, actors: ActorTable, told: Told, table: number): Uint8Array {
  const w = new Writer();
  w.byte(BARRIER);
  w.byte(ANSWER);
  w.uint(id);
  writeActors(w, actors, told);
  writeVector(w, vv);
  w.uint(table);
  return w.finish();
}

/** Errors: MALFORMED_MESSAGE. */
export function readBarrier(r: Reader, actors: WireActors): BarrierMessage {
  const kind = r.byte();
  const id = r.uint();
  if (kind === QUESTION) return { kind: 'question', id };
  if (kind !== ANSWER) throw new MerganserError('MALFORMED_MESSAGE', `there is no barrier message of kind ${kind}`);
  actors.read(r);
  return { kind: 'answer', id, vv: readVector(r, actors), table: r.done ? undefined : r.uint() };
}

interface Asked {
  readonly member: Member;
  /** The link that the question went out on. */
  readonly link: number;
  said: VersionVector | undefined;
}

export class Barrier {
  readonly id: number;
  readonly #asked: Asked[] = [];
  readonly #silent: Member[] = [];

  constructor(id: number) {
    this.id = id;
  }

  asked(member: Member, link: number): void {
    this.#asked.push({ member, link, said: undefined });
  }

  cannotAsk(member: Member): void {
    this.#silent.push(member);
  }

  answered(link: number, vv: VersionVector): void {
    const asked = this.#asked.find((entry) => entry.link === link);
    if (asked !== undefined) asked.said = vv;
  }

  /** Whether everything that was said is covered by `vv`, and nobody is left who may still answer. */
  isOver(vv: VersionVector): boolean {
    return this.#asked.every(({ member, link, said }) => (said === undefined ? member.link !== link : vv.covers(said)));
  }

  /** Regions with a member of which it cannot be said that everything it had is covered by `vv`, sorted. */
  missing(vv: VersionVector): string[] {
    const open = this.#asked.filter(({ said }) => said === undefined || !vv.covers(said)).map(({ member }) => member);
    return [...new Set([...this.#silent, ...open].map(({ region }) => region))].sort();
  }
}

/** Those that a node has begun, and its answers to those of others. */
export class Barriers {
  readonly #replica: Replica;
  readonly #members: Members;
  readonly #table: NodeTable;
  readonly #links: ReadonlyMap<number, Link>;
  readonly #send: (link: Link, bytes: Uint8Array) => void;
  readonly #open = new Map<number, Barrier>();
  #last = 0;

  constructor(
    replica: Replica,
    { members, table }: { readonly members: Members; readonly table: NodeTable },
    links: ReadonlyMap<number, Link>,
    send: (link: Link, bytes: Uint8Array) => void,
  ) {
    this.#replica = replica;
    this.#members = members;
    this.#table = table;
    this.#links = links;
    this.#send = send;
  }

  /** Ask every member what it has. To be ended by `end`. */
  begin(): Barrier {
    const barrier = new Barrier(++this.#last);
    this.#open.set(barrier.id, barrier);
    for (const member of this.#members.all()) {
      const link = member.link === undefined ? undefined : this.#links.get(member.link);
      if (link === undefined || (link.features & BARRIERS) === 0) {
        barrier.cannotAsk(member);
        continue;
      }
      barrier.asked(member, link.id);
      this.#send(link, writeQuestion(barrier.id));
    }
    return barrier;
  }

  /** Ask one of them, for what its answer says of all that it has and knows by then. */
  ask(link: Link): void {
    this.#send(link, writeQuestion(0));
  }

  /** Nobody waits for it any more. */
  end({ id }: Barrier): void {
    this.#open.delete(id);
  }

  /** Errors: MALFORMED_MESSAGE. */
  receive(link: Link, r: Reader): void {
    const { vv, actors } = this.#replica;
    const message = readBarrier(r, link.receiving.actors);
    if (message.kind === 'question') {
      // Whoever asks without reading must not fill this node's memory with answers.
      if (link.writable) this.#send(link, writeAnswer(message.id, vv, actors, link.sending.told, this.#table.hash));
      return;
    }
    checkOwn(message.vv, this.#replica);
    link.member?.row.join(message.vv);
    link.agreed = message.table ?? link.exchange?.theirs;
    this.#open.get(message.id)?.answered(link.id, message.vv);
  }
}
