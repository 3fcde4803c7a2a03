/**
 * How clients name a type and what a key is opened with: (tag − 1, key, settings). The settings of the first six types are a pair of
 * numbers, 0 for one that is left to the store; those of all others are one JSON-like value. A node that does not know a type
 * refuses it by its tag, before it comes to what it could not read.
 */
import type { Reader, Writer } from '../base/bytes.js';
import { described } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { MAX_CLIENT_MESSAGE_BYTES } from '../base/limits.js';
import { type BuiltIn, FIRST_OF_USERS, LAST_TAG, type TypeName } from '../crdt/crdt.js';
import { addMethods, type Method } from './client-operation.js';

/** What a key's handle is opened with, by name; what of it is allowed the store says. */
export type HandleOptions = Readonly<Record<string, unknown>>;

export const NO_OPTIONS: HandleOptions = {};

interface Definition {
  readonly type: TypeName;
  readonly key: string;
  readonly options: HandleOptions;
}

/** The tags of crdt/registry.ts; a client need not load the types. */
const TAGS: Readonly<Record<BuiltIn, number>> = {
  counter: 1,
  gauge: 2,
  register: 3,
  set: 4,
  log: 5,
  window: 6,
  flag: 7,
  map: 8,
  sorted: 9,
  bounded: 10,
  presence: 11,
  doc: 12,
  unique: 13,
  quantiles: 14,
  top: 15,
};
/** The last type whose settings are a pair. */
const LAST_PAIR = 6;
const PAIRS: Readonly<Record<string, readonly string[]>> = {
  counter: ['scale'],
  log: ['cap'],
  window: ['bucket', 'keep'],
};

const BY_NAME = new Map<string, number>(Object.entries(TAGS));
const BY_TAG: (string | undefined)[] = [];
for (const [name, tag] of BY_NAME) BY_TAG[tag] = name;

/** What a client needs to know of a type from outside: its name, its tag (64 to 255), and what may be asked of it. */
export interface ClientType {
  readonly name: TypeName;
  readonly tag: number;
  readonly methods: readonly Method[];
}

/** For a process that has clients and no node (register-type.ts). Errors: TYPE_TAKEN, and nothing is registered. */
export function registerClientType({ name, tag, methods }: ClientType): void {
  if (!(Number.isInteger(tag) && tag >= FIRST_OF_USERS && tag <= LAST_TAG))
    throw new MerganserError(
      'TYPE_TAKEN',
      `the tag of ${name} lies from ${FIRST_OF_USERS} to ${LAST_TAG}, not at ${tag}`,
    );
  if (BY_NAME.has(name) || BY_TAG[tag] !== undefined)
    throw new MerganserError('TYPE_TAKEN', `the name ${name} or the tag ${tag} is in use`);
  addMethods(name, methods);
  BY_NAME.set(name, tag);
  BY_TAG[tag] = name;
}

export function isBuiltIn(type: TypeName): type is BuiltIn {
  return Object.hasOwn(TAGS, type);
}

/** Errors: BAD_ARGUMENT. */
export function tagOf(type: TypeName): number {
  const tag = BY_NAME.get(type);
  if (tag === undefined) throw new MerganserError('BAD_ARGUMENT', `there is no type ${described(type)}`);
  return tag;
}

export function writeDefinition(writer: Writer, { type, key, options }: Definition): void {
  const tag = tagOf(type);
  writer.byte(tag - 1);
  writer.string(key);
  if (tag > LAST_PAIR) {
    writer.any(options);
    return;
  }
  const [first = '', second = ''] = PAIRS[type] ?? [];
  writer.uint((options[first] as number | undefined) ?? 0);
  writer.uint((options[second] as number | undefined) ?? 0);
}

/** Errors: UNKNOWN_TYPE, MALFORMED_MESSAGE. */
export function readDefinition(reader: Reader): Definition {
  const tag = reader.byte() + 1;
  const type = BY_TAG[tag];
  if (type === undefined) throw new MerganserError('UNKNOWN_TYPE', `unknown type tag ${tag - 1}`);
  const key = reader.string(MAX_CLIENT_MESSAGE_BYTES);
  return { type, key, options: tag > LAST_PAIR ? readOptions(reader) : readPair(type, reader) };
}

function readPair(type: string, reader: Reader): HandleOptions {
  const names = PAIRS[type] ?? [];
  const values = [reader.uint(), reader.uint()];
  const set = names.map((name, i) => [name, values[i]] as const).filter(([, value]) => value !== 0);
  return set.length === 0 ? NO_OPTIONS : Object.fromEntries(set);
}

function readOptions(reader: Reader): HandleOptions {
  const options: unknown = reader.any();
  const prototype: unknown = typeof options === 'object' && options !== null && Object.getPrototypeOf(options);
  if (prototype === Object.prototype) return options as HandleOptions;
  throw new MerganserError('MALFORMED_MESSAGE', 'the settings of a key are an object');
}
