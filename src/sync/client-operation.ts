/**
 * The operations a client may ask for, and how each looks on the wire.
 *
 * An operation is `code, slot, operands`. The code says which operands follow (one table, `SHAPE`), so that reader and
 * writer mirror each other and a new operation is one row. The slot stands for a (type, key) pair that the connection has
 * defined before: a key crosses the wire once, then costs one or two bytes.
 *
 * Both sides hand in an object that is filled in place: reading a batch of a thousand increments allocates nothing.
 */
import { MerganserError } from '../base/error.js';
import type { Reader, Writer } from '../base/bytes.js';
import { MAX_CLIENT_MESSAGE_BYTES } from '../base/limits.js';

/** Writes are below 32, reads from 32 on. */
export const Op = {
  counterAdd: 1,
  counterReset: 2,
  gaugeAdd: 3,
  gaugeSet: 4,
  registerSet: 5,
  setAdd: 6,
  setDelete: 7,
  setClear: 8,
  logAppend: 9,
  logClear: 10,
  windowAdd: 11,
  delete: 12,
  counterValue: 32,
  gaugeValue: 33,
  registerGet: 34,
  registerValues: 35,
  setHas: 36,
  setValues: 37,
  setSize: 38,
  logLast: 39,
  logSince: 40,
  logSize: 41,
  windowSum: 42,
  windowSeries: 43,
  keys: 44,
} as const;

/** The first code that only reads. */
const FIRST_READ = 32;

/** One operation with its operands; which of them count is the code's business. */
export interface Operation {
  code: number;
  slot: number;
  /** An amount, a count, or the start of a range (ms). */
  n: number;
  /** A moment, or the end of a range (ms). */
  at: number | undefined;
  /** Milliseconds per point of a series. */
  step: number;
  /** A set's element, a value, a prefix or a cursor. */
  value: unknown;
}

export function blankOperation(): Operation {
  return { code: 0, slot: 0, n: 0, at: undefined, step: 0, value: undefined };
}

const NONE = 1;
const INTEGER = 2;
const TEXT = 3;
const VALUE = 4;
const ENTRY = 5;
const INTEGER_AT = 6;
const COUNT = 7;
const RANGE = 8;
const SERIES = 9;

const SHAPE: Uint8Array = new Uint8Array(64);
for (const [code, shape] of [
  [Op.counterAdd, INTEGER],
  [Op.counterReset, NONE],
  [Op.gaugeAdd, INTEGER],
  [Op.gaugeSet, INTEGER],
  [Op.registerSet, VALUE],
  [Op.setAdd, TEXT],
  [Op.setDelete, TEXT],
  [Op.setClear, NONE],
  [Op.logAppend, ENTRY],
  [Op.logClear, NONE],
  [Op.windowAdd, INTEGER_AT],
  [Op.delete, NONE],
  [Op.counterValue, NONE],
  [Op.gaugeValue, NONE],
  [Op.registerGet, NONE],
  [Op.registerValues, NONE],
  [Op.setHas, TEXT],
  [Op.setValues, NONE],
  [Op.setSize, NONE],
  [Op.logLast, COUNT],
  [Op.logSince, TEXT],
  [Op.logSize, NONE],
  [Op.windowSum, RANGE],
  [Op.windowSeries, SERIES],
  [Op.keys, TEXT],
] as const) {
  SHAPE[code] = shape;
}

export function isWrite(code: number): boolean {
  return code < FIRST_READ && SHAPE[code] !== undefined && SHAPE[code] !== 0;
}

export function isRead(code: number): boolean {
  return code >= FIRST_READ && SHAPE[code] !== undefined && SHAPE[code] !== 0;
}

/** What of an operation counts: its code and the operands of its shape. Two reads of a key ask the same if these agree. */
export function operandsOf(operation: Operation): readonly unknown[] {
  const { code, n, at, step, value } = operation;
  switch (SHAPE[code]) {
    case NONE:
      return [code];
    case INTEGER:
    case COUNT:
      return [code, n];
    case TEXT:
    case VALUE:
      return [code, value];
    case ENTRY:
      return [code, value, at];
    case INTEGER_AT:
    case RANGE:
      return [code, n, at];
    case SERIES:
      return [code, n, at, step];
    default:
      throw unknownOperation(code);
  }
}

/** Writes slot and operands; the code itself has been written by whoever frames the batch. */
export function writeOperands(writer: Writer, operation: Operation): void {
  writer.uint(operation.slot);
  switch (SHAPE[operation.code]) {
    case NONE:
      return;
    case INTEGER:
      writer.int(operation.n);
      return;
    case TEXT:
      writer.string(operation.value as string);
      return;
    case VALUE:
      writer.any(operation.value);
      return;
    case ENTRY:
      writer.any(operation.value);
      writer.any(operation.at);
      return;
    case INTEGER_AT:
      writer.int(operation.n);
      writer.any(operation.at);
      return;
    case COUNT:
      writer.uint(operation.n);
      return;
    case RANGE:
      writer.any(operation.n);
      writer.any(operation.at);
      return;
    case SERIES:
      writer.any(operation.n);
      writer.any(operation.at);
      writer.any(operation.step);
      return;
    default:
      throw unknownOperation(operation.code);
  }
}

/** Reads slot and operands into `operation`, whose code is set; nothing of its last use stays. Mirrors `writeOperands`. */
export function readOperands(reader: Reader, operation: Operation): void {
  operation.slot = reader.uint();
  operation.n = 0;
  operation.at = undefined;
  operation.step = 0;
  operation.value = undefined;
  switch (SHAPE[operation.code]) {
    case NONE:
      return;
    case INTEGER:
      operation.n = reader.int();
      return;
    case TEXT:
      operation.value = reader.string(MAX_CLIENT_MESSAGE_BYTES);
      return;
    case VALUE:
      operation.value = reader.any();
      return;
    case ENTRY:
      operation.value = reader.any();
      operation.at = readMoment(reader);
      return;
    case INTEGER_AT:
      operation.n = reader.int();
      operation.at = readMoment(reader);
      return;
    case COUNT:
      operation.n = reader.uint();
      return;
    case RANGE:
      operation.n = readNumber(reader);
      operation.at = readNumber(reader);
      return;
    case SERIES:
      operation.n = readNumber(reader);
      operation.at = readNumber(reader);
      operation.step = readNumber(reader);
      return;
    default:
      throw unknownOperation(operation.code);
  }
}

function readNumber(reader: Reader): number {
  const value: unknown = reader.any();
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new MerganserError('MALFORMED_MESSAGE', 'a finite number was expected');
  return value;
}

function readMoment(reader: Reader): number | undefined {
  const value: unknown = reader.any();
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new MerganserError('MALFORMED_MESSAGE', 'a moment is a number of milliseconds');
  return value;
}

function unknownOperation(code: number): MerganserError {
  return new MerganserError('MALFORMED_MESSAGE', `unknown operation ${code}`);
}
