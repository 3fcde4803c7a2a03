/** A node that is started again goes on with the dots of an earlier life. */
import { describe, expect, it } from 'vitest';
import { makeHello } from '../../src/sync/handshake.js';
import { FRAME, writeHello } from '../../src/sync/message.js';
import { Lab, type LabNode } from './lab.js';

const NAMES = ['a', 'b', 'c'];

/** Three nodes, all linked, that have exchanged what they have. */
class Trio {
  readonly lab = new Lab();
  readonly nodes = new Map<string, LabNode>();
  #incarnation = 1;
  readonly #beats: ReadonlyMap<string, number>;

  /** @param beats by node: how often it beats, and forgets what all have seen removed */
  constructor(beats: ReadonlyMap<string, number> = new Map()) {
    this.#beats = beats;
    for (const name of NAMES) this.start(name);
    this.lab.run(100);
  }

  get(name: string): LabNode {
    return this.nodes.get(name) as LabNode;
  }

  /** A new life of a node, linked with all that live; it serves as soon as there is nothing to wait for. */
  start(name: string, besides: readonly string[] = []): LabNode {
    const heartbeatMs = this.#beats.get(name) ?? 1000;
    const node = this.lab.start(name, { incarnation: this.#incarnation++, joining: true, heartbeatMs });
    for (const [other, peer] of this.nodes) if (other !== name && !besides.includes(other)) this.lab.link(node, peer);
    this.nodes.set(name, node);
    return node;
  }

  kill(name: string): void {
    this.lab.kill(this.get(name));
    this.nodes.delete(name);
  }

  /** What a real node does when it is joining, with nobody to bootstrap from for long. */
  join(node: LabNode): void {
    const { succession, membership } = node.replicator;
    this.lab.run(50);
    for (let i = 0; i < 1000 && succession.waits(this.lab.now); i++) this.lab.run(10);
    membership.serve();
  }

  restart(name: string): LabNode {
    this.kill(name);
    this.lab.run(50);
    const node = this.start(name);
    this.join(node);
    return node;
  }
}

describe('a node that is started again', () => {
  it('goes on with the dots of its earlier life', () => {
    const trio = new Trio();
    for (const name of NAMES) trio.get(name).store.increment('calls');
    trio.lab.run(100);
    const again = trio.restart('b');
    expect(again.store.dot).toBe(1);
    again.store.increment('calls', 5);
    trio.lab.run(100);
    for (const { store } of trio.nodes.values()) {
      expect(store.vv()).toEqual({ 'a@1': 1, 'b@2': 2, 'c@3': 1 });
      expect(store.counter('calls').value()).toBe(8);
    }
  });

  it('leaves nothing, however often that is', () => {
    const trio = new Trio();
    const held: unknown[] = [];
    const said: number[] = [];
    for (const name of NAMES) trio.get(name).store.increment('calls');
    trio.lab.run(100);
    for (let life = 1; life <= 500; life++) {
      const { store } = trio.restart('b');
      store.increment('calls');
      store.set('lives').add('b');
      store.register('newest').set(life);
      store.gauge('up').set(1);
      trio.lab.run(30);
      const { replica } = trio.get('a').store;
      trio.lab.sent.length = 0;
      store.increment('calls');
      trio.lab.run(20);
      const frames = trio.lab.sent.filter((bytes) => bytes[0] === FRAME);
      const hello = writeHello(makeHello(replica, { cluster: 'lab', region: 'r', wall: () => 0, maxSkewMs: 0 }));
      held.push([replica.vv.dots.length, replica.actors.size, replica.slots.bytes]);
      said.push([hello, ...frames].reduce((sum, { length }) => sum + length, 0));
    }
    const { store } = trio.get('a');
    expect([store.counter('calls').value(), store.gauge('up').value(), store.register('newest').get()]).toEqual([
      1003, 1, 500,
    ]);
    expect(held[499]).toEqual(held[2]);
    expect((held[499] as number[]).slice(0, 2)).toEqual([3, 3]);
    // Numbers become longer, lists do not.
    expect((said[499] as number) - (said[10] as number)).toBeLessThan(10);
  });

  it('is a new actor while a member is away, and uses what that left when it is back', () => {
    const trio = new Trio();
    for (const name of NAMES) trio.get(name).store.increment('calls');
    trio.lab.run(100);
    trio.kill('c');
    for (let i = 0; i < 3; i++) {
      trio.restart('b').store.increment('calls');
      trio.lab.run(100);
    }
    expect(Object.keys(trio.get('a').store.vv())).toHaveLength(6);
    trio.join(trio.start('c'));
    trio.lab.run(1000);
    for (let i = 0; i < 3; i++) {
      trio.restart('b').store.increment('calls');
      trio.lab.run(100);
    }
    expect(Object.keys(trio.get('a').store.vv())).toHaveLength(6);
    expect(trio.get('a').store.counter('calls').value()).toBe(9);
  });

  it('is a new actor if it is written to before it is ready', () => {
    const trio = new Trio();
    for (const name of NAMES) trio.get(name).store.increment('calls');
    trio.lab.run(100);
    trio.kill('b');
    const again = trio.start('b');
    again.store.increment('calls');
    trio.join(again);
    trio.lab.run(100);
    expect(trio.get('a').store.vv()).toMatchObject({ 'b@2': 1, 'b@4': 1 });
  });

  it('does not bring back what its earlier life said is so now, and says its own', () => {
    const trio = new Trio();
    trio.get('b').store.gauge('up').set(7);
    trio.lab.run(100);
    const { store } = trio.restart('b');
    const shown = (): number[] => [...trio.nodes.values()].map((node) => node.store.gauge('up').value());
    let told = 0;
    trio.get('a').store.watch('gauge', 'up', () => told++);
    store.increment('calls');
    trio.lab.run(100);
    expect([store.gauge('up').share(), ...shown()]).toEqual([0, 0, 0, 0]);
    store.gauge('up').add(2);
    trio.lab.run(100);
    expect(shown()).toEqual([2, 2, 2]);
    expect(told).toBeGreaterThan(0);
  });

  it('counts on where a reset was forgotten before it began, by some', () => {
    const trio = new Trio(new Map([['c', 4500]]));
    trio.get('b').store.increment('calls', 7);
    trio.lab.run(100);
    trio.get('a').store.counter('calls').reset();
    trio.lab.run(2500);
    const ghosts = ['a', 'c'].map((name) => trio.get(name).store.replica.ghosts);
    expect(ghosts).toEqual([0, 1]);
    trio.kill('b');
    trio.lab.run(50);
    const again = trio.start('b', ['c']);
    trio.lab.run(50);
    trio.lab.link(again, trio.get('c'));
    trio.join(again);
    expect(again.store.replica.isFresh).toBe(false);
    again.store.increment('calls');
    trio.lab.run(100);
    expect([...trio.nodes.values()].map(({ store }) => store.counter('calls').value())).toEqual([1, 1, 1]);
  });
});

/** b dies with two writes that nobody got: as a process that stands still, it still has them. */
function forked(): { trio: Trio; zombie: LabNode; lost: string } {
  const trio = new Trio();
  for (const name of NAMES) trio.get(name).store.increment('calls');
  trio.lab.run(100);
  const zombie = trio.get('b');
  for (const name of ['a', 'c']) trio.lab.cut(zombie, trio.get(name));
  zombie.store.increment('calls', 100);
  zombie.store.increment('calls', 100);
  const lost = zombie.store.token();
  trio.nodes.delete('b');
  return { trio, zombie, lost };
}

describe('what was lost', () => {
  it('is said to be lost at once, and what was not is there', () => {
    const { trio, lost } = forked();
    const kept = trio.get('a').store.token();
    const again = trio.start('b');
    trio.join(again);
    again.store.increment('calls');
    again.store.increment('calls');
    again.store.increment('calls');
    trio.lab.run(100);
    const { store } = trio.get('a');
    expect([store.covers(lost), store.covers(kept), store.covers(again.store.token())]).toEqual(['lost', 'yes', 'yes']);
  });

  it('is refused when the old process brings it, and when a third brings it that had not heard of the new one', () => {
    const { trio, zombie } = forked();
    const again = trio.start('b');
    trio.join(again);
    for (let i = 0; i < 5; i++) again.store.increment('calls');
    trio.lab.run(100);
    const d = trio.lab.start('d', { incarnation: 50 });
    trio.lab.link(zombie, d);
    trio.lab.run(100);
    expect(d.store.counter('calls').value()).toBe(203);
    const { lab } = trio;
    const a = trio.get('a');
    lab.link(zombie, a);
    lab.link(d, a);
    lab.run(100);
    expect(a.store.counter('calls').value()).toBe(8);
    expect(a.closed.map(({ code }) => code)).toContain('STALE_INCARNATION');
    expect([...a.closed, ...d.closed].map(({ code }) => code)).toContain('ORPHANED_WRITES');
    expect([...a.events, ...d.events]).toContainEqual(expect.objectContaining({ event: 'orphaned', node: 'd' }));
    expect(a.store.digest()).toBe(trio.get('c').store.digest());
  });

  it('is not taken any more by who has heard that a new life will go on, which waits until all have', () => {
    const { trio, zombie } = forked();
    const { lab } = trio;
    const d = lab.start('d', { incarnation: 50 });
    lab.link(zombie, d);
    lab.run(100);
    const again = trio.start('b');
    const [a, c] = [trio.get('a'), trio.get('c')];
    for (let i = 0; i < 100 && again.replicator.membership.own.succeeds === undefined; i++) lab.run(10);
    lab.hold(c, again, true);
    lab.run(500);
    expect(again.store.replica.isFresh).toBe(true);
    lab.link(d, a);
    // What it has of b goes to a when it is late there.
    lab.run(2000);
    expect(a.store.counter('calls').value()).toBe(3);
    expect(a.closed.map(({ code }) => code)).toContain('ORPHANED_WRITES');
  });

  it('is not taken any more from when the new life has said that it goes on, and it goes on after what was taken before', () => {
    const { trio, zombie } = forked();
    // A third that nobody knows yet has one of the two.
    const d = trio.lab.start('d', { incarnation: 50 });
    trio.lab.link(zombie, d);
    trio.lab.run(100);
    const again = trio.start('b');
    // It arrives before everybody has answered.
    trio.lab.run(30);
    trio.lab.link(d, trio.get('a'));
    trio.lab.run(10);
    trio.lab.link(again, d);
    trio.join(again);
    trio.lab.run(100);
    again.store.increment('calls');
    trio.lab.run(3000);
    const values = [...trio.nodes.values()].map(({ store }) => store.counter('calls').value());
    expect(new Set(values).size).toBe(1);
    expect([4, 204]).toContain(values[0]);
  });
});

describe('a crash in the middle', () => {
  /** Run until it has said with which actor it would go on. */
  function said(trio: Trio): LabNode {
    const node = trio.start('b');
    for (let i = 0; i < 100 && node.replicator.membership.own.succeeds === undefined; i++) trio.lab.run(10);
    expect([node.replicator.membership.own.succeeds, node.store.replica.isFresh]).toEqual([
      { actor: 2, since: 1 },
      true,
    ]);
    return node;
  }

  function begun(): Trio {
    const trio = new Trio();
    for (const name of NAMES) trio.get(name).store.increment('calls');
    trio.lab.run(100);
    trio.kill('b');
    return trio;
  }

  it.each<[string, (trio: Trio) => void, number]>([
    ['after it was said', (trio) => void said(trio), 4],
    ['after it went on', (trio) => trio.join(trio.start('b')), 4],
    [
      'after the first write, which nobody got',
      (trio) => {
        const node = trio.start('b');
        trio.join(node);
        for (const name of ['a', 'c']) trio.lab.cut(node, trio.get(name));
        node.store.increment('calls', 1000);
      },
      4,
    ],
    [
      'after the first write, which one got',
      (trio) => {
        const node = trio.start('b');
        trio.join(node);
        trio.lab.cut(node, trio.get('c'));
        trio.lab.cut(trio.get('a'), trio.get('c'));
        node.store.increment('calls', 1000);
        trio.lab.run(50);
        trio.lab.link(trio.get('a'), trio.get('c'));
      },
      1004,
    ],
  ])('%s', (_, happens, value) => {
    const trio = begun();
    happens(trio);
    trio.restart('b').store.increment('calls');
    trio.lab.run(1000);
    for (const { store } of trio.nodes.values()) {
      expect(store.counter('calls').value()).toBe(value);
      expect(Object.keys(store.vv())).toHaveLength(3);
    }
  });
});
