import { describe, expect, it } from 'vitest';
import { covers, healReport, type Reading, writesBetween } from '../../src/cli/demo/heal-report.js';
import { healLines } from '../../src/cli/demo/terminal.js';
import { stripVTControlCharacters } from 'node:util';

interface Counted {
  readonly region: string;
  readonly incarnation?: number;
  readonly vv: Readonly<Record<string, number>>;
  readonly writes?: number;
  readonly writeBytes?: number;
  /** Per other region: bytes, frames, cells received. */
  readonly from?: Readonly<Record<string, readonly [bytes: number, frames: number, cells: number]>>;
}

function reading({ region, incarnation = 1, vv, writes = 0, writeBytes = 0, from = {} }: Counted): Reading {
  const peers = Object.entries(from).map(([other, [receivedBytes, receivedFrames, receivedCells]]) => ({
    node: `${other}-1`,
    region: other,
    receivedBytes,
    receivedFrames,
    receivedCells,
  }));
  const clients = { connections: 0, sessions: 0, topics: 0, writes, writeBytes };
  return { node: `${region}-1`, region, incarnation, vv, clients, peers } as unknown as Reading;
}

const readings = (...all: readonly Counted[]): Map<string, Reading> =>
  new Map(all.map((one) => [one.region, reading(one)]));

const before = readings(
  { region: 'us', vv: { 'us-1@1': 10, 'eu-1@1': 5 }, writes: 8, writeBytes: 80, from: { eu: [1_000, 10, 20] } },
  { region: 'eu', vv: { 'us-1@1': 10, 'eu-1@1': 5 }, writes: 4, writeBytes: 40, from: { us: [1_000, 10, 20] } },
);
const atHeal = readings(
  { region: 'us', vv: { 'us-1@1': 210, 'eu-1@1': 5 }, writes: 108, writeBytes: 1_080, from: { eu: [1_100, 10, 20] } },
  { region: 'eu', vv: { 'us-1@1': 110, 'eu-1@1': 5 }, writes: 4, writeBytes: 40, from: { us: [1_200, 11, 25] } },
);
const after = readings(
  { region: 'us', vv: { 'us-1@1': 210, 'eu-1@1': 5 }, from: { eu: [1_150, 10, 20] } },
  { region: 'eu', vv: { 'us-1@1': 210, 'eu-1@1': 5 }, from: { us: [1_500, 13, 32] } },
);

describe('what a heal cost', () => {
  const report = healReport(before, atHeal, after, { at: 0, apartMs: 10_000, tookMs: 120 });

  it('counts what clients wrote in each region while apart', () => {
    expect(report.writes).toEqual({ us: 100, eu: 0 });
    expect(writesBetween(before, atHeal)).toEqual(report.writes);
  });

  it('takes what crossed from what the receiver counted since the heal', () => {
    expect(report.ways).toMatchObject([
      { from: 'us', to: 'eu', bytes: 300, frames: 2, cells: 7 },
      { from: 'eu', to: 'us', bytes: 50, frames: 0, cells: 0 },
    ]);
    expect(report.bytes).toBe(350);
  });

  it('sets beside it only the writes that were missing: half of them had come another way', () => {
    expect(report.ways.map(({ lacked, singlyBytes }) => [lacked, singlyBytes])).toEqual([
      [50, 500],
      [0, 0],
    ]);
    expect(report.singlyBytes).toBe(500);
  });

  it('takes the counters of a node that was started anew as they are', () => {
    const restarted = readings(
      { region: 'us', vv: { 'us-1@1': 210, 'eu-1@1': 5 }, writes: 108, writeBytes: 1_080 },
      {
        region: 'eu',
        incarnation: 2,
        vv: { 'eu-1@1': 5, 'eu-1@2': 3, 'us-1@1': 210 },
        writes: 3,
        writeBytes: 30,
        from: { us: [70, 1, 4] },
      },
    );
    const report = healReport(before, restarted, restarted, { at: 0, apartMs: 1, tookMs: undefined });
    expect(report.writes).toEqual({ us: 100, eu: 3 });
    expect(report.ways[1]).toMatchObject({ from: 'eu', to: 'us', lacked: 3, singlyBytes: 30 });
  });

  it('is said way by way, with what it comes to', () => {
    expect(stripVTControlCharacters(healLines(report)).split('\n')).toEqual([
      'healed after 10.0 s apart: everybody has everything after 120 ms',
      '           writes lacked  cells sent  frames  bytes crossed  one by one',
      '  us → eu             50           7       2          300 B       500 B',
      '  350 B crossed; each write shipped as an operation: 500 B, 1.4 times as much',
      '  (as its client wrote it, names of keys left out, once to each region that lacked it)',
    ]);
  });
});

describe('having everything', () => {
  it('is covering what every other one has', () => {
    const [us, eu] = [atHeal.get('us') as Reading, atHeal.get('eu') as Reading];
    expect([covers(us, [eu]), covers(eu, [us]), covers(eu, [])]).toEqual([true, false, true]);
  });
});
