import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Checkpoints } from '../../src/sync/checkpoints.js';
import { Members } from '../../src/sync/members.js';

function members(): { members: Members; actors: ActorTable } {
  const actors = new ActorTable();
  actors.intern('own', 1);
  return { members: new Members(actors), actors };
}

describe('members', () => {
  it('count as down after a while without a link, and as up again when they are heard', () => {
    const { members: known, actors } = members();
    const b = known.admit('b', 'eu', 1, 0);
    const actor = actors.intern('b', 1);
    expect(known.expire(2999, 3000)).toEqual([]);
    expect(known.expire(3000, 3000)).toEqual([b]);
    expect(actors.hidden(actor)).toBe(true);
    known.heard(b, 4000);
    expect([b.down, actors.hidden(actor)]).toEqual([false, false]);
  });

  it('with a link are never down', () => {
    const { members: known } = members();
    known.admit('b', 'eu', 1, 0).link = 7;
    expect(known.expire(1e9, 3000)).toEqual([]);
  });

  it('that come back as a new incarnation are known to have nothing', () => {
    const { members: known, actors } = members();
    const first = actors.intern('b', 1);
    known.admit('b', 'eu', 1, 0).row.set(0, 5);
    const again = known.admit('b', 'eu', 2, 10);
    expect([again.row.get(0), again.incarnation, actors.hidden(first)]).toEqual([0, 2, true]);
  });

  it('have all seen only what the slowest of them has', () => {
    const { members: known } = members();
    known.admit('b', 'eu', 1, 0).row.set(0, 5);
    known.admit('c', 'ap', 1, 0).row.set(0, 3);
    const all = new VersionVector([9]);
    expect(known.seenByAll(all, false).get(0)).toBe(3);
    (known.get('b') as { link: number | undefined }).link = 1;
    expect(known.seenByAll(all, true).get(0)).toBe(5);
  });

  it('make nothing stable while a writer is not linked, or ahead of us', () => {
    const { members: known, actors } = members();
    const b = known.admit('b', 'eu', 1, 0);
    const actor = actors.intern('b', 1);
    b.row.set(0, 5);
    b.row.set(actor, 2);
    expect(known.stable(new VersionVector([9, 2]), 'own').get(0)).toBe(5);
    expect(known.stable(new VersionVector([9, 1]), 'own').get(0)).toBe(0);
    actors.intern('stranger', 1);
    expect(known.stable(new VersionVector([9, 2]), 'own').get(0)).toBe(0);
  });

  it('cover a dot per region, not per node, and not in the own region', () => {
    const { members: known } = members();
    for (const [node, region] of [
      ['b', 'eu'],
      ['c', 'eu'],
      ['d', 'us'],
    ] as const)
      known.admit(node, region, 1, 0).row.set(0, 4);
    expect([known.regionsCovering(0, 4, 'us'), known.regionsCovering(0, 5, 'us')]).toEqual([1, 0]);
  });
});

describe('checkpoints', () => {
  it('say from where a peer with a version vector must be scanned, never too late', () => {
    const points = new Checkpoints();
    for (let n = 1; n <= 1000; n++) points.note(n, new VersionVector([n]));
    for (const n of [0, 1, 17, 500, 999, 1000]) {
      const from = points.before(new VersionVector([n]));
      expect(from).toBeLessThanOrEqual(n);
      expect(n - from).toBeLessThan(150);
    }
  });

  it('send a peer that lacks something of every checkpoint to the beginning', () => {
    const points = new Checkpoints();
    points.note(5, new VersionVector([1, 1]));
    expect(points.before(new VersionVector([9, 0]))).toBe(0);
  });
});
