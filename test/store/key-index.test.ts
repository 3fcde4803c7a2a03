import { describe, expect, it } from 'vitest';
import { finish, hashBytes, KeyIndex } from '../../src/store/key-index.js';

function found(index: KeyIndex, hash: number, cell: number): boolean {
  const entries = index.table(hash);
  for (let at = KeyIndex.home(hash, entries.length); entries[at] !== 0; at = (at + 1) % entries.length) {
    const entry = entries[at] as number;
    if (KeyIndex.matches(entry, KeyIndex.print(hash)) && KeyIndex.cellOf(entry) === cell) return true;
  }
  return false;
}

describe('the index of keys', () => {
  it('finds every cell while it grows and after others were removed', () => {
    const hashes = Array.from({ length: 20_001 }, (_, cell) => finish(cell * 7919));
    const index = new KeyIndex((cell) => hashes[cell] as number);
    for (let cell = 1; cell <= 20_000; cell++) index.insert(hashes[cell] as number, cell);
    for (let cell = 1; cell <= 20_000; cell += 3) index.remove(hashes[cell] as number, cell);
    for (let cell = 1; cell <= 20_000; cell++) expect(found(index, hashes[cell] as number, cell)).toBe(cell % 3 !== 1);
  });

  it('moves back what stood behind a removed cell, over the end of the table too', () => {
    // One table, and homes at its very end: the probe run goes on at the front.
    const hashes = [0, 0x3fffff, 0x3fffff, 0x3ffffe, 0x3fffff];
    const index = new KeyIndex((cell) => hashes[cell] as number);
    for (let cell = 1; cell <= 4; cell++) index.insert(hashes[cell] as number, cell);
    expect(index.table(0)[0]).not.toBe(0);
    index.remove(hashes[1] as number, 1);
    expect([1, 2, 3, 4].map((cell) => found(index, hashes[cell] as number, cell))).toEqual([false, true, true, true]);
    index.remove(hashes[3] as number, 3);
    expect([2, 4].every((cell) => found(index, hashes[cell] as number, cell))).toBe(true);
  });

  it('takes about six bytes a cell, whatever their number', () => {
    const hashes = Array.from({ length: 300_001 }, (_, cell) => finish(cell * 31));
    const index = new KeyIndex((cell) => hashes[cell] as number);
    const sizes: number[] = [];
    for (let cell = 1; cell <= 300_000; cell++) {
      index.insert(hashes[cell] as number, cell);
      if (cell % 10_000 === 0) sizes.push(index.bytes / cell);
    }
    expect(Math.max(...sizes)).toBeLessThan(7);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(5);
  });

  it('tells bytes apart that differ in one bit, or in zeros at the end', () => {
    const hash = (...bytes: number[]): number => hashBytes(Uint8Array.from(bytes), 0, bytes.length, 0);
    expect(
      new Set([hash(), hash(0), hash(0, 0), hash(1), hash(0, 1), hash(0, 0, 0, 0), hash(0, 0, 0, 0, 0)]).size,
    ).toBe(7);
  });
});
