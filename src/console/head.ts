/** The head of the page: where it is, how the node is, and whether the regions agree. */
import type { DemoState } from '../cli/demo/demo-state.js';
import { attribute, h, say } from './dom.js';
import { bytes, count, duration } from './format.js';
import type { Status } from './status.js';

/** How the node and its company are, in a word and a colour. */
interface Mood {
  readonly mood: 'good' | 'warn' | 'bad';
  readonly text: string;
}

export class Head {
  readonly element: HTMLElement;
  readonly #region: HTMLElement = h('h1', {}, '…');
  readonly #facts: HTMLElement = h('p', { class: 'facts' });
  readonly #mood: HTMLElement = h('p', { class: 'mood', role: 'status' }, 'connecting');
  #status: Status | undefined;
  #demo: DemoState | undefined;

  constructor() {
    const mark = h('img', { src: new URL('./icon.svg', import.meta.url).href, alt: '', width: 40, height: 40 });
    this.element = h('header', {}, mark, h('div', {}, this.#region, this.#facts), this.#mood);
  }

  show(status: Status | undefined): void {
    if (status !== undefined) {
      const { node, region, cluster, incarnation, uptimeSeconds, keys, memory } = status;
      say(this.#region, region);
      document.title = `${region} · merganser`;
      attribute(document.documentElement, { 'data-hue': region });
      const facts = [
        `node ${node}`,
        `cluster ${cluster}`,
        `up ${duration(uptimeSeconds)}`,
        `${count(keys)} keys`,
        `${bytes(memory.rssBytes)} resident`,
        `incarnation ${incarnation}`,
      ];
      this.#facts.replaceChildren(...facts.map((fact) => h('span', {}, fact)));
    }
    this.#status = status;
    this.#judge();
  }

  showDemo(demo: DemoState | undefined): void {
    this.#demo = demo;
    this.#judge();
  }

  #judge(): void {
    const { mood, text } =
      this.#status === undefined
        ? away
        : this.#demo === undefined
          ? alone(this.#status)
          : together(this.#demo, this.#status);
    attribute(this.#mood, { class: `mood ${mood}`, 'data-mood': mood });
    say(this.#mood, text);
  }
}

const away: Mood = { mood: 'bad', text: 'this node does not answer' };

/** Without a demo the node only knows how far its peers have got. */
function alone({ peers, problems }: Status): Mood {
  if (peers.some(({ agreement }) => agreement.state === 'DIFFERENT'))
    return { mood: 'bad', text: 'a peer holds something else: this must never be' };
  if (problems.length > 0) return { mood: 'warn', text: problems[0] ?? '' };
  if (peers.length === 0) return { mood: 'good', text: 'healthy, a node by itself' };
  const behind = peers.filter(({ state, lagMs }) => state !== 'remote' && (state !== 'live' || lagMs > 1000)).length;
  if (behind > 0) return { mood: 'warn', text: `${behind} of ${peers.length} peers behind` };
  return { mood: 'good', text: `healthy, in step with ${peers.length === 1 ? 'its peer' : `${peers.length} peers`}` };
}

function together({ verdict, regions }: DemoState, { region }: Status): Mood {
  const running = regions.filter(({ running }) => running);
  const own = running.find((other) => other.region === region);
  const missing = regions.length - running.length;
  if (verdict === 'different') return { mood: 'bad', text: 'the regions differ: this must never be' };
  if (verdict === 'same' && missing === 0) return { mood: 'good', text: `all ${regions.length} regions agree` };
  if (verdict === 'same') return { mood: 'warn', text: `${missing} region away, the others agree` };
  const lacks = own?.lacks ?? 0;
  return {
    mood: 'warn',
    text: lacks > 0 ? `apart: ${count(lacks)} writes of others are not here` : 'apart: others lack writes of here',
  };
}
