import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Checkpoints } from '../../src/sync/checkpoints.js';
import { type Member, Members } from '../../src/sync/members.js';
import { NodeTable, type Row } from '../../src/sync/table.js';

const ROW: Row = {
  node: 'b',
  incarnation: 1,
  version: 1,
  state: 'alive',
  region: 'eu',
  addresses: [],
  features: 0,
  needs: 0,
};

/** The table of a node called own, and the members that it feeds; `at.now` is the time. */
function members(): { members: Members; actors: ActorTable; table: NodeTable; at: { now: number } } {
  const actors = new ActorTable();
  actors.intern('own', 1);
  const table = new NodeTable();
  const at = { now: 0 };
  const known = new Members(actors, table);
  table.onChange = (row) => void known.note(row, at.now);
  return { members: known, actors, table, at };
}

function member({ members: known, table }: ReturnType<typeof members>, row: Partial<Row> = {}): Member {
  table.put({ ...ROW, ...row });
  return known.get(row.node ?? 'b') as Member;
}

describe('members', () => {
  it('are suspected after half a while without a link, down after all of it, and up again when they are heard', () => {
    const world = members();
    const { members: known, actors, table } = world;
    const b = member(world);
    const actor = actors.intern('b', 1);
    expect(known.expire(1499, 3000)).toEqual([]);
    expect(table.get('b')?.state).toBe('alive');
    expect(known.expire(1500, 3000)).toEqual([]);
    expect(table.get('b')?.state).toBe('suspect');
    expect(known.expire(2999, 3000)).toEqual([]);
    expect(known.expire(3000, 3000)).toEqual([b]);
    expect(actors.hidden(actor)).toBe(true);
    known.heard(b, 4000);
    expect([b.down, actors.hidden(actor)]).toEqual([false, false]);
  });

  it('that refute are up, though nothing of them is heard here, and are not suspected again for that', () => {
    const world = members();
    const { members: known, table } = world;
    const b = member(world);
    known.expire(1500, 3000);
    known.expire(3000, 3000);
    table.put({ ...ROW, version: 2 });
    expect(b.down).toBe(false);
    expect(known.expire(1e6, 3000)).toEqual([]);
    expect(table.get('b')?.state).toBe('alive');
  });

  it('that say that they leave were up when they said so', () => {
    const world = members();
    const { members: known, actors, table } = world;
    const b = member(world);
    known.expire(1500, 3000);
    known.expire(3000, 3000);
    table.put({ ...ROW, version: 2, state: 'leaving' });
    expect([b.down, b.suspectedAt, actors.hidden(actors.intern('b', 1))]).toEqual([false, undefined, false]);
    expect(known.expire(1e6, 3000)).toEqual([]);
  });

  it('that are silent while they leave are suspected like others, and can refute that', () => {
    const world = members();
    const { members: known, table } = world;
    const b = member(world, { version: 2, state: 'leaving' });
    known.expire(1500, 3000);
    expect(table.get('b')).toMatchObject({ version: 3, state: 'suspect' });
    expect(known.expire(3000, 3000)).toEqual([b]);
    table.put({ ...ROW, version: 4, state: 'leaving' });
    expect([b.down, b.suspectedAt]).toEqual([false, undefined]);
  });

  it('are looked at again when another is down, who may have been the one that heard them', () => {
    const world = members();
    const { members: known, table } = world;
    member(world);
    member(world, { node: 'c' });
    known.expire(1500, 3000);
    for (const node of ['b', 'c']) table.put({ ...ROW, node, version: 2 });
    table.put({ ...ROW, version: 2, state: 'suspect' });
    expect(known.expire(9000, 3000).map(({ node }) => node)).toEqual(['b']);
    known.expire(11_999, 3000);
    expect(table.get('c')?.state).toBe('alive');
    known.expire(12_000, 3000);
    expect(table.get('c')?.state).toBe('suspect');
  });

  it('with a link are never down', () => {
    const world = members();
    member(world).link = 7;
    expect(world.members.expire(1e9, 3000)).toEqual([]);
  });

  it.each(['closed', 'evicted'] as const)('that are %s keep nobody waiting, and their shares are gone', (state) => {
    const world = members();
    const { members: known, actors, table } = world;
    const b = member(world);
    b.link = 7;
    const actor = actors.intern('b', 1);
    expect(known.seenByAll(new VersionVector([9]), false).get(0)).toBe(0);
    const link = known.note({ ...ROW, version: 2, state }, 0);
    table.put({ ...ROW, version: 2, state });
    expect([link, known.get('b'), actors.hidden(actor)]).toEqual([
      state === 'evicted' ? 7 : undefined,
      undefined,
      true,
    ]);
    const vv = new VersionVector([9, 4]);
    expect([known.seenByAll(vv, false).get(0), known.stable(vv, 'own').get(0)]).toEqual([9, 9]);
    member(world, { incarnation: 2 });
    expect([known.get('b')?.link, known.stable(vv, 'own').get(0)]).toEqual([undefined, 0]);
  });

  it('that come back as a new incarnation are known to have nothing', () => {
    const world = members();
    const { actors } = world;
    const first = actors.intern('b', 1);
    member(world).row.set(0, 5);
    const again = member(world, { incarnation: 2 });
    expect([again.row.get(0), again.incarnation, actors.hidden(first)]).toEqual([0, 2, true]);
  });

  it('have all seen only what the slowest of them has', () => {
    const world = members();
    const { members: known } = world;
    member(world).row.set(0, 5);
    member(world, { node: 'c' }).row.set(0, 3);
    const all = new VersionVector([9]);
    expect(known.seenByAll(all, false).get(0)).toBe(3);
    (known.get('b') as { link: number | undefined }).link = 1;
    expect(known.seenByAll(all, true).get(0)).toBe(5);
  });

  it('make nothing stable while a writer is not linked, or ahead of us', () => {
    const world = members();
    const { members: known, actors } = world;
    const b = member(world);
    const actor = actors.intern('b', 1);
    b.row.set(0, 5);
    b.row.set(actor, 2);
    expect(known.stable(new VersionVector([9, 2]), 'own').get(0)).toBe(5);
    expect(known.stable(new VersionVector([9, 1]), 'own').get(0)).toBe(0);
    actors.intern('stranger', 1);
    expect(known.stable(new VersionVector([9, 2]), 'own').get(0)).toBe(0);
  });

  it('cover a dot per region, not per node, and not in the own region', () => {
    const world = members();
    const { members: known } = world;
    for (const [node, region] of [
      ['b', 'eu'],
      ['c', 'eu'],
      ['d', 'us'],
    ] as const)
      member(world, { node, region }).row.set(0, 4);
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
