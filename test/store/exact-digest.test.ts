import { describe, expect, it } from 'vitest';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { DigestRun } from '../../src/store/exact-digest.js';
import { store } from './a-store.js';

describe('a digest that is computed in slices', () => {
  it('is that of everything as it is at the end, whatever was written meanwhile', () => {
    const a = store();
    for (let i = 0; i < 500; i++) a.counter(`c${i}`).increment(i + 1);
    const run = new DigestRun(a.replica);
    let turns = 0;
    for (; run.result === undefined; turns++) {
      if (turns < 40) {
        a.counter(`c${(turns * 7) % 500}`).increment();
        a.register(`r${turns}`).set(turns);
        a.set('s').add(`e${turns}`);
        if (turns % 3 === 0) a.set('s').delete(`e${turns - 1}`);
        if (turns % 5 === 0) a.delete(`c${turns}`);
      }
      run.step(20);
    }
    expect(turns).toBeGreaterThan(20);
    expect(run.result).toBe(a.digest());
  });

  it('is right where cells are given back and their numbers are used again', () => {
    const a = store();
    for (let i = 0; i < 100; i++) a.set('s').add(`e${i}`);
    const run = new DigestRun(a.replica);
    run.step(60);
    for (let i = 0; i < 50; i++) a.set('s').delete(`e${i}`);
    a.replica.collect(a.replica.vv, new VersionVector(), 1000);
    expect(a.replica.ghosts).toBe(0);
    for (let i = 0; i < 20; i++) a.register(`r${i}`).set(i);
    while (run.result === undefined) run.step(10);
    expect(run.result).toBe(a.digest());
  });

  it('ends although writing does not', () => {
    const a = store();
    for (let i = 0; i < 100; i++) a.counter(`c${i}`).increment();
    const run = new DigestRun(a.replica);
    for (let turn = 0; run.result === undefined; turn++) {
      if (turn > 1000) throw new Error('it does not end');
      for (let i = 0; i < 20; i++) a.counter(`c${(turn * 20 + i) % 100}`).increment();
      run.step(10);
    }
    expect(run.result).toBe(a.digest());
  });
});
