import { describe, expect, it, vi } from 'vitest';
import { aClient, aCluster, aNode, urlOf } from '../node/nodes.js';
import { Wire } from './wire.js';

describe("a client's share of a gauge", () => {
  it('adds up with those of the others', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const one = await aClient(urlOf(us!), { durable: 1 });
    const two = await aClient(urlOf(eu!), { durable: 1 });
    await one.gauge('calls').add(3);
    await two.gauge('calls').set(5);
    await two.gauge('calls').add(-1);
    expect(await one.gauge('calls').value()).toBe(7);
    await one.gauge('calls').set(1);
    expect(await two.gauge('calls').value()).toBe(5);
  });

  it('cannot be deleted by another client', async () => {
    const node = await aNode();
    const owner = await aClient(urlOf(node));
    const other = await aClient(urlOf(node));
    await owner.gauge('calls').add(3);
    await expect(other.delete('calls')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(node.store.gauge('calls').value()).toBe(3);
    await owner.close();
    await vi.waitFor(() => expect(node.store.gauge('calls').value()).toBe(0));
  });

  it('goes at once when the client says bye', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    await db.gauge('calls').add(3);
    await db.close();
    await vi.waitFor(() => expect(node.store.gauge('calls').value()).toBe(0));
    expect(node.store.internal(`session/${db.status().session}`).get()).toBeUndefined();
  });

  it('goes after the grace when the client is lost', async () => {
    const node = await aNode({ graceMs: 1 });
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    await db.gauge('calls').add(3);
    wire.refusing = true;
    wire.cut();
    await vi.waitFor(() => expect(node.store.gauge('calls').value()).toBe(0));
    wire.refusing = false;
    await vi.waitFor(() => expect(node.store.gauge('calls').value()).toBe(3));
    expect(db.status().connected?.known).toBe(false);
  });

  it('stays when the client is back within the grace', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    await db.gauge('calls').add(3);
    const seen: number[] = [];
    node.store.watch('gauge', 'calls', () => seen.push(node.store.gauge('calls').value()));
    wire.cut();
    await db.gauge('calls').add(1);
    await vi.waitFor(() => expect(seen.at(-1)).toBe(4));
    expect(seen).not.toContain(0);
    expect(db.status().connected?.known).toBe(true);
  });

  it('is restated to another process, with what was under way counted once', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const wire = await Wire.to(urlOf(us!));
    const db = await aClient([wire.url, urlOf(eu!)], { durable: 1 });
    await db.gauge('calls').add(10);
    wire.deaf = true;
    const underWay = [db.gauge('calls').add(1), db.gauge('calls').add(1), db.counter('mark').increment()];
    await vi.waitFor(() => expect(eu!.store.counter('mark').value()).toBe(1));
    wire.refusing = true;
    await us!.close();
    await Promise.all(underWay);
    await db.gauge('calls').add(5, { durable: 0 });
    expect(db.status().connected?.region).toBe('eu');
    await vi.waitFor(() => expect(eu!.store.gauge('calls').value()).toBe(17), { timeout: 10_000 });
  });

  it('is what the client says when it comes back to a process that still holds the one of before', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const wires = [await Wire.to(urlOf(us!)), await Wire.to(urlOf(eu!))] as const;
    const db = await aClient(wires.map(({ url }) => url));
    await db.gauge('calls').add(3);
    await moves(wires[0]);
    await db.gauge('calls').add(4, { durable: 1 });
    expect(db.status().connected?.region).toBe('eu');
    wires[0].refusing = false;
    await moves(wires[1]);
    await db.counter('mark').increment();
    expect(db.status().connected).toMatchObject({ region: 'us', known: false });
    expect(us!.store.gauge('calls').share()).toBe(7);
  });

  it('is right also where nothing is known of the time elsewhere', async () => {
    const [one, two] = [await aNode({ region: 'us' }), await aNode({ region: 'eu' })];
    const wires = [await Wire.to(urlOf(one)), await Wire.to(urlOf(two))] as const;
    const db = await aClient(wires.map(({ url }) => url));
    await db.gauge('calls').add(3);
    await moves(wires[0]);
    await db.gauge('calls').add(4);
    expect(two.store.gauge('calls').value()).toBe(7);
    wires[0].refusing = false;
    await moves(wires[1]);
    await db.counter('mark').increment();
    expect(db.status().connected).toMatchObject({ region: 'us', known: false });
    expect(one.store.gauge('calls').value()).toBe(7);
  });
});

/** The client loses its connection and cannot come back to the same place. */
async function moves(wire: Wire): Promise<void> {
  wire.refusing = true;
  wire.cut();
  await vi.waitFor(() => expect(wire.connections).toBe(0));
}
