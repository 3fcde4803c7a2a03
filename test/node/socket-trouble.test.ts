import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_PEER_MESSAGE_BYTES } from '../../src/base/limits.js';
import { silentLog } from '../../src/node/log.js';
import { aNode, atTheEnd, urlOf } from './nodes.js';

describe('what a socket refuses by itself', () => {
  it.each(['peer', 'client'])('is logged with a code: a message far over the limit from a %s', async (path) => {
    const codes: unknown[] = [];
    const warn = (context: object): void => void codes.push('code' in context ? context.code : undefined);
    const node = await aNode({ log: { ...silentLog, warn } });
    const socket = new WebSocket(`${urlOf(node).replace('http', 'ws')}/${path}`);
    atTheEnd(() => socket.terminate());
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send(new Uint8Array(3 * MAX_PEER_MESSAGE_BYTES));
    await once(socket, 'close');
    await vi.waitFor(() => expect(codes).toContain('MESSAGE_TOO_LARGE'));
    node.store.increment('calls');
    expect(node.store.counter('calls').value()).toBe(1);
  });
});
