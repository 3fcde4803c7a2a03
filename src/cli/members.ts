/** `merganser members`, `bootstrap`, `evict` and `leave`: who is in the cluster, that nobody else was, and who is to be no more. */
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { MerganserError } from '../base/error.js';
import type { MemberStatus } from '../node/cluster.js';
import type { NodeStatus } from '../node/status.js';
import { ask, DEFAULT_URL } from './ask.js';
import { duration } from './duration.js';
import { table } from './table.js';

export interface MembersFlags {
  readonly at?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

const POLL_MS = 200;

export async function members({ at = DEFAULT_URL, json = false }: MembersFlags): Promise<void> {
  const { members: all } = await ask<NodeStatus>(at, '/status');
  if (json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  else
    process.stdout.write(table(['region', 'member', 'state', 'silent for', 'incarnation', 'addresses'], all.map(row)));
}

function row({ node, region, incarnation, state, addresses, silentMs }: MemberStatus): string[] {
  const shown = state === 'alive' ? styleText('green', state) : styleText('yellow', state);
  const silent = silentMs === 0 ? '' : duration(Math.round(silentMs / 1000));
  return [region, node, shown, silent, String(incarnation), addresses.join(' ')];
}

export async function bootstrap({ at = DEFAULT_URL, yes = false }: MembersFlags): Promise<void> {
  const { node, cluster, complete, members: all, seeds } = await ask<NodeStatus>(at, '/status');
  if (complete) {
    process.stdout.write(`nothing to do: ${node} knows its cluster\n`);
    return;
  }
  const unmet = seeds.filter(({ synced }) => !synced).map(({ url }) => `, but not ${url}`);
  const said = `${node} knows ${all.map((one) => one.node).join(', ')}${unmet.join('')}`;
  const question = `If another node of ${cluster} lives, now or cut off, bounds will be passed. Is the cluster new?`;
  if (!yes && !(await agreed(said, question, 'bootstrap it'))) return;
  await ask(at, '/v1/admin/bootstrap', {});
  process.stdout.write(`${cluster} is new: bounded counters give out what they begin with\n`);
}

export async function evict(
  node: string,
  { at = DEFAULT_URL, yes = false, force = false }: MembersFlags,
): Promise<void> {
  const { members: all } = await ask<NodeStatus>(at, '/status');
  const member = all.find((one) => one.node === node);
  if (member === undefined) throw new MerganserError('NOT_FOUND', `there is no member called ${node}`);
  const silent =
    member.silentMs === 0 ? 'heard just now' : `silent for ${duration(Math.round(member.silentMs / 1000))}`;
  const said = `${node} in ${member.region}, incarnation ${member.incarnation}, ${member.state}, ${silent}`;
  const question = 'What it wrote and nobody else has is lost. Evict it?';
  if (!yes && !(await agreed(said, question, 'evict it'))) return;
  const { incarnation } = await ask<MemberStatus>(at, '/v1/admin/evict', { node, force });
  process.stdout.write(`evicted: ${node}, incarnation ${incarnation}. If it still runs it begins again, empty.\n`);
}

/** Errors: BAD_ARGUMENT where nobody can be asked. */
async function agreed(said: string, question: string, deed: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new MerganserError('BAD_ARGUMENT', `${said}: say --yes to ${deed}`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${said}.\n${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

export async function leave({ at = DEFAULT_URL, force = false }: MembersFlags): Promise<void> {
  const { node } = await ask<NodeStatus>(at, '/status');
  await ask(at, '/v1/admin/leave', { force });
  let said = '';
  for (;;) {
    const status = await stillThere(at);
    if (status === undefined) break;
    const problem = status.problems.find((text) => text.includes('leaving')) ?? '';
    if (problem !== said) process.stdout.write(`${problem}\n`);
    said = problem;
    await pause(POLL_MS);
  }
  process.stdout.write(`${node} has left for good\n`);
}

async function stillThere(at: string): Promise<NodeStatus | undefined> {
  try {
    return await ask<NodeStatus>(at, '/status');
  } catch (error) {
    if (error instanceof MerganserError && error.code === 'CONNECT_FAILED') return undefined;
    throw error;
  }
}
