/**
 * A small world for one cell of one type: a few replicas, each a state with its version vector and its own numbering of
 * actors, and every operation ever made, with what its maker had seen. States travel as bytes, as they do between nodes.
 */
import { ActorTable } from '../base/actor.js';
import { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import type { Crdt } from '../crdt/crdt.js';
import { Slots } from '../crdt/slots.js';
import { VersionVector } from '../crdt/version-vector.js';
import { LawBroken, must } from './law-broken.js';
import type { Event } from './models/event.js';
import type { Subject } from './subject.js';

/** Names whose order is not the order of their numbers. */
const NODES = ['mu', 'alpha', 'zeta', 'beta'];

const READABLE = 'what one replica writes others can read';
/** Arguments of one call. */
const CHUNK = 4096;

/** One state of a replica: the present one, or a copy that may be played with. */
export interface State {
  readonly replica: number;
  readonly slots: Slots;
  head: number;
  readonly vv: VersionVector;
}

/** A state, or what a replica that covers `since` lacks of it, on the wire. */
export interface Packet {
  readonly from: number;
  readonly bytes: Uint8Array;
  /** In the sender's numbers. */
  readonly top: VersionVector;
  readonly since: VersionVector | undefined;
}

/** A packet, decoded. */
interface Arrival {
  readonly staging: Slots;
  readonly head: number;
  /** In the receiver's numbers. */
  readonly top: VersionVector;
}

export class Replicas<Op> {
  readonly subject: Subject<Op>;
  readonly states: State[];
  /** Every operation, by dot; `context` and `actor` by replica number. */
  readonly events: Event<Op>[] = [];

  constructor(subject: Subject<Op>, count: number) {
    this.subject = subject;
    this.states = Array.from({ length: count }, (_, replica) => {
      const actors = new ActorTable();
      actors.intern(NODES[replica] as string, 1);
      return { replica, slots: new Slots(actors), head: 0, vv: new VersionVector([0]) };
    });
  }

  /** A vector in the numbers of one replica, in the numbers of another. */
  translate(vv: VersionVector, from: number, to: number): VersionVector {
    const { actors } = (this.states[from] as State).slots;
    const theirs = (this.states[to] as State).slots.actors;
    const translated = new VersionVector();
    vv.dots.forEach((n, i) => {
      const { node, incarnation } = actors.get(i);
      if (n > 0) translated.set(theirs.intern(node, incarnation), n);
    });
    return translated;
  }

  /** By replica number: what the state has seen. */
  seen(state: State): number[] {
    const seen = NODES.map(() => 0);
    state.vv.dots.forEach((n, i) => {
      seen[NODES.indexOf(state.slots.actors.get(i).node)] = n;
    });
    return seen;
  }

  /** A local operation. `keep`: it is made for good, and the model is told. */
  perform(state: State, op: Op, keep: boolean): boolean {
    const dot = state.vv.get(0) + 1;
    const head = this.subject.perform(state.slots, state.head, 0, dot, op);
    if (head === undefined) return false;
    if (keep) this.events.push({ actor: state.replica, dot, context: this.seen(state), op });
    state.head = head;
    state.vv.set(0, dot);
    return true;
  }

  pack(state: State, since?: VersionVector): Packet {
    const w = new Writer();
    const top = state.vv.clone();
    this.subject.crdt.write(state.slots, state.head, w, top, since);
    return { from: state.replica, bytes: w.finish(), top, since: since?.clone() };
  }

  /** Nothing at all, under the version vector of a state. */
  packNothing(state: State): Packet {
    const w = new Writer();
    const top = state.vv.clone();
    this.subject.crdt.write(state.slots, 0, w, top, undefined);
    return { from: state.replica, bytes: w.finish(), top, since: undefined };
  }

  /** Throws LawBroken if what was written is refused. */
  unpack(packet: Packet, to: State): Arrival {
    const { actors } = (this.states[packet.from] as State).slots;
    const ours = to.slots.actors;
    const top = this.translate(packet.top, packet.from, to.replica);
    const staging = new Slots(ours);
    const actor = (wire: number): number => {
      const { node, incarnation } = actors.get(wire);
      return ours.intern(node, incarnation);
    };
    const r = new Reader(packet.bytes);
    try {
      const head = this.subject.crdt.read(staging, r, { actor, top });
      must(r.done, `${READABLE}: there is more of it`);
      return { staging, head, top };
    } catch (error) {
      throw error instanceof MerganserError ? new LawBroken(`${READABLE}: ${error.message}`) : error;
    }
  }

  merge(into: State, arrival: Arrival): void {
    const { slots, vv } = into;
    slots.news = false;
    into.head = this.subject.crdt.merge(slots, into.head, vv, arrival.staging, arrival.head, arrival.top);
    vv.join(arrival.top);
  }

  receive(into: State, packet: Packet): void {
    this.merge(into, this.unpack(packet, into));
  }

  /** Whether the packet may be merged here. */
  applicable(into: State, packet: Packet): boolean {
    return packet.since === undefined || into.vv.covers(this.translate(packet.since, packet.from, into.replica));
  }

  copy(state: State): State {
    return { ...state, head: this.subject.crdt.clone(state.slots, state.head), vv: state.vv.clone() };
  }

  /** What the state must show: the model of what it has seen. */
  expected(state: State): unknown {
    const seen = this.seen(state);
    const visible = this.events.filter(({ actor, dot }) => dot <= (seen[actor] as number));
    return this.subject.model(visible, (a, b) => ((NODES[a] as string) < (NODES[b] as string) ? -1 : a === b ? 0 : 1));
  }
}

/** Canonical bytes as text, a character each. */
export function canonical(type: Crdt, slots: Slots, head: number): string {
  const w = new Writer();
  type.canonical(slots, head, w);
  const bytes = w.finish();
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return text;
}
