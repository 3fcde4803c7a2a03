import { describe, expect, it } from 'vitest';
import { MAX_CELLS } from '../../src/base/limits.js';
import { Reader, Writer } from '../../src/base/bytes.js';
import { readChunkStart, readResume, writeBegin, writeResume } from '../../src/sync/cut-message.js';
import { BEGIN, CHUNK, COMMIT, FRAME, RESUME, writeHello } from '../../src/sync/message.js';
import { WireActors } from '../../src/sync/wire-actors.js';
import { Lab, type LabNode } from './lab.js';

const SMALL = { sliceCells: 10, partBytes: 400, lagMs: 100 };

/** Two nodes; the first has written so many counters. */
function apart(keys: number, options: object = SMALL): { lab: Lab; a: LabNode; b: LabNode } {
  const lab = new Lab();
  const [a, b] = [lab.start('a', options), lab.start('b', options)];
  for (let i = 0; i < keys; i++) a.store.increment(`k${i}`, i);
  return { lab, a, b };
}

function kinds(lab: Lab): number[] {
  return lab.sent.map((bytes) => bytes[0] as number);
}

function count(lab: Lab, kind: number): number {
  return kinds(lab).filter((each) => each === kind).length;
}

function dots({ store }: LabNode): string[] {
  return Object.entries(store.vv())
    .map(([actor, n]) => `${actor}:${n}`)
    .toSorted();
}

function same(...nodes: readonly LabNode[]): boolean {
  return new Set(nodes.map((node) => JSON.stringify([dots(node), node.store.digest(), node.store.size]))).size === 1;
}

/** Run until so many messages of a kind were sent. */
function until(lab: Lab, kind: number, times: number): void {
  for (let i = 0; count(lab, kind) < times; i++) {
    if (i > 1000) throw new Error(`kind ${kind} was sent ${count(lab, kind)} times only`);
    lab.run(10);
  }
}

describe('a frame that is sent in slices', () => {
  it('brings everything, in chunks of one message each', () => {
    const { lab, a, b } = apart(500);
    lab.link(a, b);
    lab.run(2000);
    expect([same(a, b), count(lab, BEGIN), count(lab, COMMIT), count(lab, FRAME)]).toEqual([true, 1, 1, 0]);
    expect(count(lab, CHUNK)).toBeGreaterThan(20);
    expect(b.replicator.peers(lab.now)).toMatchObject([{ receivedFrames: 1, receivedCells: 500 }]);
    expect(Math.max(...lab.sent.map(({ length }) => length))).toBeLessThan(500);
  });

  it('is not used for what fits one step', () => {
    const { lab, a, b } = apart(5);
    lab.link(a, b);
    lab.run(500);
    expect([same(a, b), count(lab, BEGIN), count(lab, FRAME)]).toEqual([true, 0, 1]);
  });

  it('shows nothing before it is whole', () => {
    const { lab, a, b } = apart(500);
    lab.link(a, b);
    until(lab, CHUNK, 20);
    expect([b.store.size, b.store.vv().a]).toEqual([0, undefined]);
  });

  it('has what was written while it was sent, and what was written over what was sent', () => {
    const { lab, a, b } = apart(500);
    const set = a.store.set('agents');
    for (let i = 0; i < 100; i++) set.add(`e${i}`);
    lab.link(a, b);
    until(lab, CHUNK, 10);
    for (let i = 0; i < 500; i += 7) a.store.increment(`k${i}`);
    for (let i = 0; i < 100; i += 3) set.delete(`e${i}`);
    b.store.increment('k3', 1000);
    b.store.set('agents').add('e3');
    lab.run(3000);
    expect([same(a, b), b.store.counter('k7').value(), a.store.counter('k3').value()]).toEqual([true, 8, 1003]);
    expect(a.store.set('agents').has('e3')).toBe(true);
  });

  it('ends although writing does not', () => {
    const { lab, a, b } = apart(500);
    lab.link(a, b);
    for (let step = 0; b.store.size === 0; step++) {
      if (step > 400) throw new Error('it does not end');
      for (let i = 0; i < 60; i++) a.store.increment(`k${(step * 60 + i) % 500}`);
      lab.run(10);
    }
    expect(b.store.size).toBe(500);
  });

  it('goes on where it was when its link was lost', () => {
    const { lab, a, b } = apart(1000);
    lab.link(a, b);
    until(lab, CHUNK, 40);
    lab.run(50);
    const before = count(lab, CHUNK);
    lab.cut(a, b);
    a.store.increment('k0', 5);
    lab.run(200);
    lab.link(a, b);
    lab.run(4000);
    const begins = lab.sent.filter((bytes) => bytes[0] === BEGIN);
    expect([same(a, b), begins.length, b.store.counter('k0').value()]).toEqual([true, 2, 5]);
    const resumed = lab.sent
      .filter((bytes) => bytes[0] === RESUME)
      .map((bytes) => readResume(new Reader(bytes.subarray(1))));
    expect(resumed.some(({ chunks }) => chunks > 30)).toBe(true);
    const whole = apart(1000);
    whole.lab.link(whole.a, whole.b);
    whole.lab.run(4000);
    expect(count(lab, CHUNK) - before).toBeLessThan(count(whole.lab, CHUNK) - 20);
  });

  it('goes on where it was when its link was lost with all of it under way', () => {
    const { lab, a, b } = apart(1000);
    lab.link(a, b);
    until(lab, CHUNK, 40);
    lab.hold(a, b, true);
    until(lab, COMMIT, 1);
    const before = count(lab, CHUNK);
    lab.cut(a, b);
    a.store.increment('k0', 5);
    lab.run(200);
    lab.link(a, b);
    lab.run(4000);
    expect([same(a, b), b.store.counter('k0').value(), count(lab, BEGIN)]).toEqual([true, 5, 2]);
    expect(count(lab, CHUNK) - before).toBeLessThan(before - 30);
  });

  it('waits for the one that goes the other way, if that is nearly done, and so is not sent what comes with it', () => {
    const { lab, a, b } = apart(1000);
    for (let i = 0; i < 1300; i++) b.store.increment(`k${i}`, i);
    lab.link(a, b);
    until(lab, COMMIT, 1);
    expect(b.store.counter('k7').value()).toBe(7);
    lab.run(4000);
    expect([same(a, b), b.store.counter('k7').value()]).toEqual([true, 14]);
    const chunks = lab.sent.filter((bytes) => bytes[0] === CHUNK || bytes[0] === COMMIT);
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(40_000);
  });

  it('is refused where it is more than one peer may have kept', () => {
    const lab = new Lab();
    const [a, b] = [lab.start('a', SMALL), lab.start('b', { ...SMALL, maxStagedBytes: 8_000 })];
    for (let i = 0; i < 1000; i++) a.store.increment(`k${i}`);
    lab.link(a, b);
    lab.run(2000);
    expect(b.closed).toMatchObject([{ code: 'MESSAGE_TOO_LARGE' }]);
    expect([b.store.size, b.store.replica.ghosts]).toEqual([0, 0]);
  });

  it('begins anew when the receiver was started again', () => {
    const { lab, a, b } = apart(1000);
    lab.link(a, b);
    until(lab, CHUNK, 40);
    lab.kill(b);
    const again = lab.start('b', { ...SMALL, incarnation: 2 });
    lab.link(a, again);
    lab.run(4000);
    expect([same(a, again), again.store.size]).toEqual([true, 1000]);
  });

  it('leaves nothing behind where it does not come to its end', () => {
    const { lab, a, b } = apart(500, { ...SMALL, keepMs: 100 });
    lab.link(a, b);
    until(lab, CHUNK, 20);
    lab.kill(a);
    lab.run(5000);
    expect([b.store.size, b.store.replica.ghosts, b.store.keys()]).toEqual([0, 0, []]);
  });

  it('leaves known what was: a key is told once on a link', () => {
    const { lab, a, b } = apart(5);
    lab.link(a, b);
    lab.run(500);
    for (let i = 10; i < 100; i++) a.store.increment(`k${i}`);
    lab.run(500);
    expect(count(lab, COMMIT)).toBe(1);
    const before = lab.sent.length;
    for (const key of ['k3', 'k50']) a.store.increment(key);
    lab.run(500);
    const frames = lab.sent.slice(before).filter(([kind]) => kind === FRAME);
    expect(frames.map((bytes) => /k\d/.test(Buffer.from(bytes).toString('latin1')))).toEqual([false]);
    expect(same(a, b)).toBe(true);
  });

  it('brings an empty node what all others have, and takes from it what only it has', () => {
    const { lab, a, b } = apart(500);
    for (let i = 0; i < 300; i++) b.store.increment(`own${i}`);
    lab.link(a, b);
    lab.run(4000);
    expect([same(a, b), a.store.size]).toEqual([true, 800]);
  });

  it('goes to a node of before it as parts', () => {
    const { lab, a } = apart(500);
    a.replicator.open(77, false, 0);
    const hello = { protocol: 1, oldest: 1, cluster: 'lab', node: 'old', incarnation: 1, region: 'r', features: 0 };
    const wall = 1_700_000_000_000;
    a.replicator.receive(77, writeHello({ ...hello, wall, hlc: 0, partitions: [{ id: 0, vv: [] }] }), 0);
    a.replicator.tick(1);
    lab.deliver();
    expect(kinds(lab)).not.toContain(BEGIN);
    expect(lab.sent.length).toBeGreaterThan(10);
  });
});

describe('a peer that lies about a frame in slices', () => {
  /** What the receiver does about these messages, which come from a peer that it knows. */
  function told(...messages: readonly Uint8Array[]): { codes: string[]; size: number; sent: number[] } {
    const lab = new Lab();
    const node = lab.start('b');
    const hello = { protocol: 2, oldest: 1, cluster: 'lab', node: 'liar', incarnation: 1, region: 'r', features: 3 };
    node.replicator.open(1, false, 0);
    const wall = 1_700_000_000_000;
    node.replicator.receive(1, writeHello({ ...hello, wall, hlc: 0, partitions: [{ id: 0, vv: [] }] }), 0);
    lab.deliver();
    lab.sent.length = 0;
    for (const bytes of messages) node.replicator.receive(1, bytes, 1);
    lab.deliver();
    return { codes: node.closed.map(({ code }) => code), size: node.store.size, sent: kinds(lab) };
  }

  const actors = (w: Writer): void => {
    w.uint(0);
    w.uint(1);
    w.string('liar');
    w.uint(1);
  };
  const begin = (kept = 0, cells = MAX_CELLS): Uint8Array =>
    writeBegin({ epoch: 0, seq: 0, full: false, cut: 1, kept, cells }, actors);

  function chunk(index: number, ...rest: readonly number[]): Uint8Array {
    const w = new Writer();
    for (const n of [CHUNK, 0, 0, index]) w.uint(n);
    actors(w);
    for (const n of rest) w.uint(n);
    return w.finish();
  }

  it('is refused, and no state is touched', () => {
    const nack = 4;
    const commit = Uint8Array.of(COMMIT, 3, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(told(commit)).toEqual({ codes: [], size: 0, sent: [nack] });
    expect(told(chunk(0, 0))).toEqual({ codes: [], size: 0, sent: [nack] });
    expect(told(begin(), chunk(1, 0))).toEqual({ codes: [], size: 0, sent: [nack] });
    expect(told(begin(5))).toEqual({ codes: [], size: 0, sent: [nack] });
    expect(told(begin(), commit)).toEqual({ codes: [], size: 0, sent: [nack] });
    expect(told(begin(), chunk(0, 1, 0, 2 ** 47)).codes).toEqual([]);
    expect(told(begin(), chunk(0, 1, 0, 2 ** 48)).codes).toEqual(['MALFORMED_MESSAGE']);
    expect(told(begin(), chunk(0, 1, 9, 1)).codes).toEqual(['MALFORMED_MESSAGE']);
    expect(told(begin(), chunk(0, 0, 2 ** 40)).codes).toEqual(['MALFORMED_MESSAGE']);
    expect(told(writeResume({ cut: 7, chunks: 2 ** 50 }))).toEqual({ codes: [], size: 0, sent: [] });
  });

  it('is not believed about how much there is', () => {
    expect(told(begin(0, MAX_CELLS + 1)).codes).toEqual(['MALFORMED_MESSAGE']);
    const start = readChunkStart(
      new Reader(chunk(3, 0).subarray(1)),
      new WireActors(new Lab().start('x').store.replica),
    );
    expect(start).toEqual({ epoch: 0, seq: 0, index: 3 });
  });
});
