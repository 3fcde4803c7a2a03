import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { Throttle } from '../../src/node/throttle.js';
import type { Timers } from '../../src/node/timers.js';
import { aNode, urlOf } from './nodes.js';

/** Time that passes when it is told to. */
class VirtualTime implements Timers {
  now = 0;
  readonly #tasks = new Set<{ readonly due: number; readonly task: () => void }>();

  after(ms: number, task: () => void): () => void {
    const entry = { due: this.now + ms, task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now += 1;
      for (const entry of this.#tasks) if (entry.due <= this.now && this.#tasks.delete(entry)) entry.task();
    }
  }
}

/** A link of a hundred bytes per millisecond, and what it was told. */
function aLink(): { time: VirtualTime; throttle: Throttle; told: boolean[] } {
  const time = new VirtualTime();
  const told: boolean[] = [];
  const throttle = new Throttle(
    100_000,
    time,
    () => time.now,
    (open) => told.push(open),
  );
  return { time, throttle, told };
}

describe('a bounded link', () => {
  it('is open until a burst was sent, and again when half of one has come in', () => {
    const { time, throttle, told } = aLink();
    throttle.spend(9_999);
    expect(told).toEqual([]);
    throttle.spend(1);
    expect(told).toEqual([false]);
    time.pass(49);
    expect(told).toEqual([false]);
    time.pass(1);
    expect(told).toEqual([false, true]);
  });

  it('pays back what was sent beyond that, also while it is closed', () => {
    const { time, throttle, told } = aLink();
    throttle.spend(110_000);
    throttle.spend(10_000);
    expect(told).toEqual([false]);
    time.pass(1_149);
    expect(told).toEqual([false]);
    time.pass(1);
    expect(told).toEqual([false, true]);
  });

  it('saves up no more than a burst, however long it was idle', () => {
    const { time, throttle, told } = aLink();
    time.pass(60_000);
    throttle.spend(10_000);
    expect(told).toEqual([false]);
  });

  it('sends no more than its rate, a burst and a frame, over any time', () => {
    const { time, throttle, told } = aLink();
    const frame = 1_700;
    let sent = 0;
    for (let ms = 1; ms <= 2_000; ms++) {
      time.pass(1);
      // A heartbeat passes whether it is open or not.
      if (ms % 100 === 0) {
        throttle.spend(20);
        sent += 20;
      }
      for (let i = 0; i < 5 && told.at(-1) !== false; i++) {
        throttle.spend(frame);
        sent += frame;
      }
      expect(sent).toBeLessThanOrEqual(100 * ms + 10_000 + frame);
    }
    expect(sent).toBeGreaterThan(100 * 2_000 - frame);
  });

  it('is told nothing when it is gone', () => {
    const { time, throttle, told } = aLink();
    throttle.spend(50_000);
    throttle.stop();
    time.pass(10_000);
    expect(told).toEqual([false]);
  });
});

describe('a node with a bandwidth', () => {
  it('keeps to it under writes without end, and its peer has everything in the end', async () => {
    const [rate, keys, size] = [200_000, 40, 1_000];
    const us = await aNode({ region: 'us', maxBandwidth: rate });
    const eu = await aNode({ region: 'eu', join: [urlOf(us)] });
    expect([us.status().maxBandwidth, eu.status().maxBandwidth]).toEqual([rate, undefined]);
    await vi.waitFor(() => expect(us.status().peers[0]?.state).toBe('live'));
    const sent = (): number => us.status().peers[0]!.sentBytes;
    const [begin, before] = [performance.now(), sent()];
    const burst = rate / 10;
    // Text of a value, and what a frame says beside it.
    const frame = keys * (size + 100);
    while (sent() - before < 300_000) {
      for (let i = 0; i < keys; i++) us.store.register(`r${i}`).set(randomBytes(size / 2).toString('hex'));
      await new Promise((resolve) => setImmediate(resolve));
      const carried = sent() - before;
      expect(carried).toBeLessThanOrEqual((rate * (performance.now() - begin)) / 1000 + burst + frame);
    }
    await vi.waitFor(() => expect(eu.store.digest()).toBe(us.store.digest()), { timeout: 10_000 });
  });

  it('refuses one that keeps no link up', async () => {
    await expect(aNode({ maxBandwidth: 100 })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    await expect(aNode({ maxBandwidth: Number.NaN })).rejects.toMatchObject({ code: 'BAD_CONFIG' });
  });
});
