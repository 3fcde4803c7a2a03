/**
 * What clients may ask of a key: one table of the methods of all types. A row says of which type it is, which method of the store's
 * handle it is performed by, its code on the wire, the shape of its operands (client-shape.ts) and its kind. Codec, gateway and SDK
 * go by this table, so a new method is one row here and one line in the SDK's handle.
 *
 * An operation on the wire is `code, slot, operands`. The slot stands for a (type, key) pair that the connection has defined
 * before: a key crosses the wire once, then costs one or two bytes.
 *
 * Codes are wire constants: they are never given to anything else. 1 to 62 are those of the first six types; 63 to 69 are no
 * operations but items of a batch (client-message.ts); 70 to 79 are flag's; from 80 on each type has sixteen, in the order of the tags: map 80,
 * sorted 96, bounded 112, presence 128, doc 144, unique 160, quantiles 176, top 192. 208 to 255 are for types that users bring along.
 */
import { described } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import type { Reader, Writer } from '../base/bytes.js';
import type { TypeName } from '../crdt/crdt.js';
import { type Callable, type Operation, type Shape, type ShapeName, shapeNamed } from './client-shape.js';

/** A method of a type, as clients ask for it. */
export interface Method {
  /** The name of the method of the store's handle. */
  readonly method: string;
  /** 1 to 255. */
  readonly code: number;
  readonly shape: ShapeName;
  readonly kind: 'read' | 'write';
}

/** A share is a write whose effect is the session's, and ends with it. */
type Kind = Method['kind'] | 'share';

interface Row extends Omit<Method, 'kind'> {
  readonly kind: Kind;
  /** Undefined: whatever the key's type is. */
  readonly type: TypeName | undefined;
}

const METHODS = {
  counterAdd: { code: 1, type: 'counter', method: 'incrementUnits', shape: 'integer', kind: 'write' },
  counterReset: { code: 2, type: 'counter', method: 'reset', shape: 'none', kind: 'write' },
  gaugeAdd: { code: 3, type: 'gauge', method: 'add', shape: 'integer', kind: 'share' },
  gaugeSet: { code: 4, type: 'gauge', method: 'set', shape: 'integer', kind: 'share' },
  registerSet: { code: 5, type: 'register', method: 'set', shape: 'value', kind: 'write' },
  setAdd: { code: 6, type: 'set', method: 'add', shape: 'element', kind: 'write' },
  setDelete: { code: 7, type: 'set', method: 'delete', shape: 'element', kind: 'write' },
  setClear: { code: 8, type: 'set', method: 'clear', shape: 'none', kind: 'write' },
  logAppend: { code: 9, type: 'log', method: 'append', shape: 'entry', kind: 'write' },
  logClear: { code: 10, type: 'log', method: 'clear', shape: 'none', kind: 'write' },
  windowAdd: { code: 11, type: 'window', method: 'add', shape: 'integer at', kind: 'write' },
  delete: { code: 12, type: undefined, method: 'delete', shape: 'none', kind: 'write' },
  counterValue: { code: 32, type: 'counter', method: 'value', shape: 'none', kind: 'read' },
  gaugeValue: { code: 33, type: 'gauge', method: 'value', shape: 'none', kind: 'read' },
  registerGet: { code: 34, type: 'register', method: 'get', shape: 'none', kind: 'read' },
  registerValues: { code: 35, type: 'register', method: 'values', shape: 'none', kind: 'read' },
  setHas: { code: 36, type: 'set', method: 'has', shape: 'element', kind: 'read' },
  setValues: { code: 37, type: 'set', method: 'values', shape: 'none', kind: 'read' },
  setSize: { code: 38, type: 'set', method: 'size', shape: 'none', kind: 'read' },
  logLast: { code: 39, type: 'log', method: 'last', shape: 'count', kind: 'read' },
  logSince: { code: 40, type: 'log', method: 'since', shape: 'text', kind: 'read' },
  logSize: { code: 41, type: 'log', method: 'size', shape: 'none', kind: 'read' },
  windowSum: { code: 42, type: 'window', method: 'sum', shape: 'range', kind: 'read' },
  windowSeries: { code: 43, type: 'window', method: 'series', shape: 'series', kind: 'read' },
  boundedIncrement: { code: 112, type: 'bounded', method: 'increment', shape: 'integer', kind: 'write' },
  boundedDecrement: { code: 113, type: 'bounded', method: 'decrement', shape: 'integer', kind: 'write' },
  boundedTransfer: { code: 114, type: 'bounded', method: 'transfer', shape: 'named integer', kind: 'write' },
  boundedTransferUp: { code: 115, type: 'bounded', method: 'transferUp', shape: 'named integer', kind: 'write' },
  boundedRecover: { code: 116, type: 'bounded', method: 'recover', shape: 'integer', kind: 'write' },
  boundedRecoverUp: { code: 117, type: 'bounded', method: 'recoverUp', shape: 'integer', kind: 'write' },
  boundedValue: { code: 118, type: 'bounded', method: 'value', shape: 'none', kind: 'read' },
  boundedAvailable: { code: 119, type: 'bounded', method: 'available', shape: 'none', kind: 'read' },
  boundedAvailableUp: { code: 120, type: 'bounded', method: 'availableUp', shape: 'none', kind: 'read' },
  boundedLost: { code: 121, type: 'bounded', method: 'lost', shape: 'none', kind: 'read' },
  keys: { code: 44, type: undefined, method: 'keys', shape: 'text', kind: 'read' },
  flagEnable: { code: 70, type: 'flag', method: 'enable', shape: 'none', kind: 'write' },
  flagDisable: { code: 71, type: 'flag', method: 'disable', shape: 'none', kind: 'write' },
  flagEnabled: { code: 72, type: 'flag', method: 'enabled', shape: 'none', kind: 'read' },
  mapSet: { code: 80, type: 'map', method: 'set', shape: 'named value', kind: 'write' },
  mapIncrement: { code: 81, type: 'map', method: 'increment', shape: 'named integer', kind: 'write' },
  mapEnable: { code: 82, type: 'map', method: 'enable', shape: 'element', kind: 'write' },
  mapDisable: { code: 83, type: 'map', method: 'disable', shape: 'element', kind: 'write' },
  mapAdd: { code: 84, type: 'map', method: 'add', shape: 'named element', kind: 'write' },
  mapRemove: { code: 85, type: 'map', method: 'remove', shape: 'named element', kind: 'write' },
  mapDelete: { code: 86, type: 'map', method: 'delete', shape: 'element', kind: 'write' },
  mapClear: { code: 87, type: 'map', method: 'clear', shape: 'none', kind: 'write' },
  mapAssign: { code: 88, type: 'map', method: 'assign', shape: 'value', kind: 'write' },
  mapGet: { code: 89, type: 'map', method: 'get', shape: 'element', kind: 'read' },
  mapHas: { code: 90, type: 'map', method: 'has', shape: 'element', kind: 'read' },
  mapType: { code: 91, type: 'map', method: 'type', shape: 'element', kind: 'read' },
  mapFields: { code: 92, type: 'map', method: 'fields', shape: 'none', kind: 'read' },
  mapEntries: { code: 93, type: 'map', method: 'entries', shape: 'none', kind: 'read' },
  mapValue: { code: 94, type: 'map', method: 'value', shape: 'none', kind: 'read' },
  mapSize: { code: 95, type: 'map', method: 'size', shape: 'none', kind: 'read' },
  sortedSet: { code: 96, type: 'sorted', method: 'set', shape: 'named number', kind: 'write' },
  sortedIncrement: { code: 97, type: 'sorted', method: 'increment', shape: 'named number', kind: 'write' },
  sortedDelete: { code: 98, type: 'sorted', method: 'delete', shape: 'element', kind: 'write' },
  sortedClear: { code: 99, type: 'sorted', method: 'clear', shape: 'none', kind: 'write' },
  sortedScore: { code: 100, type: 'sorted', method: 'score', shape: 'element', kind: 'read' },
  sortedHas: { code: 101, type: 'sorted', method: 'has', shape: 'element', kind: 'read' },
  sortedRank: { code: 102, type: 'sorted', method: 'rank', shape: 'element', kind: 'read' },
  sortedTop: { code: 103, type: 'sorted', method: 'top', shape: 'count', kind: 'read' },
  sortedRange: { code: 104, type: 'sorted', method: 'range', shape: 'range', kind: 'read' },
  sortedRangeByScore: { code: 105, type: 'sorted', method: 'rangeByScore', shape: 'series', kind: 'read' },
  sortedCount: { code: 106, type: 'sorted', method: 'count', shape: 'range', kind: 'read' },
  sortedSize: { code: 107, type: 'sorted', method: 'size', shape: 'none', kind: 'read' },
  presenceJoin: { code: 128, type: 'presence', method: 'join', shape: 'named value', kind: 'share' },
  presenceLeave: { code: 129, type: 'presence', method: 'leave', shape: 'element', kind: 'share' },
  presenceCount: { code: 130, type: 'presence', method: 'count', shape: 'none', kind: 'read' },
  presenceHas: { code: 131, type: 'presence', method: 'has', shape: 'element', kind: 'read' },
  presenceGet: { code: 132, type: 'presence', method: 'get', shape: 'element', kind: 'read' },
  presenceMembers: { code: 133, type: 'presence', method: 'page', shape: 'named integer', kind: 'read' },
  docApply: { code: 144, type: 'doc', method: 'apply', shape: 'bytes', kind: 'write' },
  docJson: { code: 145, type: 'doc', method: 'toJSON', shape: 'none', kind: 'read' },
  docUpdate: { code: 146, type: 'doc', method: 'update', shape: 'bytes', kind: 'read' },
  windowToday: { code: 45, type: 'window', method: 'today', shape: 'text', kind: 'read' },
  windowDays: { code: 46, type: 'window', method: 'days', shape: 'named integer', kind: 'read' },
  windowRecent: { code: 47, type: 'window', method: 'recent', shape: 'range', kind: 'read' },
  uniqueAdd: { code: 160, type: 'unique', method: 'add', shape: 'element', kind: 'write' },
  uniqueClear: { code: 161, type: 'unique', method: 'clear', shape: 'none', kind: 'write' },
  uniqueCount: { code: 168, type: 'unique', method: 'count', shape: 'none', kind: 'read' },
  quantilesAdd: { code: 176, type: 'quantiles', method: 'add', shape: 'range', kind: 'write' },
  quantilesClear: { code: 177, type: 'quantiles', method: 'clear', shape: 'none', kind: 'write' },
  quantilesOne: { code: 184, type: 'quantiles', method: 'quantile', shape: 'number', kind: 'read' },
  quantilesSeveral: { code: 185, type: 'quantiles', method: 'quantiles', shape: 'value', kind: 'read' },
  quantilesSummary: { code: 186, type: 'quantiles', method: 'summary', shape: 'none', kind: 'read' },
  topAdd: { code: 192, type: 'top', method: 'add', shape: 'named integer', kind: 'write' },
  topClear: { code: 193, type: 'top', method: 'clear', shape: 'none', kind: 'write' },
  topLargest: { code: 200, type: 'top', method: 'largest', shape: 'count', kind: 'read' },
  topTotal: { code: 201, type: 'top', method: 'total', shape: 'none', kind: 'read' },
} as const;

type Codes = { readonly [Name in keyof typeof METHODS]: (typeof METHODS)[Name]['code'] };

/** The codes, for those who ask. */
export const Op: Codes = Object.fromEntries(Object.entries(METHODS).map(([name, { code }]) => [name, code])) as Codes;

const CODES = 256;
/** The first code of types that users bring along. */
const FIRST_OF_USERS = 208;

/** A row, as it is used. */
interface Entry {
  readonly type: TypeName | undefined;
  readonly method: string;
  readonly operands: Shape;
  readonly kind: Kind;
}

const NO_OPERATION = 0;
const READ = 1;
const WRITE = 2;
const SHARE = 3;

const ENTRIES: (Entry | undefined)[] = Array.from({ length: CODES }, () => undefined);
const KINDS: Uint8Array = new Uint8Array(CODES);

function enter({ code, type, method, shape, kind }: Row): void {
  ENTRIES[code] = { type, method, operands: shapeNamed(shape), kind };
  KINDS[code] = kind === 'read' ? READ : kind === 'write' ? WRITE : SHARE;
}

for (const row of Object.values(METHODS)) enter(row);

/** Methods of a type from outside. Errors: TYPE_TAKEN (a code that is in use or not for users), and nothing is added. */
export function addMethods(type: string, methods: readonly Method[]): void {
  const codes = new Set(methods.map(({ code }) => code));
  const wrong = methods.find(({ code }) => !(code >= FIRST_OF_USERS && code < CODES) || KINDS[code] !== NO_OPERATION);
  if (wrong !== undefined || codes.size < methods.length) {
    throw new MerganserError(
      'TYPE_TAKEN',
      `the methods of ${type} need a code each, from ${FIRST_OF_USERS} to ${CODES - 1}, that no other method has`,
    );
  }
  for (const method of methods) enter({ ...method, type });
}

/** The code of a method of a type. Errors: BAD_ARGUMENT. */
export function codeOf(type: TypeName, method: string, reads: boolean): number {
  const found = ENTRIES.findIndex(
    (one) => one?.type === type && one.method === method && (one.kind === 'read') === reads,
  );
  if (found !== -1) return found;
  throw new MerganserError(
    'BAD_ARGUMENT',
    `a ${type} has no ${reads ? 'read' : 'write'} that is called ${described(method)}`,
  );
}

export function isWrite(code: number): boolean {
  return (KINDS[code] as number) >= WRITE;
}

export function isShare(code: number): boolean {
  return KINDS[code] === SHARE;
}

export function isRead(code: number): boolean {
  return KINDS[code] === READ;
}

/** The type whose handle performs it; undefined: it is asked of the store. Errors: MALFORMED_MESSAGE. */
export function typeOf(code: number): TypeName | undefined {
  return entryOf(code).type;
}

/** Perform it on the handle of its type. */
export function perform(handle: unknown, operation: Operation): unknown {
  const { operands, method } = entryOf(operation.code);
  return operands.call(handle as Callable, method, operation);
}

/** The operation's operands become what a caller handed in. Errors: those of the shape. */
export function takeOperands(operation: Operation, operands: readonly unknown[]): void {
  clear(operation);
  entryOf(operation.code).operands.take(operation, operands);
}

/** Writes slot and operands; the code itself has been written by whoever frames the batch. */
export function writeOperands(writer: Writer, operation: Operation): void {
  writer.uint(operation.slot);
  entryOf(operation.code).operands.write(writer, operation);
}

/** Reads slot and operands into `operation`, whose code is set; nothing of its last use stays. Mirrors `writeOperands`. */
export function readOperands(reader: Reader, operation: Operation): void {
  clear(operation);
  operation.slot = reader.uint();
  entryOf(operation.code).operands.read(reader, operation);
}

function clear(operation: Operation): void {
  operation.n = 0;
  operation.at = undefined;
  operation.step = 0;
  operation.value = undefined;
  operation.name = '';
}

function entryOf(code: number): Entry {
  return ENTRIES[code] ?? unknownOperation(code);
}

function unknownOperation(code: number): never {
  throw new MerganserError('MALFORMED_MESSAGE', `unknown operation ${code}`);
}
