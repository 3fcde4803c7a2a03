import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { Reader } from '../../src/base/bytes.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import * as wire from '../../src/sync/message.js';
import { WireActors } from '../../src/sync/wire-actors.js';

const HELLO: wire.Hello = {
  protocol: wire.PROTOCOL,
  oldest: wire.OLDEST_PROTOCOL,
  cluster: 'lab',
  node: 'a',
  incarnation: 5,
  region: 'eu',
  features: 0,
  wall: 1_700_000_000_000,
  hlc: 12,
  partitions: [{ id: 0, vv: [{ node: 'ü', incarnation: 2, n: 2 ** 40 }] }],
};

function body(bytes: Uint8Array): Reader {
  const r = new Reader(bytes);
  r.byte();
  return r;
}

describe('a HELLO', () => {
  it('reads as it was written', () => {
    expect(wire.readHello(body(wire.writeHello(HELLO)))).toEqual(HELLO);
  });

  it('of a version too far ahead is refused with both ranges', () => {
    const ahead = wire.writeHello({ ...HELLO, protocol: 9, oldest: 8 });
    expect(() => wire.readHello(body(ahead))).toThrow(`the peer speaks 8 to 9, this node 1 to ${wire.PROTOCOL}`);
  });

  it('of a later version that still speaks ours is taken', () => {
    expect(wire.readHello(body(wire.writeHello({ ...HELLO, protocol: 3, oldest: 2 }))).protocol).toBe(3);
  });

  it('with a name over its limit is malformed', () => {
    expect(() => wire.readHello(body(wire.writeHello({ ...HELLO, node: 'n'.repeat(129) })))).toThrow('over its limit');
  });
});

/** The other side has confirmed nothing. */
const NOTHING = { confirmed: 0, lives: false };

describe('actors in a message', () => {
  function tables(): { sender: ActorTable; receiver: WireActors; ours: ActorTable } {
    const sender = new ActorTable();
    sender.intern('a', 1);
    sender.intern('b', 1);
    const ours = new ActorTable();
    ours.intern('b', 1);
    return { sender, receiver: new WireActors({ actors: ours, node: 'b', vv: new VersionVector() }), ours };
  }

  it('are known by name, whatever their numbers here and there', () => {
    const { sender, receiver } = tables();
    const vv = new VersionVector([3, 7]);
    const bytes = wire.writeAck({ confirmed: 1, epoch: 2, seq: 4, vv }, sender, NOTHING);
    const ack = wire.readAck(body(bytes), receiver);
    expect([ack.confirmed, ack.epoch, ack.seq, ack.vv.dots]).toEqual([1, 2, 4, [7, 3]]);
    expect(receiver.known).toBe(2);
  });

  it('are not repeated once they were confirmed', () => {
    const { sender, receiver } = tables();
    const vv = new VersionVector([3, 7]);
    const first = wire.writeNack({ epoch: 0, vv }, sender, NOTHING);
    wire.readNack(body(first), receiver);
    const second = wire.writeNack({ epoch: 0, vv }, sender, { confirmed: 2, lives: false });
    expect(second.length).toBeLessThan(first.length);
    expect(wire.readNack(body(second), receiver).vv.dots).toEqual([7, 3]);
  });

  it('that were never defined, or are defined with a gap, are malformed', () => {
    const { sender, receiver } = tables();
    const bytes = wire.writeNack({ epoch: 0, vv: new VersionVector([1]) }, sender, { confirmed: 1, lives: false });
    expect(() => wire.readNack(body(bytes), receiver)).toThrow('gap');
    const undefinedActor = wire.writeNack({ epoch: 0, vv: new VersionVector([1]) }, new ActorTable(), NOTHING);
    expect(() => wire.readNack(body(undefinedActor), tables().receiver)).toThrow('not defined');
  });
});

describe('small messages', () => {
  it('read as they were written', () => {
    const beat = { sent: 5, echo: 3, held: 1, report: { dot: 7, wall: 1_700_000_000_000, keys: 2 } };
    expect(wire.readHeartbeat(body(wire.writeHeartbeat(beat)))).toEqual(beat);
    const ofVersion1 = { ...beat, report: undefined };
    expect(wire.readHeartbeat(body(wire.writeHeartbeat(ofVersion1)))).toEqual(ofVersion1);
    const goodbye = { code: 'PEER_LEFT', message: 'it stops', newest: 0 };
    expect(wire.readGoodbye(body(wire.writeGoodbye(goodbye)))).toEqual(goodbye);
    const stale = { code: 'STALE_INCARNATION', message: 'closed', newest: 2 ** 45 };
    expect(wire.readGoodbye(body(wire.writeGoodbye(stale)))).toEqual(stale);
    const part = { epoch: 1, seq: 2, index: 3, length: 4, bytes: Uint8Array.of(9, 8) };
    expect(wire.readPart(body(wire.writePart(part)))).toEqual(part);
  });
});
