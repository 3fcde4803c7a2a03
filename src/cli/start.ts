/**
 * `merganser start`: one node, until it is told to stop. SIGTERM and SIGINT stop it in order: peers get what they lack and a
 * goodbye, clients are sent elsewhere. A second signal ends it at once. A node that was evicted begins again by itself, empty, as
 * a new incarnation at the same address; one that left ends the process.
 */
import { styleText } from 'node:util';
import { createNode, type MerganserNode } from '../node/create-node.js';
import { type Flags, type ListenAddress, readSettings, type Settings } from '../node/config.js';
import type { NodeLog } from '../node/log.js';
import type { NodeEnd } from '../node/node-options.js';
import { processLog } from './process-log.js';
import { ProgressLine } from './progress-line.js';

export async function start(flags: Flags): Promise<void> {
  const settings = readSettings(flags, process.env);
  const progress = new ProgressLine(process.stdout);
  const log = processLog(settings.jsonLogs, process.env.MERGANSER_LOG_LEVEL ?? 'info', () => progress.clear());
  const ended = ({ reason, unsynced }: NodeEnd): void => {
    if (stopping) return;
    if (reason === 'left') {
      log.info({}, 'has left its cluster for good');
      process.exit(0);
    }
    log.warn({ unsynced }, `begins again, empty; ${unsynced} writes that nobody else has are dropped`);
    again().catch((error: unknown) => {
      log.error({ error: String(error) }, 'could not begin again');
      process.exit(1);
    });
  };
  let stopping = false;
  let node = await open(settings, settings.listen, log, ended);
  /** As a new incarnation, at the same address. */
  const again = async (): Promise<void> => {
    const port = Number(new URL(node.url as string).port);
    await node.close();
    node = await open(settings, { ...settings.listen, port }, log, ended);
  };
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    node.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: String(error) }, 'could not stop in order');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  // Whoever started this process over a channel wants it no longer than it lives itself.
  process.once('disconnect', () => stop('SIGTERM'));
  if (settings.jsonLogs) return;
  progress.clear();
  process.stdout.write(greeting(node, settings));
  progress.follow(() => (node.isReady || stopping ? undefined : `  joining: ${node.status().joining}`));
}

function open(
  settings: Settings,
  listen: ListenAddress,
  log: NodeLog,
  ended: (end: NodeEnd) => void,
): Promise<MerganserNode> {
  return createNode({
    region: settings.region,
    ...(settings.node !== undefined && { node: settings.node }),
    cluster: settings.cluster,
    listen,
    join: settings.join,
    ...(settings.advertise !== undefined && { advertise: settings.advertise }),
    dropAfterMs: settings.dropAfterMs,
    flushMs: settings.flushMs,
    compress: settings.compress,
    ...(settings.maxBandwidth !== undefined && { maxBandwidth: settings.maxBandwidth }),
    graceMs: settings.graceMs,
    joinMs: settings.joinMs,
    allowOrigins: settings.allowOrigins,
    log,
    eager: true,
    ended,
  });
}

function greeting(node: MerganserNode, settings: Settings): string {
  const url = node.url as string;
  const socket = url.replace('http:', 'ws:');
  const next = settings.listen.port === 0 ? 7401 : settings.listen.port + 1;
  const rows = [
    `${styleText('bold', 'merganser')}  node ${node.name}, region ${node.region}, cluster ${node.cluster}`,
    `  console   ${url}`,
    `  status    merganser status --at ${url}`,
    `  clients   connect('${socket}')`,
    `  one more  merganser start --region other --listen ${settings.listen.host}:${next} --join ${socket}`,
  ];
  return `${rows.join('\n')}\n`;
}
