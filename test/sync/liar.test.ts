/**
 * A peer that lies. Whatever it says, the link ends with a code or what it says means nothing; the state is what an honest peer
 * would have left, and honest peers are served as before.
 */
import { describe, expect, it, vi } from 'vitest';
import { MAX_ACTORS, MAX_DOT } from '../../src/base/limits.js';
import { MAX_LIVES } from '../../src/base/lives.js';
import { writeBegin, writeResume } from '../../src/sync/cut-message.js';
import { Link } from '../../src/sync/link.js';
import * as wire from '../../src/sync/message.js';
import { TABLE_MESSAGE } from '../../src/sync/table-message.js';
import { writeWant } from '../../src/sync/want.js';
import { EPOCH_MS, Lab } from './lab.js';
import {
  LINK,
  DEFLATED,
  hello,
  message,
  frame,
  counter,
  row,
  table,
  Scene,
  outcome,
  afterHello,
  many,
  defined,
  LIAR,
  VICTIM,
  HONEST,
  NOBODY,
} from './liar.js';

const MALFORMED = 'MALFORMED_MESSAGE';
const victimDots = 2;

const TELLS = wire.FEATURES & (63 | wire.SUCCESSION);

/** It has the honest one's actor, by these lives: (incarnation, since). */
function lived(...lives: readonly (readonly [number, number])[]): Parameters<typeof hello>[0] {
  const actor = { node: 'honest', incarnation: 1, n: 20 };
  return { features: TELLS, vv: [{ ...actor, lives: lives.map(([incarnation, since]) => ({ incarnation, since })) }] };
}

describe('a HELLO', () => {
  it.each<[string, Parameters<typeof hello>[0], string]>([
    ['of another cluster', { cluster: 'other' }, 'WRONG_CLUSTER'],
    ['of another life of this node', { node: 'victim', incarnation: 7 }, 'DUPLICATE_NODE'],
    ['of this very node', { node: 'victim' }, 'SELF_LINK'],
    ['of a life that is over', { node: 'honest', incarnation: 0 }, 'STALE_INCARNATION'],
    ['of another time', { wall: EPOCH_MS + 3_600_000 }, 'CLOCK_SKEW'],
    ['of a far version', { protocol: 99, oldest: 98 }, 'UNSUPPORTED_VERSION'],
    ['without a name', { node: '' }, MALFORMED],
    ['with a name that clears the screen', { node: '\u001b[2Jeu' }, MALFORMED],
    ["with a name that is nobody's to have", { node: '\u0000archive' }, MALFORMED],
    ['with a name that turns the line around', { region: '\u202eue' }, MALFORMED],
    ['with dots that were never given out', { vv: [{ node: 'victim', incarnation: 1, n: 99 }] }, MALFORMED],
    ['with dots that no slot holds', { vv: [{ node: 'x', incarnation: 1, n: MAX_DOT + 1 }] }, MALFORMED],
    ['with lives that do not follow each other', lived([1, 0], [5, 0]), MALFORMED],
    ['with a life that is there twice', lived([1, 0], [1, 3]), MALFORMED],
    ['with lives that begin in the middle', lived([1, 4], [5, 9]), MALFORMED],
    ['with a life beyond all dots', lived([1, 0], [5, MAX_DOT + 1]), MALFORMED],
    ['with a life beyond all numbers', lived([1, 0], [2 ** 53 - 1, 1], [2 ** 53, 2]), MALFORMED],
    [
      'with more lives than are remembered',
      lived(...many(MAX_LIVES + 1, 0).map((_, i) => [1 + i, i] as const)),
      MALFORMED,
    ],
    ['with a later life for what is here', lived([1, 0], [9, 1]), 'ORPHANED_WRITES'],
  ])('%s', (_, said, code) => {
    expect(afterHello(hello(said))).toBe(code);
  });

  it('is the first message, and says the same when it comes twice', () => {
    const scene = new Scene();
    scene.hears(message(wire.ACK, 0, 0, 0, 0, 0, 0));
    expect(scene.codes).toEqual([MALFORMED]);
    expect(outcome(hello())).toBeUndefined();
    expect(outcome(hello({ node: 'other' }))).toBe(MALFORMED);
    expect(outcome(hello({ incarnation: 2 }))).toBe(MALFORMED);
  });

  it('with as many lives as there can be takes no number, and others still join', () => {
    const vv = Array.from({ length: MAX_ACTORS }, (_, i) => ({ node: `n${i}`, incarnation: 1, n: 1 }));
    const scene = new Scene();
    const { actors } = scene.victim.store.replica;
    const before = actors.size;
    scene.hears(hello({ vv }));
    expect(scene.codes).toEqual(['TOO_MANY_ACTORS']);
    expect(actors.size).toBe(before);
    scene.goesOn();
  });

  it('of a node that is met has a number left when hearsay has taken all that it may', () => {
    const { actors } = new Lab().start('victim').store.replica;
    for (let i = 0; actors.room > 0; i++) actors.intern(`n${i}`, 1);
    expect(() => actors.intern('hearsay', 1)).toThrow(expect.objectContaining({ code: 'TOO_MANY_ACTORS' }));
    expect(actors.get(actors.intern('late', 1, true))).toEqual({ node: 'late', incarnation: 1 });
  });
});

describe('a FRAME', () => {
  it.each<[string, Uint8Array, string | undefined]>([
    ['with dots of this node that were never given out', frame([{ actor: VICTIM, top: 99 }]), MALFORMED],
    ['with dots that no slot holds', frame([{ actor: NOBODY, top: MAX_DOT + 1 }]), MALFORMED],
    ['with a base below nothing', message(wire.FRAME, 0, 0, 0, 0, 0, null, 1, LIAR, 1, 5), MALFORMED],
    ['of an actor that was not defined', frame([{ actor: 9, top: 1 }]), MALFORMED],
    ['of another partition', message(wire.FRAME, 7, 0, 0, 0, 0, null, 0), MALFORMED],
    ['with a dot before the first', frame([{ actor: LIAR, top: 1 }], counter(LIAR, 2, 1)), MALFORMED],
    ['with a dot of an actor above its top', frame([{ actor: LIAR, top: 1 }], counter(NOBODY, 1, 1)), MALFORMED],
    ['with more items than bytes', message(wire.FRAME, 0, 0, 0, 0, 0, null, 2 ** 40), MALFORMED],
    ['with a cell of a number that stands for nothing', frame([{ actor: LIAR, top: 1 }], [8, 1]), undefined],
    ['with a cell beyond all cells', frame([{ actor: LIAR, top: 1 }], [2 ** 50]), MALFORMED],
    ['of a type that there is not', frame([{ actor: LIAR, top: 1 }], [9, 77, 0, 'x']), 'UNKNOWN_TYPE'],
    [
      'that names an actor twice',
      frame([
        { actor: LIAR, top: 1 },
        { actor: LIAR, top: 1 },
      ]),
      MALFORMED,
    ],
    ['in full behind another one', message(wire.FRAME, 0, 0, 1, 0, 1, null, 0, 0), MALFORMED],
    ['with a ghost floor above its top', message(wire.FRAME, 0, 0, 0, 0, 1, null, 0, 1, 5), MALFORMED],
    ['that comes too early', message(wire.FRAME, 0, 0, 5, 0, 0, null, 0), undefined],
    ['of an epoch that nobody began', message(wire.FRAME, 0, 9, 5, 0, 0, null, 0), undefined],
  ])('%s', (_, bytes, code) => {
    expect(outcome(bytes)).toBe(code);
  });

  it('of others that was heard before changes nothing', () => {
    const scene = new Scene();
    const { honest, victim, lab } = scene;
    lab.hold(honest, victim, true);
    honest.store.set('agents').delete('bob');
    lab.run(100);
    const replayed = lab.waiting(honest, victim).map((bytes) => bytes.slice());
    lab.hold(honest, victim, false);
    lab.run(100);
    honest.store.set('agents').add('bob');
    lab.run(100);
    const before = scene.state;
    scene.hears(hello(), ...replayed, ...replayed);
    expect(scene.state).toEqual(before);
    scene.goesOn();
  });

  it('that waits for what never comes is let go, and what waits is bounded', () => {
    const scene = new Scene();
    const before = scene.state;
    const parked = (seq: number): Uint8Array =>
      message(wire.FRAME, 0, 0, seq, 0, 0, null, 1, NOBODY, 1, 0, ...many(200, 0));
    const first = message(wire.FRAME, 0, 0, 0, 0, 0, null, 1, NOBODY, 50, 1);
    scene.hears(hello(), first, ...Array.from({ length: 2000 }, (_, i) => parked(i + 1)));
    scene.lab.run(10);
    const { victim, lab } = scene;
    lab.sent.length = 0;
    scene.hears(undefined, parked(2001));
    expect(lab.sent.some((bytes) => bytes[0] === wire.ACK)).toBe(false);
    expect(scene.state).toEqual(before);
    expect(victim.store.size).toBe(3);
    scene.goesOn();
  });
});

describe('keys without end', () => {
  it('end the link before there is no room for any more', () => {
    const lab = new Lab();
    const victim = lab.start('victim', { maxCells: 10 });
    const told = (...messages: readonly Uint8Array[]): string[] => {
      victim.replicator.closed(LINK, lab.now);
      victim.replicator.open(LINK, false, lab.now);
      for (const bytes of [hello(), ...messages]) victim.replicator.receive(LINK, bytes, lab.now);
      lab.deliver();
      return victim.closed.splice(0).map(({ code }) => code);
    };
    const keys = (count: number): (string | number)[] =>
      Array.from({ length: count }, (_, i) => [9, 1, 0, `key ${i}`, 2, 0, 0, 1]).flat();
    expect(told(frame([{ actor: LIAR, top: 1 }], keys(9)))).toEqual([]);
    expect(told(frame([{ actor: LIAR, top: 2 }], keys(12)))).toEqual(['TOO_MANY_KEYS']);
    expect([victim.store.size, victim.store.vv()]).toEqual([9, { 'liar@1': 1 }]);
    // What is there already takes no room.
    expect(told(frame([{ actor: LIAR, top: 2 }], keys(9)))).toEqual([]);
    expect(victim.store.vv()).toEqual({ 'liar@1': 2 });
  });
});

describe('full frames', () => {
  it('make a node look at all of its cells only so often', () => {
    const { receiving } = new Link(1, false, new Lab().start('victim').store.replica, 0);
    const all = 10_000_000;
    const often = (now: number): void => {
      for (let i = 0; i < 100; i++) receiving.walk(all, now);
    };
    for (let minute = 0; minute < 100; minute++) receiving.walk(all, minute * 60_000);
    expect(() => often(6_000_000)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
  });

  it('that bring nothing make it look at none', () => {
    const scene = new Scene();
    const looked = vi.spyOn(scene.victim.store.replica.cells, 'forEach');
    scene.hears(hello(), ...[0, 1, 2].map((epoch) => message(wire.FRAME, 0, epoch, 0, 0, 1, null, 0, 0)));
    expect([scene.codes, looked.mock.calls.length]).toEqual([[], 0]);
    scene.hears(undefined, message(wire.FRAME, 0, 3, 0, 0, 1, null, 1, LIAR, 1, 1, 0));
    expect([scene.codes, looked.mock.calls.length]).toEqual([[], 1]);
    scene.goesOn();
  });
});

describe('acknowledgements', () => {
  it.each<[string, Uint8Array, string | undefined]>([
    ['of frames that were never sent', message(wire.ACK, null, 0, 0, 500, 0), MALFORMED],
    ['of an epoch that never was', message(wire.ACK, null, 0, 9, 0, 0), MALFORMED],
    ['of dots that were never given out', message(wire.ACK, null, 0, 0, 0, 1, VICTIM, victimDots + 1), MALFORMED],
    ['of actors that nobody named', message(wire.ACK, null, 2 ** 50, 0, 0, 0), undefined],
    ['of dots of others', message(wire.ACK, null, 0, 0, 0, 1, HONEST, 1000), undefined],
  ])('%s', (_, bytes, code) => {
    expect(outcome(bytes)).toBe(code);
  });

  it.each<[string, Uint8Array, string | undefined]>([
    ['of an epoch that never was', message(wire.NACK, null, 2 ** 53 - 1, 0), MALFORMED],
    ['of dots that were never given out', message(wire.NACK, null, 0, 1, VICTIM, 99), MALFORMED],
    ['with more than it holds', message(wire.NACK, null, 0, 2 ** 40), MALFORMED],
  ])('that refuse: %s', (_, bytes, code) => {
    expect(outcome(bytes)).toBe(code);
  });

  it('that refuse, in a storm, cost no more than one frame a step', () => {
    const scene = new Scene();
    const before = scene.state;
    const storm = Array.from({ length: 10_000 }, (_, epoch) => message(wire.NACK, null, epoch, 0));
    scene.hears(hello(), writeWant({ version: 1, hold: false, lazy: new Set() }));
    scene.lab.run(20);
    scene.lab.sent.length = 0;
    scene.hears(undefined, ...storm);
    scene.lab.run(10);
    expect(scene.codes).toEqual([]);
    expect(scene.lab.sent.filter((bytes) => bytes[0] === wire.FRAME).length).toBe(1);
    expect(scene.state).toEqual(before);
    scene.goesOn();
  });
});

describe('frames in pieces', () => {
  const place = { epoch: 0, seq: 0, full: false, cut: 1, kept: 0, cells: 1000 };
  const begin = writeBegin(place, defined);
  const chunk = (index: number, ...cells: readonly (number | string)[]): Uint8Array =>
    message(wire.CHUNK, 0, 0, index, null, index === 0 ? 1 : 0, ...(index === 0 ? [LIAR, 1] : []), ...cells);
  const commit = (chunks: number): Uint8Array => message(wire.COMMIT, chunks, 0, 0, 0, 0, 0, null, 0);

  it.each<[string, Uint8Array[], string | undefined]>([
    ['a chunk of no cut', [chunk(0)], undefined],
    ['a chunk out of order', [begin, chunk(3)], undefined],
    ['an end without a beginning', [commit(0)], undefined],
    ['an end after fewer chunks', [begin, chunk(0), commit(9)], undefined],
    ['an end below its chunks', [begin, chunk(0, ...counter(LIAR, 0, 3)), commit(1)], MALFORMED],
    ['a cut that was never begun goes on', [message(wire.BEGIN, 0, 0, 0, 0, null, 5, 7, 1)], undefined],
    ['a chunk of dots of this node', [begin, message(wire.CHUNK, 0, 0, 0, null, 1, VICTIM, 99)], MALFORMED],
    ['a chunk of dots that no slot holds', [begin, message(wire.CHUNK, 0, 0, 0, null, 1, LIAR, 2 ** 50)], MALFORMED],
    ['a cut in the midst of another', [begin, writeBegin({ ...place, cut: 2 }, defined)], MALFORMED],
    ['the same cut twice', [begin, begin, chunk(0), begin, chunk(1)], undefined],
    ['a full cut behind a frame', [writeBegin({ ...place, seq: 1, full: true }, defined)], undefined],
    ['a chunk that breaks off', [begin, chunk(0, 9, 1, 0, 'x', 9)], MALFORMED],
    ['a resumption of nothing', [writeResume({ cut: 77, chunks: 2 ** 52 })], undefined],
    ['a part that announces gigabytes', [part(0, 2 ** 40, 1)], 'MESSAGE_TOO_LARGE'],
    ['parts that are more than was announced', [part(0, 4, 3), part(1, 4, 3)], MALFORMED],
    ['parts that change their mind', [part(0, 40, 3), part(1, 50, 3)], MALFORMED],
    ['a part of nothing', [part(0, 40, 0)], MALFORMED],
    ['a part of something else', [part(0, 1, 1)], MALFORMED],
    ['a message in a message', [message(DEFLATED, DEFLATED, DEFLATED)], MALFORMED],
  ])('%s', (_, messages, code) => {
    expect(outcome(...messages)).toBe(code);
  });

  it('of one byte each take no more memory than they bring', () => {
    const scene = new Scene();
    scene.hears(hello());
    for (let i = 0; i < 5000; i++) scene.hears(undefined, part(i, 2 ** 30, 1));
    expect(scene.codes).toEqual([]);
    scene.goesOn();
  });

  it('begun again and again take no more memory than the last one', () => {
    const scene = new Scene();
    scene.hears(hello());
    const { victim, lab } = scene;
    const before = process.memoryUsage().arrayBuffers;
    for (let epoch = 0; epoch < 5_000; epoch++) {
      const anew = writeBegin({ epoch, seq: 0, full: false, cut: epoch + 1, kept: 0, cells: 1 }, defined);
      victim.replicator.receive(LINK, anew, lab.now);
      const cell = message(wire.CHUNK, epoch, 0, 0, null, 1, LIAR, 1, ...counter(LIAR, 0, 3));
      victim.replicator.receive(LINK, cell, lab.now);
    }
    expect(scene.codes).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
    scene.goesOn();
  });

  it('without end', () => {
    const scene = new Scene();
    const before = scene.state;
    scene.hears(hello(), begin);
    let index = 0;
    while (scene.codes.length === 0 && index < 2 ** 20) {
      scene.victim.replicator.receive(LINK, chunk(index++, ...counter(LIAR, 0, 3)), scene.lab.now);
      if (index % 1000 === 0) scene.lab.deliver();
    }
    expect(scene.codes).toEqual(['MESSAGE_TOO_LARGE']);
    expect(scene.state).toEqual(before);
    scene.goesOn();
  });

  function part(index: number, length: number, bytes: number): Uint8Array {
    return wire.writePart({ epoch: 0, seq: 0, index, length, bytes: new Uint8Array(bytes).fill(77) });
  }
});

describe('what is said of members', () => {
  const named = (count: number): Uint8Array =>
    writeWant({ version: 1, hold: false, lazy: new Set(Array.from({ length: count }, (_, i) => `n${i}`)) });

  it.each<[string, Uint8Array, string | undefined]>([
    ['a wish with a million names', named(400_000), MALFORMED],
    ['a wish that announces more than it holds', message(wire.WANT, 1, 0, 2 ** 40), MALFORMED],
    ['an earlier life of this node', table(row({ node: 'victim', incarnation: 0, state: 'evicted' })), undefined],
    ['that this node is gone', table(row({ node: 'victim', version: 2 ** 40, state: 'closed' })), undefined],
    ['one that goes on with what comes after it', table(row({ succeeds: { actor: 1, since: 3 } })), MALFORMED],
    ['one that goes on beyond all dots', table(row({ succeeds: { actor: 0, since: MAX_DOT + 1 } })), MALFORMED],
    ['a version beyond all versions', table(row({ version: 2 ** 50 })), MALFORMED],
    ['a state that there is not', message(TABLE_MESSAGE, 1, 1, 1, 'x', 1, 1, 99, 'r', 0, 0, 0), MALFORMED],
    ['a name that rings the bell', table(row({ node: 'eu\u0007' })), MALFORMED],
    ['an address that rings the bell', table(row({ node: 'eu', addresses: ['ws://\u0007'] })), MALFORMED],
    ['more addresses than there may be', table(row({ addresses: many(99, 'ws://x') })), MALFORMED],
    ['more rows than bytes', message(TABLE_MESSAGE, 1, 1, 2 ** 40), MALFORMED],
    ['a time that there is not', message(wire.HEARTBEAT, 1, 0, 0, 1, 2 ** 53 - 1, 0), MALFORMED],
    ['an echo of the future', message(wire.HEARTBEAT, 2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1), undefined],
    ['a question of no kind', message(wire.BARRIER, 9, 1), MALFORMED],
    ['an answer that nobody asked for', message(wire.BARRIER, 1, 77, null, 0), undefined],
    ['an answer with dots of this node', message(wire.BARRIER, 1, 77, null, 1, VICTIM, 99), MALFORMED],
    ['a message of no kind', message(200, 1, 2, 3), MALFORMED],
    ['nothing', new Uint8Array(0), MALFORMED],
  ])('%s', (_, bytes, code) => {
    expect(outcome(bytes)).toBe(code);
  });

  it('nodes without end', () => {
    const scene = new Scene();
    const before = scene.state;
    const rows = Array.from({ length: 1024 }, (_, i) => row({ node: `n${i}` }));
    scene.hears(hello(), table(...rows));
    expect(scene.codes).toEqual(['TOO_MANY_MEMBERS']);
    expect(scene.state).toEqual(before);
    scene.goesOn();
  });

  it('a goodbye that writes on the screen', () => {
    const scene = new Scene();
    scene.hears(hello(), wire.writeGoodbye({ code: 'EVIL\u001b[2J', message: 'a\u0007b', newest: 0 }));
    const said = scene.victim.events.filter(({ event }) => event === 'refused');
    expect(said).toMatchObject([{ code: 'EVIL\u{fffd}[2J', message: 'a\u{fffd}b' }]);
    scene.goesOn();
  });
});

describe('a comparison', () => {
  const KINDS = ['ask', 'cut', 'later', 'total', 'marks', 'groups', 'open', 'buckets', 'list', 'cells', 'mend', 'end'];
  const digest = (kind: string, ...fields: readonly (number | string)[]): Uint8Array =>
    message(wire.DIGEST, KINDS.indexOf(kind), 2, null, ...fields);
  const ask = digest('ask', 8, 1, 0);

  it.each<[string, Uint8Array[], string | undefined]>([
    ['of too many buckets', [digest('ask', 60, 1, 0)], MALFORMED],
    ['that was never begun', [digest('open', 1, 0), digest('list', 1, 0), digest('total', 0)], MALFORMED],
    ['that opens a group a million times', [ask, digest('open', 1000, ...many(1000, 1))], MALFORMED],
    ['that lists more than there is', [ask, digest('list', 2 ** 40)], MALFORMED],
    ['whose asker answers itself', [ask, digest('cut', 0)], MALFORMED],
    ['of no kind', [message(wire.DIGEST, 99, 2, null)], MALFORMED],
  ])('%s', (_, messages, code) => {
    expect(outcome(...messages)).toBe(code);
  });

  it('shows each group once, and mends only what was listed', () => {
    const scene = new Scene();
    const before = scene.state;
    scene.hears(hello(), ask);
    scene.lab.run(100);
    scene.lab.sent.length = 0;
    for (let i = 0; i < 500; i++) scene.hears(undefined, digest('open', 2, 7, 7));
    expect(scene.lab.sent.filter((bytes) => bytes[0] === wire.DIGEST).length).toBe(1);
    scene.hears(undefined, digest('list', 0));
    scene.lab.run(100);
    scene.lab.sent.length = 0;
    const calls = [1, 0, 'calls', 2 | 4, 0];
    scene.hears(undefined, digest('mend', ...calls));
    expect(scene.lab.sent).toEqual([]);
    expect(scene.state).toEqual(before);
    scene.goesOn();
  });
});
