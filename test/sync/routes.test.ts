import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { type Asked, Routes, type Source } from '../../src/sync/routes.js';

const LAG = 1000;

interface World {
  readonly actors: ActorTable;
  readonly routes: Routes;
  readonly source: (node: string, row?: readonly number[], bytes?: number) => Source;
}

/** Nodes are called by region and number: a1 is in region a. */
function world(own: string, nodes: readonly string[]): World {
  const actors = new ActorTable();
  for (const node of [own, ...nodes]) actors.intern(node, 1);
  const regionOf = (node: string): string => node[0] as string;
  return {
    actors,
    routes: new Routes(own, regionOf(own), actors, regionOf),
    source: (node, row = [], bytes = 0) => ({ node, region: regionOf(node), row: new VersionVector([...row]), bytes }),
  };
}

function lazyOf(asked: readonly Asked[]): string[] {
  return asked.map(({ hold, lazy }) => (hold ? 'hold' : [...lazy].sort().join(' ')));
}

describe('whom to hear from', () => {
  it('is everybody of himself, in a mesh of regions', () => {
    const { routes, source } = world('a1', ['b1', 'c1', 'd1']);
    const sources = ['b1', 'c1', 'd1'].map((node) => source(node));
    expect(lazyOf(routes.choose(sources, new VersionVector(), 0, LAG))).toEqual(['c1 d1', 'b1 d1', 'b1 c1']);
  });

  it('is one ear per remote node among the nodes of a region, and all of them agree which', () => {
    const nodes = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'];
    for (const remote of ['b1', 'b2', 'b3']) {
      const direct = ['a1', 'a2', 'a3'].filter((own) => {
        const others = nodes.filter((node) => node !== own);
        const { routes, source } = world(own, others);
        const asked = routes.choose(
          others.map((node) => source(node)),
          new VersionVector(),
          0,
          LAG,
        );
        return !(asked[others.indexOf(remote)] as Asked).lazy.has(remote);
      });
      expect(direct).toHaveLength(1);
    }
  });

  it('is somebody who has it, of a node that is not linked, for as long as the links are the same', () => {
    const { routes, source } = world('a1', ['b1', 'c1', 'z1']);
    const vv = new VersionVector();
    const asked = routes.choose([source('b1', [0, 0, 0, 3]), source('c1', [0, 0, 0, 7])], vv, 0, LAG);
    expect(lazyOf(asked)).toEqual(['c1 z1', 'b1']);
    const later = routes.choose([source('b1', [0, 0, 0, 9]), source('c1', [0, 0, 0, 7])], vv, 10, LAG);
    expect(lazyOf(later)).toEqual(['c1 z1', 'b1']);
    routes.relinked();
    const anew = routes.choose([source('b1', [0, 0, 0, 9]), source('c1', [0, 0, 0, 7])], vv, 20, LAG);
    expect(lazyOf(anew)).toEqual(['c1', 'b1 z1']);
  });

  it('is another one if what somebody has does not come for long', () => {
    const { routes, source } = world('a1', ['b1', 'c1']);
    const sources = [source('b1', [0, 0, 0]), source('c1', [0, 4, 0])];
    const vv = new VersionVector();
    expect(lazyOf(routes.choose(sources, vv, 0, LAG))).toEqual(['c1', 'b1']);
    expect(lazyOf(routes.choose(sources, vv, LAG, LAG))).toEqual(['b1 c1', '']);
  });

  it('is for a while everything from one whose frames wait', () => {
    const { routes, source } = world('a1', ['b1', 'c1', 'd1']);
    const sources = ['b1', 'c1', 'd1'].map((node) => source(node));
    const vv = new VersionVector();
    routes.graft('c1', 0, LAG);
    routes.graft('d1', 1, LAG);
    expect(lazyOf(routes.choose(sources, vv, 1, LAG))).toEqual(['c1 d1', '', 'b1 c1']);
    routes.graft('d1', LAG, LAG);
    expect(lazyOf(routes.choose(sources, vv, LAG, LAG))).toEqual(['c1 d1', 'b1 d1', '']);
    expect(lazyOf(routes.choose(sources, vv, 9 * LAG, LAG))).toEqual(['c1 d1', 'b1 d1', 'b1 c1']);
  });

  it('is that for a moment, longer each time that frames soon wait again, and a moment after a long peace', () => {
    const { routes, source } = world('a1', ['b1', 'c1']);
    const sources = [source('b1'), source('c1')];
    const lasts = (at: number): number => {
      routes.graft('c1', at, LAG);
      for (let now = at; ; now += LAG / 4) {
        if (lazyOf(routes.choose(sources, new VersionVector(), now, LAG))[1] !== '') return (now - at) / LAG;
      }
    };
    let now = 0;
    const all = Array.from({ length: 6 }, () => {
      const lasted = lasts(now);
      now += (lasted + 1) * LAG;
      return lasted;
    });
    expect(all).toEqual([1, 2, 4, 8, 8, 8]);
    expect(lasts(now + 100 * LAG)).toBe(1);
  });
});

describe('a node that is far behind', () => {
  const rows = [0, 9000, 9000, 0];

  it('takes everything from one peer, of its own region if there is one, until it has it', () => {
    const { routes, source } = world('a1', ['b1', 'a2', 'c1']);
    const sources = [source('b1', rows), source('a2', rows), source('c1', [])];
    for (const { node } of sources) routes.relinked(node);
    expect(lazyOf(routes.choose(sources, new VersionVector(), 0, LAG))).toEqual(['hold', '', 'hold']);
    const caught = new VersionVector(rows.slice());
    expect(lazyOf(routes.choose(sources, caught, 10, LAG)).includes('hold')).toBe(false);
  });

  it('is one that has just linked: what is under way on a busy link is not far', () => {
    const { routes, source } = world('a1', ['b1', 'c1']);
    const asked = routes.choose([source('b1', rows), source('c1', rows)], new VersionVector(), 0, LAG);
    expect(lazyOf(asked)).toEqual(['c1', 'b1']);
  });

  it('turns to another one when nothing comes, and to nobody when all were tried', () => {
    const { routes, source } = world('a1', ['b1', 'c1']);
    const vv = new VersionVector();
    const silent = [source('b1', rows), source('c1', rows)];
    for (const { node } of silent) routes.relinked(node);
    expect(lazyOf(routes.choose(silent, vv, 0, LAG))).toEqual(['', 'hold']);
    expect(lazyOf(routes.choose([source('b1', rows, 50), source('c1', rows)], vv, LAG, LAG))).toEqual(['', 'hold']);
    expect(lazyOf(routes.choose(silent, vv, 2 * LAG, LAG))).toEqual(['', 'hold']);
    expect(lazyOf(routes.choose(silent, vv, 4 * LAG, LAG))).toEqual(['hold', '']);
    expect(lazyOf(routes.choose(silent, vv, 6 * LAG, LAG)).includes('hold')).toBe(false);
  });

  it('is looked at again when the links, the nodes or what waits have changed, while it catches up, and once in a while', () => {
    const { actors, routes, source } = world('a1', ['b1', 'c1']);
    const vv = new VersionVector();
    const choose = (now: number, rows: readonly [number[], number[]] = [[], []]): unknown =>
      routes.choose([source('b1', rows[0]), source('c1', rows[1])], vv, now, LAG);
    const due = (now: number): boolean => routes.due(now, LAG);
    expect(due(0)).toBe(true);
    choose(0);
    expect([due(1), due(LAG / 4 - 1), due(LAG / 4)]).toEqual([false, false, true]);
    routes.relinked();
    expect(due(1)).toBe(true);
    choose(1);
    routes.graft('c1', 2, LAG);
    expect(due(2)).toBe(true);
    choose(2);
    actors.intern('z1', 1);
    expect(due(3)).toBe(true);
    choose(3);
    expect(due(4)).toBe(false);
    routes.relinked('b1');
    choose(5, [[0, 10_000], []]);
    expect(due(6)).toBe(true);
  });
});
