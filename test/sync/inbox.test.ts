import { describe, expect, it } from 'vitest';
import { VersionVector } from '../../src/crdt/version-vector.js';
import type { FrameVectors } from '../../src/sync/frame.js';
import { applicable, jointCover } from '../../src/sync/inbox.js';

/** A frame that takes each actor from base to top. */
function frame(...entries: [actor: number, base: number, top: number][]): FrameVectors {
  return {
    entries: entries.map(([actor, base, top]) => ({ actor, base, top })),
    top: new VersionVector(),
    ghostFloor: new VersionVector(),
  };
}

const have = new VersionVector([5, 5, 5]);

describe('frames that wait', () => {
  it('are applicable once everything up to their base is here', () => {
    expect(applicable(frame([0, 5, 9], [1, 4, 6]), have)).toBe(true);
    expect(applicable(frame([0, 5, 9], [1, 6, 6]), have)).toBe(false);
  });

  it('are applicable together if each brings what the other needs', () => {
    const one = [frame([0, 5, 9], [1, 8, 8])];
    const two = [frame([1, 5, 8], [0, 9, 9])];
    expect(jointCover([one, two], have)).toEqual([1, 1]);
    expect(jointCover([one], have)).toEqual([0]);
  });

  it('do not justify themselves: a chain begins at what is here', () => {
    const one = [frame([0, 7, 9], [1, 8, 8])];
    const two = [frame([1, 7, 8], [0, 9, 9])];
    expect(jointCover([one, two], have)).toEqual([0, 0]);
  });

  it('are taken from the head of each queue, as far as they go', () => {
    const one = [frame([0, 5, 6], [1, 6, 6]), frame([0, 6, 7], [2, 9, 9])];
    const two = [frame([1, 5, 6], [0, 6, 6]), frame([1, 6, 7])];
    expect(jointCover([one, two], have)).toEqual([1, 2]);
  });

  it('help in the same queue: what comes behind may bring what the head needs', () => {
    expect(jointCover([[frame([0, 5, 6], [1, 8, 8]), frame([1, 5, 8])]], have)).toEqual([2]);
  });

  it('that lose a link of their chain lose all that hangs on it', () => {
    const one = [frame([0, 5, 6], [2, 9, 9])];
    const two = [frame([1, 5, 6], [0, 6, 6])];
    const three = [frame([2, 6, 9])];
    expect(jointCover([one, two, three], have)).toEqual([0, 0, 0]);
  });
});
