#!/usr/bin/env node
/** The command line. Each command is loaded when it is called; what goes wrong is said in one line, with its code and what to do. */
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { ERRORS, MerganserError } from '../base/error.js';
import type { Flags } from '../node/config.js';
import type { DemoFlags } from './demo/command.js';
import type { MembersFlags } from './members.js';
import type { StatusFlags } from './status.js';
import type { VerifyFlags } from './verify.js';

/** Of `merganser status`: the node cannot be asked. */
const UNREACHABLE = 2;
/** Which node, of every command that asks or tells one: `--url` is the same, and its value is `at`. */
const AT = '--url, --at <url>';

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function more(value: string, values: readonly string[] | undefined): string[] {
  return [...(values ?? []), value];
}

const program = new Command('merganser')
  .description('An in-memory store that is written in every region and the same in all of them.')
  .version(version())
  .showHelpAfterError('(see merganser --help)');

program
  .command('start')
  .description('start a node')
  .option('--region <name>', 'where it is (default: local)')
  .option('--node <name>', 'its name, unique in the cluster (default: <region>-<port>)')
  .option('--cluster <name>', 'which cluster it belongs to (default: merganser)')
  .option('--listen <host:port>', 'where to serve HTTP, clients and peers (default: 127.0.0.1:7400)')
  .option('--join <url>', 'another node; may be given several times', more)
  .option(
    '--advertise <url>',
    "where other nodes find it (default: --listen), or 'none'; may be given several times",
    more,
  )
  .option('--drop-after <ms>', 'a peer that is down for so long is not shown nor dialled any more (default: 3600000)')
  .option('--flush <ms>', 'the longest that a write waits, under load, for others to share its frame (default: 4)')
  .option('--no-compress', 'send messages to other regions as they are, not compressed where that pays')
  .option('--max-bandwidth <bytes>', 'the most to send to each peer in a second, like 500kb or 10mb (default: any)')
  .option('--grace <ms>', "how long a lost client's gauge shares and members stay (default: 10000)")
  .option('--join-timeout <ms>', 'how long to wait for the other nodes before serving without them (default: 5000)')
  .option('--allow-origin <origin>', 'web pages that may connect from elsewhere; may be given several times', more)
  .option('--json-logs', 'log JSON lines')
  .addHelpText('after', '\nEvery option can be set in the environment: --listen is MERGANSER_LISTEN. A flag wins.')
  .action(async (flags: Flags) => (await import('./start.js')).start(flags));

program
  .command('status')
  .description('show how a node and its peers are; of several nodes also whether they are the same')
  .option(AT, 'the node to ask (default: http://127.0.0.1:7400); may be given several times', more)
  .option('--digest', 'have each node read all that it holds: equal digests are equal state')
  .option('--json', 'for machines')
  .action(async (flags: StatusFlags) => (await import('./status.js')).status(flags));

program
  .command('verify')
  .description('compare what regions hold, now; exit status 1 if something differs')
  .option(AT, 'a node that compares with its peers (default: http://127.0.0.1:7400); several times', more)
  .option('--repair', 'mend what differs, also where it must be guessed who is right')
  .option('--json', 'for machines')
  .action(async (flags: VerifyFlags) => (await import('./verify.js')).verify(flags));

program
  .command('members')
  .description('show everybody in the cluster')
  .option(AT, 'the node to ask (default: http://127.0.0.1:7400)')
  .option('--json', 'for machines')
  .action(async (flags: MembersFlags) => (await import('./members.js')).members(flags));

program
  .command('bootstrap')
  .description('say, once, that a cluster is new: bounded counters give out what they begin with')
  .option(AT, 'any of its nodes (default: http://127.0.0.1:7400)')
  .option('--yes', 'do not ask')
  .action(async (flags: MembersFlags) => (await import('./members.js')).bootstrap(flags));

program
  .command('evict')
  .description(
    'say that a node will not come back: nothing is kept for it any more; if it still runs it begins again, empty',
  )
  .argument('<node>', 'its name')
  .option(AT, 'the node to tell (default: http://127.0.0.1:7400)')
  .option('--yes', 'do not ask')
  .option('--force', 'even if it is heard')
  .action(async (node: string, flags: MembersFlags) => (await import('./members.js')).evict(node, flags));

program
  .command('leave')
  .description('a node leaves its cluster for good: it hands over what it has and ends')
  .option(AT, 'the node to tell (default: http://127.0.0.1:7400)')
  .option('--force', 'even if nobody could take everything in time')
  .action(async (flags: MembersFlags) => (await import('./members.js')).leave(flags));

program
  .command('demo')
  .description('regions on this machine, calls without end, and links to cut')
  .option('--regions <n>', 'two to five of them (default: 3)')
  .option('--port <n>', 'of the first region; the others follow (default: 7400)')
  .option('--script', 'play it all by itself: a cut, both sides writing, the heal, a crash; then end')
  .option('--apart <seconds>', 'how long a cut of the script lasts (default: 8)')
  .option('--speed <x>', 'seconds of the call centre per second (default: 60)')
  .option('--seed <n>', 'another seed, other calls (default: 1)')
  .option('--no-open', 'do not open the pages in a browser')
  .option('--no-open-message', 'do not say what to open and what to try')
  .action(async (flags: DemoFlags) => (await import('./demo/command.js')).demo(flags));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof MerganserError)) throw error;
  const hint = styleText('gray', ERRORS[error.code]);
  process.stderr.write(`${styleText('red', error.code)} ${error.message}\n${hint}\n`);
  process.exit(error.code === 'CONNECT_FAILED' ? UNREACHABLE : 1);
}
