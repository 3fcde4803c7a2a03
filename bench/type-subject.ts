/**
 * The work that every data type is given, in this store, in a rival and in what JavaScript has: so many elements are written,
 * told to a second copy as a whole, and a thousand of them written again and told as a change.
 */
import type { BuiltIn } from '../src/crdt/crdt.js';
import { cpuOf, held } from './cpu.js';
import { freshKeys } from './keys.js';

/** Elements that are written again. */
export const CHANGES = 1_000;
const ROUNDS = 40;

/** Two copies of one state, of which the first is written to. */
export interface Pair {
  /** Write elements with these names, from number `from` on. `round`: how often that was done. */
  write(names: readonly string[], from: number, round: number): void;
  /** What has changed since the last time, as bytes for the second copy; without it, a copy knows nothing of others. */
  readonly encode?: () => Uint8Array;
  /** Take in what was encoded: all of it, or in steps. */
  readonly decode?: (bytes: Uint8Array) => unknown;
  readonly merge?: (decoded: unknown) => void;
  /** Whether the second copy shows what the first does. */
  readonly agrees?: () => boolean;
}

export interface Subject {
  /** How many elements it is given. */
  readonly elements: number;
  /** How often a thousand are written again. */
  readonly rounds?: number;
  /** Bytes that are neither on the heap nor in array buffers: of a WebAssembly module. */
  readonly beside?: () => number;
  readonly open: () => Pair;
}

/** What rivals are asked for: registers are fields of a map there. */
export const RIVALLED = ['counter', 'set', 'map', 'log', 'doc'] as const satisfies BuiltIn[];
export type Subjects = Readonly<Partial<Record<(typeof RIVALLED)[number], Subject>>>;

/** Per element, or per change: CPU time in microseconds, and bytes. */
export interface Outcome {
  readonly elements: number;
  /** A first write. */
  readonly write: number;
  readonly memory: number;
  readonly wire?: number;
  readonly encode?: number;
  /** A thousand changes, into all the others: per change. */
  readonly decodeChange?: number;
  readonly mergeChange?: number;
  readonly wireChange?: number;
}

export async function measure({ elements, rounds = ROUNDS, beside = () => 0, open }: Subject): Promise<Outcome> {
  // Compiles what is measured next.
  run(open(), Math.min(elements, 3 * CHANGES), rounds);
  const before = (await held()) + beside();
  const pair = open();
  const write = fill(pair, elements) / elements;
  const memory = ((await held()) + beside() - before) / elements;
  if (pair.encode === undefined) return { elements, write, memory };
  let bytes: Uint8Array = new Uint8Array();
  const encode = cpuOf(() => (bytes = (pair.encode as () => Uint8Array)())) / elements;
  const wire = bytes.length / elements;
  pair.merge?.(pair.decode?.(bytes));
  return { elements, write, memory, encode, wire, ...changes(pair, elements, rounds) };
}

/** Of the rounds: what half of them surpass. */
function changes(
  pair: Pair,
  elements: number,
  times: number,
): Pick<Outcome, 'decodeChange' | 'mergeChange' | 'wireChange'> {
  const count = Math.min(CHANGES, elements);
  const rounds = Array.from({ length: times }, (_, round) => changed(pair, elements, count, round + 1));
  if (pair.agrees?.() === false) throw new Error('the copies do not agree');
  const median = (of: 'decode' | 'merge' | 'bytes'): number =>
    (rounds.map((each) => each[of]).toSorted((a, b) => a - b)[times >>> 1] as number) / count;
  return { decodeChange: median('decode'), mergeChange: median('merge'), wireChange: median('bytes') };
}

function changed(
  pair: Pair,
  elements: number,
  count: number,
  round: number,
): { decode: number; merge: number; bytes: number } {
  const from = (round * count) % Math.max(1, elements - count + 1);
  pair.write(namesOf(from, count), from, round);
  const bytes = (pair.encode as () => Uint8Array)();
  let decoded: unknown;
  const decode = cpuOf(() => (decoded = pair.decode?.(bytes)));
  const merge = cpuOf(() => pair.merge?.(decoded));
  return { decode, merge, bytes: bytes.length };
}

/** Names of 18 characters, as from a socket. */
function namesOf(from: number, count: number): string[] {
  return freshKeys(
    Int32Array.from({ length: count }, (_, i) => from + i),
    0,
    count,
  );
}

/** Write everything; microseconds. */
function fill(pair: Pair, elements: number): number {
  let sum = 0;
  for (let from = 0; from < elements; from += CHANGES) {
    const names = namesOf(from, Math.min(CHANGES, elements - from));
    sum += cpuOf(() => pair.write(names, from, 0));
  }
  return sum;
}

function run(pair: Pair, elements: number, rounds: number): void {
  fill(pair, elements);
  if (pair.encode === undefined) return;
  pair.merge?.(pair.decode?.(pair.encode()));
  changes(pair, elements, rounds);
}
