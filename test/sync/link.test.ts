import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { Cut } from '../../src/sync/cut.js';
import { Deferral } from '../../src/sync/deferral.js';
import { Link, Receiving, Sending } from '../../src/sync/link.js';
import { type Part, partsOf, readPart } from '../../src/sync/message.js';
import { Reader } from '../../src/base/bytes.js';

function sending(): Sending {
  const out = new Sending(new Deferral(new ActorTable(), false, undefined, 0));
  out.rewind(new VersionVector([0]), 3, 0, 0);
  for (let n = 1; n <= 3; n++) out.noteSent(undefined, new VersionVector([n]), 100, n * 10);
  return out;
}

describe('what is sent on a link', () => {
  it('is in flight until it is acknowledged, in order', () => {
    const out = sending();
    expect([out.inFlight, out.unacked.length, out.lag(50)]).toEqual([300, 3, 40]);
    out.noteAck(3, 1, 60);
    expect([out.inFlight, out.unacked.length, out.lag(60), out.progress]).toEqual([100, 1, 30, 60]);
    out.noteAck(3, 2, 70);
    expect([out.inFlight, out.lag(70)]).toEqual([0, 0]);
  });

  it('is not acknowledged by what was said of an earlier epoch', () => {
    const out = sending();
    out.noteAck(2, 2, 60);
    expect(out.unacked).toHaveLength(3);
  });

  it('begins again from what the peer has, with nothing in flight', () => {
    const out = sending();
    out.rewind(new VersionVector([1]), 4, 0, 90);
    expect([out.sent.dots, out.epoch, out.seq, out.full, out.inFlight, out.lag(99)]).toEqual([[1], 4, 0, false, 0, 0]);
  });

  it('says that it begins again where the peer keeps a part of a large frame, though there is nothing else to say', () => {
    const out = sending();
    const vv = new VersionVector([3]);
    const owed = [out.owes(vv)];
    out.cut = {} as Cut;
    out.rewind(vv, 4, 0, 90);
    owed.push(out.owes(vv));
    out.noteSent(undefined, vv, 10, 90);
    expect([...owed, out.owes(vv)]).toEqual([false, true, false]);
  });
});

describe('a link', () => {
  it('counts no stall of this process as waiting', () => {
    const patience = { parkMs: 100, maxInFlight: 9, maxInFlightBytes: 999 };
    const vv = new VersionVector();
    const entries = [{ actor: 0, base: 1, top: 2 }];
    for (const excused of [false, true]) {
      const link = new Link(1, true, { actors: new ActorTable(), node: 'own', vv: new VersionVector() }, 0);
      const body = new Uint8Array(0);
      link.receiving.park({ entries, top: vv, ghostFloor: vv, seq: 0, hlc: 0, full: false, bytes: 0, body, since: 50 });
      expect(link.receiving.isStuck(vv, 150, patience)).toBe(false);
      if (excused) link.excuse(500);
      expect(link.receiving.isStuck(vv, 650, patience)).toBe(!excused);
      expect(link.receiving.isStuck(vv, 651, patience)).toBe(true);
    }
  });
});

function parts(length: number, size: number): Part[] {
  const frame = Uint8Array.from({ length }, (_, i) => i % 251);
  return partsOf(frame, 5, 7, size).map((bytes) => {
    const r = new Reader(bytes);
    r.byte();
    return readPart(r);
  });
}

describe('the parts of a frame', () => {
  it('make it whole again, however many there are', () => {
    for (const size of [1, 7, 99]) {
      const into = new Receiving({ actors: new ActorTable(), node: 'own', vv: new VersionVector() });
      const results = parts(100, size).map((part) => into.assemble(part));
      expect(results.slice(0, -1).every((result) => result === 'more')).toBe(true);
      expect(results.at(-1)).toEqual(Uint8Array.from({ length: 100 }, (_, i) => i % 251));
    }
  });

  it('are of no use with one missing, one twice, or one of another frame', () => {
    const [first, second, third] = parts(100, 40) as [Part, Part, Part];
    for (const sequence of [
      [first, third],
      [second],
      [first, second, second],
      [first, { ...second, seq: 8 }],
      [first, { ...second, epoch: 6 }],
    ]) {
      const into = new Receiving({ actors: new ActorTable(), node: 'own', vv: new VersionVector() });
      expect(sequence.map((part) => into.assemble(part)).at(-1)).toBe('gap');
    }
  });

  it('that are more than was announced are malformed', () => {
    const into = new Receiving({ actors: new ActorTable(), node: 'own', vv: new VersionVector() });
    const [first] = parts(100, 40) as [Part];
    expect(() => into.assemble({ ...first, length: 30 })).toThrow('not what was announced');
    expect(() => into.assemble({ ...first, bytes: new Uint8Array(0) })).toThrow('not what was announced');
  });
});
