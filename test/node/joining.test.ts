import { describe, expect, it, vi } from 'vitest';
import { Joining, type JoiningPeer } from '../../src/node/joining.js';
import { joiningIn } from '../../src/node/status.js';
import { createNode } from 'merganser';

type Peers = Parameters<typeof joiningIn>[0];

describe('a node that joins', () => {
  /** What is due next, and whether it is ready. */
  function joining(arrived: () => number): { pass: () => void; ready: () => boolean; tell: () => boolean } {
    const due: (() => void)[] = [];
    const doing = vi.fn();
    let tell: (() => void) | undefined;
    const timers = {
      after: (ms: number, run: () => void): (() => void) => {
        if (ms === 1) due.push(run);
        else tell = run;
        return () => (tell = ms === 1 ? tell : undefined);
      },
    };
    let ready = false;
    const seeds = (): [] => [];
    const arriving = (): JoiningPeer['arriving'] => ({ cells: 1, expected: 2, bytes: arrived() });
    const peers = (): JoiningPeer[] => [{ state: 'syncing', arriving: arriving() }];
    const it = new Joining({
      timers,
      joinMs: 1,
      seeds,
      peers,
      succeeding: () => false,
      doing,
      ready: () => (ready = true),
    });
    it.begin();
    /** Whether it told how far it is when its time came. */
    const told = (): boolean => {
      doing.mockClear();
      tell?.();
      return doing.mock.calls.length === 1;
    };
    return { pass: () => due.shift()?.(), ready: () => ready, tell: told };
  }

  it('is not ready as long as something comes', () => {
    let bytes = 0;
    const { pass, ready } = joining(() => bytes);
    for (let i = 0; i < 5; i++) {
      bytes += 100;
      pass();
    }
    expect(ready()).toBe(false);
    pass();
    expect(ready()).toBe(true);
  });

  it('tells how far it is, again and again, until it is ready', () => {
    let bytes = 0;
    const { pass, tell } = joining(() => bytes);
    expect([tell(), tell()]).toEqual([true, true]);
    bytes += 100;
    pass();
    expect(tell()).toBe(true);
    pass();
    expect(tell()).toBe(false);
  });

  it('is not ready because of a connection that was one too many, unless the other one stands', () => {
    const url = 'ws://seed/peer';
    const seed = { url, state: 'waiting', synced: false, failures: 1, code: 'DUPLICATE_LINK', trouble: '' } as const;
    let state: JoiningPeer['state'] = 'connecting';
    let ready = false;
    const it = new Joining({
      timers: { after: () => () => undefined },
      joinMs: 1,
      seeds: () => [seed],
      peers: () => [{ state, arriving: undefined }],
      succeeding: () => false,
      doing: () => undefined,
      ready: () => (ready = true),
    });
    it.begin();
    expect(ready).toBe(false);
    state = 'syncing';
    it.check();
    expect(ready).toBe(false);
    state = 'live';
    it.check();
    expect(ready).toBe(true);
  });

  it('says what it is doing', async () => {
    expect(joiningIn([], 0)).toBe('waiting for the other nodes');
    const arriving = { cells: 340_000, expected: 1_000_000, bytes: 12_345_678 };
    const peers = [{ node: 'us-1', arriving }] as unknown as Peers;
    const receiving = 'receiving 34 % (340,000 of 1,000,000 keys, 12.3 MB) from us-1';
    expect(joiningIn(peers, 0)).toBe(receiving);
    expect(joiningIn(peers, 5000)).toBe(`${receiving}; merging 5,000 keys`);
    const node = await createNode();
    expect([node.status().ready, node.status().joining]).toEqual([true, undefined]);
    await node.close();
  });
});
