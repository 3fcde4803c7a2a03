import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { CallFileError } from '../../examples/call-centre/call-file-error.js';
import type { CallRecord } from '../../examples/call-centre/record.js';
import { COLUMNS, hourOf, parseCalls, readCalls, stampOf } from '../../examples/call-centre/record.js';
import { rowOf } from './call-rows.js';

const folder = mkdtempSync(join(tmpdir(), 'calls-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = COLUMNS.join('\t');

function parse(...rows: string[]): CallRecord[] {
  return [...parseCalls([HEADER, ...rows], 'the test')];
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof CallFileError ? error.code : `another error: ${String(error)}`;
  }
  return 'no error';
}

async function readAll(path: string): Promise<CallRecord[]> {
  const calls: CallRecord[] = [];
  for await (const call of readCalls(path)) calls.push(call);
  return calls;
}

async function codeOfReading(path: string): Promise<string> {
  return readAll(path).then(
    () => 'no error',
    (error: unknown) => (error instanceof CallFileError ? error.code : `another error: ${String(error)}`),
  );
}

describe('a row of the table of calls', () => {
  it('becomes a record with its cells trimmed', () => {
    const [call] = parse(rowOf({ 'vru+line': ' AA0104 ', call_id: '7 ', type: ' PS', server: 'ADA ', q_time: ' 12' }));
    expect(call).toMatchObject({ line: 'AA0104', id: '7', type: 'PS', agent: 'ADA', queueSeconds: 12 });
  });

  it('belongs to the region of its line number modulo three', () => {
    const lines = ['AA0103', 'AA0101', 'AA0102', 'AA0216', 'AA0200'];
    const calls = parse(...lines.map((line) => rowOf({ 'vru+line': line })));
    expect(calls.map((call) => call.region)).toEqual(['us', 'eu', 'ap', 'eu', 'us']);
  });

  it('is no call when its outcome is PHANTOM, whatever else it says', () => {
    expect(parse(rowOf({ outcome: 'PHANTOM', q_time: 'garbage' }))).toEqual([]);
  });

  it('is left out when it has a cell too few or too many', () => {
    const row = rowOf({});
    expect(parse(`${row}\tmore`, row.slice(0, row.lastIndexOf('\t')), '', row)).toHaveLength(1);
  });

  it('knows no customer for 0 or nothing, and no agent for NO_SERVER', () => {
    const calls = parse(rowOf({ customer_id: '0' }), rowOf({ customer_id: '' }), rowOf({ server: 'NO_SERVER' }));
    expect(calls.map((call) => call.customer)).toEqual([undefined, undefined, '1234567']);
    expect(calls[2]).toMatchObject({ agent: undefined, talkSeconds: 0 });
  });

  it('has an hour and a stamp with the hour in two digits', () => {
    const [call] = parse(rowOf({ date: '990105', vru_entry: '7:04:09', call_id: '42' }));
    expect(hourOf(call as CallRecord)).toBe('990105T07');
    expect(stampOf(call as CallRecord)).toBe('990105 07:04:09 42');
  });

  it('is refused with the line, the column and what was expected when a needed cell is garbled', () => {
    for (const cells of [
      { 'vru+line': 'AA' },
      { vru_entry: '12.30' },
      { q_time: 'x' },
      { ser_time: '' },
      { date: 'may' },
    ]) {
      const read = (): unknown => parse(rowOf({}), rowOf(cells));
      expect(codeOf(read)).toBe('CALL_FILE_BAD_ROW');
      expect(read).toThrow(new RegExp(`the test, line 3: ${(Object.keys(cells)[0] ?? '').replace('+', '\\+')} is `));
    }
  });
});

describe('a file of calls', () => {
  const text = `${[HEADER, rowOf({ call_id: '1' }), rowOf({ call_id: '2', type: 'caf\xe9' })].join('\r\n')}\r\n`;

  it('is read plain or zipped, in Latin-1', async () => {
    const plain = join(folder, 'calls.txt');
    const zipped = join(folder, 'calls.txt.gz');
    writeFileSync(plain, text, 'latin1');
    writeFileSync(zipped, gzipSync(Buffer.from(text, 'latin1')));
    const calls = await readAll(plain);
    expect(calls.map((call) => [call.id, call.type])).toEqual([
      ['1', 'PS'],
      ['2', 'caf\xe9'],
    ]);
    expect(await readAll(zipped)).toEqual(calls);
  });

  it('keeps its rows whole wherever a chunk ends', async () => {
    const many = join(folder, 'many.txt');
    const rows = Array.from({ length: 5_000 }, (_, id) => rowOf({ call_id: String(id) }));
    writeFileSync(many, [HEADER, ...rows].join('\r\n'), 'latin1');
    const calls = await readAll(many);
    expect(calls.map((call) => call.id)).toEqual(rows.map((_, id) => String(id)));
  });

  it('is refused with a code when it is missing, cut short, no gzip, no table or empty', async () => {
    const write = (name: string, content: string | Buffer): string => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    };
    expect(await codeOfReading(join(folder, 'nowhere.txt'))).toBe('CALL_FILE_UNREADABLE');
    expect(await codeOfReading(join(folder, 'nowhere.txt.gz'))).toBe('CALL_FILE_UNREADABLE');
    expect(await codeOfReading(folder)).toBe('CALL_FILE_UNREADABLE');
    expect(await codeOfReading(write('cut.gz', gzipSync(text).subarray(0, 60)))).toBe('CALL_FILE_NOT_CALLS');
    expect(await codeOfReading(write('plain.gz', text))).toBe('CALL_FILE_NOT_CALLS');
    expect(await codeOfReading(write('prose.txt', 'once upon a time'))).toBe('CALL_FILE_NOT_CALLS');
    expect(await codeOfReading(write('empty.txt', ''))).toBe('CALL_FILE_NOT_CALLS');
    expect(await codeOfReading(write('header.txt', HEADER))).toBe('no error');
  });
});
