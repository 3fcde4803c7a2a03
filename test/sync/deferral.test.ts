import { describe, expect, it } from 'vitest';
import { ActorTable } from '../../src/base/actor.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Checkpoints } from '../../src/sync/checkpoints.js';
import { anythingFor, baseOf, Deferral, HOLD_MS } from '../../src/sync/deferral.js';

const LAG = 100;

/** Actors: 0 this node, 1 `x`, 2 the peer. */
function deferral(): Deferral {
  const actors = new ActorTable();
  for (const node of ['own', 'x', 'peer']) actors.intern(node, 1);
  return new Deferral(actors, true, { node: 'peer', incarnation: 1 }, 0);
}

function eagerly(of: Deferral): boolean[] {
  const eager = of.eager();
  return [0, 1, 2].map((actor) => eager === undefined || eager(actor));
}

describe('what a peer is sent', () => {
  it('is nothing before it said what it wants, and everything if it does not say', () => {
    const out = deferral();
    expect([out.held(LAG - 1, LAG), out.held(LAG, LAG), eagerly(out)]).toEqual([true, false, [true, true, true]]);
  });

  it('is never what the peer wrote itself, and not what it does not want', () => {
    const out = deferral();
    out.asked({ version: 1, hold: false, lazy: new Set(['x']) }, 0);
    expect(eagerly(out)).toEqual([true, false, false]);
    out.asked({ version: 2, hold: false, lazy: new Set() }, 0);
    expect(eagerly(out)).toEqual([true, true, false]);
    out.asked({ version: 1, hold: false, lazy: new Set(['x']) }, 0);
    expect(eagerly(out)).toEqual([true, true, false]);
  });

  it('is nothing while it is held, which ends by itself', () => {
    const out = deferral();
    out.asked({ version: 1, hold: true, lazy: new Set() }, 10);
    expect([out.held(HOLD_MS + 9, LAG), out.held(HOLD_MS + 10, LAG)]).toEqual([true, false]);
  });

  it('is also what it has lacked for long', () => {
    const out = deferral();
    out.asked({ version: 1, hold: false, lazy: new Set(['x']) }, 0);
    const row = new VersionVector([0, 3]);
    out.notice(new VersionVector([0, 4]), row, LAG, LAG);
    out.notice(new VersionVector([0, 5]), row, 2 * LAG, LAG);
    expect(eagerly(out)).toEqual([true, true, false]);
    out.notice(new VersionVector([0, 5]), new VersionVector([0, 5]), 3 * LAG, LAG);
    expect(eagerly(out)).toEqual([true, false, false]);
  });

  it('is not what it may have acknowledged while this process stood still', () => {
    for (const excused of [false, true]) {
      const out = deferral();
      out.asked({ version: 1, hold: false, lazy: new Set(['x']) }, 0);
      const row = new VersionVector([0, 3]);
      const vv = new VersionVector([0, 4]);
      out.notice(vv, row, LAG, LAG);
      if (excused) out.excuse(5 * LAG);
      out.notice(vv, row, 6 * LAG, LAG);
      expect(eagerly(out)).toEqual([true, !excused, false]);
      // It is, once this process has listened for as long.
      out.notice(vv, row, 7 * LAG, LAG);
      expect(eagerly(out)).toEqual([true, true, false]);
    }
  });

  it('takes for granted what is left out', () => {
    const sent = new VersionVector([1, 1]);
    const vv = new VersionVector([4, 5]);
    const own = (actor: number): boolean => actor === 0;
    expect(baseOf(own, sent, vv).dots).toEqual([1, 5]);
    expect(baseOf(undefined, sent, vv).dots).toEqual([1, 1]);
    expect([anythingFor(own, new VersionVector([4, 1]), vv), anythingFor(own, sent, vv)]).toEqual([false, true]);
  });

  it('is looked for again where a scan has passed it, unless the peer has it by now', () => {
    const out = deferral();
    const checkpoints = new Checkpoints();
    checkpoints.note(3, new VersionVector([0, 1]));
    checkpoints.note(9, new VersionVector([4, 5]));
    const sent = new VersionVector([0, 1]);
    const vv = new VersionVector([4, 5]);
    const own = (actor: number): boolean => actor === 0;
    out.cut(own, sent, vv);
    expect(sent.dots).toEqual([4, 1]);
    expect(out.scanFrom(9, own, sent, vv, checkpoints)).toBe(9);
    expect(out.scanFrom(9, undefined, sent, vv, checkpoints)).toBe(3);
    expect(out.scanFrom(9, undefined, new VersionVector([4, 5]), vv, checkpoints)).toBe(9);
  });
});
