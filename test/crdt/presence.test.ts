import { describe, expect, it } from 'vitest';
import { Writer } from '../../src/base/bytes.js';
import * as type from '../../src/crdt/presence.js';
import { code } from '../error-code.js';
import { Cell } from './bytes.js';

const [A, B] = [0, 1];

function cell(): Cell {
  return new Cell(type.presence);
}

function join(to: Cell, actor: number, dot: number, session: string, meta: number): void {
  to.head = type.join(to.slots, to.head, actor, dot, session, meta);
}

/** By actor, the sessions and what they say. */
function said({ slots, head }: Cell): unknown {
  return [A, B].map((actor) => {
    const found: unknown[] = [];
    for (let one = type.sessionsOf(slots, head, actor); one !== undefined; one = one.next)
      found.push([one.session, one.meta]);
    return found;
  });
}

/** One actor's live slot with these sessions, at its newest dot. */
function stateOf(sessions: readonly (readonly [name: string, meta: unknown])[]): Uint8Array {
  const w = new Writer();
  w.uint(1);
  w.uint(A * 2 + 1);
  w.uint(0);
  w.uint(sessions.length);
  for (const [name, meta] of sessions) {
    w.string(name);
    w.any(meta);
  }
  return w.finish();
}

describe('a member', () => {
  it('keeps sessions in the order of their names, however they came', () => {
    const [one, other] = [cell(), cell()];
    ['b', 'a', 'c', 'b'].forEach((session, i) => join(one, A, 1 + i, session, i));
    ['c', 'b', 'a'].forEach((session, i) => join(other, A, 2 + i, session, [2, 3, 1][i] as number));
    expect(said(one)).toEqual([
      [
        ['a', 1],
        ['b', 3],
        ['c', 2],
      ],
      [],
    ]);
    other.slots.setDot(other.slots.find(other.head, A), 4);
    expect(other.canonical()).toBe(one.canonical());
    one.head = type.leave(one.slots, one.head, A, 5, 'b');
    one.head = type.leave(one.slots, one.head, A, 6, 'nobody');
    expect(said(one)).toEqual([
      [
        ['a', 1],
        ['c', 2],
      ],
      [],
    ]);
    expect(said(cell().read(one.bytes()))).toEqual(said(one));
  });

  it('that others have brought along is none of the business of who joins and leaves', () => {
    const [one, other] = [cell(), cell()];
    join(one, A, 1, 's', 1);
    other.merge(one);
    join(other, B, 1, 's', 2);
    other.head = type.leave(other.slots, other.head, B, 2, 's');
    expect(said(one.merge(other))).toEqual([[['s', 1]], []]);
  });

  it.each<readonly [string, Uint8Array]>([
    ['no session', stateOf([])],
    ['sessions that are not in order', stateOf([['t', 1] as const, ['s', 1] as const])],
    ['a session twice', stateOf([['s', 1] as const, ['s', 2] as const])],
    ['a session with too long a name', stateOf([['s'.repeat(129), 1]])],
    ['more sessions than there are bytes', Uint8Array.of(1, 1, 0, 255, 255, 255, 127)],
    ['a value that is none', stateOf([['s', undefined]])],
    ['an actor that stands twice', Uint8Array.of(2, 0, 0, 0, 0)],
    ['a dot beyond all', Uint8Array.of(1, 0, 101)],
    ['a slot less than it says', Uint8Array.of(2, 0, 0)],
  ])('with %s is malformed', (_what, bytes) => {
    expect(code(() => cell().read(bytes))).toBe('MALFORMED_MESSAGE');
  });
});
