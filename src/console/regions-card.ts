/**
 * The regions of the demo and the links between them: a picture whose lines can be cut, and what each region says.
 *
 * The picture is drawn once; after that only classes and texts change, so that a click never lands on something that has just
 * been replaced.
 */
import type { DemoState, LinkState, RegionState } from '../cli/demo/demo-state.js';
import type { Demo } from './demo.js';
import { attribute, card, h, say, svg } from './dom.js';
import { count } from './format.js';
import { layoutOf, type Place } from './places.js';

const RADIUS = 30;

interface DrawnLink {
  readonly group: SVGGElement;
  readonly button: HTMLButtonElement;
  link: LinkState;
}

interface DrawnRegion {
  readonly group: SVGGElement;
  readonly calls: Element;
  readonly lacks: Element;
  readonly digest: Element;
  readonly row: Element;
}

export class RegionsCard {
  readonly element: HTMLElement;
  readonly #demo: Demo;
  readonly #own: string;
  readonly #links = new Map<string, DrawnLink>();
  readonly #regions = new Map<string, DrawnRegion>();
  readonly #picture: SVGSVGElement = svg('svg', {
    class: 'map',
    role: 'img',
    'aria-label': 'regions and links',
  });
  readonly #rows: HTMLElement = h('tbody');
  readonly #alone: HTMLElement = h('span');
  readonly #buttons: HTMLElement = h('div', { class: 'buttons' });

  constructor(demo: Demo, own: string) {
    this.#demo = demo;
    this.#own = own;
    const head = h(
      'thead',
      {},
      h('tr', {}, ...['region', 'calls', 'lacks', 'state'].map((title) => h('th', {}, title))),
    );
    this.element = card(
      'Regions, as each sees itself',
      { class: 'card wide regions' },
      h(
        'div',
        { class: 'split' },
        this.#picture,
        h('div', {}, h('table', { class: 'figures' }, head, this.#rows), this.#buttons),
      ),
    );
    document.addEventListener('keydown', (event) => this.#pressed(event));
  }

  show(state: DemoState): void {
    if (this.#links.size === 0) this.#draw(state);
    for (const link of state.links) this.#showLink(link);
    for (const region of state.regions) this.#showRegion(region);
    say(this.#alone, this.#ownLinks().every(({ cut }) => cut) ? 'Rejoin' : 'Isolate');
  }

  #ownLinks(): LinkState[] {
    return [...this.#links.values()].map(({ link }) => link).filter(({ ends }) => ends.includes(this.#own));
  }

  /** Cuts what still joins this region to the others, or heals all of it. */
  async #isolate(): Promise<void> {
    const links = this.#ownLinks();
    const up = links.filter(({ cut }) => !cut);
    await Promise.all((up.length > 0 ? up : links).map((link) => this.#demo.toggle(link)));
  }

  #draw({ links, regions }: DemoState): void {
    const { width, height, places } = layoutOf(regions.length);
    attribute(this.#picture, { viewBox: `0 0 ${width} ${height}` });
    const placeOf = (name: string): Place => places[regions.findIndex(({ region }) => region === name)] as Place;
    for (const [at, link] of links.entries())
      this.#drawLink(link, at + 1, placeOf(link.ends[0]), placeOf(link.ends[1]));
    for (const region of regions) this.#drawRegion(region, placeOf(region.region));
    const alone = h('button', { 'data-isolate': this.#own }, this.#alone, ` ${this.#own}`);
    alone.addEventListener('click', () => void this.#isolate());
    const kill = h('button', { class: 'danger', 'data-kill': this.#own }, `Kill ${this.#own}`);
    kill.addEventListener('click', () => void this.#demo.kill(this.#own));
    this.#buttons.append(alone, kill);
  }

  #drawLink(link: LinkState, key: number, from: Place, to: Place): void {
    const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
    const line = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
    const group = svg(
      'g',
      { class: 'link' },
      svg('line', { class: 'reach', ...line }),
      svg('line', { class: 'line', ...line }),
      svg('rect', { x: x - 31, y: y - 11, width: 62, height: 22, rx: 11 }),
      svg('text', { x, y: y + 4 }, `${link.roundTripMs} ms`),
    );
    const button = h('button', { 'data-link': link.name });
    const drawn: DrawnLink = { group, button, link };
    const toggle = (): void => void this.#demo.toggle(drawn.link);
    group.addEventListener('click', toggle);
    button.addEventListener('click', toggle);
    button.append(h('kbd', {}, String(key % 10)), h('span'));
    this.#picture.append(group);
    this.#buttons.append(button);
    this.#links.set(link.name, drawn);
  }

  #drawRegion({ region, url }: RegionState, { x, y }: Place): void {
    const inPicture = svg('text', { x, y: y + 5, class: 'name' }, region);
    const group = svg(
      'g',
      { class: 'region', 'data-hue': region },
      svg('circle', { cx: x, cy: y, r: RADIUS }),
      inPicture,
    );
    const cells = { calls: h('td'), lacks: h('td'), digest: h('td', { class: 'digest' }) };
    const name = region === this.#own ? h('b', {}, region) : h('a', { href: url, target: region }, region);
    const row = h('tr', { 'data-region': region }, h('td', {}, name), cells.calls, cells.lacks, cells.digest);
    this.#picture.append(group);
    this.#rows.append(row);
    this.#regions.set(region, { group, row, ...cells });
  }

  #showLink(link: LinkState): void {
    const drawn = this.#links.get(link.name);
    if (drawn === undefined) return;
    drawn.link = link;
    const what = `${link.cut ? 'Heal' : 'Cut'} ${link.ends.join('–')}`;
    attribute(drawn.group, { class: link.cut ? 'link cut' : 'link' });
    attribute(drawn.button, { class: link.cut ? 'cut' : undefined, 'data-cut': String(link.cut) });
    say(drawn.button.lastElementChild as Element, what);
    say(drawn.group.lastElementChild as Element, link.cut ? 'cut' : `${link.roundTripMs} ms`);
  }

  #showRegion({ region, running, calls, lacks, digest }: RegionState): void {
    const drawn = this.#regions.get(region);
    if (drawn === undefined) return;
    attribute(drawn.group, { class: running ? 'region' : 'region away' });
    attribute(drawn.row, { class: running ? undefined : 'away' });
    say(drawn.calls, calls === undefined || !running ? '—' : count(calls));
    say(drawn.lacks, lacks === undefined || !running ? '—' : lacks === 0 ? 'nothing' : `${count(lacks)} writes`);
    say(drawn.digest, running ? (digest?.slice(0, 8) ?? '—') : 'away');
    attribute(drawn.lacks, { class: lacks !== undefined && lacks > 0 ? 'warn' : undefined });
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target instanceof HTMLInputElement)
      return;
    const drawn = [...this.#links.values()][(Number(event.key) + 9) % 10];
    if (drawn !== undefined) void this.#demo.toggle(drawn.link);
  }
}
