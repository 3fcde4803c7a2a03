/**
 * Whom a node dials besides its seeds: members that the gossiped table gives an address of and that no link goes to. So one
 * seed is enough to find everybody. The smaller name dials at once, the other side only when nothing came of that: two nodes
 * that dial each other would give one connection up again.
 */
import { MAX_ADDRESSES } from '../base/limits.js';
import type { Membership } from '../sync/membership.js';
import { isOver } from '../sync/table.js';
import { type ListenAddress, peerAddress, urlHost } from './config.js';

/** Members come and go in seconds. */
const CHECK_MS = 250;
/** How long the other side is given to dial first. */
const COURTESY_MS = 2_000;
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** What a node is to be found by: as it was set, or else by its listener, unless that is on every interface. */
export function advertised(
  advertise: readonly string[] | undefined,
  listening: ListenAddress | undefined,
): readonly string[] {
  if (advertise !== undefined) return advertise.map(peerAddress).slice(0, MAX_ADDRESSES);
  if (listening === undefined || WILDCARDS.has(listening.host)) return [];
  return [peerAddress(urlHost(listening))];
}

export class Dialling {
  readonly #membership: Membership;
  readonly #dropAfterMs: number;
  readonly #dial: (urls: ReadonlySet<string>) => void;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** @param dial told the addresses that are to be dialled, beside the seeds, until it is told others */
  constructor(membership: Membership, dropAfterMs: number, dial: (urls: ReadonlySet<string>) => void) {
    this.#membership = membership;
    this.#dropAfterMs = dropAfterMs;
    this.#dial = dial;
  }

  /** Call it often: it looks only now and then. */
  check(now: number): void {
    if (now - this.#checkedAt < CHECK_MS) return;
    this.#checkedAt = now;
    this.#dial(this.#wanted(now));
  }

  #wanted(now: number): Set<string> {
    const { own, table, members } = this.#membership;
    const wanted = new Set<string>();
    if (isOver(own)) return wanted;
    for (const { node, addresses } of table.all()) {
      const member = members.get(node);
      if (member === undefined || member.link !== undefined) continue;
      const silent = now - member.heard;
      const theirs = node < own.node && own.addresses.length > 0 && silent < COURTESY_MS;
      if (theirs || silent > this.#dropAfterMs) continue;
      for (const address of addresses) if (isAddress(address)) wanted.add(address);
    }
    return wanted;
  }
}

/** What others say is checked before it is dialled. */
function isAddress(text: string): boolean {
  return URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol);
}
