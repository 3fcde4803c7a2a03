import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { Deflation } from '../../src/node/deflation.js';
import { aNode, urlOf } from './nodes.js';

const text = new TextEncoder().encode('{"agent":"Müller","state":"free"}'.repeat(40));

describe('compression', () => {
  it('gives back what was put in', () => {
    const deflation = new Deflation(true);
    const packed = deflation.packer()(text)!;
    expect(packed.length).toBeLessThan(text.length / 5);
    expect(deflation.unpack(packed, text.length)).toEqual(Buffer.from(text));
  });

  it('leaves alone what is short, and what does not get smaller', () => {
    const pack = new Deflation(true).packer();
    expect(pack(text.subarray(0, 500))).toBeUndefined();
    expect(pack(randomBytes(2000))).toBeUndefined();
    expect(pack(text)).toBeDefined();
  });

  it('does not try for a while where it has not paid, and then again', () => {
    const pack = new Deflation(true).packer();
    for (let i = 0; i < 8; i++) pack(randomBytes(2000));
    let skipped = 0;
    while (pack(text) === undefined) skipped++;
    expect(skipped).toBe(256);
    expect(pack(text)).toBeDefined();
  });

  it('takes no more than its share of a turn', async () => {
    const pack = new Deflation(true).packer();
    const large = new Uint8Array(300_000);
    expect([1, 2, 3, 4, 5].map(() => pack(large) === undefined)).toEqual([false, false, false, true, true]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(pack(large)).toBeDefined();
  });
});

describe('nodes of two regions', () => {
  it('send each other less, and say so, and end up with the same, whatever the size', async () => {
    const us = await aNode({ region: 'us' });
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    const plain = await aNode({ region: 'ap', join: [urlOf(us)], compress: false });
    for (let i = 0; i < 3_000; i++) us.store.register(`agent:${i}`).set({ name: `agent ${i}`, state: 'free' });
    eu.store.register('large').set('x'.repeat(200_000));
    plain.store.register('also large').set('x'.repeat(200_000));
    await vi.waitFor(
      () => {
        const digests = [us, eu, plain].map((node) => node.store.digest());
        expect([us.store.size, ...digests]).toEqual([3_002, digests[0], digests[0], digests[0]]);
      },
      { timeout: 10_000 },
    );
    const saved = (node: typeof us, region: string): boolean => {
      const peer = node.status().peers.find((one) => one.region === region)!;
      return peer.sentPlainBytes > 2 * peer.sentBytes;
    };
    expect([saved(us, 'eu'), saved(us, 'ap'), saved(eu, 'us')]).toEqual([true, true, true]);
    expect(plain.status().peers.map(({ sentBytes, sentPlainBytes }) => sentPlainBytes - sentBytes)).toEqual([0, 0]);
  });
});
