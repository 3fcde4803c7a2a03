import { describe, expect, it } from 'vitest';
import { Reader } from '../../src/base/bytes.js';
import { MAX_MEMBERS } from '../../src/base/limits.js';
import { compare, NodeTable, type Row } from '../../src/sync/table.js';
import { readTable, type TableMessage, writeTable } from '../../src/sync/table-message.js';

const ROW: Row = {
  node: 'b',
  incarnation: 7,
  version: 3,
  state: 'alive',
  region: 'eu',
  addresses: ['ws://b:1/peer'],
  features: 8,
  needs: 0,
};

describe('of two rows of a node', () => {
  it.each([
    [
      'the one of the later incarnation counts, whatever its state',
      { incarnation: 8, version: 1 },
      { state: 'evicted' },
    ],
    ['an evicted one counts over any version', { state: 'evicted' }, { version: 9 }],
    ['the newer version counts: the node refutes that it is suspected', { version: 4 }, { state: 'suspect' }],
    ['within a version the suspicion counts', { state: 'suspect' }, {}],
    ['one that left counts over one that was suspected', { state: 'closed' }, { state: 'suspect' }],
    ['that differ otherwise all nodes choose the same', { region: 'us' }, {}],
  ] as const)('%s', (_, later, earlier) => {
    const [a, b]: [Row, Row] = [
      { ...ROW, ...later },
      { ...ROW, ...earlier },
    ];
    expect([compare(a, b) > 0, compare(b, a) < 0, compare(a, a)]).toEqual([true, true, 0]);
  });
});

describe('a table', () => {
  it('is the same for the same rows in any order, and so is its hash', () => {
    const rows: Row[] = [ROW, { ...ROW, version: 4 }, { ...ROW, state: 'suspect' }, { ...ROW, node: 'c' }];
    const tables = [rows, rows.toReversed()].map((order) => {
      const table = new NodeTable();
      for (const row of order) table.put(row);
      return table;
    });
    const [one, two] = tables as [NodeTable, NodeTable];
    expect([one.hash, one.get('b'), one.size]).toEqual([two.hash, two.get('b'), 2]);
    expect(one.hash).not.toBe(0);
    expect(one.put(ROW)).toBe(false);
  });

  it('takes only so many nodes', () => {
    const table = new NodeTable();
    for (let i = 0; i < MAX_MEMBERS; i++) table.put({ ...ROW, node: `n${i}` });
    expect(() => table.put({ ...ROW, node: 'one more' })).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_MEMBERS' }),
    );
    expect(table.put({ ...ROW, node: 'n0', version: 4 })).toBe(true);
  });
});

describe('a TABLE', () => {
  const message: TableMessage = { mine: 2 ** 32 - 1, yours: 5, rows: [ROW, { ...ROW, node: 'ü', addresses: [] }] };
  const body = (bytes: Uint8Array): Reader => {
    const r = new Reader(bytes);
    r.byte();
    return r;
  };

  it('reads as it was written', () => {
    expect(readTable(body(writeTable(message)))).toEqual(message);
  });

  it('that breaks off anywhere is malformed', () => {
    const whole = writeTable(message);
    for (let length = 1; length < whole.length; length++) {
      expect(() => readTable(body(whole.subarray(0, length)))).toThrow(
        expect.objectContaining({ code: 'MALFORMED_MESSAGE' }),
      );
    }
  });

  it.each([
    ['no node', { node: '' }],
    ['a state that does not exist', { state: 'asleep' as never }],
    ['a version that nobody gets to', { version: 2 ** 50 }],
    ['too many addresses', { addresses: Array.from({ length: 9 }, () => 'ws://b') }],
    ['an address over its limit', { addresses: [`ws://${'b'.repeat(300)}`] }],
  ])('that names %s is malformed', (_, wrong) => {
    const bytes = writeTable({ ...message, rows: [{ ...ROW, ...wrong }] });
    expect(() => readTable(body(bytes))).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
