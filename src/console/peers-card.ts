/** The node's peers, as the node sees them: how far behind each is, and what goes over the wire, in all and per second. */
import { card, h } from './dom.js';
import { bytes, lag } from './format.js';
import { Rates } from './rates.js';
import type { Peer, Status } from './status.js';

const TITLES = ['peer', 'state', 'lag', 'round trip', 'sends', 'receives', 'sent', 'received'] as const;

export class PeersCard {
  readonly element: HTMLElement;
  readonly #rows: HTMLElement = h('tbody');
  readonly #rates = new Rates();

  constructor() {
    const head = h('thead', {}, h('tr', {}, ...TITLES.map((title) => h('th', {}, title))));
    this.element = card(
      'Links of this node',
      { class: 'card wide peers' },
      h('table', { class: 'figures', 'data-list': 'peers' }, head, this.#rows),
    );
  }

  show({ peers }: Status): void {
    const rows = peers.map((peer) => this.#row(peer));
    const none = h(
      'tr',
      {},
      h('td', { colspan: TITLES.length, class: 'empty' }, 'no peers: start another node with --join'),
    );
    this.#rows.replaceChildren(...(rows.length === 0 ? [none] : rows));
  }

  #row({ node, region, state, lagMs, rttMs, sentBytes, receivedBytes }: Peer): HTMLElement {
    const cells = [
      h('td', { title: `node ${node}` }, region, h('small', {}, node)),
      h('td', {}, h('span', { class: `state ${state}` }, state)),
      h('td', { class: lagMs > 1000 ? 'warn' : undefined }, state === 'live' ? lag(lagMs) : `${lag(lagMs)} silent`),
      h('td', {}, state === 'live' && rttMs > 0 ? lag(rttMs) : '—'),
      h('td', {}, this.#rate(`${node} sent`, sentBytes)),
      h('td', {}, this.#rate(`${node} received`, receivedBytes)),
      h('td', {}, bytes(sentBytes)),
      h('td', {}, bytes(receivedBytes)),
    ];
    return h('tr', { 'data-peer': node }, ...cells);
  }

  #rate(name: string, total: number): string {
    const rate = this.#rates.of(name, total, performance.now());
    return rate === undefined ? '—' : `${bytes(Math.round(rate))}/s`;
  }
}
