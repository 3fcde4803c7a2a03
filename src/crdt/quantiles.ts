/**
 * Quantiles: how long do 99 of 100 callers wait? Each actor has a DDSketch of its own (ddsketch.ts, single-writer.ts). Every quantile
 * is within 1 % of the value that stands at its rank; count, minimum and maximum are exact.
 *
 * The sum is of floating-point numbers: each actor's own in the order in which it added them, over the actors in the order of their
 * names, so every replica shows the same to the last bit.
 *
 * Deleted as a whole (generation.ts). Not guaranteed: removal of single values.
 * Cost: as the buckets, an actor; a quantile walks over them, well below 0.1 µs each.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { LARGE_SUM } from './counter.js';
import type { Crdt } from './crdt.js';
import { Buckets, keysAt, LARGEST, MAX_KEY, valueOf } from './ddsketch.js';
import { contentOf, clear as clearGeneration, generational, touched } from './generation.js';
import { type Parts, singleWriter, writersInOrder } from './single-writer.js';
import type { Slots } from './slots.js';

export interface Summary {
  /** How many values were added. */
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

function writeBuckets(sketch: Buckets, w: Writer, known: number): void {
  w.float(sketch.sum);
  w.float(sketch.min);
  w.float(sketch.max);
  let news = 0;
  for (let i = 0; i < sketch.used; i++) if (sketch.dotOf(i) > known) news++;
  w.uint(news);
  let before = -MAX_KEY - 1;
  for (let i = 0; i < sketch.used; i++) {
    if (sketch.dotOf(i) <= known) continue;
    w.uint(sketch.key(i) - before);
    w.uint(sketch.count(i));
    before = sketch.key(i);
  }
}

function readBuckets(r: Reader, dot: number): Buckets {
  const sketch = new Buckets();
  sketch.dot = dot;
  sketch.sum = r.float();
  sketch.min = r.float();
  sketch.max = r.float();
  if (!(Number.isFinite(sketch.sum) && sketch.min >= -LARGEST && sketch.min <= sketch.max && sketch.max <= LARGEST)) {
    throw new MerganserError('MALFORMED_MESSAGE', 'a sketch says nonsense of its values');
  }
  let key = -MAX_KEY - 1;
  let left = r.count(2);
  if (left === 0) throw new MerganserError('MALFORMED_MESSAGE', 'a sketch has no values');
  for (; left > 0; left--) {
    const step = r.uint();
    const count = r.uint();
    key += step;
    if (step === 0 || key > MAX_KEY || count === 0 || !sketch.hasRoom(count)) {
      throw new MerganserError('MALFORMED_MESSAGE', 'there is no such bucket or count');
    }
    sketch.raise(key, count, dot);
  }
  return sketch;
}

const content = singleWriter<Buckets>({
  least: 27,
  write: writeBuckets,
  read: readBuckets,
  canonical: (sketch, w) => writeBuckets(sketch, w, 0),
});

/**
 * Add `n` values, n a positive safe integer, the value no more than LARGEST from zero.
 * Errors: COUNTER_OVERFLOW, and then nothing changed.
 */
export function add(slots: Slots, head: number, actor: number, dot: number, value: number, n: number): number {
  const own = contentOf<Parts<Buckets>>(slots, head)?.get(actor);
  if (n > LARGE_SUM || own?.hasRoom(n) === false) {
    throw new MerganserError('COUNTER_OVERFLOW', `a region can count ${LARGE_SUM} values`);
  }
  const result = touched(slots, head, actor, dot, content);
  const sketches = contentOf<Parts<Buckets>>(slots, result) as Parts<Buckets>;
  let sketch = own;
  if (sketch === undefined) {
    sketch = new Buckets();
    sketches.set(actor, sketch);
  }
  sketch.add(value, n, dot);
  return result;
}

/** Everything goes that is of this generation. */
export function clear(slots: Slots, head: number, actor: number, dot: number): number {
  return clearGeneration(slots, head, actor, dot, content);
}

/**
 * Of each share (from 0 to 1, ascending) the value at that quantile, the one at rank ⌊share · (count − 1)⌋ in order; undefined if
 * there are no values.
 */
export function valuesAt(slots: Slots, head: number, shares: readonly number[]): number[] | undefined {
  const all = summary(slots, head);
  if (all === undefined) return undefined;
  const sketches = [...(contentOf<Parts<Buckets>>(slots, head) as Parts<Buckets>).values()];
  const ranks = shares.map((share) => Math.floor(share * (all.count - 1)));
  // The first and the last are known exactly.
  return keysAt(sketches, ranks).map((key, i) => {
    if (ranks[i] === 0) return all.min;
    return ranks[i] === all.count - 1 ? all.max : Math.min(all.max, Math.max(all.min, valueOf(key)));
  });
}

/** Undefined if there are no values. */
export function summary(slots: Slots, head: number): Summary | undefined {
  const sketches = contentOf<Parts<Buckets>>(slots, head);
  if (sketches === undefined || sketches.size === 0) return undefined;
  let [count, sum, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const actor of writersInOrder(sketches, slots.actors)) {
    const sketch = sketches.get(actor) as Buckets;
    count += sketch.total;
    sum += sketch.sum;
    min = Math.min(min, sketch.min);
    max = Math.max(max, sketch.max);
  }
  return { count, sum, min, max };
}

export const quantiles: Crdt = generational(14, 'quantiles', content);
