/**
 * The buckets of a DDSketch: how many values there were of each size, sizes 2 % apart, so that any quantile is known to 1 % of
 * itself. A key is the bucket's place in the order of all values: 0 for zero, above it for positive values, below it, mirrored, for
 * negative ones. Values closer to zero than 1e-9 count as zero.
 *
 * One writer. A bucket's count only grows, so of two versions the larger is the newer; each is known by the dot that last changed it,
 * or a later one, so that a peer is sent what it lacks.
 *
 * Source: Masson, Rim, Lee, "DDSketch" (PVLDB 12, 2019), with its logarithmic mapping; no buckets are ever collapsed, since
 * there are 5,529 at most. Cost: 18 bytes a bucket that was ever used (1 ms to 1 hour is 755 buckets, 14 kB); adding to one is a
 * logarithm and a binary search.
 */
import { LARGE_SUM } from './counter.js';

/** How far a quantile may be off, as a share of itself. */
const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LN_GAMMA = Math.log(GAMMA);
/** Nearer to zero is zero. */
const SMALLEST = 1e-9;
/** What may be added at most, of either sign. */
export const LARGEST: number = 1e15;
/** What is added to an exponent of GAMMA, so that the smallest has key 1. */
const SHIFT = 1037;
export const MAX_KEY: number = Math.ceil(Math.log(LARGEST) / LN_GAMMA) + SHIFT;
const FIRST_BUCKETS = 8;

/** The bucket of a value, which is at most LARGEST from zero. */
export function keyOf(value: number): number {
  const size = Math.abs(value);
  if (size < SMALLEST) return 0;
  const key = Math.ceil(Math.log(size) / LN_GAMMA) + SHIFT;
  return value < 0 ? -key : key;
}

/** What stands for the values of a bucket: no more than 1 % from any of them. */
export function valueOf(key: number): number {
  if (key === 0) return 0;
  const size = (2 * GAMMA ** (Math.abs(key) - SHIFT)) / (GAMMA + 1);
  return key < 0 ? -size : size;
}

/** What one actor added. */
export class Buckets {
  /** The last dot that changed something. */
  dot = 0;
  sum = 0;
  min: number = Number.POSITIVE_INFINITY;
  max: number = Number.NEGATIVE_INFINITY;
  /** How many values there are. */
  total = 0;
  used = 0;
  /** Ascending, the first `used` of them. */
  #keys = new Int16Array(FIRST_BUCKETS);
  /** Per bucket its count, then its dot. */
  #counts = new Float64Array(FIRST_BUCKETS * 2);

  key(i: number): number {
    return this.#keys[i] as number;
  }

  count(i: number): number {
    return this.#counts[2 * i] as number;
  }

  /** A dot at or behind the one that last changed the bucket. */
  dotOf(i: number): number {
    return this.#counts[2 * i + 1] as number;
  }

  /** Whether so many more can be counted exactly. */
  hasRoom(n: number): boolean {
    return this.total + n <= LARGE_SUM;
  }

  /** `n` values of this size. */
  add(value: number, n: number, dot: number): void {
    const key = keyOf(value);
    const i = this.#find(key);
    this.#set(i, key, this.#holds(i, key) ? this.count(i) + n : n, dot);
    // Zero has no sign here.
    const plain = value + 0;
    this.sum += plain * n;
    if (plain < this.min) this.min = plain;
    if (plain > this.max) this.max = plain;
    this.dot = dot;
  }

  /** A bucket has at least this count. */
  raise(key: number, count: number, dot: number): void {
    const i = this.#find(key);
    if (!this.#holds(i, key) || count > this.count(i)) this.#set(i, key, count, dot);
  }

  join(other: Buckets): void {
    for (let i = 0; i < other.used; i++) this.raise(other.key(i), other.count(i), other.dotOf(i));
    if (other.dot <= this.dot) return;
    this.dot = other.dot;
    this.sum = other.sum;
    this.min = other.min;
    this.max = other.max;
  }

  copy(): Buckets {
    const copy = new Buckets();
    copy.dot = this.dot;
    copy.sum = this.sum;
    copy.min = this.min;
    copy.max = this.max;
    copy.total = this.total;
    copy.used = this.used;
    copy.#keys = this.#keys.slice();
    copy.#counts = this.#counts.slice();
    return copy;
  }

  #holds(i: number, key: number): boolean {
    return i < this.used && this.#keys[i] === key;
  }

  #set(i: number, key: number, count: number, dot: number): void {
    if (this.#holds(i, key)) this.total += count - this.count(i);
    else {
      this.#insert(i, key);
      this.total += count;
    }
    this.#counts[2 * i] = count;
    this.#counts[2 * i + 1] = dot;
  }

  #insert(i: number, key: number): void {
    if (this.used === this.#keys.length) {
      const keys = new Int16Array(this.used * 2);
      const counts = new Float64Array(this.used * 4);
      keys.set(this.#keys);
      counts.set(this.#counts);
      this.#keys = keys;
      this.#counts = counts;
    }
    this.#keys.copyWithin(i + 1, i, this.used);
    this.#counts.copyWithin(2 * i + 2, 2 * i, 2 * this.used);
    this.#keys[i] = key;
    this.used++;
  }

  /** Where the key stands or would stand. */
  #find(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = this.used;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * The keys at which so many values lie below, of several sketches as one. All counts are whole numbers, so the order of the
 * sketches does not matter.
 * @param ranks ascending, from 0, below the number of values
 */
export function keysAt(sketches: readonly Buckets[], ranks: readonly number[]): number[] {
  const found: number[] = [];
  const at = sketches.map(() => 0);
  let below = 0;
  while (found.length < ranks.length) {
    let key = Number.POSITIVE_INFINITY;
    for (let i = 0; i < sketches.length; i++) {
      const sketch = sketches[i] as Buckets;
      const position = at[i] as number;
      if (position < sketch.used && sketch.key(position) < key) key = sketch.key(position);
    }
    if (key === Number.POSITIVE_INFINITY) break;
    for (let i = 0; i < sketches.length; i++) {
      const sketch = sketches[i] as Buckets;
      const position = at[i] as number;
      if (position === sketch.used || sketch.key(position) !== key) continue;
      below += sketch.count(position);
      at[i] = position + 1;
    }
    while (found.length < ranks.length && (ranks[found.length] as number) < below) found.push(key);
  }
  return found;
}
