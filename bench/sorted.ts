/**
 * A sorted set of a million members: what a change, a rank and the top ten take, and bytes per member beside its name. CPU time of this
 * process, since others make it wait. Beside it what is done without an index: a Map of scores, sorted when the best are asked for.
 */
import type { Sorted } from '../src/store/handles/sorted.js';
import { each, held } from './cpu.js';
import type { Benchmark, Figure } from './figure.js';
import { freshKeys, keyOf, randomNumbers } from './keys.js';
import { newStore } from './virtual-mesh.js';

const MEMBERS = 1_000_000;
const TIMES = 200_000;
const SCORES = 1_000_003;

function topOfMap(): number {
  const scores = new Map<string, number>();
  randomNumbers(MEMBERS, SCORES).forEach((score, i) => scores.set(keyOf(i), score));
  return each(1, () => [...scores].sort(([, a], [, b]) => b - a).slice(0, 10));
}

async function figuresOf(name: string, sorted: Sorted, fill: (member: string, n: number) => void): Promise<Figure[]> {
  const scores = randomNumbers(MEMBERS, SCORES);
  const members = randomNumbers(TIMES, MEMBERS);
  const before = await held();
  for (let i = 0; i < MEMBERS; i++) fill(keyOf(i), scores[i] as number);
  const bytes = ((await held()) - before) / MEMBERS;
  const names = freshKeys(members, 0, TIMES);
  const member = (i: number): string => names[i] as string;
  const increment = each(TIMES, (i) => sorted.increment(member(i), 1 + (i % 50)));
  const set = each(TIMES, (i) => sorted.set(member(i), scores[i] as number));
  const rank = each(TIMES, (i) => sorted.rank(member(i)));
  return [
    { name: `${name}: bytes per member`, value: bytes, unit: 'B', note: 'its name of 18 characters included' },
    { name: `${name}: increment, a million members`, value: increment, unit: 'µs', atMost: 5 },
    { name: `${name}: set a score, a million members`, value: set, unit: 'µs', atMost: 5 },
    { name: `${name}: rank, a million members`, value: rank, unit: 'µs' },
  ];
}

async function run(): Promise<Figure[]> {
  const added = newStore('us').sorted('all');
  const figures = await figuresOf('sorted, added to', added, (member, n) => added.increment(member, n));
  const set = newStore('us').sorted('all');
  figures.push(...(await figuresOf('sorted, set', set, (member, n) => set.set(member, n))));
  const top = each(TIMES, () => set.top(10));
  figures.push({
    name: 'sorted: top ten of a million',
    value: top,
    unit: 'µs',
    atMost: 20,
    rivals: { 'sorting a Map': topOfMap() },
  });
  return figures;
}

export const sorted: Benchmark = { run };
