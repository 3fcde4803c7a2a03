import { describe, expect, it } from 'vitest';
import { Joining, type JoiningPeer } from '../../src/node/joining.js';
import { joiningIn } from '../../src/node/status.js';
import { createNode } from 'merganser';

type Peers = Parameters<typeof joiningIn>[0];

describe('a node that joins', () => {
  /** What is due next, and whether it is ready. */
  function joining(arrived: () => number): { pass: () => void; ready: () => boolean } {
    const due: (() => void)[] = [];
    const timers = {
      after: (_ms: number, run: () => void): (() => void) => {
        due.push(run);
        return () => undefined;
      },
    };
    let ready = false;
    const seeds = (): [] => [];
    const arriving = (): JoiningPeer['arriving'] => ({ cells: 1, expected: 2, bytes: arrived() });
    const peers = (): JoiningPeer[] => [{ state: 'syncing', arriving: arriving() }];
    const it = new Joining({ timers, joinMs: 1, seeds, peers, ready: () => (ready = true) });
    it.begin();
    return { pass: () => due.shift()?.(), ready: () => ready };
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
