/**
 * An add-wins set of a million random elements, beside a Set: how many adds a second, bytes per element, and what it costs to take in
 * a thousand changes, beside the same into a set of a thousand: what it is merged into should not matter.
 */
import { cpuOf, held } from './cpu.js';
import { type Figure, median } from './figure.js';
import { freshKeys, randomNumbers } from './keys.js';
import { linkedPair } from './type-ours.js';
import { newStore } from './virtual-mesh.js';

const MILLION = 1_000_000;
const BATCH = 10_000;
const CHANGES = 1_000;
const ROUNDS = 150;
const NAME = 18;

/** Elements `numbers` into `add`, as fresh strings; microseconds each. */
function adding(numbers: Int32Array, add: (element: string) => unknown): number {
  let sum = 0;
  for (let from = 0; from < numbers.length; from += BATCH) {
    const names = freshKeys(numbers, from, Math.min(BATCH, numbers.length - from));
    sum += cpuOf(() => {
      for (const name of names) add(name);
    });
  }
  return sum / numbers.length;
}

interface Opened {
  readonly add: (element: string) => unknown;
  readonly size: () => number;
}

interface Filled {
  readonly first: number;
  readonly again: number;
  readonly bytes: number;
}

async function filled(elements: Int32Array, open: () => Opened): Promise<Filled> {
  const again = randomNumbers(MILLION, MILLION).map((i) => elements[i] as number);
  const before = await held();
  const { add, size } = open();
  const first = adding(elements, add);
  const bytes = ((await held()) - before) / size() - NAME;
  return { first, again: adding(again, add), bytes };
}

/** Milliseconds that a thousand changes take to be merged into a set of these elements, and to be decoded. */
function merging(elements: Int32Array): { decode: number; merge: number } {
  const pair = linkedPair((store) => {
    const set = store.set('all');
    // Of each ten changes one is a removal.
    return (name, i) => (i % 10 === 9 ? set.delete(name) : set.add(name));
  });
  for (let from = 0; from < elements.length; from += CHANGES) pair.write(freshKeys(elements, from, CHANGES), -1e9, 0);
  const take = (): { decode: number; merge: number } => {
    const bytes = pair.encode();
    let staged: unknown;
    const decode = cpuOf(() => (staged = pair.decode(bytes))) / 1000;
    return { decode, merge: cpuOf(() => pair.merge(staged)) / 1000 };
  };
  take();
  const chosen = randomNumbers(ROUNDS * CHANGES, elements.length).map((i) => elements[i] as number);
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    pair.write(freshKeys(chosen, round * CHANGES, CHANGES), 0, round);
    return take();
  });
  if (!pair.agrees()) throw new Error('the sets do not agree');
  return { decode: median(rounds.map(({ decode }) => decode)), merge: median(rounds.map(({ merge }) => merge)) };
}

export async function millionSet(): Promise<Figure[]> {
  const elements = randomNumbers(MILLION, 2 ** 31);
  const ours = await filled(elements, () => {
    const set = newStore('us').set('all');
    return { add: (element) => set.add(element), size: () => set.size() };
  });
  const plain = await filled(elements, () => {
    const set = new Set<string>();
    return { add: (element) => set.add(element), size: () => set.size };
  });
  const small = merging(elements.subarray(0, CHANGES));
  const large = merging(elements);
  return [
    { name: 'a million: random new elements', value: 1 / ours.first, unit: 'M/s', rivals: { Set: 1 / plain.first } },
    {
      name: 'a million: adds of random ones of them',
      value: 1 / ours.again,
      unit: 'M/s',
      rivals: { Set: 1 / plain.again },
      atLeast: 0.6,
    },
    {
      name: 'a million: bytes per element beyond its 18',
      value: ours.bytes,
      unit: 'B',
      rivals: { Set: plain.bytes },
      atMost: 60,
    },
    {
      name: 'a million: merge 1,000 changes',
      value: large.merge,
      unit: 'ms',
      atMost: 2,
      note: `into a thousand ${small.merge.toFixed(2)}; decoding ${large.decode.toFixed(2)}, ${small.decode.toFixed(2)}`,
    },
  ];
}
