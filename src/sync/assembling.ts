/**
 * Cuts that arrive: which link has one, what is kept when the link is lost, what is said to the sender about it.
 * Kept is one per peer, also one that was whole and still had to wait, of the same life of it, for `keepMs`; a later one, or
 * another life, ends it.
 */
import type { Reader } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import { Assembly } from './assembly.js';
import { type Begin, readBegin, readChunkStart, writeResume } from './cut-message.js';
import type { Link } from './link.js';

interface Kept {
  readonly assembly: Assembly;
  readonly incarnation: number;
  readonly until: number;
}

export interface AssemblingOptions {
  readonly keepMs: number;
  readonly maxStagedBytes: number;
}

/** What the protocol does about it. */
export interface AssemblingHost {
  nack(link: Link, epoch: number, now: number): void;
  send(link: Link, bytes: Uint8Array): void;
}

export class Assembling {
  readonly #replica: Replica;
  readonly #options: AssemblingOptions;
  readonly #host: AssemblingHost;
  /** By the peer's name. */
  readonly #kept = new Map<string, Kept>();

  constructor(replica: Replica, options: AssemblingOptions, host: AssemblingHost) {
    this.#replica = replica;
    this.#options = options;
    this.#host = host;
  }

  /** The link's HELLOs are exchanged: say what is here of a cut that its peer began. */
  greet(link: Link): void {
    const kept = this.#keptOf(link);
    if (kept !== undefined) this.#say(link, kept);
  }

  /** BEGIN. Errors: MALFORMED_MESSAGE. */
  begin(link: Link, r: Reader, now: number): void {
    const { receiving } = link;
    const begin = readBegin(r, receiving.actors);
    const { epoch, seq } = begin;
    if (receiving.isStale(epoch, seq)) return;
    if (epoch > receiving.epoch && seq === 0) {
      receiving.adopt(epoch);
      // An ACK may have been lost: the next one says everything.
      link.ackSaid = new VersionVector();
    }
    if (epoch !== receiving.epoch || receiving.refused || seq > receiving.next)
      return this.#host.nack(link, epoch, now);
    if (receiving.assembly?.seq === seq && receiving.assembly.epoch === epoch) {
      if (receiving.assembly.cut === begin.cut) return;
      throw new MerganserError('MALFORMED_MESSAGE', 'a frame in chunks is begun twice');
    }
    if (begin.full && seq !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'a full frame after another one');
    const assembly = begin.kept === 0 ? new Assembly(this.#replica, begin) : this.#goOn(link, begin);
    if (assembly === undefined) return this.#host.nack(link, epoch, now);
    receiving.assembly?.abandon();
    receiving.assembly = assembly;
  }

  /** CHUNK. Errors: as for a frame; MESSAGE_TOO_LARGE if it is more than one peer may have kept here. */
  chunk(link: Link, r: Reader, now: number): void {
    const { receiving } = link;
    const { assembly } = receiving;
    const bytes = r.left;
    const { epoch, seq, index } = readChunkStart(r, receiving.actors);
    if (receiving.isStale(epoch, seq)) return;
    const ours = assembly !== undefined && assembly.epoch === epoch && assembly.seq === seq && !receiving.refused;
    if (ours && index < assembly.chunks) return;
    if (!ours || index > assembly.chunks || !assembly.take(r, receiving.actors, bytes))
      return this.#host.nack(link, epoch, now);
    const { held } = receiving;
    const { maxStagedBytes } = this.#options;
    if (held <= maxStagedBytes) return;
    receiving.drop();
    throw new MerganserError(
      'MESSAGE_TOO_LARGE',
      `frames of ${held} bytes are under way; the limit is ${maxStagedBytes}`,
    );
  }

  /** Tell the sender how far its cut is here. */
  confirm(link: Link): void {
    const { assembly } = link.receiving;
    if (assembly !== undefined && assembly.said < assembly.chunks) this.#say(link, assembly);
  }

  /** The link is lost. */
  closed({ member, incarnation, receiving }: Link, now: number): void {
    const assembly = receiving.cede();
    if (member !== undefined && assembly !== undefined && assembly.chunks > 0 && !receiving.refused) {
      this.#forget(member.node);
      this.#kept.set(member.node, { assembly, incarnation, until: now + this.#options.keepMs });
    } else assembly?.abandon();
    receiving.drop();
  }

  expire(now: number): void {
    for (const [node, { until }] of this.#kept) if (until < now) this.#forget(node);
  }

  /** Of the same life of the peer: another one numbers its cuts anew. */
  #keptOf({ member, incarnation }: Link): Assembly | undefined {
    const kept = member === undefined ? undefined : this.#kept.get(member.node);
    return kept?.incarnation === incarnation ? kept.assembly : undefined;
  }

  #goOn(link: Link, begin: Begin): Assembly | undefined {
    const assembly = this.#keptOf(link);
    if (assembly === undefined || assembly.cut !== begin.cut || assembly.chunks !== begin.kept) return undefined;
    this.#kept.delete(link.member?.node ?? '');
    assembly.resume(begin);
    return assembly;
  }

  #say(link: Link, assembly: Assembly): void {
    assembly.said = assembly.chunks;
    this.#host.send(link, writeResume({ cut: assembly.cut, chunks: assembly.chunks }));
  }

  #forget(node: string): void {
    this.#kept.get(node)?.assembly.abandon();
    this.#kept.delete(node);
  }
}
