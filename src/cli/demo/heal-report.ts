/**
 * What a heal cost, from what the nodes counted: three readings of every region's `/status` (before the first cut, at the heal,
 * and when everybody had everything), and nothing else.
 *
 *   - writes: operations that clients wrote in a region between the first two readings;
 *   - bytes, frames, cells: what each region counted as received from each other one between the last two, handshakes,
 *     acknowledgements and heartbeats included. What was sent into a dead link and never arrived does not count;
 *   - beside it, what shipping each write as an operation would cost: the bytes in which the clients of the region brought these
 *     writes, to each region that lacked them, once. That is less than a real log of operations needs: the names of keys are
 *     left out, and so is everything that tells one operation from another.
 *
 * A node that was started anew in between counts from nothing: then its counters are taken whole.
 */
import type { DetailedStatus } from '../../node/status.js';
import type { HealReport, Way } from './demo-state.js';

export type Reading = Pick<DetailedStatus, 'node' | 'region' | 'incarnation' | 'vv' | 'clients' | 'peers'>;
/** By region; a region that did not answer is missing. */
export type Readings = ReadonlyMap<string, Reading>;

export interface HealTimes {
  readonly at: number;
  readonly apartMs: number;
  readonly tookMs: number | undefined;
}

export function healReport(before: Readings, atHeal: Readings, after: Readings, times: HealTimes): HealReport {
  const ways: Way[] = [];
  const writes: Record<string, number> = {};
  for (const [from, source] of atHeal) {
    const written = writtenBetween(before.get(from), source);
    writes[from] = written.count;
    for (const [to, sink] of atHeal) {
      if (to === from) continue;
      const share = written.dots === 0 ? 0 : Math.min(1, lackOf(source, sink) / written.dots);
      const crossed = receivedBetween(sink, after.get(to), from);
      ways.push({
        from,
        to,
        ...crossed,
        lacked: Math.round(written.count * share),
        singlyBytes: Math.round(written.bytes * share),
      });
    }
  }
  const sum = (of: (way: Way) => number): number => ways.reduce((total, way) => total + of(way), 0);
  return { ...times, writes, ways, bytes: sum(({ bytes }) => bytes), singlyBytes: sum((way) => way.singlyBytes) };
}

/** Per region the operations that its clients wrote between two readings. */
export function writesBetween(before: Readings, now: Readings): Record<string, number> {
  return Object.fromEntries([...now].map(([region, one]) => [region, writtenBetween(before.get(region), one).count]));
}

/** Whether a region has everything that some others had. */
export function covers(have: Reading, others: readonly Reading[]): boolean {
  return others.every(({ vv = {} }) => Object.entries(vv).every(([actor, n]) => (have.vv?.[actor] ?? 0) >= n));
}

function writtenBetween(
  before: Reading | undefined,
  now: Reading,
): { readonly count: number; readonly bytes: number; readonly dots: number } {
  const same = before?.incarnation === now.incarnation ? before : undefined;
  return {
    count: now.clients.writes - (same?.clients.writes ?? 0),
    bytes: now.clients.writeBytes - (same?.clients.writeBytes ?? 0),
    dots: Math.max(0, ownDots(now, now) - (before === undefined ? 0 : ownDots(before, now))),
  };
}

function lackOf(source: Reading, sink: Reading): number {
  return Math.max(0, ownDots(source, source) - ownDots(sink, source));
}

/** How many operations of `whose` node, in all its lives, are in `reading`. */
function ownDots(reading: Reading, { node }: Reading): number {
  const own = Object.entries(reading.vv ?? {}).filter(([actor]) => actor.slice(0, actor.lastIndexOf('@')) === node);
  return own.reduce((sum, [, n]) => sum + n, 0);
}

function receivedBetween(
  before: Reading,
  after: Reading | undefined,
  from: string,
): { readonly bytes: number; readonly frames: number; readonly cells: number } {
  const now = after?.peers.find(({ region }) => region === from);
  const same = after?.incarnation === before.incarnation ? before : undefined;
  const then = same?.peers.find(({ region }) => region === from);
  return {
    bytes: (now?.receivedBytes ?? 0) - (then?.receivedBytes ?? 0),
    frames: (now?.receivedFrames ?? 0) - (then?.receivedFrames ?? 0),
    cells: (now?.receivedCells ?? 0) - (then?.receivedCells ?? 0),
  };
}
