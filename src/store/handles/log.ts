/** Capped log: exactly the N entries with the largest times, the same on every replica (crdt/log.ts). */
import { checkAhead, checkWhole, described } from '../../base/argument.js';
import { MerganserError } from '../../base/error.js';
import { checkKnown } from '../../base/known-options.js';
import { DEFAULT_LOG_CAP } from '../../base/limits.js';
import { handOut, normalise } from '../../base/value.js';
import { joinMods } from '../../crdt/chain.js';
import * as type from '../../crdt/log.js';
import { capIn } from '../../crdt/settings.js';
import type { Access } from '../access.js';
import { readCursor, writeCursor } from '../log-cursor.js';
import { Handle } from './handle.js';

export interface LogOptions {
  /** Entries to keep, 1 to 1,000,000; the same in every region. Default: what the log has, else 100. */
  readonly cap?: number;
}

export interface LogEntry<T> {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: T;
}

export interface LogPage<T> {
  /** In the order in which they became visible in this replica. */
  readonly entries: LogEntry<T>[];
  /**
   * Some of what came after the cursor was cut off by the cap, and not cleared, before it was asked for. Also if that cannot be ruled
   * out: what this replica was told while it was away began later than where the cursor stands.
   */
  readonly missed: boolean;
  /** For the next call, here or at another node. */
  readonly cursor: string;
}

export class Log<T = unknown> extends Handle {
  readonly #cap: number | undefined;

  constructor(access: Access, key: string, options: LogOptions) {
    super(access, key, type.log.tag);
    this.#cap = capIn(options);
  }

  /**
   * @param options.at milliseconds since 1970, at most five minutes ahead; default: now, by the hybrid clock
   * Errors: BAD_VALUE, VALUE_TOO_LARGE, BAD_ARGUMENT, CONFIG_CONFLICT (another cap), TYPE_CONFLICT; nothing changed.
   */
  append(value: T, options: { readonly at?: number | undefined } = {}): void {
    const { at } = checkKnown(options, { at: true });
    if (at !== undefined) checkAhead(at, this.access.replica.clock.wall);
    const kept = normalise(value);
    const cell = this.writable();
    const { slots, self, cells } = this.access.replica;
    const existing = type.capOf(slots, cells.head(cell));
    if (existing !== undefined && this.#cap !== undefined && existing !== this.#cap) {
      throw new MerganserError('CONFIG_CONFLICT', `${described(this.key)} keeps ${existing} entries, not ${this.#cap}`);
    }
    const cap = existing ?? this.#cap ?? DEFAULT_LOG_CAP;
    const time = at ?? this.access.now();
    this.access.mutate(cell, (head, dot) => type.append(slots, head, self, dot, time, kept, cap));
  }

  /** The newest `n` entries by time, the newest last. */
  last(n: number): LogEntry<T>[] {
    checkWhole('n', n, 0);
    return type.entries(this.access.replica.slots, this.head, n).map(shown<T>);
  }

  /**
   * What the cursor does not cover: what became visible here since it was given, or, if another node gave it, what was not visible
   * there. A reader that hands each cursor in again, at whatever node, is given each entry once, however late it comes, and
   * told when some are missing. Without a cursor, everything. Errors: BAD_CURSOR (damaged, or another log's).
   */
  since(cursor?: string): LogPage<T> {
    const { slots, actors } = this.access.replica;
    const { head } = this;
    const given = readCursor(cursor, this.key, actors);
    const { covered } = given;
    const entries = type.since(slots, head, covered).map(shown<T>);
    const missed = cursor !== undefined && cursor !== '' && type.misses(slots, head, covered);
    joinMods(slots, head, covered);
    return { entries, missed, cursor: writeCursor(given, this.key, actors) };
  }

  size(): number {
    return type.size(this.access.replica.slots, this.head);
  }

  /** Drop what is visible here. An entry appended elsewhere at the same time with an older time is dropped as well. */
  clear(): void {
    const cell = this.readable();
    if (cell === 0 || this.size() === 0) return;
    const { slots, self } = this.access.replica;
    this.access.mutate(cell, (head, dot) => type.clear(slots, head, self, dot));
  }
}

function shown<T>(entry: type.Entry): LogEntry<T> {
  return { at: entry.time, value: handOut(entry.value) as T };
}
