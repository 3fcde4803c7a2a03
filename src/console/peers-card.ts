/** The node's peers, as the node sees them: how far behind each is, and what went over the wire. */
import { card, h } from './dom.js';
import { bytes, lag } from './format.js';
import type { Peer, Status } from './status.js';

const TITLES = ['peer', 'state', 'lag', 'round trip', 'sent', 'received'] as const;

export class PeersCard {
  readonly element: HTMLElement;
  readonly #rows: HTMLElement = h('tbody');

  constructor() {
    const head = h('thead', {}, h('tr', {}, ...TITLES.map((title) => h('th', {}, title))));
    this.element = card(
      'Links of this node',
      { class: 'card wide peers' },
      h('table', { class: 'figures', 'data-list': 'peers' }, head, this.#rows),
    );
  }

  show({ peers }: Status): void {
    const rows = peers.map(peerRow);
    const none = h(
      'tr',
      {},
      h('td', { colspan: TITLES.length, class: 'empty' }, 'no peers: start another node with --join'),
    );
    this.#rows.replaceChildren(...(rows.length === 0 ? [none] : rows));
  }
}

function peerRow({ node, region, state, lagMs, rttMs, sentBytes, receivedBytes }: Peer): HTMLElement {
  const cells = [
    h('td', { title: `node ${node}` }, region, h('small', {}, node)),
    h('td', {}, h('span', { class: `state ${state}` }, state)),
    h('td', { class: lagMs > 1000 ? 'warn' : undefined }, state === 'live' ? lag(lagMs) : `${lag(lagMs)} silent`),
    h('td', {}, state === 'live' && rttMs > 0 ? lag(rttMs) : '—'),
    h('td', {}, bytes(sentBytes)),
    h('td', {}, bytes(receivedBytes)),
  ];
  return h('tr', { 'data-peer': node }, ...cells);
}
