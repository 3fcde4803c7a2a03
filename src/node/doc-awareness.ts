/**
 * Awareness across nodes: what editors of a document here say of themselves (names, cursors) is shown to those at other nodes, and
 * what those say is shown here. Each document has a presence under a reserved name; a Yjs client is a member of it, and its state, with
 * the clock that Yjs gives it, is what is said of that member. So it goes when the editor does, when its node is down, and for good
 * when that node's life is over; of two states of a client the one with the higher clock counts, as in Yjs.
 *
 * A state that a presence cannot hold (over 4 KB), and those of a thousand and first client, are shown at the editor's own node only. One
 * that was hidden because its node was out of reach is back when the editor next says something, which it does every 15 seconds.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { applyAwarenessUpdate, type Awareness, removeAwarenessStates } from 'y-protocols/awareness';
import { MerganserError } from '../base/error.js';
import { normalise } from '../base/value.js';
import type { Presence, PresenceShare } from '../store/handles/presence.js';
import type { Store } from '../store/store.js';

/** What the names of presences of documents begin with, among the reserved names. */
const PREFIX = 'doc/';
/** Editors of one document that know of each other across nodes. */
const MAX_SHARED = 1000;
const CLIENT = /^\d{1,10}$/;

/** Where a change comes from that other nodes have told. */
export const ELSEWHERE: symbol = Symbol('elsewhere');

export class DocAwareness {
  readonly #awareness: Awareness;
  readonly #node: string;
  readonly #presence: Presence;
  readonly #share: PresenceShare;
  readonly #unwatch: () => void;
  /** Yjs client → what was last said of it elsewhere. */
  #elsewhere = new Map<number, unknown>();

  /** Errors: KEY_TOO_LONG: no presence can have a name that is so much longer. */
  constructor(store: Store, key: string, awareness: Awareness) {
    this.#awareness = awareness;
    this.#node = store.replica.node;
    this.#presence = store.internalPresence(PREFIX + key);
    this.#share = this.#presence.newShare();
    this.#unwatch = store.watchInternal('presence', PREFIX + key, () => this.#follow());
    this.#follow();
  }

  /** An editor here has said something of these Yjs clients, or is not heard any more. */
  changed(clients: readonly number[]): void {
    for (const client of clients) {
      try {
        this.#say(client);
      } catch (error) {
        // It is nobody's data: what cannot be said now is not said.
        if (!(error instanceof MerganserError)) throw error;
      }
    }
  }

  /** Nobody is here any more. */
  end(): void {
    this.#unwatch();
    try {
      while (!this.#share.isEmpty) this.#share.end();
    } catch (error) {
      // The node takes no writes any more: it leaves, and what it has said goes with it.
      if (!(error instanceof MerganserError)) throw error;
    }
  }

  #say(client: number): void {
    const state: unknown = this.#awareness.getStates().get(client);
    const clock = this.#awareness.meta.get(client)?.clock;
    if (state === undefined || clock === undefined) return this.#share.leave(String(client));
    if (this.#share.size >= MAX_SHARED && !this.#share.has(String(client))) return;
    try {
      this.#share.join(String(client), { clock, state });
    } catch (error) {
      this.#share.leave(String(client));
      throw error;
    }
  }

  /** Something may have changed elsewhere. */
  #follow(): void {
    const now = new Map<number, unknown>();
    for (const { member, meta, node } of this.#presence.members({ limit: 2 * MAX_SHARED }))
      if (node !== this.#node && CLIENT.test(member)) now.set(Number(member), meta);
    const news = [...now].filter(([client, meta]) => this.#elsewhere.get(client) !== meta);
    const gone = [...this.#elsewhere.keys()].filter((client) => !now.has(client) && !this.#share.has(String(client)));
    this.#elsewhere = now;
    if (news.length > 0) this.#apply(news);
    if (gone.length > 0) removeAwarenessStates(this.#awareness, gone, ELSEWHERE);
  }

  #apply(news: readonly (readonly [client: number, meta: unknown])[]): void {
    const e = encoding.createEncoder();
    const said = news.filter(([, meta]) => isSaid(meta)) as [number, Said][];
    encoding.writeVarUint(e, said.length);
    for (const [client, { clock, state }] of said) {
      encoding.writeVarUint(e, client);
      encoding.writeVarUint(e, clock);
      encoding.writeVarString(e, JSON.stringify(state));
    }
    applyAwarenessUpdate(this.#awareness, encoding.toUint8Array(e), ELSEWHERE);
  }
}

/**
 * Whether all that an editor says can be said to others, before any of it counts: what is read is not always written again, since JSON
 * that is nested some thousand levels deep takes more stack than there is. Errors: BAD_VALUE, VALUE_TOO_LARGE, and those of the decoder.
 */
export function checkStates(update: Uint8Array): void {
  const d = decoding.createDecoder(update);
  for (let left = decoding.readVarUint(d); left > 0; left--) {
    decoding.readVarUint(d);
    decoding.readVarUint(d);
    normalise(JSON.parse(decoding.readVarString(d)));
  }
}

interface Said {
  readonly clock: number;
  readonly state: object;
}

function isSaid(meta: unknown): meta is Said {
  const { clock, state } = (meta ?? {}) as Partial<Said>;
  return Number.isSafeInteger(clock) && (clock as number) >= 0 && typeof state === 'object' && state !== null;
}
