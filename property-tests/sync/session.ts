/**
 * What one node really said to another in a session, message by message and moment by moment, with every kind of message in it;
 * and the other node once more, as it was when the session began, to be told the same or something else.
 */
import { cellDigest } from '../../src/store/digest.js';
import type { Store } from '../../src/store/store.js';
import { Deflation } from '../../src/node/deflation.js';
import type { Random } from '../../src/testing/random.js';
import type { ReplicatorOptions } from '../../src/sync/ports.js';
import { Corruption } from '../../test/sync/corruption.js';
import { Lab, type LabNode } from '../../test/sync/lab.js';

/** One step of ten milliseconds. */
export interface Moment {
  /** The link is made, anew. */
  readonly links: boolean;
  /** The hearer writes something of its own. */
  readonly writes: boolean;
  readonly said: readonly Uint8Array[];
}

export interface Session {
  readonly options: Partial<ReplicatorOptions>;
  readonly moments: readonly Moment[];
  readonly speaker: string;
  /** The speaker's dot → what a store holds that has seen it up to there (`contents`). */
  readonly contents: ReadonlyMap<number, string>;
}

export interface Drawn {
  /** Of two that compare the smaller name asks. */
  readonly speaker: 'a' | 'z';
  readonly sliceCells: number;
  readonly partBytes: number;
  /** The link is lost in the middle and comes back. */
  readonly lost: boolean;
  /** Something goes wrong in the hearer's memory, which the two then find. */
  readonly corrupt: boolean;
}

const MOMENTS = 40;
export const STEP_MS = 10;
/** When the session begins. */
export const BEGIN_MS = 100;

/** The hearer as it is before anybody links with it. */
export function newHearer(lab: Lab, options: Partial<ReplicatorOptions>): LabNode {
  lab.now = 0;
  const node = lab.start('hearer', options);
  const { store } = node;
  store.increment('calls', 5);
  store.set('agents').add('ann');
  store.set('agents').add('bob');
  store.register('mood').set('good');
  store.log('events', { cap: 3 }).append('begun');
  return node;
}

/** What was said in a session that was drawn. */
export function hold(random: Random, { speaker, sliceCells, partBytes, lost, corrupt }: Drawn): Session {
  const options: Partial<ReplicatorOptions> = {
    sliceCells,
    partBytes,
    lagMs: 40,
    parkMs: 60,
    heartbeatMs: 20,
    scrubMs: 30,
    retransmitMs: 100,
    compression: new Deflation(true),
  };
  const lab = new Lab();
  const before = newHearer(lab, options);
  const speaks = lab.start(speaker, options);
  // The speaker has all that the hearer begins with: what else it says is what itself has written.
  lab.link(speaks, before);
  lab.run(BEGIN_MS);
  lab.kill(before);
  const hears = newHearer(lab, options);
  lab.now = BEGIN_MS;
  const contents = new Map([[0, contentsOf(speaks.store)]]);
  const moments: { links: boolean; writes: boolean; said: Uint8Array[] }[] = [];
  lab.hears = (to, bytes) => to === hears && void moments.at(-1)?.said.push(bytes.slice());
  for (let i = 0; i < MOMENTS; i++) {
    const links = i === 0 || (lost && i === MOMENTS / 2);
    const writes = i === 14 || i === 16 || i === 19;
    moments.push({ links, writes, said: [] });
    if (links) {
      lab.cut(speaks, hears);
      lab.link(speaks, hears);
    }
    for (let n = i < 30 ? random.below(4) : 0; n > 0; n--) {
      write(random, speaks.store);
      contents.set(speaks.store.dot, contentsOf(speaks.store));
    }
    if (i % 10 === 5) speaks.replicator.barriers.begin();
    if (i === 12) hears.replicator.barriers.begin();
    // What the hearer says is lost: what it says next is refused.
    if (i === 14 || i === 15) lab.hold(hears, speaks, i === 14);
    if (writes) writeOwn(hears.store);
    if (corrupt && i === 32) {
      const memory = new Corruption(hears.store);
      memory.dropState(memory.cell('register', 'mood'));
    }
    if (i === MOMENTS - 1) speaks.replicator.leave(lab.now);
    lab.run(STEP_MS);
    if (i === 14) lab.waiting(hears, speaks).length = 0;
  }
  return { options, moments, speaker, contents };
}

const OWN = 'own ';

/** What the hearer writes, enough for a frame in slices. */
export function writeOwn(store: Store): void {
  for (let i = 0; i < 12; i++) store.increment(`${OWN}${i}`);
}

/** All that a store holds that the hearer has not written in the session, as text. */
export function contentsOf({ replica }: Store): string {
  const { cells } = replica;
  const sum = { high: 0, low: 0 };
  cells.forEach((cell) => {
    if (cells.name(cell).startsWith(OWN)) return;
    const { high, low } = cellDigest(replica, cell);
    sum.high ^= high;
    sum.low ^= low;
  });
  return `${sum.high} ${sum.low}`;
}

function write(random: Random, store: Store): void {
  const element = `e${random.below(4)}`;
  switch (random.below(8)) {
    case 0:
      return store.increment('calls', random.between(-3, 9));
    case 1:
      return store.counter(`c${random.below(20)}`).reset();
    case 2:
      return store.set('agents').add(element);
    case 3:
      return store.set('agents').delete(element);
    case 4:
      return store.register(`r${random.below(3)}`).set({ text: 'x'.repeat(random.below(700)), element });
    case 5:
      return store.log('events', { cap: 3 }).append(element);
    case 6:
      return store.window('calls per second', { bucket: 1000 }).add(random.between(1, 5));
    default:
      return store.transaction(() => {
        for (let i = random.between(1, 12); i > 0; i--) store.increment(`c${random.below(20)}`);
        store.gauge('busy').set(random.below(9));
      });
  }
}
