/** Bars of numbers, as a small picture that grows with its card. */
import { attribute, svg } from './dom.js';

const WIDTH = 600;
const HEIGHT = 96;
const GAP = 2;

export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #bars: SVGRectElement[];

  constructor(bars: number, label: string) {
    const wide = WIDTH / bars;
    this.#bars = Array.from({ length: bars }, (_, at) =>
      svg('rect', { x: at * wide + GAP / 2, width: wide - GAP, y: HEIGHT, height: 0, rx: 1.5 }),
    );
    this.element = svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        class: 'sparkline',
        role: 'img',
        'aria-label': label,
      },
      ...this.#bars,
    );
  }

  show(values: readonly number[]): void {
    const highest = Math.max(1, ...values);
    for (const [at, bar] of this.#bars.entries()) {
      const height = Math.max(values[at] === 0 ? 1 : 3, ((values[at] ?? 0) / highest) * HEIGHT);
      attribute(bar, { y: HEIGHT - height, height, class: at === this.#bars.length - 1 ? 'now' : undefined });
    }
  }
}
