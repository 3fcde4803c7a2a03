import { describe, expect, it, vi } from 'vitest';
import { createNode, type MerganserNode, type NodeOptions } from '../../src/node/index.js';
import { code } from '../error-code.js';
import { atTheEnd, urlOf } from './nodes.js';

const SEATS = { max: 10 };

/** As it is when nobody has told it anything. */
async function aStranger(options: NodeOptions = {}): Promise<MerganserNode> {
  const node = await createNode({ flushMs: 1, settleMs: 0, ...options });
  atTheEnd(() => node.close());
  return node;
}

/** How many seats a node sells, as many as go. */
function sell(node: MerganserNode): number {
  for (let sold = 0; ; sold++) {
    const refused = code(() => node.store.bounded('seats', SEATS).increment());
    if (refused === 'INSUFFICIENT_RIGHTS') return sold;
    if (refused !== undefined) throw new Error(refused);
  }
}

describe('a bounded counter of a node', () => {
  it('that neither listens nor joins can be used at once', async () => {
    const node = await aStranger();
    node.store.bounded('seats', SEATS).increment(10);
    expect([sell(node), node.status().complete]).toEqual([0, true]);
  });

  it('that was of its own and joins others has no more than they do from then on', async () => {
    const us = await aStranger({ region: 'us', listen: '127.0.0.1:0' });
    us.bootstrap();
    const node = await aStranger({ region: 'eu' });
    await node.join(urlOf(us));
    await vi.waitFor(() => expect(node.status().members).toHaveLength(2));
    let sold = 0;
    await vi.waitFor(() => {
      sold += sell(us) + sell(node);
      expect(sold).toBe(10);
    });
  });

  it('that listens gives out nothing that it begins with until it is told that the cluster is new', async () => {
    const node = await aStranger({ listen: '127.0.0.1:0' });
    expect(() => node.store.bounded('seats', SEATS).increment()).toThrow(/merganser bootstrap/);
    expect(node.status().complete).toBe(false);
    const answer = await fetch(`${urlOf(node)}/v1/admin/bootstrap`, { method: 'POST' });
    expect(await answer.json()).toEqual({ complete: true });
    expect([sell(node), node.status().complete]).toEqual([10, true]);
  });

  it('that is started again, and told to join nobody, is not sold once more', async () => {
    const us = await aStranger({ region: 'us', node: 'us', listen: '127.0.0.1:0' });
    us.bootstrap();
    const eu = await aStranger({ region: 'eu', node: 'eu', join: [urlOf(us)] });
    let sold = 0;
    await vi.waitFor(() => {
      sold += sell(us) + sell(eu);
      expect(sold).toBe(10);
    });
    await us.close();
    const again = await aStranger({ region: 'us', node: 'us', listen: new URL(urlOf(us)).port });
    await vi.waitFor(
      () => {
        sold += sell(again);
        expect([again.status().complete, again.store.bounded('seats').value()]).toEqual([true, 10]);
      },
      { timeout: 10_000 },
    );
    expect(sold + sell(again) + sell(eu)).toBe(10);
  });
});
