/**
 * `merganser status`: how nodes are, in a table or as JSON. With several `--at` it says as well whether they hold the same.
 * Of several nodes those are shown that answer. Exit status: 0 healthy, 1 not healthy or different, 2 one does not answer.
 */
import { styleText } from 'node:util';
import { MerganserError } from '../base/error.js';
import { clock, type DetailedStatus, type NodeStatus } from '../node/status.js';
import { listed } from '../sync/scrub.js';
import { ask, DEFAULT_URL } from './ask.js';
import { duration } from './duration.js';
import { bytes, table } from './table.js';

export interface StatusFlags {
  readonly at?: readonly string[];
  readonly json?: boolean;
  readonly digest?: boolean;
}

/** How long a node may read all that it holds: ten million keys take it some ten seconds when it has nothing else to do. */
const DIGEST_MS = 300_000;

export async function status(flags: StatusFlags): Promise<void> {
  const urls = flags.at ?? [DEFAULT_URL];
  const answers = await Promise.all(urls.map((url) => answer(url, flags.digest === true)));
  const statuses = answers.filter((one): one is DetailedStatus => !(one instanceof MerganserError));
  const missing = answers.filter((one): one is MerganserError => one instanceof MerganserError);
  if (answers.length === 1 && missing[0] !== undefined) throw missing[0];
  const same = comparison(statuses);
  if (flags.json === true) {
    const told = answers.map((one, i) =>
      one instanceof MerganserError ? { url: urls[i], code: one.code, detail: one.message } : one,
    );
    process.stdout.write(`${JSON.stringify(told.length === 1 ? told[0] : told, null, 2)}\n`);
  } else {
    const pages = answers.map((one) => (one instanceof MerganserError ? absent(one) : page(one)));
    const verdict = missing.length > 0 ? `${same.text} (of those that answered)` : same.text;
    process.stdout.write(pages.join('\n') + (statuses.length < 2 ? '' : `\n${verdict}\n`));
  }
  if (!same.equal || statuses.some(({ healthy }) => !healthy)) process.exitCode = 1;
  if (missing.length > 0) process.exitCode = 2;
}

/** What a node says of itself, or why it does not. */
async function answer(url: string, digest: boolean): Promise<DetailedStatus | MerganserError> {
  try {
    if (digest) return await ask<DetailedStatus>(url, '/status?digest', undefined, DIGEST_MS);
    return await ask<DetailedStatus>(url, '/status?vv');
  } catch (error) {
    if (error instanceof MerganserError && error.code === 'CONNECT_FAILED') return error;
    throw error;
  }
}

function absent(error: MerganserError): string {
  return `${styleText('yellow', '!')} ${error.message}\n`;
}

/** "through": everything written up to then has arrived; sent by this node, received from the peer. */
const HEAD = ['peer', 'region', 'state', 'data', 'sent through', 'received through', 'round trip', 'sent', 'received'];

/** Whether the peer holds the same, or how far it is behind, or this node. */
function agreement({ agreement: { state, differing }, ...peer }: NodeStatus['peers'][number]): string {
  if (state === 'equal') return styleText('green', state);
  if (state === 'DIFFERENT') return styleText('red', `${state} (${listed(differing, differing.length)})`);
  if (state === 'unknown') return state;
  const seconds = Math.max(peer.sentAgeMs ?? 0, peer.receivedAgeMs ?? 0) / 1000;
  return `${state} (${seconds.toFixed(1)} s, ${Math.max(peer.keysToSend, peer.keysToReceive ?? 0)} keys)`;
}

function through(wall: number | undefined, ageMs: number | undefined): string {
  if (wall === undefined || ageMs === undefined) return 'unknown';
  const ago = ageMs < 10_000 ? `${(ageMs / 1000).toFixed(1)} s` : duration(Math.round(ageMs / 1000));
  return `${clock(wall)} (${ago} ago)`;
}

/** What crossed the link, and how much smaller it was than what it stands for. */
function carried(wire: number, plain: number): string {
  const ratio = plain / Math.max(1, wire);
  return ratio < 1.05 ? bytes(wire) : `${bytes(wire)} (${ratio.toFixed(1)}× smaller)`;
}

function editing({ editors, documents }: NodeStatus['clients']): string {
  return editors > 0 ? `, ${editors} editors of ${documents} documents` : '';
}

/** Of which types, the most frequent first. */
function byType(keys: NodeStatus['keysByType'] = {}): string {
  const kinds = Object.entries(keys).sort(([, a], [, b]) => b - a);
  return kinds.length === 0 ? '' : ` (${kinds.map(([type, n]) => `${n} ${type}`).join(', ')})`;
}

function page(node: DetailedStatus): string {
  const state = node.healthy
    ? styleText('green', 'healthy')
    : styleText('yellow', node.ready ? 'degraded' : `joining, ${node.joining}`);
  const head = [
    `${styleText('bold', node.node)} in ${node.region}: ${state}`,
    `  ${node.keys} keys${byType(node.keysByType)}, ${bytes(node.memory.rssBytes)} resident, ${node.clients.connections} clients${editing(node.clients)}, up ${duration(node.uptimeSeconds)}`,
    ...(node.maxBandwidth === undefined ? [] : [`  at most ${bytes(node.maxBandwidth)} per second to each peer`]),
    `  incarnation ${node.incarnation}, cluster ${node.cluster}${node.digest === undefined ? '' : `, digest ${node.digest}`}`,
  ];
  const byRegion = node.peers.toSorted((a, b) => (`${a.region} ${a.node}` < `${b.region} ${b.node}` ? -1 : 1));
  const rows = byRegion.map((peer) => [
    peer.node,
    peer.region,
    peer.state === 'live' ? styleText('green', peer.state) : styleText('yellow', peer.state),
    agreement(peer),
    through(peer.sentThrough, peer.sentAgeMs),
    through(peer.receivedThrough, peer.receivedAgeMs),
    `${Math.round(peer.rttMs)} ms`,
    carried(peer.sentBytes, peer.sentPlainBytes),
    carried(peer.receivedBytes, peer.receivedPlainBytes),
  ]);
  const peers = rows.length === 0 ? '  no peers\n' : table(HEAD, rows);
  const problems = node.problems.map((problem) => `  ${styleText('yellow', '!')} ${problem}\n`).join('');
  return `${head.join('\n')}\n${peers}${problems}`;
}

/** Whether nodes are the same can be said only where the version vectors are equal: by digests, or by what comparing has found. */
function comparison(statuses: readonly DetailedStatus[]): { readonly equal: boolean; readonly text: string } {
  const vectors = new Set(statuses.map(({ vv }) => canonical(vv ?? {})));
  const digests = new Set(statuses.map(({ digest }) => digest));
  const found = statuses.some(({ peers }) => peers.some(({ agreement: { state } }) => state === 'DIFFERENT'));
  if (vectors.size > 1)
    return { equal: true, text: styleText('yellow', 'catching up: not every node has seen everything yet') };
  if (digests.size > 1 || found)
    return { equal: false, text: styleText('red', 'DIFFERENT: the nodes have seen the same and hold different state') };
  const exact = statuses.every(({ digest }) => digest !== undefined);
  const how = exact ? 'every node holds the same' : 'every node has seen the same, and no difference is known';
  return { equal: true, text: styleText('green', `equal: ${how}`) };
}

function canonical(vv: Readonly<Record<string, number>>): string {
  return JSON.stringify(Object.entries(vv).sort(([a], [b]) => (a < b ? -1 : 1)));
}
