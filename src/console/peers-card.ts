/**
 * The node's peers, as the node sees them: up to when each has what was written here and the other way round, how many keys
 * that leaves to go, and what goes over the wire, in all and per second.
 */
import { attribute, card, h, say } from './dom.js';
import { ago, bytes, count, duration, lag } from './format.js';
import { Rates } from './rates.js';
import type { Member, Peer, Status } from './status.js';

const TITLES = [
  'peer',
  'state',
  'holds',
  'has ours up to',
  'we have its up to',
  'round trip',
  'sends',
  'receives',
  'sent',
  'received',
];
/** Above this a figure is worth a look: a heartbeat a second tells how far a peer is. */
const LATE_MS = 5_000;

export class PeersCard {
  readonly element: HTMLElement;
  readonly #rows: HTMLElement = h('tbody');
  readonly #others: HTMLElement = h('p', { class: 'note', 'data-list': 'others' });
  readonly #rates = new Rates();

  constructor() {
    const head = h('thead', {}, h('tr', {}, ...TITLES.map((title) => h('th', {}, title))));
    this.element = card(
      'Links of this node',
      { class: 'card wide peers' },
      h('table', { class: 'figures', 'data-list': 'peers' }, head, this.#rows),
      this.#others,
    );
  }

  show({ node, peers, members }: Status): void {
    const others = members.filter((one) => one.node !== node && !peers.some((peer) => peer.node === one.node));
    say(this.#others, others.map(memberText).join(' · '));
    const rows = peers.map((peer) => this.#row(peer));
    const none = h(
      'tr',
      {},
      h('td', { colspan: TITLES.length, class: 'empty' }, 'no peers: start another node with --join'),
    );
    this.#rows.replaceChildren(...(rows.length === 0 ? [none] : rows));
  }

  #row(peer: Peer): HTMLElement {
    const { node, region, state, rttMs, sentBytes, receivedBytes } = peer;
    const isLinked = state === 'live' || state === 'syncing';
    const cells = [
      h('td', { title: `node ${node}` }, region, h('small', {}, node)),
      h('td', { 'data-cell': 'state' }, h('span', { class: `state ${state}` }, state), silence(peer)),
      agreementCell(peer),
      through(peer.sentAgeMs, peer.keysToSend),
      through(peer.receivedAgeMs, peer.keysToReceive),
      h('td', { 'data-cell': 'round trip' }, isLinked && rttMs > 0 ? lag(rttMs) : '—'),
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

/** Whether it holds the same, and when that was looked at. */
function agreementCell({ agreement: { state, comparedAgeMs, differing, more } }: Peer): HTMLElement {
  const keys = `${count(differing.length)}${more ? ' and more' : ''} cells`;
  const text = state === 'DIFFERENT' ? `${state}: ${keys}` : state === 'unknown' ? '—' : state;
  const compared = comparedAgeMs === undefined ? 'not compared yet' : `compared ${ago(comparedAgeMs)}`;
  const tone = { equal: 'good', 'catching up': 'warn', DIFFERENT: 'bad', unknown: undefined }[state];
  return h('td', { 'data-cell': 'agreement', class: tone, title: compared }, text);
}

/** A member that is no peer: away for long, gone, evicted. */
function memberText({ node, region, state, silentMs }: Member): string {
  const since = silentMs > 0 ? `, silent for ${duration(Math.round(silentMs / 1000))}` : '';
  return `${node} in ${region}: ${state}${since}`;
}

function silence({ state, lagMs }: Peer): HTMLElement | undefined {
  return state === 'down' || state === 'connecting' ? h('small', {}, `silent for ${lag(lagMs)}`) : undefined;
}

function through(ageMs: number | undefined, keys: number | undefined): HTMLElement {
  const cell = h('td', {}, ageMs === undefined ? '—' : ago(ageMs));
  if (ageMs !== undefined && ageMs > LATE_MS) attribute(cell, { class: 'warn' });
  if (keys !== undefined && keys > 0) cell.append(h('small', {}, `${count(keys)} keys to go`));
  return cell;
}
