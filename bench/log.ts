/**
 * Appends to a log that keeps so many entries: what they cost while it fills, and when each drops the oldest; what a reader pays who asks
 * for what is new, and a transaction that may have to be undone. CPU time of this process, since others make it wait. Beside it an array
 * that drops its first element.
 */
import { each } from './cpu.js';
import type { Benchmark, Figure } from './figure.js';
import { newStore } from './virtual-mesh.js';

const APPENDS = 1_000_000;
const CAPS = [1000, 10_000, 100_000, 1_000_000];
/** As large as a cap may be: such a log drops nothing here. */
const NEVER = 1_000_000;
/** The first and the last so many are compared; the code was warmed up before. */
const SAMPLE = 100_000;
const READS = 10_000;
/** Of what may take milliseconds each. */
const FEW = 100;

function figuresOf(cap: number): Figure[] {
  const kept = `a cap of ${cap.toLocaleString('en')}`;
  // Over and over into new logs.
  const logs = Array.from({ length: Math.ceil(SAMPLE / cap) }, (_, i) =>
    newStore(`n${i}`).log<number>('log', { cap: NEVER }),
  );
  const first = each(SAMPLE, (i) => logs[Math.floor(i / cap)]?.append(i));
  const store = newStore('us');
  const log = store.log<number>('log', { cap });
  each(Math.max(APPENDS - SAMPLE, cap), (i) => log.append(i));
  const last = each(SAMPLE, (i) => log.append(i));
  const array: number[] = [];
  while (array.length < cap) array.push(array.length);
  const plain = each(READS / 10, (i) => {
    array.push(i);
    array.shift();
  });
  let { cursor } = log.since();
  const idle = each(READS, () => log.since(cursor));
  const news = each(FEW, (i) => {
    log.append(i);
    ({ cursor } = log.since(cursor));
  });
  const undoable = each(FEW, (i) => store.transaction(() => log.append(i)));
  return [
    { name: `append, the first ${cap.toLocaleString('en')} into an empty log`, value: first, unit: 'µs' },
    { name: `append, ${kept}, once it is full`, value: last, unit: 'µs', atMost: 2 * first, rivals: { array: plain } },
    { name: `since, nothing new, ${kept}`, value: idle, unit: 'µs' },
    { name: `append and since, ${kept}`, value: news, unit: 'µs' },
    { name: `append in a transaction, ${kept}`, value: undoable, unit: 'µs' },
  ];
}

export const log: Benchmark = {
  run() {
    figuresOf(1000);
    return Promise.resolve(CAPS.flatMap(figuresOf));
  },
};
