/** What a benchmark finds: figures, each beside a rival measured in the same run and the bar it is held against. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same work done by something else, in the same run; its name and figure. */
  readonly rivals?: Readonly<Record<string, number>>;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly note?: string;
}

export interface Benchmark {
  readonly run: () => Promise<Figure[]>;
}

export function met({ value, atLeast, atMost }: Figure): boolean | undefined {
  if (atLeast === undefined && atMost === undefined) return undefined;
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
}

export function line(figure: Figure): string {
  const { name, value, unit, rivals = {}, atLeast, atMost, note } = figure;
  const parts = [`${name.padEnd(58)} ${short(value).padStart(9)} ${unit}`];
  for (const [rival, theirs] of Object.entries(rivals)) {
    parts.push(`${rival} ${short(theirs)} (${(value / theirs).toFixed(2)}×)`);
  }
  if (atLeast !== undefined) parts.push(`bar ≥ ${short(atLeast)}: ${met(figure) === true ? 'met' : 'MISSED'}`);
  if (atMost !== undefined) parts.push(`bar ≤ ${short(atMost)}: ${met(figure) === true ? 'met' : 'MISSED'}`);
  if (note !== undefined) parts.push(note);
  return parts.join('   ');
}

function short(n: number): string {
  if (!Number.isFinite(n)) return String(n);
  if (n >= 1e6) return `${(n / 1e6).toFixed(2)} M`;
  if (n >= 1e4) return `${(n / 1e3).toFixed(0)} k`;
  return n >= 100 ? n.toFixed(0) : n.toFixed(2).replace(/\.?0+$/, '');
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
