/**
 * What a cut and its heal cost: while a link is cut, what each side has written; afterwards, what crossed each way, beside
 * what the same writes would have cost one by one. All figures are the nodes' own counters (the demo's heal-report.ts).
 */
import type { DemoState, HealReport, Way } from '../cli/demo/demo-state.js';
import type { Demo } from './demo.js';
import { attribute, card, h, say } from './dom.js';
import { bytes, count, lag } from './format.js';

const TITLES = ['', 'writes lacked', 'cells', 'frames', 'crossed', 'one by one'] as const;

export class HealCard {
  readonly element: HTMLElement;
  readonly #now: HTMLElement = h('p', { class: 'note', 'data-apart': '' });
  readonly #rows: HTMLElement = h('tbody');
  readonly #table: HTMLElement;
  readonly #bars: HTMLElement = h('ul', { class: 'bars two' });
  readonly #foot: HTMLElement = h('p', { class: 'note' });
  #shown: HealReport | undefined;

  constructor(demo: Demo) {
    const play = h('button', { 'data-play': '' }, 'Cut in two, write, heal');
    play.addEventListener('click', () => void demo.play());
    const head = h('thead', {}, h('tr', {}, ...TITLES.map((title) => h('th', {}, title))));
    this.#table = h('table', { class: 'figures', 'data-list': 'heal', hidden: true }, head, this.#rows);
    this.element = card(
      'What a heal costs',
      { class: 'card wide heal' },
      this.#now,
      this.#table,
      this.#bars,
      this.#foot,
      h('div', { class: 'buttons' }, play),
    );
  }

  show({ apart, healed }: DemoState): void {
    const written = Object.entries(apart?.writes ?? {}).map(([region, n]) => `${region} ${count(n)}`);
    const still = apart === undefined ? '' : `cut for ${lag(apart.forMs)}; written since: ${written.join(', ')}`;
    const before = healed === undefined ? 'cut a link that others cannot make up for, then heal it' : headline(healed);
    say(this.#now, apart === undefined ? before : still);
    attribute(this.#now, { 'data-apart': apart === undefined ? 'no' : 'yes' });
    if (healed === undefined || healed.at === this.#shown?.at) return;
    this.#shown = healed;
    attribute(this.#table, { hidden: false });
    this.#rows.replaceChildren(...healed.ways.filter(({ lacked, cells }) => lacked + cells > 0).map(wayRow));
    const most = Math.max(1, healed.bytes, healed.singlyBytes);
    this.#bars.replaceChildren(
      bar('crossed', healed.bytes, most),
      bar('each write as an operation', healed.singlyBytes, most),
    );
    say(
      this.#foot,
      'One by one: each write in as many bytes as its client sent it, names of keys left out, once to each region that lacked it.',
    );
  }
}

function headline({ apartMs, tookMs }: HealReport): string {
  const took =
    tookMs === undefined ? 'not everybody has everything yet' : `everybody had everything after ${lag(tookMs)}`;
  return `healed after ${lag(apartMs)} apart: ${took}`;
}

function wayRow(way: Way): HTMLElement {
  const { from, to, lacked, cells, frames } = way;
  const figures = [count(lacked), count(cells), count(frames), bytes(way.bytes), bytes(way.singlyBytes)];
  return h(
    'tr',
    { 'data-way': `${from}-${to}` },
    h('td', {}, `${from} → ${to}`),
    ...figures.map((text) => h('td', {}, text)),
  );
}

function bar(label: string, n: number, most: number): HTMLElement {
  const drawn = h('i');
  drawn.style.setProperty('--part', String(n / most));
  return h('li', {}, h('span', {}, label), drawn, h('b', {}, bytes(n)));
}
