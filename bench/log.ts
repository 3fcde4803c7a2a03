/**
 * Appends to a log that keeps so many entries: what they cost while it fills, and after a million; and what a reader pays who asks
 * for what is new. CPU time of this process, since others make it wait. Beside it an array that drops its first element.
 */
import { each } from './cpu.js';
import type { Benchmark, Figure } from './figure.js';
import { newStore } from './virtual-mesh.js';

const APPENDS = 1_000_000;
const CAPS = [1000, 10_000];
/** As large as a cap may be: such a log drops nothing here. */
const NEVER = 1_000_000;
/** The first and the last so many are compared; the code was warmed up before. */
const SAMPLE = 100_000;
const READS = 10_000;

function figuresOf(cap: number): Figure[] {
  const kept = `a cap of ${cap.toLocaleString('en')}`;
  // Over and over into new logs.
  const logs = Array.from({ length: Math.ceil(SAMPLE / cap) }, (_, i) =>
    newStore(`n${i}`).log<number>('log', { cap: NEVER }),
  );
  const first = each(SAMPLE, (i) => logs[Math.floor(i / cap)]?.append(i));
  const log = newStore('us').log<number>('log', { cap });
  each(APPENDS - SAMPLE, (i) => log.append(i));
  const last = each(SAMPLE, (i) => log.append(i));
  const array: number[] = [];
  const plain = each(APPENDS, (i) => {
    array.push(i);
    if (array.length > cap) array.shift();
  });
  let { cursor } = log.since();
  const idle = each(READS, () => log.since(cursor));
  const news = each(READS / 100, (i) => {
    log.append(i);
    ({ cursor } = log.since(cursor));
  });
  return [
    { name: `append, the first ${cap.toLocaleString('en')} into an empty log`, value: first, unit: 'µs' },
    { name: `append, ${kept}, after a million`, value: last, unit: 'µs', atMost: 2 * first, rivals: { array: plain } },
    { name: `since, nothing new, ${kept}`, value: idle, unit: 'µs' },
    { name: `append and since, ${kept}`, value: news, unit: 'µs' },
  ];
}

export const log: Benchmark = {
  run() {
    figuresOf(1000);
    return Promise.resolve(CAPS.flatMap(figuresOf));
  },
};
