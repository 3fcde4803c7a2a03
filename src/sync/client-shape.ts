/**
 * The operands of client operations: a shape says which there are, how they are checked, how they look on the wire, and in what
 * order they are handed to the method that is asked for. Many operations share a shape; a new one is one row here.
 *
 * Both sides fill an object in place: reading a batch of a thousand increments allocates nothing.
 *
 * Invariants: `write` and `read` mirror each other; `take` refuses what `write` could not encode or no node would accept, so that it
 * is never sent; `read` takes nothing from a peer on trust.
 */
import { checkOptions, wrongArgument } from '../base/argument.js';
import { type Reader, utf8, type Writer } from '../base/bytes.js';
import { checkElement } from '../base/element.js';
import { MerganserError } from '../base/error.js';
import { MAX_CLIENT_MESSAGE_BYTES, MAX_OPERAND_BYTES } from '../base/limits.js';
import { normalise } from '../base/value.js';

/** One operation with its operands; which of them count is the shape's business. */
export interface Operation {
  code: number;
  slot: number;
  /** An amount, a count, or the start of a range (ms). */
  n: number;
  /** A moment, or the end of a range (ms). */
  at: number | undefined;
  /** Milliseconds per point of a series. */
  step: number;
  /** An element, a value, a prefix or a cursor. */
  value: unknown;
  /** What of the key is meant, where `value` or `n` is something else: a field, a member. */
  name: string;
}

export function blankOperation(): Operation {
  return { code: 0, slot: 0, n: 0, at: undefined, step: 0, value: undefined, name: '' };
}

/** Something with methods of these names: a handle. */
export type Callable = Readonly<Record<string, (...operands: unknown[]) => unknown>>;

export interface Shape {
  /** What a caller handed in becomes the operation's. Errors: BAD_ARGUMENT, BAD_VALUE, VALUE_TOO_LARGE, KEY_TOO_LONG,
   * MESSAGE_TOO_LARGE; what code of the caller throws, in a getter. */
  take(operation: Operation, operands: readonly unknown[]): void;
  write(writer: Writer, operation: Operation): void;
  /** Into an operation without operands. Errors: MALFORMED_MESSAGE. */
  read(reader: Reader, operation: Operation): void;
  call(target: Callable, method: string, operation: Operation): unknown;
}

const NO_BYTES = new Uint8Array();

type Method = (...operands: unknown[]) => unknown;

const NONE: Shape = {
  take() {},
  write() {},
  read() {},
  call: (target, method) => (target[method] as Method)(),
};

const INTEGER: Shape = {
  take(operation, [n]) {
    operation.n = integer(n);
  },
  write: (writer, { n }) => writer.int(n),
  read(reader, operation) {
    operation.n = reader.int();
  },
  call: (target, method, { n }) => (target[method] as Method)(n),
};

const COUNT: Shape = {
  ...INTEGER,
  take(operation, [n]) {
    if (!(Number.isSafeInteger(n) && (n as number) >= 0)) throw wrongArgument('a count is a whole number', n);
    operation.n = n as number;
  },
  write: (writer, { n }) => writer.uint(n),
  read(reader, operation) {
    operation.n = reader.uint();
  },
};

const NUMBER: Shape = {
  ...INTEGER,
  take(operation, [n]) {
    operation.n = finite(n);
  },
  write: (writer, { n }) => writer.any(n),
  read(reader, operation) {
    operation.n = readNumber(reader);
  },
};

const VALUE: Shape = {
  // A copy is taken now: what the caller does with the object later does not reach what is sent.
  take(operation, [value]) {
    operation.value = normalise(value);
  },
  write: (writer, { value }) => writer.any(value),
  read(reader, operation) {
    operation.value = reader.any();
  },
  call: (target, method, { value }) => (target[method] as Method)(value),
};

const TEXT: Shape = {
  ...VALUE,
  take(operation, [text = '']) {
    if (typeof text !== 'string') throw wrongArgument('a string is expected', text);
    // A UTF-16 unit takes three bytes at most.
    checkSize(
      text.length > MAX_OPERAND_BYTES || text.length <= MAX_OPERAND_BYTES / 3 ? text.length : utf8(text).length,
    );
    operation.value = text;
  },
  write: (writer, { value }) => writer.string(value as string),
  read(reader, operation) {
    operation.value = reader.string(MAX_CLIENT_MESSAGE_BYTES);
  },
};

const ELEMENT: Shape = {
  ...TEXT,
  take(operation, [text]) {
    operation.value = checkElement(text);
  },
};

/** None stand for undefined. */
const BYTES: Shape = {
  ...VALUE,
  take(operation, [bytes]) {
    if (bytes !== undefined && !(bytes instanceof Uint8Array))
      throw wrongArgument('bytes (Uint8Array) are expected', bytes);
    checkSize(bytes?.length ?? 0);
    operation.value = bytes?.slice();
  },
  write: (writer, { value }) => writer.bytes((value as Uint8Array | undefined) ?? NO_BYTES),
  read(reader, operation) {
    const bytes = reader.bytes(MAX_CLIENT_MESSAGE_BYTES);
    operation.value = bytes.length === 0 ? undefined : bytes.slice();
  },
};

/** A value, and `{ at }`. */
const ENTRY: Shape = {
  take(operation, [value, options]) {
    const kept = normalise(value);
    const at = options === undefined ? undefined : checkOptions(options as { readonly at?: unknown }).at;
    operation.at = moment(at);
    operation.value = kept;
  },
  write(writer, { value, at }) {
    writer.any(value);
    writer.any(at);
  },
  read(reader, operation) {
    operation.value = reader.any();
    operation.at = readMoment(reader);
  },
  call: (target, method, { value, at }) => (target[method] as Method)(value, at === undefined ? {} : { at }),
};

const INTEGER_AT: Shape = {
  take(operation, [n, at]) {
    operation.n = integer(n);
    operation.at = moment(at);
  },
  write(writer, { n, at }) {
    writer.int(n);
    writer.any(at);
  },
  read(reader, operation) {
    operation.n = reader.int();
    operation.at = readMoment(reader);
  },
  call: (target, method, { n, at }) => (target[method] as Method)(n, at),
};

/** From and to. */
const RANGE: Shape = {
  ...INTEGER_AT,
  take(operation, [from, to]) {
    operation.n = finite(from);
    operation.at = finite(to);
  },
  write(writer, { n, at }) {
    writer.any(n);
    writer.any(at);
  },
  read(reader, operation) {
    operation.n = readNumber(reader);
    operation.at = readNumber(reader);
  },
};

/** From, to and step. */
const SERIES: Shape = {
  take(operation, [from, to, step]) {
    RANGE.take(operation, [from, to]);
    operation.step = finite(step);
  },
  write(writer, operation) {
    RANGE.write(writer, operation);
    writer.any(operation.step);
  },
  read(reader, operation) {
    RANGE.read(reader, operation);
    operation.step = readNumber(reader);
  },
  call: (target, method, { n, at, step }) => (target[method] as Method)(n, at, step),
};

/** A field or member, and what is to become of it. */
function named(inner: Shape, operand: 'n' | 'value'): Shape {
  return {
    take(operation, [name, ...rest]) {
      inner.take(operation, rest);
      operation.name = checkElement(name);
    },
    write(writer, operation) {
      writer.string(operation.name);
      inner.write(writer, operation);
    },
    read(reader, operation) {
      operation.name = reader.string(MAX_CLIENT_MESSAGE_BYTES);
      inner.read(reader, operation);
    },
    call: (target, method, operation) => (target[method] as Method)(operation.name, operation[operand]),
  };
}

/** What operands an operation has. */
export type ShapeName =
  | 'none'
  | 'integer'
  | 'count'
  | 'number'
  | 'value'
  | 'text'
  | 'element'
  | 'bytes'
  | 'entry'
  | 'integer at'
  | 'range'
  | 'series'
  | 'named value'
  | 'named element'
  | 'named integer'
  | 'named number';

const SHAPES: Readonly<Record<ShapeName, Shape>> = {
  none: NONE,
  integer: INTEGER,
  count: COUNT,
  number: NUMBER,
  value: VALUE,
  text: TEXT,
  element: ELEMENT,
  bytes: BYTES,
  entry: ENTRY,
  'integer at': INTEGER_AT,
  range: RANGE,
  series: SERIES,
  'named value': named(VALUE, 'value'),
  'named element': named(ELEMENT, 'value'),
  'named integer': named(INTEGER, 'n'),
  'named number': named(NUMBER, 'n'),
};

export function shapeNamed(name: ShapeName): Shape {
  return SHAPES[name];
}

function integer(n: unknown): number {
  if (!Number.isSafeInteger(n)) throw wrongArgument('a safe integer is expected', n);
  return n as number;
}

function finite(n: unknown): number {
  if (!Number.isFinite(n)) throw wrongArgument('a finite number is expected', n);
  return n as number;
}

function moment(at: unknown): number | undefined {
  if (at === undefined) return undefined;
  if (!Number.isFinite(at)) throw wrongArgument('a moment is a number of milliseconds', at);
  return at as number;
}

/** Whatever else stands in a message. */
function checkSize(bytes: number): void {
  if (bytes <= MAX_OPERAND_BYTES) return;
  throw new MerganserError('MESSAGE_TOO_LARGE', `an operand of ${bytes} bytes; the limit is ${MAX_OPERAND_BYTES}`);
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
