/**
 * `merganser verify`: whether regions hold the same, found out now. Exit status: 0 nothing differs, 1 something does, 2 not reachable.
 */
import { styleText } from 'node:util';
import type { NodeStatus } from '../node/status.js';
import type { Verification } from '../node/waits.js';
import { ask, DEFAULT_URL } from './ask.js';
import { table } from './table.js';

export interface VerifyFlags {
  readonly at?: readonly string[];
  readonly json?: boolean;
  readonly repair?: boolean;
}

const TIMEOUT_MS = 70_000;
const COLOURS = { equal: 'green', DIFFERENT: 'red', 'not comparable yet': 'yellow' } as const;

export async function verify({ at = [DEFAULT_URL], json = false, repair = false }: VerifyFlags): Promise<void> {
  const results: { node: string; peers: readonly Verification[] }[] = [];
  for (const url of at) {
    const { node } = await ask<NodeStatus>(url, '/status');
    results.push({ node, peers: await ask<Verification[]>(url, '/v1/admin/verify', { repair }, TIMEOUT_MS) });
  }
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else for (const { node, peers } of results) process.stdout.write(page(node, peers));
  if (results.some(({ peers }) => peers.some(({ state }) => state === 'DIFFERENT'))) process.exitCode = 1;
}

function page(node: string, peers: readonly Verification[]): string {
  if (peers.length === 0) return `${node} has no peers\n`;
  const rows = peers.map((peer) => [peer.node, peer.region, styleText(COLOURS[peer.state], peer.state), remark(peer)]);
  const keys = peers.flatMap(({ node: other, differing }) =>
    differing.map(({ type, key, element }) => [other, type, key, element ?? '']),
  );
  const list = keys.length === 0 ? '' : table(['peer', 'type', 'key', 'element'], keys);
  return `${styleText('bold', node)} compared with\n${table(['peer', 'region', 'state', ''], rows)}${list}`;
}

function remark({ state, reason, share, count, mended }: Verification): string {
  if (state === 'not comparable yet') return reason;
  const compared = share === 1 ? '' : `${(share * 100).toFixed(1)} % of it, the rest is being written`;
  if (state === 'equal') return compared;
  return [`${count} cells`, compared, mended > 0 ? `${mended} changed here` : '']
    .filter((text) => text !== '')
    .join('; ');
}
