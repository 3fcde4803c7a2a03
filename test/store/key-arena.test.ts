import { describe, expect, it } from 'vitest';
import { KeyArena } from '../../src/store/key-arena.js';

function read(arena: KeyArena, at: number, size: number): number[] {
  const from = KeyArena.within(at);
  return [...arena.words(at).subarray(from, from + size)];
}

describe('the arena of long keys', () => {
  it('gives back what was stored, through every segment, and no piece lies in two', () => {
    const arena = new KeyArena();
    const sizes = [1, 7, 250, 1023];
    const words = Int32Array.from({ length: 1100 }, (_, i) => i * 2654435761);
    const places: { at: number; start: number; size: number }[] = [];
    for (let i = 0; i < 3000; i++) {
      const size = sizes[i % sizes.length] as number;
      const start = i % 60;
      places.push({ at: arena.store(words, start, size), start, size });
    }
    expect(arena.bytes).toBeGreaterThan(3 << 20);
    for (const { at, start, size } of places) {
      expect(KeyArena.within(at) + size).toBeLessThanOrEqual(arena.words(at).length);
      expect(read(arena, at, size)).toEqual([...words.subarray(start, start + size)]);
    }
  });

  it('uses a freed piece again for one of its size', () => {
    const arena = new KeyArena();
    const first = arena.store(Int32Array.of(1, 2, 3), 0, 3);
    const second = arena.store(Int32Array.of(4, 5, 6), 0, 3);
    arena.release(first, 3);
    expect(arena.store(Int32Array.of(7, 8), 0, 2)).not.toBe(first);
    expect(arena.store(Int32Array.of(7, 8, 9), 0, 3)).toBe(first);
    expect(read(arena, first, 3)).toEqual([7, 8, 9]);
    expect(read(arena, second, 3)).toEqual([4, 5, 6]);
  });
});
