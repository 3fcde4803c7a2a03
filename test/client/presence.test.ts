import { describe, expect, it, vi } from 'vitest';
import type { Database, Member } from '../../src/client/index.js';
import type { MerganserNode } from '../../src/node/index.js';
import { aClient, aCluster, aNode, urlOf } from '../node/nodes.js';
import { Wire } from './wire.js';

function there(node: MerganserNode): string[] {
  return node.store
    .presence('room')
    .members()
    .map(({ member }) => member);
}

async function names(db: Database): Promise<string[]> {
  return (await db.presence('room').members()).map(({ member }) => member);
}

describe("a client's members of a presence", () => {
  it('are seen by all, until each has left', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const [one, two] = [await aClient(urlOf(us!), { durable: 1 }), await aClient(urlOf(eu!), { durable: 1 })];
    const [here, elsewhere] = [one.presence('room'), two.presence('room')];
    await Promise.all([here.join('ann', { skill: 1 }), here.join('bea')]);
    await Promise.all([elsewhere.join('ann', { skill: 2 }), elsewhere.join('cy')]);
    expect(await names(one)).toEqual(['ann', 'bea', 'cy']);
    expect(await elsewhere.members({ after: 'ann', limit: 1 })).toEqual([{ member: 'bea', meta: {}, node: us!.name }]);
    expect([await here.count(), await here.has('cy'), await here.get('cy'), await here.has('dan')]).toEqual([
      3,
      true,
      {},
      false,
    ]);
    await here.leave('ann');
    await elsewhere.leave('bea');
    expect(await names(two)).toEqual(['ann', 'bea', 'cy']);
    expect(await elsewhere.get('ann')).toEqual({ skill: 2 });
    await one.close();
    await vi.waitFor(async () => expect(await names(two)).toEqual(['ann', 'cy']));
  });

  it('can be subscribed to: how many, and who', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const [one, two] = [await aClient(urlOf(us!)), await aClient(urlOf(eu!))];
    const counts: number[] = [];
    const pages: Member[][] = [];
    one.presence('room').subscribeCount((count) => counts.push(count));
    one.presence('room').subscribe((members) => pages.push(members), { limit: 2, after: 'ann' });
    await two.presence('room').join('ann', 'x');
    await vi.waitFor(() => expect(counts.at(-1)).toBe(1));
    await Promise.all(['bea', 'cy', 'dan'].map((member) => two.presence('room').join(member)));
    await vi.waitFor(() => expect(pages.at(-1)?.map(({ member }) => member)).toEqual(['bea', 'cy']));
    await eu!.close();
    await vi.waitFor(() => expect([counts.at(-1), pages.at(-1)]).toEqual([0, []]));
  });

  it('stay when the client is back within the grace', async () => {
    const node = await aNode();
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    await db.presence('room').join('ann');
    const counts: number[] = [];
    node.store.watch('presence', 'room', () => counts.push(node.store.presence('room').count()));
    wire.cut();
    await db.presence('room').join('bea');
    await vi.waitFor(() => expect(counts.at(-1)).toBe(2));
    expect(counts).not.toContain(0);
    expect(db.status().connected?.known).toBe(true);
  });

  it('go after the grace, and are back when the client is', async () => {
    const node = await aNode({ graceMs: 1 });
    const wire = await Wire.to(urlOf(node));
    const db = await aClient(wire.url);
    await Promise.all([db.presence('room').join('ann'), db.presence('room').join('bea')]);
    wire.refusing = true;
    wire.cut();
    await vi.waitFor(() => expect(there(node)).toEqual([]));
    wire.refusing = false;
    await vi.waitFor(() => expect(there(node)).toEqual(['ann', 'bea']), { timeout: 10_000 });
  });

  it('come along to another node when theirs stops, with what was under way', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const wire = await Wire.to(urlOf(us!));
    const db = await aClient([wire.url, urlOf(eu!)], { durable: 1 });
    const room = db.presence('room');
    await Promise.all(Array.from({ length: 3000 }, (_, i) => room.join(`m${i}`, { i, text: 'x'.repeat(100) })));
    await room.leave('m7');
    await room.join('m8', 'again');
    wire.deaf = true;
    const underWay = [room.join('last'), room.leave('m9'), db.counter('mark').increment()];
    await vi.waitFor(() => expect(eu!.store.counter('mark').value()).toBe(1));
    wire.refusing = true;
    await us!.close();
    await Promise.all(underWay);
    expect(db.status().connected?.region).toBe('eu');
    expect(await room.count()).toBe(2999);
    expect([await room.get('m8'), await room.has('m7'), await room.has('m9'), await room.has('last')]).toEqual([
      'again',
      false,
      false,
      true,
    ]);
    expect((await room.members({ limit: 5 })).map(({ node }) => node)).toEqual(Array(5).fill(eu!.name));
  });

  it('have left where the client was before, when it comes back from a node that has not told', async () => {
    const [us, eu] = [await aNode(), await aNode()];
    const [toUs, toEu] = [await Wire.to(urlOf(us)), await Wire.to(urlOf(eu))];
    toEu.refusing = true;
    const db = await aClient([toUs.url, toEu.url]);
    const room = db.presence('room');
    await Promise.all([room.join('ann'), room.join('bea'), db.gauge('calls').set(3)]);
    const move = async (from: Wire, to: Wire): Promise<void> => {
      from.refusing = true;
      to.refusing = false;
      from.cut();
      await room.count();
    };
    await move(toUs, toEu);
    expect(there(eu)).toEqual(['ann', 'bea']);
    await Promise.all([room.leave('ann'), db.gauge('calls').set(0)]);
    await move(toEu, toUs);
    await vi.waitFor(() => expect(there(us)).toEqual(['bea']));
    expect(us.store.gauge('calls').value()).toBe(0);
  });

  it('are refused when they are not what members can be', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const room = db.presence('room');
    const refused = (answer: Promise<unknown>, code: string): Promise<void> =>
      expect(answer).rejects.toMatchObject({ code });
    await refused(room.join(7 as never), 'BAD_ARGUMENT');
    await refused(room.join('x'.repeat(5000)), 'KEY_TOO_LONG');
    await refused(room.join('é'.repeat(3000)), 'KEY_TOO_LONG');
    await refused(
      room.join('ann', () => 1),
      'BAD_VALUE',
    );
    await refused(room.join('ann', 'x'.repeat(5000)), 'VALUE_TOO_LARGE');
    await refused(room.members({ limit: -1 }), 'BAD_ARGUMENT');
    await refused(room.members({ limit: 0.5 }), 'BAD_ARGUMENT');
    await room.join('ann');
    await refused(db.delete('room'), 'BAD_ARGUMENT');
    await refused(db.counter('room').increment(), 'TYPE_CONFLICT');
    expect(await names(db)).toEqual(['ann']);
  });
});
