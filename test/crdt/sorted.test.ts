import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { Reader, Writer } from '../../src/base/bytes.js';
import { MAX_SCORE, score, sorted } from '../../src/crdt/sorted.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Lab } from '../sync/lab.js';
import { code } from '../error-code.js';

/** What a peer says of a member; dots are distances from 10. */
function read(write: (w: Writer) => void): number {
  const actors = new ActorTable();
  const slots = new Slots(actors);
  const w = new Writer();
  write(w);
  const context = { actor: (wire: number): number => wire, top: new VersionVector([10, 10]) };
  return score(slots, sorted.read(slots, new Reader(w.finish()), context));
}

function ints(...numbers: number[]): (w: Writer) => void {
  return (w) => numbers.forEach((n, i) => (i === 3 || i === 5 ? w.int(n) : w.uint(n)));
}

describe('the state of a member, from a peer', () => {
  it('is taken if it can be', () => {
    expect([read(ints(0)), read(ints(1, 0, 3, 7)), read(ints(1, 3, 3, 7, 4, 20, 99))]).toEqual([0, 7, 27]);
    expect(read(ints(1, 1, 3, 7, 4, 2))).toBe(5);
  });

  it('is refused if it cannot', () => {
    const half = (w: Writer): void => {
      w.uint(1);
      w.uint(4);
      w.uint(3);
    };
    const wrong: ((w: Writer) => void)[] = [
      ints(1),
      ints(1000, 0, 3, 7),
      ints(1, 0, 11, 7),
      ints(1, 1, 3, 7, 2, 5),
      ints(2, 0, 3, 7, 0, 3, 7),
      (w) => (ints(2, 0, 3, 7)(w), ints(0, 3)(w), w.int(7)),
      (w) => (half(w), w.float(NaN)),
      (w) => (half(w), w.float(2 ** 60)),
      (w) => (half(w), w.float(-Infinity)),
      half,
    ];
    expect(wrong.map((write) => code(() => read(write)))).toEqual(wrong.map(() => 'MALFORMED_MESSAGE'));
  });
});

describe('a score', () => {
  it('of fractions that three regions add is the same everywhere', () => {
    const lab = new Lab();
    const nodes = ['m', 'a', 'z'].map((name) => lab.start(name));
    nodes.forEach((node, i) => nodes.slice(0, i).forEach((other) => lab.link(node, other)));
    lab.run(50);
    nodes.forEach(({ store }, i) => store.sorted('s').increment('m', [0.1, 0.2, 0.7][i]));
    nodes[0]?.store.sorted('s').set('n', 1e15);
    lab.run(50);
    nodes.forEach(({ store }, i) => store.sorted('s').increment('n', [0.1, 1e-3, 0.7][i]));
    lab.run(50);
    const scores = nodes.map(({ store }) => [store.sorted('s').score('m'), store.sorted('s').score('n')]);
    expect(scores).toEqual([scores[0], scores[0], scores[0]]);
    expect(new Set(nodes.map(({ store }) => store.digest())).size).toBe(1);
  });

  it('does not leave the numbers that are exact', () => {
    const { store } = new Lab().start('a');
    const s = store.sorted('s');
    s.set('m', MAX_SCORE - 1);
    s.increment('m');
    expect([code(() => s.increment('m')), s.score('m')]).toEqual(['COUNTER_OVERFLOW', MAX_SCORE]);
    s.increment('m', -MAX_SCORE);
    expect(s.score('m')).toBe(0);
    s.set('m', -0);
    expect(Object.is(s.score('m'), 0)).toBe(true);
  });
});
