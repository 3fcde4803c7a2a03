/**
 * Settings of a node, and where they come from: flag, else environment (`MERGANSER_*`), else default. Everything is checked
 * here, once, and a mistake names the setting and its source.
 */
import { MerganserError } from '../base/error.js';
import { MAX_NAME_BYTES } from '../base/limits.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Settings {
  readonly region: string;
  /** `<region>-<port>` unless named. */
  readonly node: string | undefined;
  readonly cluster: string;
  readonly listen: ListenAddress;
  readonly join: readonly string[];
  /** Addresses that other nodes dial; undefined: that of the listener. */
  readonly advertise: readonly string[] | undefined;
  readonly dropAfterMs: number;
  readonly flushMs: number;
  readonly compress: boolean;
  /** Bytes per second and peer. */
  readonly maxBandwidth: number | undefined;
  readonly graceMs: number;
  readonly joinMs: number;
  readonly allowOrigins: readonly string[];
  readonly jsonLogs: boolean;
}

export const DEFAULT_REGION = 'local';
export const DEFAULT_CLUSTER = 'merganser';
export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 7400;
/** The longest that a write waits for others to share its frame, under load; between 5 and 10 ms bytes are halved. */
export const DEFAULT_FLUSH_MS = 4;
/** How long a lost client's gauge shares and members stay. */
export const DEFAULT_GRACE_MS = 10_000;
/** How long a node that joins waits for its seeds before it serves without them. */
export const DEFAULT_JOIN_MS = 5_000;

/** A node that is down for so long is not shown among the peers, nor dialled. */
export const DEFAULT_DROP_AFTER_MS = 3_600_000;

/** What a flag gives: text, several texts, or a switch. */
export type Flags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

interface Given {
  readonly text: string;
  readonly source: string;
}

export function readSettings(flags: Flags, environment: Environment): Settings {
  const given = (name: string): Given | undefined => find(name, flags, environment);
  const node = given('node');
  const listen = given('listen');
  const bandwidth = given('max-bandwidth');
  return {
    region: checkedName(given('region') ?? { text: DEFAULT_REGION, source: 'default' }),
    node: node === undefined ? undefined : checkedName(node),
    cluster: checkedName(given('cluster') ?? { text: DEFAULT_CLUSTER, source: 'default' }),
    listen: listen === undefined ? { host: DEFAULT_HOST, port: DEFAULT_PORT } : guard(listen, parseListen),
    join: list('join', flags, environment).map((seed) => guard(seed, peerAddress)),
    advertise: advertise(list('advertise', flags, environment)),
    dropAfterMs: milliseconds(given('drop-after'), DEFAULT_DROP_AFTER_MS, 30 * 86_400_000),
    flushMs: milliseconds(given('flush'), DEFAULT_FLUSH_MS, 60_000),
    compress: compresses(flags, environment),
    maxBandwidth: bandwidth === undefined ? undefined : guard(bandwidth, parseBandwidth),
    graceMs: milliseconds(given('grace'), DEFAULT_GRACE_MS, 86_400_000),
    joinMs: milliseconds(given('join-timeout'), DEFAULT_JOIN_MS, 600_000),
    allowOrigins: list('allow-origin', flags, environment).map(({ text }) => text),
    jsonLogs: isOn(given('json-logs')),
  };
}

function variable(name: string): string {
  return `MERGANSER_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** commander names a flag `--join-timeout` `joinTimeout`. */
function property(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function find(name: string, flags: Flags, environment: Environment): Given | undefined {
  const flag = flags[property(name)];
  if (flag !== undefined) return { text: String(flag), source: `--${name}` };
  const text = environment[variable(name)];
  return text === undefined || text === '' ? undefined : { text, source: variable(name) };
}

function list(name: string, flags: Flags, environment: Environment): Given[] {
  const flag = flags[property(name)];
  if (Array.isArray(flag) && flag.length > 0) return flag.map((text: string) => ({ text, source: `--${name}` }));
  const texts = environment[variable(name)]?.split(',') ?? [];
  return texts.filter((text) => text.trim() !== '').map((text) => ({ text: text.trim(), source: variable(name) }));
}

/** `none` stands alone: to be found by nobody. */
function advertise(given: readonly Given[]): readonly string[] | undefined {
  if (given.length === 0) return undefined;
  return given.length === 1 && given[0]?.text === 'none' ? [] : given.map((address) => guard(address, peerAddress));
}

function guard<T>({ text, source }: Given, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof MerganserError) throw new MerganserError('BAD_CONFIG', `${source}: ${error.message}`);
    throw error;
  }
}

/** Names travel in every handshake and stand in every log line. */
export function checkName(name: string): string {
  if (!/^[\w.-]+$/.test(name) || name.length > MAX_NAME_BYTES) {
    throw new MerganserError(
      'BAD_CONFIG',
      `"${name}" is not a name: up to ${MAX_NAME_BYTES} letters, digits, dots, dashes, underscores`,
    );
  }
  return name;
}

function checkedName(given: Given): string {
  return guard(given, checkName);
}

function milliseconds(given: Given | undefined, otherwise: number, most: number): number {
  if (given === undefined) return otherwise;
  const ms = Number(given.text);
  if (given.text.trim() === '' || !Number.isFinite(ms) || ms < 0 || ms > most) {
    throw new MerganserError(
      'BAD_CONFIG',
      `${given.source}: "${given.text}" is not a number of milliseconds from 0 to ${most}`,
    );
  }
  return ms;
}

function isOn(given: Given | undefined): boolean {
  if (given === undefined) return false;
  if (['true', '1', 'yes', 'on'].includes(given.text)) return true;
  if (['false', '0', 'no', 'off'].includes(given.text)) return false;
  throw new MerganserError('BAD_CONFIG', `${given.source}: "${given.text}" is neither true nor false`);
}

/** A link needs some for what keeps it up. */
const LEAST_BANDWIDTH = 10_000;

/** Errors: BAD_CONFIG. */
export function checkBandwidth(bytesPerSecond: number): number {
  if (bytesPerSecond >= LEAST_BANDWIDTH) return bytesPerSecond;
  throw new MerganserError(
    'BAD_CONFIG',
    `a bandwidth of ${bytesPerSecond} bytes per second; ${LEAST_BANDWIDTH} are the least`,
  );
}

/** Bytes per second, from what people write: 10mb, 1.5gb, 500kb, or a number of bytes. */
function parseBandwidth(text: string): number {
  const match = /^(?<amount>\d{1,15}(?:\.\d{1,6})?)(?<unit>b|kb|mb|gb)?$/i.exec(text.trim());
  if (match === null) {
    throw new MerganserError('BAD_CONFIG', `"${text}" is not a bandwidth per second; it looks like 500kb, 10mb or 1gb`);
  }
  const factor = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9 }[match.groups?.unit?.toLowerCase() ?? 'b'] as number;
  return checkBandwidth(Number(match.groups?.amount) * factor);
}

/** commander makes `compress: true` of a `--no-compress` that is not given. */
function compresses(flags: Flags, environment: Environment): boolean {
  return flags.compress !== false && !isOn(find('no-compress', {}, environment));
}

/** `HOST:PORT`, `:PORT` or `PORT`; an IPv6 host stands in brackets. */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:(?<host>\[[\da-f:.]+\]|[^:[\]]*):)?(?<port>\d{1,5})$/i.exec(text);
  const port = Number(match?.groups?.port);
  if (match === null || port > 65_535) {
    throw new MerganserError('BAD_CONFIG', `"${text}" is not an address to listen on; it looks like 127.0.0.1:7400`);
  }
  const host = match.groups?.host?.replaceAll(/[[\]]/g, '');
  return { host: host === undefined || host === '' ? DEFAULT_HOST : host, port };
}

/** Another node's peer endpoint, from what people write: `host:port` or a URL, with a path or without. */
export function peerAddress(text: string): string {
  let address: URL;
  try {
    address = new URL(text.includes('://') ? text : `ws://${text}`);
  } catch {
    throw new MerganserError('BAD_CONFIG', `"${text}" is not a node's address; it looks like ws://10.0.0.2:7400`);
  }
  if (address.protocol === 'http:') address.protocol = 'ws:';
  if (address.protocol === 'https:') address.protocol = 'wss:';
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') {
    throw new MerganserError('BAD_CONFIG', `"${text}" is not a WebSocket address; it looks like ws://10.0.0.2:7400`);
  }
  if (address.pathname === '/') address.pathname = '/peer';
  return address.href;
}

/** An address as it stands in a URL. */
export function urlHost({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
