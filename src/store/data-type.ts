/**
 * What the store knows of each type beside its state: the handle that users hold, and how the whole is removed. One table: the
 * types that come with the store, and those that are registered from outside.
 */
import { described } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { bounded } from '../crdt/bounded.js';
import { counter } from '../crdt/counter.js';
import type { BuiltIn, Crdt, TypeName } from '../crdt/crdt.js';
import { flag } from '../crdt/flag.js';
import { doc } from '../crdt/doc.js';
import { gauge } from '../crdt/gauge.js';
import { log } from '../crdt/log.js';
import { map } from '../crdt/map.js';
import { presence } from '../crdt/presence.js';
import { quantiles } from '../crdt/quantiles.js';
import { register } from '../crdt/register.js';
import { addType } from '../crdt/registry.js';
import { set } from '../crdt/set.js';
import { sorted } from '../crdt/sorted.js';
import { top } from '../crdt/top.js';
import { unique } from '../crdt/unique.js';
import { window } from '../crdt/window.js';
import type { Access } from './access.js';
import { Bounded, type BoundedOptions } from './handles/bounded.js';
import { Counter, type CounterOptions } from './handles/counter.js';
import { Flag } from './handles/flag.js';
import { Doc } from './handles/doc.js';
import { Gauge } from './handles/gauge.js';
import { Log, type LogOptions } from './handles/log.js';
import { MapHandle } from './handles/map.js';
import { Presence } from './handles/presence.js';
import { Quantiles } from './handles/quantiles.js';
import { Register } from './handles/register.js';
import { SetHandle } from './handles/set.js';
import { Sorted } from './handles/sorted.js';
import { Top, type TopOptions } from './handles/top.js';
import { Unique } from './handles/unique.js';
import { Window, type WindowOptions } from './handles/window.js';

/** A type as the store offers it. `Handle` has its operations as methods; each checks its arguments before it changes anything. */
export interface DataType<Handle = unknown, Options extends object = object> {
  readonly crdt: Crdt;
  /**
   * Clients put in what ends with their sessions: what one of them puts in, whose methods are those of its operations. None of them
   * deletes the whole.
   */
  share?(this: void, handle: Handle): Share;
  /** The handle of a key, which is checked. Cheap: it looks nothing up. Errors: BAD_ARGUMENT (the options). */
  open(access: Access, key: string, options: Options): Handle;
  /** Remove what is visible of the key here. */
  remove(handle: Handle): void;
}

/** What one session has put into one key. */
export interface Share {
  /** There is nothing that would have to end. */
  readonly isEmpty: boolean;
  /** Some of it is taken back, all if that is some milliseconds' work. Errors: those of a write. Called again it goes on. */
  end(): void;
}

/** What `Store.open` returns. */
export interface Handles {
  readonly counter: Counter;
  readonly gauge: Gauge;
  readonly register: Register;
  readonly set: SetHandle;
  readonly log: Log;
  readonly window: Window;
  readonly bounded: Bounded;
  readonly flag: Flag;
  readonly map: MapHandle;
  readonly sorted: Sorted;
  readonly presence: Presence;
  readonly doc: Doc;
  readonly unique: Unique;
  readonly quantiles: Quantiles;
  readonly top: Top;
}

const TYPES: { readonly [Name in BuiltIn]: DataType<Handles[Name]> } = {
  counter: {
    crdt: counter,
    open: (access, key, options: CounterOptions) => new Counter(access, key, options),
    remove: (handle) => handle.reset(),
  },
  gauge: {
    crdt: gauge,
    share: (handle) => handle.newShare(),
    open: (access, key) => new Gauge(access, key),
    remove: (handle) => handle.set(0),
  },
  register: {
    crdt: register,
    open: (access, key) => new Register(access, key),
    remove: (handle) => handle.delete(),
  },
  set: {
    crdt: set,
    open: (access, key) => new SetHandle(access, key),
    remove: (handle) => handle.clear(),
  },
  log: {
    crdt: log,
    open: (access, key, options: LogOptions) => new Log(access, key, options),
    remove: (handle) => handle.clear(),
  },
  window: {
    crdt: window,
    open: (access, key, options: WindowOptions) => new Window(access, key, options),
    remove: (handle) => handle.clear(),
  },
  bounded: {
    crdt: bounded,
    open: (access, key, options: BoundedOptions) => new Bounded(access, key, options),
    remove: (handle) => handle.delete(),
  },
  flag: {
    crdt: flag,
    open: (access, key) => new Flag(access, key),
    remove: (handle) => handle.disable(),
  },
  map: {
    crdt: map,
    open: (access, key) => new MapHandle(access, key),
    remove: (handle) => handle.clear(),
  },
  sorted: {
    crdt: sorted,
    open: (access, key) => new Sorted(access, key),
    remove: (handle) => handle.clear(),
  },
  presence: {
    crdt: presence,
    share: (handle) => handle.newShare(),
    open: (access, key) => new Presence(access, key),
    remove: (handle) => handle.clear(),
  },
  doc: {
    crdt: doc,
    open: (access, key) => new Doc(access, key),
    remove: (handle) => handle.delete(),
  },
  unique: {
    crdt: unique,
    open: (access, key) => new Unique(access, key),
    remove: (handle) => handle.clear(),
  },
  quantiles: {
    crdt: quantiles,
    open: (access, key) => new Quantiles(access, key),
    remove: (handle) => handle.clear(),
  },
  top: {
    crdt: top,
    open: (access, key, options: TopOptions) => new Top(access, key, options),
    remove: (handle) => handle.clear(),
  },
};

const BY_NAME = new Map<string, DataType>(Object.entries(TYPES));

/** Add a type whose tag and name are nobody's. */
export function addDataType(type: DataType): void {
  addType(type.crdt);
  BY_NAME.set(type.crdt.name, type);
}

/** Errors: BAD_ARGUMENT. */
export function dataTypeOf(name: TypeName): DataType {
  const type = BY_NAME.get(name);
  if (type === undefined) throw new MerganserError('BAD_ARGUMENT', `there is no type ${described(name)}`);
  return type;
}
