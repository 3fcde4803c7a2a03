/**
 * Scrub: replicas are compared pair by pair (comparison.ts), in the background and when somebody asks, because memory and code
 * can go wrong where protocols cannot see it. A difference is an alarm, with the names of the cells.
 *
 * Of each pair the node with the smaller name asks, one peer at a time, about once a minute each; where nothing was written since
 * the last time, ten times less often. A node takes part in one comparison for others at a time. In the background ten thousand
 * cells a second are looked at, which is one per cent of a processor; on demand as fast as it goes between other work.
 *
 * What one side plainly lost is mended at once. Where two replicas cannot tell who is right the alarm stays until an operator asks
 * for a guess (`merganser verify --repair`).
 */
import type { Reader } from '../base/bytes.js';
import { fromUtf8 } from '../base/bytes.js';
import type { VersionVector } from '../crdt/version-vector.js';
import { type CellName, type Named, named } from '../store/digest.js';
import type { Replica } from '../store/replica.js';
import type { Agreement } from './agreement.js';
import { Comparison, type ComparisonOptions, type Outcome } from './comparison.js';
import { type DigestMessage, readDigest, writeDigest } from './digest-message.js';
import { checkOwn } from './handshake.js';
import type { Link } from './link.js';
import type { Member } from './members.js';
import { SCRUB } from './message.js';

const CELLS_PER_MS = 10;
const URGENT_CELLS = 4_000;
/** A comparison that does not get on. */
const PATIENCE_MS = 60_000;
const AT_REST = 10;
/** Names in a sentence. */
const NAMED = 10;
/** Names that are kept of a difference. */
const KEPT = 100;

/** What is known of a peer by comparing. */
interface Verdict {
  /** When, by the driver's clock. */
  readonly at: number;
  readonly share: number;
  readonly differing: readonly Named[];
  readonly more: boolean;
}

export interface ScrubOptions {
  readonly scrubMs: number;
}

/** Somebody asked: `outcome` is set when it is over. */
export interface Inquiry {
  readonly member: Member;
  readonly guess: boolean;
  readonly repair: boolean;
  outcome: Outcome | undefined;
}

interface Running {
  readonly comparison: Comparison;
  readonly inquiry: Inquiry | undefined;
  heard: number;
}

export class Scrub {
  readonly #replica: Replica;
  readonly #options: ScrubOptions;
  readonly #links: ReadonlyMap<number, Link>;
  readonly #emit: (link: Link, bytes: Uint8Array) => void;
  readonly #event: (event: 'different' | 'mended', member: Member, message: string) => void;
  readonly #verdicts = new WeakMap<Member, Verdict>();
  readonly #next = new WeakMap<Member, number>();
  readonly #compared = new WeakMap<Member, VersionVector>();
  readonly #inquiries: Inquiry[] = [];
  #asking: Running | undefined;
  #serving: Running | undefined;
  #ids = 0;
  #steppedAt = 0;

  constructor(
    replica: Replica,
    options: ScrubOptions,
    links: ReadonlyMap<number, Link>,
    emit: (link: Link, bytes: Uint8Array) => void,
    event: (event: 'different' | 'mended', member: Member, message: string) => void,
  ) {
    this.#replica = replica;
    this.#options = options;
    this.#links = links;
    this.#emit = emit;
    this.#event = event;
    replica.onDrop.add((gone) => {
      for (const running of this.#running) running.comparison.dropped(gone);
    });
  }

  /** Compare with a peer as soon as may be. */
  inquire(member: Member, repair: boolean): Inquiry {
    const inquiry: Inquiry = { member, repair, guess: repair, outcome: undefined };
    this.#inquiries.push(inquiry);
    return inquiry;
  }

  /** Whether somebody waits for work that can go on at once. */
  get urgent(): boolean {
    if (this.#inquiries.length > 0 && this.#asking === undefined) return true;
    return this.#running.some(({ comparison }) => comparison.options.urgent && comparison.working);
  }

  /** Whether a peer holds the same, as far as it is known. */
  agreement(member: Member, now: number): Agreement {
    const { vv } = this.#replica;
    const verdict = this.#verdicts.get(member);
    const { row } = member;
    const level = row.covers(vv) && vv.covers(row);
    const differs = verdict !== undefined && verdict.differing.length > 0;
    const equal = level ? 'equal' : 'catching up';
    return {
      state: differs ? 'DIFFERENT' : member.link === undefined ? 'unknown' : equal,
      comparedAgeMs: verdict === undefined ? undefined : Math.max(0, now - verdict.at),
      comparedShare: verdict?.share,
      differing: verdict?.differing ?? [],
      more: verdict?.more ?? false,
    };
  }

  /** Errors: MALFORMED_MESSAGE. */
  receive(link: Link, r: Reader, now: number): void {
    const message = readDigest(r, link.receiving.actors);
    if ('vv' in message) checkOwn(message.vv, this.#replica);
    if (message.kind === 'ask') return this.#serve(link, message, now);
    const running = this.#running.find(
      ({ comparison }) => comparison.link === link && comparison.options.id === message.id,
    );
    if (running === undefined) return;
    running.heard = now;
    running.comparison.receive(message);
    if (running.comparison.outcome !== undefined) this.#over(running, now);
  }

  tick(now: number): void {
    const cells = Math.min(URGENT_CELLS, Math.ceil((now - this.#steppedAt) * CELLS_PER_MS));
    this.#steppedAt = now;
    for (const running of this.#running) {
      const { comparison } = running;
      if (this.#links.get(comparison.link.id) !== comparison.link) comparison.giveUp('the link is gone');
      else if (now - running.heard > PATIENCE_MS + this.#replica.cells.end / CELLS_PER_MS)
        comparison.giveUp('it took too long');
      else comparison.step(comparison.options.urgent ? URGENT_CELLS : cells);
      if (comparison.outcome !== undefined) this.#over(running, now);
    }
    if (this.#asking === undefined) this.#ask(now);
  }

  get #running(): Running[] {
    return [this.#asking, this.#serving].filter((running) => running !== undefined);
  }

  #ask(now: number): void {
    const inquiry = this.#inquiries.shift();
    if (inquiry !== undefined) {
      const link = inquiry.member.link === undefined ? undefined : this.#links.get(inquiry.member.link);
      if (link !== undefined && (link.features & SCRUB) !== 0) return this.#begin(link, inquiry, now);
      const reason = link === undefined ? 'there is no link' : 'it runs an earlier version';
      inquiry.outcome = { compared: false, reason, share: 0, differing: [], mended: 0 };
      return;
    }
    for (const link of this.#links.values()) {
      const { member } = link;
      if (member === undefined || (link.features & SCRUB) === 0 || member.node < this.#replica.node) continue;
      const due = this.#next.get(member);
      if (due === undefined) this.#next.set(member, now + this.#options.scrubMs);
      else if (now >= due) return this.#begin(link, undefined, now);
    }
  }

  #begin(link: Link, inquiry: Inquiry | undefined, now: number): void {
    const repair = inquiry?.repair ?? true;
    // Both may ask each other at the same time: even numbers are those of the smaller name.
    const id = ++this.#ids * 2 + ((link.member as Member).node < this.#replica.node ? 1 : 0);
    const options = { id, urgent: inquiry !== undefined, repair, guess: inquiry?.guess ?? false };
    const comparison = this.#make(link, options, true);
    this.#asking = { comparison, inquiry, heard: now };
    comparison.begin((Math.imul(this.#ids, 0x9e3779b1) ^ (now * 1000)) >>> 0);
  }

  #serve(link: Link, ask: DigestMessage & { readonly kind: 'ask' }, now: number): void {
    if (this.#serving !== undefined) {
      this.#send(link, { kind: 'later', id: ask.id, reason: 'it is being compared with another node' });
      return;
    }
    const comparison = this.#make(link, { id: ask.id, urgent: ask.urgent, repair: true, guess: false }, false);
    this.#serving = { comparison, inquiry: undefined, heard: now };
    comparison.receive(ask);
  }

  #make(link: Link, options: ComparisonOptions, asks: boolean): Comparison {
    return new Comparison(this.#replica, link, options, asks, (message) => this.#send(link, message));
  }

  #send(link: Link, message: DigestMessage): void {
    this.#emit(link, writeDigest(message, this.#replica.actors, link.sending.told));
  }

  #over(running: Running, now: number): void {
    const { comparison, inquiry } = running;
    const outcome = comparison.outcome as Outcome;
    const asked = running === this.#asking;
    if (asked) this.#asking = undefined;
    else this.#serving = undefined;
    if (inquiry !== undefined) inquiry.outcome = outcome;
    const { member } = comparison.link;
    if (member === undefined) return;
    if (asked) this.#schedule(member, outcome, now);
    if (!outcome.compared) return;
    const differing = outcome.differing.slice(0, KEPT).map((name: CellName) => named(name, readable));
    const more = outcome.differing.length > KEPT;
    this.#verdicts.set(member, { at: now, share: outcome.share, differing, more });
    const names = listed(differing, outcome.differing.length);
    if (differing.length > 0) this.#event('different', member, `${member.node} holds something else: ${names}`);
    if (outcome.mended > 0) this.#event('mended', member, `${outcome.mended} of these were mended: ${names}`);
  }

  #schedule(member: Member, { compared, differing }: Outcome, now: number): void {
    const { vv } = this.#replica;
    const { scrubMs } = this.#options;
    const before = this.#compared.get(member);
    this.#compared.set(member, vv.clone());
    const rest = compared && before !== undefined && before.covers(vv);
    // What was mended is looked at again soon.
    const wait = differing.length > 0 || !compared ? scrubMs / 4 : rest ? AT_REST * scrubMs : scrubMs;
    this.#next.set(member, now + wait);
  }
}

/** The first names, for people. */
export function listed(differing: readonly Named[], count: number): string {
  const names = differing.slice(0, NAMED).map(({ type, key, element }) => {
    return `${type} "${key.replace('\u0000', '␀')}"${element === undefined ? '' : ` element "${element}"`}`;
  });
  return names.join(', ') + (count > names.length ? ` and ${count - names.length} more` : '');
}

/** A name that is not text is shown as numbers. */
export function readable(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return bytes.join(' ');
  }
}
