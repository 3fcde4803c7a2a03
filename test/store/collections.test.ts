import { expect, it } from 'vitest';
import { Collections } from '../../src/store/collections.js';
import { Random } from '../../src/testing/random.js';

function ascending(a: number, b: number): number {
  return a - b;
}

it('lists the elements of small and of large sets, whatever was added and taken out before', () => {
  const random = Random.seeded(7);
  const collections = new Collections();
  const known = new Map<number, Set<number>>([1, 2, 3].map((parent) => [parent, new Set()]));
  const free = Array.from({ length: 20_000 }, (_, i) => i + 10);
  const said: boolean[] = [];
  const expected: boolean[] = [];
  for (let i = 0; i < 60_000; i++) {
    const parent = random.between(1, 3);
    const elements = known.get(parent) as Set<number>;
    // The third stays small.
    const grows = elements.size < (parent === 3 ? 60 : 9000) && random.chance(i < 40_000 ? 70 : 20);
    if (grows) {
      const element = free.splice(random.below(free.length), 1)[0] as number;
      collections.add(parent, element);
      elements.add(element);
    } else if (elements.size > 0) {
      const [element] = elements as Iterable<number> as [number];
      elements.delete(element);
      free.push(element);
      said.push(collections.remove(parent, element));
      expected.push(elements.size === 0);
    }
  }
  expect(said).toEqual(expected);
  for (const [parent, elements] of known) {
    expect(collections.elements(parent).toSorted(ascending)).toEqual([...elements].toSorted(ascending));
    expect(collections.size(parent)).toBe(elements.size);
  }
  expect(collections.size(1)).toBeGreaterThan(1000);
});
