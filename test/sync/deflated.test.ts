import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Writer } from '../../src/base/bytes.js';
import { MAX_PEER_MESSAGE_BYTES } from '../../src/base/limits.js';
import { Deflation } from '../../src/node/deflation.js';
import { DEFLATE, DEFLATED, HEARTBEAT, writeHeartbeat, writeHello } from '../../src/sync/message.js';
import type { ReplicatorOptions } from '../../src/sync/ports.js';
import { EPOCH_MS, Lab, type LabNode } from './lab.js';

/** Two nodes, linked, after one has written 500 counters. */
function written(
  one: Partial<ReplicatorOptions>,
  other: Partial<ReplicatorOptions> = one,
): { lab: Lab; a: LabNode; b: LabNode } {
  const lab = new Lab();
  const a = lab.start('a', one);
  const b = lab.start('b', other);
  lab.link(a, b);
  lab.run(100);
  for (let i = 0; i < 500; i++) a.store.increment(`counter:${i}`);
  lab.run(100);
  expect(b.store.size).toBe(500);
  expect(b.store.digest()).toBe(a.store.digest());
  return { lab, a, b };
}

const compressed = ({ lab }: { lab: Lab }): number => lab.sent.filter(([kind]) => kind === DEFLATED).length;

describe('messages to another region', () => {
  it('are compressed, and both ends count what crossed and what it stands for', () => {
    const { lab, a, b } = written({ compression: new Deflation(true) });
    expect(compressed({ lab })).toBeGreaterThan(0);
    const [sent] = a.replicator.peers(lab.now);
    const [received] = b.replicator.peers(lab.now);
    expect(sent!.sentPlainBytes).toBeGreaterThan(2 * sent!.sentBytes);
    expect(received!.receivedBytes).toBe(sent!.sentBytes);
    expect(received!.receivedPlainBytes).toBe(sent!.sentPlainBytes);
  });

  it('keep what was counted when the link is lost', () => {
    const { lab, a, b } = written({ compression: new Deflation(true) });
    const before = a.replicator.peers(lab.now)[0]!;
    lab.cut(a, b);
    expect(a.replicator.peers(lab.now)[0]).toMatchObject({
      sentBytes: before.sentBytes,
      sentPlainBytes: before.sentPlainBytes,
    });
  });

  it('are not, within a region, nor if either end cannot, nor if it is switched off, which does not hinder taking them', () => {
    const region = 'the same';
    expect(compressed(written({ compression: new Deflation(true), region }))).toBe(0);
    expect(compressed(written({ compression: new Deflation(true) }, {}))).toBe(0);
    expect(compressed(written({}, { compression: new Deflation(true) }))).toBe(0);
    expect(compressed(written({ compression: new Deflation(false) }))).toBe(0);
    expect(compressed(written({ compression: new Deflation(true) }, { compression: new Deflation(false) }))).toBe(1);
  });
});

describe('a compressed message', () => {
  /** With what a node ends a link on which this is said. */
  function told(
    bytes: Uint8Array,
    options: Partial<ReplicatorOptions> = { compression: new Deflation(true) },
  ): string | undefined {
    const lab = new Lab();
    const node = lab.start('b', options);
    const { replicator } = node;
    replicator.open(1, false, 0);
    const hello = { protocol: 2, oldest: 1, cluster: 'lab', node: 'liar', incarnation: 1, region: 'r' };
    const rest = { features: DEFLATE, wall: EPOCH_MS, hlc: 0, partitions: [{ id: 0, vv: [] }] };
    replicator.receive(1, writeHello({ ...hello, ...rest }), 0);
    replicator.receive(1, bytes, 1);
    lab.deliver();
    expect(node.store.size).toBe(0);
    const [closed] = node.closed;
    return closed === undefined ? undefined : `${closed.code}: ${closed.message}`;
  }

  function deflated(length: number, packed: Uint8Array): Uint8Array {
    const w = new Writer();
    w.byte(DEFLATED);
    w.uint(length);
    w.rest(packed);
    return w.finish();
  }

  const beat = writeHeartbeat({ sent: 5, echo: 0, held: 0, report: undefined });

  it('is what it stands for', () => {
    expect(beat[0]).toBe(HEARTBEAT);
    expect(told(deflated(beat.length, deflateRawSync(beat)))).toBeUndefined();
  });

  it('that is a bomb ends the link: by its length before it is inflated, else at the length that it names', () => {
    const bomb = deflateRawSync(new Uint8Array(64 << 20));
    expect(bomb.length).toBeLessThan(100_000);
    expect(told(deflated(64 << 20, bomb))).toMatch(/^MESSAGE_TOO_LARGE: liar: a compressed message of 67108864 bytes/);
    expect(told(deflated(MAX_PEER_MESSAGE_BYTES, bomb))).toMatch(/^MALFORMED_MESSAGE: .*longer than the 4194304 bytes/);
    expect(told(deflated(0, bomb))).toMatch(/^MALFORMED_MESSAGE: .*longer/);
  });

  it('that is shorter than it says, cut off, empty, garbage, or compressed twice ends the link', () => {
    const packed = deflateRawSync(beat);
    expect(told(deflated(beat.length + 1, packed))).toMatch(/^MALFORMED_MESSAGE: .* of 5 bytes/);
    expect(told(deflated(beat.length, packed.subarray(0, 3)))).toMatch(/^MALFORMED_MESSAGE: .*cannot be read/);
    expect(told(deflated(beat.length, Uint8Array.of(0xff, 0xff, 0xff)))).toMatch(
      /^MALFORMED_MESSAGE: .*cannot be read/,
    );
    expect(told(deflated(0, new Uint8Array()))).toMatch(/^MALFORMED_MESSAGE/);
    expect(told(Uint8Array.of(DEFLATED))).toMatch(/^MALFORMED_MESSAGE/);
    const once = deflated(beat.length, packed);
    expect(told(deflated(once.length, deflateRawSync(once)))).toBe(
      'MALFORMED_MESSAGE: liar: a message is compressed twice',
    );
  });

  it('is nothing that a node takes which has not said that it can', () => {
    const message = deflated(beat.length, deflateRawSync(beat));
    expect(told(message, {})).toBe('MALFORMED_MESSAGE: liar: there is no message of kind 15');
  });
});
