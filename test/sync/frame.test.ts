import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeWant } from '../../src/sync/want.js';
import { code } from '../error-code.js';
import { Lab, type LabNode } from './lab.js';

const PEER_LINK = 2;

/** A node that writes, its HELLO, and some of its frames. */
function recorded(): { hello: Uint8Array; messages: Uint8Array[] } {
  const lab = new Lab();
  const [a, b] = [lab.start('a'), lab.start('b')];
  const work = [
    (): void => a.store.increment('calls', 5),
    (): void => a.store.set('agents').add('ann'),
    (): void => a.store.log('last', { cap: 3 }).append({ from: '+49' }, { at: 7 }),
    (): void => a.store.window('hours', { bucket: 1000, keep: 9000 }).add(2, 5000),
    (): void => a.store.register('état').set(['é', null, 1.5]),
    (): void => a.store.gauge('busy').set(-3),
    (): void => a.store.map('case').add('tags', 'new'),
    (): void => a.store.sorted('best').set('ann', 2.5),
    (): void => a.store.map('case').increment('calls'),
    (): void => a.store.sorted('best').increment('ann'),
    (): void => a.store.set('agents').delete('ann'),
    (): void => a.store.counter('calls').reset(),
  ];
  lab.link(a, b);
  lab.hold(a, b, true);
  lab.hold(b, a, true);
  lab.run(10);
  const toA = lab.waiting(b, a).splice(0);
  for (const bytes of toA) a.replicator.receive(1, bytes, lab.now);
  a.replicator.receive(1, writeWant({ version: 1, hold: false, lazy: new Set() }), lab.now);
  for (const write of work) {
    write();
    lab.run(10);
  }
  const [first, ...rest] = lab.waiting(a, b) as [Uint8Array, ...Uint8Array[]];
  return { hello: first, messages: rest };
}

const { hello, messages } = recorded();

/** A node that knows the writer, and has a state of its own. */
function receiver(): { lab: Lab; node: LabNode } {
  const lab = new Lab();
  const node = lab.start('b');
  node.store.increment('own', 3);
  node.store.set('own set').add('x');
  node.replicator.open(PEER_LINK, false, 0);
  node.replicator.receive(PEER_LINK, hello, 0);
  lab.deliver();
  return { lab, node };
}

function everything({ store }: LabNode): unknown {
  return [store.vv(), store.digest(), store.keys(), store.size];
}

function sameAs(one: LabNode, other: LabNode): boolean {
  return JSON.stringify(everything(one)) === JSON.stringify(everything(other));
}

/** Codes with which the receiver closed, after these messages. */
function receive(list: readonly Uint8Array[]): { node: LabNode; codes: string[] } {
  const { lab, node } = receiver();
  for (const bytes of list) node.replicator.receive(PEER_LINK, bytes, 0);
  lab.deliver();
  return { node, codes: node.closed.map(({ code }) => code) };
}

const CODES = new Set([
  'MALFORMED_MESSAGE',
  'UNKNOWN_TYPE',
  'MESSAGE_TOO_LARGE',
  'DUPLICATE_NODE',
  'PEER_LEFT',
  // What the table can be made to say of the peer.
  'STALE_INCARNATION',
  'EVICTED',
]);
const anyMessage = fc.nat({ max: messages.length - 1 });
const settings = { numRuns: 400 };

describe('a frame', () => {
  it('carries every type', () => {
    const { node, codes } = receive(messages);
    expect(codes).toEqual([]);
    expect(node.store.keys()).toEqual(['best', 'busy', 'case', 'hours', 'last', 'own', 'own set', 'état']);
    expect(node.store.register('état').get()).toEqual(['é', null, 1.5]);
  });

  it('that comes twice is taken once', () => {
    const once = receive(messages);
    const twice = receive(messages.flatMap((bytes) => [bytes, bytes]));
    expect([twice.codes, everything(twice.node)]).toEqual([[], everything(once.node)]);
  });

  it('that is cut off anywhere changes nothing and closes the link, or is a whole message of its own', () => {
    for (const [i, bytes] of messages.entries()) {
      for (let length = 0; length < bytes.length; length++) {
        const before = receive(messages.slice(0, i));
        const { node, codes } = receive([...messages.slice(0, i), bytes.subarray(0, length)]);
        const taken = codes.length === 0;
        expect(codes.length).toBeLessThan(2);
        expect(taken || sameAs(node, before.node)).toBe(true);
      }
    }
  });

  it('with flipped bits is refused with a code, or is taken, but never throws', () => {
    const survives = fc.property(anyMessage, fc.nat(), fc.integer({ min: 1, max: 255 }), (which, at, flip) => {
      const bytes = (messages[which] as Uint8Array).slice();
      bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
      const { node, codes } = receive([...messages.slice(0, which), bytes, ...messages.slice(which + 1)]);
      expect(codes.every((code) => CODES.has(code))).toBe(true);
      node.store.keys();
      node.store.digest();
      // A row of the table can come to say that this node was evicted, which it has to believe.
      const evicted = node.replicator.membership.own.state === 'evicted';
      expect(code(() => node.store.increment('own'))).toBe(evicted ? 'EVICTED' : undefined);
    });
    expect(fc.defaultReportMessage(fc.check(survives, settings))).toBeUndefined();
  });

  it('of random bytes is refused, and the state is as it was', () => {
    const survives = fc.property(
      fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 200),
      fc.uint8Array({ maxLength: 60 }),
      (kind, rest) => {
        const { node, codes } = receive([Uint8Array.of(kind, ...rest)]);
        expect(codes.every((code) => CODES.has(code))).toBe(true);
        expect(codes.length === 0 || sameAs(node, receive([]).node)).toBe(true);
      },
    );
    expect(fc.defaultReportMessage(fc.check(survives, settings))).toBeUndefined();
  });

  it('that is refused leaves the node able to go on with others', () => {
    const lab = new Lab();
    const [a, b, c] = [lab.start('a'), lab.start('b'), lab.start('c')];
    lab.link(a, b);
    lab.link(a, c);
    lab.run(50);
    a.replicator.receive(1, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 9), lab.now);
    c.store.increment('calls', 4);
    lab.run(50);
    expect(a.closed).toMatchObject([{ link: 1, code: 'MALFORMED_MESSAGE' }]);
    expect(a.store.counter('calls').value()).toBe(4);
  });
});
