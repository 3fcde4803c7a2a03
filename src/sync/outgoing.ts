/**
 * What is said on a link, and when: frames, acknowledgements, refusals, wishes, heartbeats. Nothing queues: while the peer is
 * slow no frame is cut, and the next one carries the sum of what happened.
 */
import { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import type { Checkpoints } from './checkpoints.js';
import { Cutting } from './cutting.js';
import { baseOf, HOLD_MS } from './deferral.js';
import { pack } from './deflated.js';
import { encodeFrame } from './frame.js';
import type { Link, Sending } from './link.js';
import type { Member } from './members.js';
import * as wire from './message.js';
import { Progress } from './progress.js';
import type { ReplicatorOptions } from './ports.js';
import { type Asked, type Routes, same } from './routes.js';
import { writeWant } from './want.js';

export class Outgoing {
  readonly #replica: Replica;
  readonly #options: Required<ReplicatorOptions>;
  readonly #checkpoints: Checkpoints;
  readonly #routes: Routes;
  readonly progress: Progress;
  readonly #emit: (link: number, bytes: Uint8Array) => void;
  /** Frames that are sent in slices. */
  readonly cutting: Cutting;

  constructor(
    replica: Replica,
    options: Required<ReplicatorOptions>,
    checkpoints: Checkpoints,
    routes: Routes,
    emit: (link: number, bytes: Uint8Array) => void,
  ) {
    this.#replica = replica;
    this.#options = options;
    this.#checkpoints = checkpoints;
    this.#routes = routes;
    this.progress = new Progress(replica, checkpoints, options.wall);
    this.#emit = emit;
    this.cutting = new Cutting(replica, options, (link, bytes) => this.send(link, bytes));
  }

  send(link: Link, bytes: Uint8Array): void {
    const packed = pack(link, bytes, this.#options.region, this.#options.compression);
    link.traffic.sentBytes += packed.length;
    link.traffic.sentPlainBytes += bytes.length;
    this.#emit(link.id, packed);
  }

  /** Cut a frame if the peer lacks something and takes it. */
  flush(link: Link, now: number): void {
    const { sending } = link;
    const { lagMs, maxInFlight, maxInFlightBytes, retransmitMs, partBytes } = this.#options;
    const waits = sending.unacked.length > 0 || (sending.cut?.inFlight ?? 0) > 0;
    if (waits && now - Math.max(sending.progress, sending.cut?.progress ?? 0) > retransmitMs) {
      this.rewind(link, (link.member as Member).row, sending.epoch + 1, now);
      sending.deferral.all = true;
    }
    // While large frames are not merged the changes feed does not have everything.
    if (sending.cut !== undefined || this.#replica.pending > 0) return;
    if (!sending.owes(this.#replica.vv) || sending.deferral.held(now, lagMs)) return;
    if (!link.writable || sending.unacked.length >= maxInFlight || sending.inFlight >= maxInFlightBytes) return;
    const base = this.#begin(sending, now);
    if (this.cutting.begin(link, now)) return;
    const eager = sending.eager();
    const { epoch, seq, full, told } = sending;
    const bytes = encodeFrame(this.#replica, sending, { epoch, seq, full, told, base });
    sending.noteSent(eager, this.#replica.vv, bytes.length, now);
    for (const message of wire.partsOf(bytes, epoch, sending.parted++, partBytes)) this.send(link, message);
  }

  /**
   * Go to where the next frame begins; returns its base. No delta that begins below the ghost floor can tell what was forgotten up
   * to there: then the frame is full (H8), and begins an epoch. What it takes for granted the peer has when it applies the frame.
   */
  #begin(sending: Sending, now: number): VersionVector {
    const { vv, ghostFloor } = this.#replica;
    const { deferral, sent, scan, seq, epoch } = sending;
    const eager = deferral.eager();
    const base = baseOf(eager, sent, vv);
    const full = !base.covers(ghostFloor);
    if (!full) sending.scan = deferral.scanFrom(scan, eager, sent, vv, this.#checkpoints);
    else if (seq > 0) sending.rewind(sent, epoch + 1, 0, now);
    sending.full = full;
    return base;
  }

  /** These cells are gone here. */
  dropped(gone: ReadonlySet<number>, links: readonly Link[], now: number): void {
    const again = this.cutting.dropped(gone, links);
    for (const link of links) link.forget(gone);
    for (const link of again) this.rewind(link, (link.member as Member).row, link.sending.epoch + 1, now);
  }

  /** Begin again from what the peer has. */
  rewind(link: Link, have: VersionVector, epoch: number, now: number): void {
    link.sending.rewind(have, epoch, this.#checkpoints.before(have), now);
  }

  /**
   * What is said of the peer's own changes is said at once; what changed of others once in a while, since the peer needs it only
   * to know what is late: else each ACK would name everybody who writes.
   * @param whole say everything, not only what changed since the last ACK
   */
  ack(link: Link, whole: boolean, now: number): void {
    const said = whole ? new VersionVector() : link.ackSaid;
    const { defers, peer } = link.sending.deferral;
    const all = whole || !defers || now - link.ackedAt >= this.#options.lagMs / 4;
    const news = (n: number, actor: number): number => (n > said.get(actor) && (all || actor === peer) ? n : 0);
    const vv = new VersionVector(this.#replica.vv.dots.map(news));
    if (whole) link.ackSaid = vv.clone();
    else link.ackSaid.join(vv);
    if (all) link.ackedAt = now;
    link.ackDue = false;
    const { epoch, applied, actors } = link.receiving;
    this.send(
      link,
      wire.writeAck({ confirmed: actors.known, epoch, seq: applied, vv }, this.#replica.actors, link.sending.told),
    );
  }

  /** Frames of `epoch` are of no use: it may be one of which the beginning never came. */
  nack(link: Link, epoch: number, now: number): void {
    const { receiving } = link;
    const refused = Math.max(epoch, receiving.epoch);
    const said = receiving.refused && refused <= receiving.refusedEpoch;
    if (said && now - receiving.refusedAt < this.#options.heartbeatMs) return;
    receiving.refused = true;
    receiving.refusedAt = now;
    receiving.refusedEpoch = refused;
    receiving.drop();
    this.send(link, wire.writeNack({ epoch: refused, vv: this.#replica.vv }, this.#replica.actors, link.sending.told));
  }

  /** Tell the peers what to send, if that is something else than before. */
  ask(all: Iterable<Link>, now: number): void {
    const { lagMs } = this.#options;
    if (!this.#routes.due(now, lagMs)) return;
    const links = [...all].filter(({ member }) => member !== undefined);
    const sources = links.map(({ member, traffic }) => {
      const { node, region, row } = member as Member;
      return { node, region, row, bytes: traffic.receivedBytes };
    });
    const choice = this.#routes.choose(sources, this.#replica.vv, now, lagMs);
    links.forEach((link, i) => {
      const asked = choice[i] as Asked;
      const renew = asked.hold && now - link.askedAt > HOLD_MS / 3;
      if (!link.sending.deferral.defers || (!renew && link.asked !== undefined && same(link.asked, asked))) return;
      // What others have brought meanwhile need not be sent.
      if (link.asked?.hold === true && !asked.hold) this.ack(link, true, now);
      link.asked = asked;
      link.askedAt = now;
      this.send(link, writeWant({ version: ++link.wants, ...asked }));
    });
  }

  beat(link: Link, now: number): void {
    link.lastBeat = now;
    const held = link.peerBeat === 0 ? 0 : now - link.peerBeatAt;
    this.send(
      link,
      wire.writeHeartbeat({ sent: now, echo: link.peerBeat, held, report: this.progress.report(link, now) }),
    );
  }
}
