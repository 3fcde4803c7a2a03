/**
 * Streams that are nearly what one node said to another, told to that other one. Messages that are lost, repeated, said again much
 * later or in another order leave it with the state of exactly what it says it has seen. Messages that are garbled as well, bit by
 * bit, cut off or joined, within compressed ones too, can say anything; it stays whole all the same, takes no more memory than such
 * messages bring, ends links with a code, and converges with an honest peer afterwards.
 *
 * STREAMS sets how many there are, SEED where they begin: a stream that fails is named by the number that makes it again.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Reader, Writer } from '../../src/base/bytes.js';
import { isErrorCode } from '../../src/base/error.js';
import { joinMods } from '../../src/crdt/chain.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { Store } from '../../src/store/store.js';
import * as wire from '../../src/sync/message.js';
import { Random } from '../../src/testing/random.js';
import { Lab, type LabNode } from '../../test/sync/lab.js';
import { BEGIN_MS, contentsOf, hold, newHearer, type Session, STEP_MS, writeOwn } from './session.js';

const STREAMS = Number(process.env['STREAMS'] ?? 1500);
const FIRST = Number(process.env['SEED'] ?? 1);

const SESSIONS = Array.from({ length: 24 }, (_, i): Session => {
  const random = Random.seeded(i);
  return hold(random, {
    speaker: random.pick(['a', 'z']),
    sliceCells: random.pick([3, 2000]),
    partBytes: random.pick([100, 10_000]),
    lost: random.chance(50),
    corrupt: random.chance(50),
  });
});
const EVERYTHING = SESSIONS.flatMap(({ moments }) => moments.flatMap(({ said }) => said));

type Said = Uint8Array[][];

/** Something about the order or number of messages is another. What one connection has carried comes over no other. */
function disorder(random: Random, { moments }: Session, said: Said): void {
  const at = random.below(said.length);
  const next = moments.findIndex(({ links }, i) => links && i > at);
  const last = next === -1 ? said.length - 1 : next - 1;
  const here = said[at] as Uint8Array[];
  const i = random.below(Math.max(1, here.length));
  const message = here[i];
  if (message === undefined) return;
  switch (random.below(5)) {
    case 0:
      here.splice(i, 1);
      return;
    case 1:
      here.splice(i, 0, message);
      return;
    case 2:
      said[random.between(at, last)]?.push(message);
      return;
    case 3:
      here.splice(i, 1);
      here.splice(random.below(here.length + 1), 0, message);
      return;
    default:
      here.splice(i, 1);
      said[random.between(at, Math.min(last, at + 4))]?.push(message);
  }
}

/** Some message is nearly what it was, or nothing like it. */
function garble(random: Random, said: Said): void {
  const here = said[random.below(said.length)] as Uint8Array[];
  const i = random.below(Math.max(1, here.length));
  here.splice(i, random.below(2), garbled(random, here[i] ?? random.pick(EVERYTHING)));
}

function garbled(random: Random, message: Uint8Array): Uint8Array {
  const inner = random.chance(80) ? inflated(message) : undefined;
  if (inner !== undefined) return deflated(random, garbled(random, inner));
  const bytes = [...message];
  const at = random.below(Math.max(1, bytes.length));
  switch (random.below(7)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      break;
    case 1:
      bytes.length = at;
      break;
    case 2:
      bytes[at] = random.pick([0, 1, 127, 128, 255]);
      break;
    case 3:
      bytes.splice(at, random.below(4), ...Array.from({ length: random.below(4) }, () => random.below(256)));
      break;
    case 4:
      bytes.splice(at, bytes.length, ...random.pick(EVERYTHING).slice(at));
      break;
    case 5:
      return deflated(random, message);
    default:
      return Uint8Array.from({ length: random.below(60) }, () => random.below(256));
  }
  return Uint8Array.from(bytes);
}

/** What is in a compressed message that can still be read. */
function inflated(message: Uint8Array): Uint8Array | undefined {
  if (message[0] !== wire.DEFLATED) return undefined;
  try {
    const r = new Reader(message);
    r.byte();
    r.uint();
    return inflateRawSync(r.rest());
  } catch {
    return undefined;
  }
}

function deflated(random: Random, message: Uint8Array): Uint8Array {
  const w = new Writer();
  w.byte(wire.DEFLATED);
  w.uint(random.chance(90) ? message.length : random.below(2 * message.length + 1));
  w.rest(deflateRawSync(message));
  return w.finish();
}

/** The hearer, and whoever speaks to it. */
class Hearing {
  readonly lab = new Lab();
  readonly node: LabNode;
  readonly #session: Session;
  readonly #speaker: number;
  #link = 1000;
  #open = false;
  #seen = -1;
  received = 0;

  constructor(session: Session) {
    this.#session = session;
    this.node = newHearer(this.lab, session.options);
    this.lab.now = BEGIN_MS;
    this.#speaker = this.node.store.replica.actors.intern(session.speaker, 1);
  }

  /** @param faithful what is said is what was said, in whatever order */
  hear(said: Said, faithful: boolean): void {
    const { lab, node } = this;
    for (const [i, { links, writes }] of this.#session.moments.entries()) {
      if (links) this.#relink();
      if (writes) writeOwn(node.store);
      lab.now += STEP_MS;
      node.replicator.tick(lab.now);
      this.#take();
      for (const bytes of said[i] as Uint8Array[]) this.#receive(bytes, faithful);
      node.store.replica.advance(5);
      node.replicator.advance(lab.now);
      node.store.deliver();
      node.replicator.collect(lab.now);
      if (faithful) this.#checkContents();
    }
  }

  #receive(bytes: Uint8Array, faithful: boolean): void {
    if (!this.#open && faithful) return;
    // Whoever was thrown out dials again, and goes on.
    if (!this.#open && bytes[0] !== wire.HELLO) {
      this.#relink();
      this.node.replicator.receive(this.#link, this.#session.moments[0]?.said[0] as Uint8Array, this.lab.now);
    }
    this.received += bytes.length;
    const own = this.node.store.dot;
    this.node.replicator.receive(this.#link, bytes, this.lab.now);
    if (this.node.store.dot !== own) throw new Error('the hearer was made to write');
    if (faithful) this.#checkContents();
    this.#take();
  }

  #relink(): void {
    const { node, lab } = this;
    if (this.#open) node.replicator.closed(this.#link, lab.now);
    this.#open = true;
    node.replicator.open(++this.#link, false, lab.now);
  }

  #take(): void {
    for (const output of this.node.replicator.outputs()) {
      if (output.kind !== 'close') continue;
      if (!isErrorCode(output.code)) throw new Error(`closed without a code: ${output.message}`);
      if (output.link === this.#link) this.#open = false;
    }
  }

  /** The state is that of what was seen. */
  #checkContents(): void {
    const { replica } = this.node.store;
    const dot = replica.vv.get(this.#speaker);
    if (dot === this.#seen) return;
    this.#seen = dot;
    replica.finish();
    const expected = this.#session.contents.get(dot);
    if (expected === undefined) throw new Error(`it has seen ${dot}, the middle of a transaction`);
    if (expected !== contentsOf(this.node.store)) throw new Error(`it has seen ${dot} and holds something else`);
  }

  /** It may hold anything now, but whole, and no more than was brought. */
  checkWhole(before: number): void {
    const { store } = this.node;
    const { replica } = store;
    replica.finish();
    const mods = new VersionVector();
    replica.cells.forEach((cell) => joinMods(replica.slots, replica.cells.head(cell), mods));
    if (!replica.vv.covers(mods)) throw new Error('a cell has a dot that was not seen');
    if (store.keys().length !== store.size) throw new Error(`${store.keys().length} keys, counted as ${store.size}`);
    if (!/^[0-9a-f]+$/.test(store.digest())) throw new Error('there is no digest');
    if (replica.cells.end > 100 + this.received / 3) throw new Error(`${replica.cells.end} cells of nothing`);
    if (replica.actors.size > 10 + this.received / 3) throw new Error(`${replica.actors.size} actors of nothing`);
    if (store.bytes > before + 100 * this.received + (1 << 20)) throw new Error(`${store.bytes} bytes taken`);
  }

  /** An honest node comes, and both hold the same; unless somebody said, and was believed, that this one's life is over. */
  meetsHonest(): void {
    const { node, lab } = this;
    const { membership } = node.replicator;
    if (membership.own.state !== 'alive' || membership.superseded !== undefined) return;
    const honest = lab.start('honest', this.#session.options);
    honest.store.increment('honest');
    lab.link(honest, node);
    lab.run(400);
    if (this.node.store.counter('honest').value() !== 1) throw new Error('what an honest node says is not heard');
    if (honest.store.digest() !== node.store.digest()) throw new Error('it does not converge with an honest node');
  }
}

/** One stream, by its number. */
function stream(number: number): void {
  const random = Random.seeded(number);
  const session = random.pick(SESSIONS);
  const said = session.moments.map((moment) => [...moment.said]);
  const faithful = random.chance(40);
  for (let left = random.below(6); left > 0; left--) disorder(random, session, said);
  if (!faithful) for (let left = random.between(1, 5); left > 0; left--) garble(random, said);
  const hearing = new Hearing(session);
  const before = storeBytes(hearing.node.store);
  hearing.hear(said, faithful);
  hearing.checkWhole(before);
  if (number % 50 === 0) hearing.meetsHonest();
}

function storeBytes({ bytes }: Store): number {
  return bytes;
}

/** The first that fails, and how. */
function firstFailure(): string | undefined {
  for (let number = FIRST; number < FIRST + STREAMS; number++) {
    try {
      stream(number);
    } catch (error) {
      return `STREAMS=1 SEED=${number}: ${(error as Error).stack}`;
    }
  }
  return undefined;
}

describe('a stream of messages', () => {
  it('has every kind in it', () => {
    const kinds = new Set(EVERYTHING.map((bytes) => bytes[0]));
    expect([...kinds].sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });

  it('that is told as it was is taken without a word', () => {
    for (const session of SESSIONS) {
      const hearing = new Hearing(session);
      hearing.hear(
        session.moments.map(({ said }) => [...said]),
        true,
      );
      expect(hearing.node.closed).toEqual([]);
    }
  });

  it('that is out of order, or garbled, throws nothing and damages nothing', () => {
    expect(firstFailure()).toBeUndefined();
  }, 600_000);
});
