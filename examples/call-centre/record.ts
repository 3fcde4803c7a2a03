/**
 * One telephone call, as the switch of a call centre wrote it down: a row of a tab-separated table with 17 columns
 * and a header line (the README describes each column).
 *
 * Invariants:
 * - What counts as a call is decided here and nowhere else: rows with a wrong number of cells are no rows, and rows
 *   whose outcome is PHANTOM are no calls.
 * - Texts that end up in a name (date, type, agent, hour) are kept as they stand in the file, only trimmed: the sums
 *   must agree with any other reading of the same file.
 * - Only what every reader of the file needs is demanded: the line's number, the time of entry, the seconds in the
 *   queue, and an agent's seconds where there is an agent. The other cells of real files are sometimes odd.
 *
 * Cost: one pass, one row in memory at a time.
 */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CallFileError } from './call-file-error.js';

export const REGIONS = ['us', 'eu', 'ap'] as const;
export type Region = (typeof REGIONS)[number];

export const COLUMNS = [
  'vru+line',
  'call_id',
  'customer_id',
  'priority',
  'type',
  'date',
  'vru_entry',
  'vru_exit',
  'vru_time',
  'q_start',
  'q_exit',
  'q_time',
  'outcome',
  'ser_start',
  'ser_exit',
  'ser_time',
  'server',
] as const;
export type Column = (typeof COLUMNS)[number];

export interface CallRecord {
  readonly region: Region;
  readonly line: string;
  readonly id: string;
  /** undefined: the caller is not a known customer ("0" in the file) */
  readonly customer: string | undefined;
  readonly priority: string;
  readonly type: string;
  /** YYMMDD */
  readonly date: string;
  readonly outcome: string;
  /** undefined: nobody whom the file names served the call ("NO_SERVER") */
  readonly agent: string | undefined;
  /** times of day as written, H:MM:SS; 0:00:00 may mean midnight or "did not happen" */
  readonly vruEntry: string;
  readonly vruExit: string;
  readonly queueStart: string;
  readonly serviceStart: string;
  /** whole seconds; 0: never queued */
  readonly queueSeconds: number;
  /** whole seconds of the named agent; 0 where there is none */
  readonly talkSeconds: number;
}

/** The hour a call belongs to: `YYMMDDTHH`. */
export function hourOf(call: CallRecord): string {
  return `${call.date}T${timeParts(call)[0].padStart(2, '0')}`;
}

/** When and which: `YYMMDD HH:MM:SS id`. Sorted as text, this is the order of entry. */
export function stampOf(call: CallRecord): string {
  const [hour, minute, second] = timeParts(call);
  return `${call.date} ${String(Number(hour)).padStart(2, '0')}:${minute}:${second} ${call.id}`;
}

/** Feed it the lines of one file, the header first. */
export class CallParser {
  readonly #source: string;
  #columns: Map<string, number> | undefined;
  #row = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** The call on this line, or undefined where the line holds none. */
  parse(line: string): CallRecord | undefined {
    this.#row += 1;
    if (this.#columns === undefined) {
      this.#columns = this.#header(line);
      return undefined;
    }
    const cells = line.split('\t');
    if (cells.length !== this.#columns.size) return undefined;
    const columns = this.#columns;
    const cell = (name: Column): string => (cells[columns.get(name) ?? -1] ?? '').trim();
    if (cell('outcome') === 'PHANTOM') return undefined;
    return this.#call(cell);
  }

  /** After the last line: a file without even a header is not a file of calls. */
  finish(): void {
    if (this.#columns === undefined) throw new CallFileError('CALL_FILE_NOT_CALLS', `${this.#source} is empty`);
  }

  #header(line: string): Map<string, number> {
    const names = line.trim().split(/\s+/);
    const missing = COLUMNS.filter((name) => !names.includes(name));
    if (missing.length > 0 || names.length !== COLUMNS.length) {
      const what = missing.length > 0 ? `lacks ${missing.join(', ')}` : `has ${names.length} columns`;
      throw new CallFileError(
        'CALL_FILE_NOT_CALLS',
        `${this.#source} is not a table of calls: its first line ${what}; ${COLUMNS.length} tab-separated columns are expected`,
      );
    }
    return new Map(names.map((name, at) => [name, at]));
  }

  #call(cell: (name: Column) => string): CallRecord {
    const customer = cell('customer_id');
    const server = cell('server');
    const agent = server === 'NO_SERVER' ? undefined : server;
    const vruEntry = cell('vru_entry');
    if (secondOfDay(vruEntry) === undefined) this.#refuse('vru_entry', vruEntry, 'H:MM:SS');
    const date = cell('date');
    if (!/^\d{6}$/.test(date)) this.#refuse('date', date, 'YYMMDD');
    return {
      region: this.#region(cell('vru+line')),
      line: cell('vru+line'),
      id: cell('call_id'),
      customer: customer === '0' || customer === '' ? undefined : customer,
      priority: cell('priority'),
      type: cell('type'),
      date,
      outcome: cell('outcome'),
      agent,
      vruEntry,
      vruExit: cell('vru_exit'),
      queueStart: cell('q_start'),
      serviceStart: cell('ser_start'),
      queueSeconds: Math.max(0, this.#seconds('q_time', cell('q_time'))),
      talkSeconds: agent === undefined ? 0 : this.#seconds('ser_time', cell('ser_time')),
    };
  }

  /** The lines of a switch are shared out by their number: the last two digits, modulo three. */
  #region(line: string): Region {
    const digits = /\d{2}$/.exec(line)?.[0];
    const region = digits === undefined ? undefined : REGIONS[Number(digits) % REGIONS.length];
    return region ?? this.#refuse('vru+line', line, 'a name that ends in two digits');
  }

  #seconds(column: Column, text: string): number {
    if (!/^[+-]?\d{1,9}$/.test(text)) this.#refuse(column, text, 'whole seconds');
    return Number(text);
  }

  #refuse(column: Column, found: string, expected: string): never {
    throw new CallFileError(
      'CALL_FILE_BAD_ROW',
      `${this.#source}, line ${this.#row}: ${column} is ${JSON.stringify(found)}, ${expected} was expected`,
    );
  }
}

/** The calls of a file, `.txt` or `.txt.gz`, in the order of the file. */
export async function* readCalls(path: string): AsyncGenerator<CallRecord, void, undefined> {
  const parser = new CallParser(path);
  try {
    for await (const line of linesOf(open(path))) {
      const call = parser.parse(line);
      if (call !== undefined) yield call;
    }
  } catch (error) {
    throw explain(path, error);
  }
  parser.finish();
}

/** The calls on lines that are at hand. */
export function* parseCalls(lines: Iterable<string>, source: string): Generator<CallRecord, void, undefined> {
  const parser = new CallParser(source);
  for (const line of lines) {
    const call = parser.parse(line);
    if (call !== undefined) yield call;
  }
  parser.finish();
}

/** Seconds since midnight of `H:MM:SS`, or undefined where the text is none. */
export function secondOfDay(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

function timeParts(call: CallRecord): [string, string, string] {
  const [hour = '', minute = '', second = ''] = call.vruEntry.split(':');
  return [hour, minute, second];
}

function open(path: string): Readable {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  const unzipped = createGunzip();
  file.once('error', (error) => unzipped.destroy(error));
  return file.pipe(unzipped);
}

async function* linesOf(stream: Readable): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of stream.setEncoding('latin1')) {
    const text = rest + String(chunk);
    // A carriage return at the end of a chunk may be half of a line's end: it waits for the next chunk.
    const lines = text.replace(/\r$/, '').split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + (text.endsWith('\r') ? '\r' : '');
    yield* lines;
  }
  if (rest !== '') yield rest.replace(/\r$/, '');
}

function explain(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CallFileError) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_')) {
    return new CallFileError('CALL_FILE_NOT_CALLS', `${path} cannot be unzipped: ${error.message}`, {
      cause: error,
    });
  }
  const why = code === 'ENOENT' ? 'there is no such file' : error.message;
  return new CallFileError('CALL_FILE_UNREADABLE', `${path} cannot be read: ${why}`, { cause: error });
}
