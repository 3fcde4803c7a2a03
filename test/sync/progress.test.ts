import { describe, expect, it } from 'vitest';
import { EPOCH_MS, Lab, pair } from './lab.js';
import { Timeline } from '../../src/sync/timeline.js';

describe('a timeline', () => {
  it('tells the last moment up to which nothing came after a dot', () => {
    const timeline = new Timeline();
    [0, 3, 3, 3, 5].forEach((dot, at) => timeline.note({ wall: at, at, dot }));
    expect([0, 2, 3, 4, 5, 9].map((dot) => timeline.through(dot)?.at)).toEqual([0, 0, 3, 3, 4, 4]);
    expect(new Timeline().through(9)).toBe(undefined);
  });

  it('is bounded, and never says too much', () => {
    const timeline = new Timeline();
    for (let at = 0; at < 100_000; at++) timeline.note({ wall: at, at, dot: at });
    for (const dot of [0, 50_000, 99_998, 99_999]) expect(timeline.through(dot)?.at).toBeLessThanOrEqual(dot);
    expect(timeline.through(0)?.at).toBe(0);
    expect(timeline.through(99_999)?.at).toBe(99_999);
    for (const age of [10, 100, 1000, 10_000])
      expect(timeline.through(99_999 - age)?.at).toBeGreaterThan(99_999 - 2 * age);
  });
});

describe('progress as time', () => {
  it('is never far behind on a healthy link, busy or idle', () => {
    const { lab, a, b } = pair();
    for (let i = 0; i < 50; i++) {
      if (i < 25) a.store.increment('k');
      lab.run(100);
      const [peer] = b.replicator.peers(lab.now);
      expect(peer?.receivedAgeMs).toBeLessThan(1100);
      expect(a.replicator.peers(lab.now)[0]?.sentAgeMs).toBe(0);
    }
    expect(b.replicator.peers(lab.now)[0]).toMatchObject({ keysToSend: 0, keysToReceive: 0 });
  });

  it('is told in whole milliseconds', () => {
    const { lab, a, b } = pair();
    a.store.increment('k');
    lab.run(2000);
    const [peer] = b.replicator.peers(lab.now + 0.3);
    expect(peer?.receivedAgeMs).toBeGreaterThan(0);
    expect(Number.isInteger(peer?.receivedAgeMs)).toBe(true);
  });

  it('stands still where a peer beats and sends nothing', () => {
    const { lab, a, b } = pair();
    a.store.increment('before');
    lab.run(2000);
    // What goes to b is stuck behind something.
    for (const { link } of a.replicator.peers(lab.now)) a.replicator.writable(link as number, false);
    const stuckAt = lab.now;
    a.store.increment('k');
    a.store.increment('l');
    lab.run(60_000);
    const [peer] = b.replicator.peers(lab.now);
    expect(peer?.state).toBe('live');
    // At most so many: those that were touched since a checkpoint that may lie before.
    expect([2, 3]).toContain(peer?.keysToReceive);
    expect(peer?.receivedAgeMs).toBeGreaterThan(59_000);
    expect(peer?.receivedThrough).toBeLessThanOrEqual(EPOCH_MS + stuckAt);
    const [other] = a.replicator.peers(lab.now);
    expect(other?.sentAgeMs).toBeGreaterThan(59_000);
    expect([2, 3]).toContain(other?.keysToSend);
  });

  it('goes on counting while there is no link, and catches up with it', () => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    lab.run(1000);
    a.store.increment('k');
    lab.run(60_000);
    expect(a.replicator.peers(lab.now)[0]?.sentAgeMs).toBeGreaterThan(59_000);
    expect(b.replicator.peers(lab.now)[0]?.receivedAgeMs).toBeGreaterThan(59_000);
    lab.link(a, b);
    lab.run(2000);
    expect(a.replicator.peers(lab.now)[0]?.sentAgeMs).toBe(0);
    expect(b.replicator.peers(lab.now)[0]?.receivedAgeMs).toBeLessThan(1100);
  });

  it('begins again with the next life of a peer', () => {
    const { lab, a, b } = pair();
    b.store.increment('k');
    lab.run(5000);
    lab.kill(b);
    const again = lab.start('b', { incarnation: 2 });
    lab.link(again, a);
    lab.run(30);
    expect(a.replicator.peers(lab.now)[0]?.receivedAgeMs).toBeLessThan(50);
  });

  it('takes the clock of who wrote', () => {
    const lab = new Lab();
    const [a, b] = [lab.start('a'), lab.start('b', { ahead: 20_000 })];
    lab.link(a, b);
    lab.run(5000);
    const [peer] = a.replicator.peers(lab.now);
    expect(peer?.receivedThrough).toBeGreaterThan(EPOCH_MS + lab.now + 18_000);
    expect(peer?.receivedAgeMs).toBeLessThan(1100);
  });
});
