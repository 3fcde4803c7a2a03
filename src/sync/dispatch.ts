/**
 * What becomes of each message: who may say what before its HELLO, and which part of the protocol hears it.
 *
 * A message is checked before anything of it counts. What is wrong is thrown with its code; the replicator closes the link with it.
 */
import { Reader } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { MAX_PEER_MESSAGE_BYTES } from '../base/limits.js';
import type { Replica } from '../store/replica.js';
import type { Staged } from '../store/staging.js';
import type { Barriers } from './barrier.js';
import { readResume } from './cut-message.js';
import { Deferral } from './deferral.js';
import { checkHello, checkOwn, checkSame, versionVectorOf } from './handshake.js';
import type { Incoming } from './incoming.js';
import type { Link } from './link.js';
import type { Member } from './members.js';
import type { Membership } from './membership.js';
import * as wire from './message.js';
import type { Outgoing } from './outgoing.js';
import type { Output, PeerEvent, ReplicatorOptions } from './ports.js';
import type { Routes } from './routes.js';
import type { Scrub } from './scrub.js';
import { readTable, TABLE_MESSAGE } from './table-message.js';
import { readWant } from './want.js';
import { definitions } from './wire-actors.js';

/** The parts that hear messages, and what is done beyond them. */
export interface DispatchHost {
  readonly membership: Membership;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly routes: Routes;
  readonly barriers: Barriers;
  readonly scrub: Scrub;
  links(): Iterable<Link>;
  /** The link is over; the connection is still to be closed. */
  closed(link: Link, now: number): void;
  output(output: Output): void;
  event(event: PeerEvent, member: Member, message: string, link?: number): void;
}

export class Dispatch {
  readonly #replica: Replica;
  readonly #options: Required<ReplicatorOptions>;
  readonly #host: DispatchHost;

  constructor(replica: Replica, options: Required<ReplicatorOptions>, host: DispatchHost) {
    this.#replica = replica;
    this.#options = options;
    this.#host = host;
  }

  /** A message, not compressed. Errors: whatever is wrong with it. */
  take(link: Link, bytes: Uint8Array, now: number): void {
    if (bytes.length > MAX_PEER_MESSAGE_BYTES) {
      throw new MerganserError(
        'MESSAGE_TOO_LARGE',
        `a message of ${bytes.length} bytes; the limit is ${MAX_PEER_MESSAGE_BYTES}`,
      );
    }
    const r = new Reader(bytes);
    const kind = r.byte();
    if (kind === wire.GOODBYE) return this.#onGoodbye(link, wire.readGoodbye(r), now);
    if (link.member === undefined) {
      if (kind !== wire.HELLO) throw new MerganserError('MALFORMED_MESSAGE', 'the first message is not a HELLO');
      return this.#onHello(link, wire.readHello(r), now);
    }
    switch (kind) {
      case wire.BEGIN:
      case wire.CHUNK:
      case wire.COMMIT:
      case wire.FRAME:
      case wire.PART:
        return this.#host.incoming.take(link, kind, r, now);
      case wire.RESUME:
        return this.#host.outgoing.cutting.resume(link, readResume(r), now);
      case wire.WANT:
        return link.sending.deferral.asked(readWant(r), now);
      case wire.ACK:
        return this.#onAck(link, wire.readAck(r, link.receiving.actors), now);
      case wire.NACK:
        return this.#onNack(link, wire.readNack(r, link.receiving.actors), now);
      case wire.HEARTBEAT:
        return this.#onHeartbeat(link, wire.readHeartbeat(r), now);
      case wire.BARRIER:
        return this.#host.barriers.receive(link, r);
      case wire.DIGEST:
        return this.#host.scrub.receive(link, r, now);
      case TABLE_MESSAGE:
        return this.#host.membership.receive(link, readTable(r), now);
      case wire.HELLO:
        return checkSame(wire.readHello(r), link.member);
      default:
        throw new MerganserError('MALFORMED_MESSAGE', `there is no message of kind ${kind}`);
    }
  }

  #onHello(link: Link, hello: wire.Hello, now: number): void {
    const { membership, outgoing } = this.#host;
    link.claims = hello.node;
    checkHello(hello, this.#replica, this.#options);
    membership.check(link, hello, now);
    const have = versionVectorOf(hello, this.#replica);
    const member = membership.meet(link, hello, now);
    if (member === undefined) return;
    link.introduce(hello);
    this.#replica.clock.observe(hello.hlc);
    member.row = have.clone();
    link.sending.deferral = new Deferral(this.#replica.actors, (hello.features & wire.GATE) !== 0, hello, now);
    outgoing.rewind(link, have, 0, now);
    this.#host.event('up', member, `${member.node} in ${member.region} is linked`, link.id);
    // Whoever is given anything knows by then whom else its giver knows (succession.ts).
    membership.tell(link, now, this.#options.heartbeatMs);
    this.#host.incoming.assembling.greet(link);
    outgoing.ack(link, true, now);
    this.#host.routes.relinked(member.node);
    outgoing.ask(this.#host.links(), now);
    outgoing.beat(link, now);
  }

  /** A frame of the link was applied. */
  applied(link: Link, staged: Staged): void {
    (link.member as Member).row.join(staged.top);
    // What came from the peer is not sent back to it.
    link.sending.sent.join(staged.top);
    link.ackDue = true;
    link.traffic.receivedFrames++;
    link.traffic.receivedCells += staged.lazy?.size ?? staged.cells.length;
    this.checkSynced(link);
  }

  #onAck(link: Link, ack: wire.Ack, now: number): void {
    const { sending } = link;
    const first = !sending.acked;
    sending.acked = true;
    sending.confirm(Math.min(ack.confirmed, definitions(this.#replica.actors, sending.told)));
    checkOwn(ack.vv, this.#replica);
    sending.noteAck(ack.epoch, ack.seq - 1, now);
    sending.sent.join(ack.vv);
    (link.member as Member).row.join(ack.vv);
    if (first) link.target = ack.vv;
    this.checkSynced(link);
  }

  #onNack(link: Link, nack: wire.Nack, now: number): void {
    const { sending } = link;
    sending.checkEpoch(nack.epoch, 0);
    checkOwn(nack.vv, this.#replica);
    (link.member as Member).row.join(nack.vv);
    if (nack.epoch < sending.epoch) return;
    this.#host.outgoing.rewind(link, nack.vv, nack.epoch + 1, now);
    sending.deferral.all = true;
  }

  #onHeartbeat(link: Link, beat: wire.Heartbeat, now: number): void {
    link.peerBeat = beat.sent;
    link.peerBeatAt = now;
    if (beat.echo > 0) link.rtt = Math.max(0, Math.floor(now) - beat.echo - beat.held);
    link.report = beat.report;
    if (beat.report !== undefined) this.#host.outgoing.progress.heard(link, beat.report, now);
  }

  #onGoodbye(link: Link, goodbye: wire.Goodbye, now: number): void {
    const { code, message } = goodbye;
    this.#host.membership.goodbye(link, goodbye, now);
    if (code !== 'DUPLICATE_LINK' && (code !== 'PEER_LEFT' || link.member === undefined)) {
      const node = link.member?.node ?? '?';
      this.#host.output({ kind: 'event', event: 'refused', node, link: link.id, code, message });
    }
    this.#host.closed(link, now);
    this.#host.output({ kind: 'close', link: link.id, code: 'PEER_LEFT', message: goodbye.message });
  }

  /** Whether everything that the peer had when it was linked is here by now. */
  checkSynced(link: Link): void {
    if (link.synced || link.target === undefined || !this.#replica.vv.covers(link.target)) return;
    link.synced = true;
    const member = link.member as Member;
    this.#host.event('synced', member, `everything that ${member.node} had is here`, link.id);
  }
}
