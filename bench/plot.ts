/**
 * Plots as SVG text: panels side by side, measured points joined by a line, what theory says dashed beside them. Axes have
 * units; a logarithmic one has ticks at 1, 2 and 5 times the powers of ten, or at the powers alone where those would crowd.
 */
export type Point = readonly [x: number, y: number];

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly log?: boolean;
  /** Ticks in place of those that would be chosen. */
  readonly ticks?: readonly number[];
}

export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly measured: readonly Point[];
  readonly theory: readonly Point[];
  /** What the dashed line says. */
  readonly claim: string;
}

const WIDTH = 420;
const HEIGHT = 280;
const LEFT = 62;
const RIGHT = 14;
const TOP = 34;
const BOTTOM = 44;
const COLUMNS = 2;
const CROWDED = 7;

/** Where values of an axis are drawn. */
interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

export function plot(panels: readonly Panel[]): string {
  const columns = Math.min(COLUMNS, panels.length);
  const [width, height] = [columns * WIDTH, Math.ceil(panels.length / columns) * HEIGHT];
  const drawn = panels.map((panel, i) => {
    const [x, y] = [(i % columns) * WIDTH, Math.floor(i / columns) * HEIGHT];
    return `<g transform="translate(${x} ${y})">\n${draw(panel).join('\n')}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ' font-family="system-ui, sans-serif" font-size="11" fill="#222">',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function draw({ title, x, y, measured, theory, claim }: Panel): string[] {
  const points = [...measured, ...theory];
  const across = scale(
    x,
    points.map(([value]) => value),
    LEFT,
    WIDTH - RIGHT,
  );
  const up = scale(
    y,
    points.map(([, value]) => value),
    HEIGHT - BOTTOM,
    TOP,
  );
  const place = ([px, py]: Point): string => `${across.at(px).toFixed(1)},${up.at(py).toFixed(1)}`;
  return [
    text(LEFT, 18, title, 'font-weight="600" font-size="12"'),
    ...across.ticks.flatMap((tick) => [
      line(across.at(tick), TOP, across.at(tick), HEIGHT - BOTTOM),
      text(across.at(tick), HEIGHT - BOTTOM + 14, short(tick), 'text-anchor="middle"'),
    ]),
    ...up.ticks.flatMap((tick) => [
      line(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick)),
      text(LEFT - 6, up.at(tick) + 4, short(tick), 'text-anchor="end"'),
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x.label, 'text-anchor="middle"'),
    text(-(TOP + HEIGHT - BOTTOM) / 2, 14, y.label, 'text-anchor="middle" transform="rotate(-90)"'),
    `<polyline points="${theory.map(place).join(' ')}" fill="none" stroke="#b45309" stroke-width="1.5" stroke-dasharray="6 4"/>`,
    `<polyline points="${measured.map(place).join(' ')}" fill="none" stroke="#1d4ed8" stroke-width="1.5"/>`,
    ...measured.map((point) => {
      const [cx, cy] = place(point).split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="#1d4ed8"/>`;
    }),
    text(WIDTH - RIGHT, 18, `- - ${claim}`, 'text-anchor="end" fill="#b45309"'),
  ];
}

function scale({ log = false, ticks }: Axis, values: readonly number[], from: number, to: number): Scale {
  const known = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const marks = ticks ?? (log ? powers(least, most) : steps(most));
  const on = log ? Math.log10 : (value: number): number => value;
  const low = on(log ? Math.min(least, marks[0] ?? least) : 0);
  const high = on(Math.max(most, marks.at(-1) ?? most));
  const span = high - low || 1;
  return { at: (value) => from + ((on(value) - low) / span) * (to - from), ticks: marks };
}

/** From the tick below the least to the one above the most. */
function powers(least: number, most: number): number[] {
  const of = (factors: readonly number[]): number[] => {
    const all: number[] = [];
    for (let e = Math.floor(Math.log10(least)); e <= Math.ceil(Math.log10(most)); e++)
      for (const factor of factors) all.push(factor * 10 ** e);
    const first = Math.max(
      0,
      all.findLastIndex((tick) => tick <= least * 1.0001),
    );
    const last = all.findIndex((tick) => tick >= most * 0.9999);
    return all.slice(first, last + 1);
  };
  const fine = of([1, 2, 5]);
  return fine.length > CROWDED ? of([1]) : fine;
}

/** Round steps from nought. */
function steps(most: number): number[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((n) => n.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="#ddd"/>`;
}

function text(x: number, y: number, words: string, style: string): string {
  const plain = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${style}>${plain}</text>`;
}

function short(n: number): string {
  if (n >= 1e6) return `${Number((n / 1e6).toPrecision(3))} M`;
  if (n >= 1e3) return `${Number((n / 1e3).toPrecision(3))} k`;
  return String(Number(n.toPrecision(3)));
}
