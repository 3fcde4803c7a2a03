/** Every method that the store and its handles have: what each takes in which place. */
import * as Y from 'yjs';
import { utf8 } from '../../src/base/bytes.js';
import { MAX_AHEAD_MS, MAX_ELEMENT_BYTES, MAX_KEY_BYTES } from '../../src/base/limits.js';
import type { BuiltIn } from '../../src/crdt/crdt.js';
import { MAX_SCORE } from '../../src/crdt/sorted.js';
import { TYPE_NAMES } from '../../src/crdt/registry.js';
import type { Store } from '../../src/store/store.js';
import { REVOKED, THROWS } from '../../test/hostile-values.js';

/** What belongs in one place. */
export interface Kind {
  /** A value that is taken. */
  readonly good: unknown;
  /** Whether a value would be. */
  takes(this: void, value: unknown): boolean;
  /** Of options: what belongs in each of them. */
  readonly fields?: Readonly<Record<string, Kind>>;
  /** Of an array: what it consists of. */
  readonly items?: Kind;
}

export type Method = readonly Kind[];

export interface Subject {
  /** What a key of it can be watched as. */
  readonly type: BuiltIn;
  open(this: void, store: Store, key: string): object;
  /** Something that changes the key, whatever is there. */
  fill(this: void, store: Store, key: string): void;
  readonly methods: Readonly<Record<string, Method>>;
  /** Methods that a node calls with what it made itself. */
  readonly own?: readonly string[];
}

export const NOW = 1_700_000_000_000;

/** What handles have for each other, not for users. */
const INTERNAL = ['constructor', 'writable', 'readable', 'whole', 'part', 'writablePart', 'isLive', 'erase'];

/** The names of an object's methods. */
export function methodsOf(object: object, { own = [] }: Subject): string[] {
  const names = new Set<string>();
  for (let from = object; from !== Object.prototype; from = Object.getPrototypeOf(from) as object)
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (typeof value === 'function' && !INTERNAL.includes(name) && !own.includes(name)) names.add(name);
  return [...names].sort();
}

const bytesOf = (text: string): number => utf8(text).length;
const isText = (value: unknown): value is string => typeof value === 'string' && !/[\ud800-\udfff]/u.test(value);
const isPlain = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  value !== REVOKED &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as null);

const optional = (kind: Kind): Kind => ({ ...kind, takes: (value) => value === undefined || kind.takes(value) });
const options = (fields: Readonly<Record<string, Kind>>): Kind => {
  const good = Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, kind.good]));
  const isKnown = (value: object): boolean => Object.keys(value).every((name) => Object.hasOwn(fields, name));
  return optional({ good, takes: (value) => isPlain(value) && isKnown(value as object), fields });
};
const whole = (good: number, min: number, max: number = Number.MAX_SAFE_INTEGER): Kind => ({
  good,
  takes: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
});

const number = (good: number, takes: (n: number) => boolean): Kind => ({
  good,
  takes: (value) => typeof value === 'number' && takes(value),
});
const among = (good: unknown, ...taken: readonly unknown[]): Kind => ({
  good,
  takes: (value) => value === good || taken.includes(value),
});

const isValue = (value: unknown, depth = 0): boolean => {
  if (value === REVOKED) return false;
  if (value === null || typeof value === 'boolean' || value instanceof Uint8Array) return true;
  if (typeof value === 'string') return bytesOf(value) < 2 ** 20;
  if (typeof value === 'number') return Number.isFinite(value);
  if (depth > 64) return false;
  if (Array.isArray(value)) return Array.from(value).every((item) => isValue(item, depth + 1));
  return isPlain(value) && Object.values(value as object).every((item) => isValue(item, depth + 1));
};

const KEY: Kind = {
  good: 'key',
  takes: (value) => isText(value) && value !== '' && !value.startsWith('\u0000') && bytesOf(value) <= MAX_KEY_BYTES,
};
const ELEMENT: Kind = { good: 'element', takes: (value) => isText(value) && bytesOf(value) <= MAX_ELEMENT_BYTES };
const field = (good: string): Kind => ({ good, takes: (value) => ELEMENT.takes(value) && value !== '__proto__' });
const TEXT: Kind = { good: '', takes: (value) => typeof value === 'string' };
const ANYTHING: Kind = { good: 'any', takes: () => true };
const VALUE: Kind = { good: 'value', takes: isValue };
const META: Kind = {
  good: 'meta',
  takes: (value) => isValue(value) && !(typeof value === 'string' && value.length > 4000),
};
const SESSION: Kind = { good: 's', takes: (value) => typeof value === 'string' && /^[ -~]{0,128}$/.test(value) };
const SAFE = whole(1, Number.MIN_SAFE_INTEGER);
const COUNT = whole(1, 0);
const POSITIVE = whole(1, 1);
const FINITE = number(1, Number.isFinite);
const FUNCTION: Kind = { good: () => {}, takes: (value) => typeof value === 'function' };
/** It is called at once, and what it throws goes on. */
const CALLED: Kind = { good: () => {}, takes: (value) => typeof value === 'function' && value !== THROWS };
const SHARE = number(0.5, (n) => n >= 0 && n <= 1);
const SCORE = number(1, (n) => Math.abs(n) <= MAX_SCORE);
const BOUND = number(1, (n) => !Number.isNaN(n));
/** Not far ahead of the clock. */
const AT = number(NOW, (n) => n <= NOW + MAX_AHEAD_MS && n > -1e300);
const LIMIT = number(1, (n) => n >= 0 && (n === Number.POSITIVE_INFINITY || Number.isSafeInteger(n)));
const ZONE = among('Europe/Berlin');
const TOKEN: Kind = { good: '', takes: () => false };

/** Of a span of a minute, so that there are no more than 100,000. */
function isStep(n: number): boolean {
  return n >= 1 && Number.isFinite(n);
}

function update(): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x');
  return Y.encodeStateAsUpdate(doc);
}

export const SUBJECTS: Readonly<Record<string, Subject>> = {
  store: {
    type: 'counter',
    open: (store) => store,
    fill: (store, key) => store.increment(key),
    own: ['bequeath', 'deliver', 'fence', 'internal', 'internalPresence', 'rest', 'tend', 'watchInternal'],
    methods: {
      increment: [KEY, optional(SAFE)],
      counter: [KEY, options({ scale: optional(whole(2, 0, 9)) })],
      gauge: [KEY],
      register: [KEY],
      set: [KEY],
      map: [KEY],
      sorted: [KEY],
      log: [KEY, options({ cap: optional(whole(3, 1, 1_000_000)) })],
      window: [KEY, options({ bucket: optional(whole(60_000, 1)), keep: optional(whole(3_600_000, 1)) })],
      bounded: [
        KEY,
        options({
          min: optional(whole(0, Number.MIN_SAFE_INTEGER, 0)),
          max: optional(whole(480, 0)),
          initial: optional(whole(0, 0, 480)),
        }),
      ],
      flag: [KEY],
      presence: [KEY],
      doc: [KEY],
      unique: [KEY],
      quantiles: [KEY],
      top: [KEY, options({ items: optional(whole(3, 1, 10_000)) })],
      open: [among(...(TYPE_NAMES as [string, ...string[]])), KEY, options({})],
      transaction: [CALLED],
      delete: [KEY],
      type: [KEY],
      keys: [optional(TEXT)],
      token: [],
      covers: [TOKEN],
      lacking: [TOKEN],
      watch: [among(...(TYPE_NAMES as [string, ...string[]])), KEY, FUNCTION],
      vv: [],
      digest: [],
    },
  },
  counter: {
    type: 'counter',
    open: (store, key) => store.counter(key),
    fill: (store, key) => store.counter(key).increment(),
    methods: {
      increment: [optional(SAFE)],
      decrement: [optional(SAFE)],
      incrementUnits: [SAFE],
      value: [],
      reset: [],
      delete: [],
    },
  },
  'counter with a scale': {
    type: 'counter',
    open: (store, key) => store.counter(key, { scale: 2 }),
    fill: (store, key) => store.counter(key, { scale: 2 }).increment(),
    methods: {
      increment: [optional(number(1.25, (n) => Math.abs(n) < 10))],
      decrement: [optional(number(1.25, (n) => Math.abs(n) < 10))],
      incrementUnits: [SAFE],
      value: [],
      reset: [],
      delete: [],
    },
  },
  gauge: {
    type: 'gauge',
    open: (store, key) => store.gauge(key),
    fill: (store, key) => store.gauge(key).set(7),
    methods: { add: [SAFE], set: [SAFE], share: [], newShare: [], value: [] },
  },
  'share of a gauge': {
    type: 'gauge',
    open: (store, key) => store.gauge(key).newShare(),
    fill: (store, key) => store.gauge(key).set(7),
    methods: { add: [SAFE], set: [SAFE], end: [] },
  },
  register: {
    type: 'register',
    open: (store, key) => store.register(key),
    fill: (store, key) => store.register(key).set('x'),
    methods: { set: [VALUE], get: [], values: [], delete: [] },
  },
  set: {
    type: 'set',
    open: (store, key) => store.set(key),
    fill: (store, key) => store.set(key).add('element'),
    methods: { add: [ELEMENT], delete: [ELEMENT], has: [ELEMENT], values: [], size: [], clear: [] },
  },
  log: {
    type: 'log',
    open: (store, key) => store.log(key),
    fill: (store, key) => store.log(key).append('x'),
    methods: {
      append: [VALUE, options({ at: optional(AT) })],
      last: [COUNT],
      since: [among(undefined, '')],
      size: [],
      clear: [],
    },
  },
  window: {
    type: 'window',
    open: (store, key) => store.window(key),
    fill: (store, key) => store.window(key).add(1),
    methods: {
      add: [SAFE, optional(AT)],
      sum: [FINITE, FINITE],
      // From a minute on, second by second: an end long before the beginning, and more than 100,000 steps, are refused.
      series: [
        number(0, (n) => n > -1000 && n < 60_000),
        number(60_000, (n) => n > -1000 && n < 1e8),
        number(1000, isStep),
      ],
      recent: [number(60_000, (n) => n > -1000 && n < 1e8), number(1000, isStep)],
      today: [ZONE],
      days: [ZONE, whole(1, 1, 1)],
      clear: [],
    },
  },
  bounded: {
    type: 'bounded',
    open: (store, key) => store.bounded(key, { min: 0, max: 480 }),
    fill: (store, key) => store.bounded(key, { min: 0, max: 480 }).increment(),
    methods: {
      increment: [optional(POSITIVE)],
      decrement: [optional(POSITIVE)],
      value: [],
      available: [],
      availableUp: [],
      transfer: [among('b'), POSITIVE],
      transferUp: [among('b'), POSITIVE],
      lost: [],
      recover: [POSITIVE],
      recoverUp: [POSITIVE],
      delete: [],
    },
  },
  flag: {
    type: 'flag',
    open: (store, key) => store.flag(key),
    fill: (store, key) => store.flag(key).enable(),
    methods: { enable: [], disable: [], enabled: [] },
  },
  map: {
    type: 'map',
    open: (store, key) => store.map(key),
    fill: (store, key) => store.map(key).set('field', 'x'),
    methods: {
      set: [field('field'), VALUE],
      increment: [field('sum'), optional(SAFE)],
      enable: [field('flag')],
      disable: [ELEMENT],
      add: [field('set'), ELEMENT],
      remove: [ELEMENT, ELEMENT],
      get: [ELEMENT],
      has: [ELEMENT],
      type: [ELEMENT],
      delete: [ELEMENT],
      fields: [],
      entries: [],
      value: [],
      size: [],
      clear: [],
      assign: [{ good: { field: 1 }, takes: (value) => isPlain(value) && isValue(value), fields: { field: VALUE } }],
    },
  },
  sorted: {
    type: 'sorted',
    open: (store, key) => store.sorted(key),
    fill: (store, key) => store.sorted(key).set('element', 1),
    methods: {
      set: [ELEMENT, SCORE],
      increment: [ELEMENT, optional(SCORE)],
      delete: [ELEMENT],
      has: [ELEMENT],
      score: [ELEMENT],
      rank: [ELEMENT],
      top: [COUNT],
      range: [COUNT, COUNT],
      rangeByScore: [BOUND, BOUND, optional(COUNT)],
      count: [BOUND, BOUND],
      size: [],
      clear: [],
    },
  },
  presence: {
    type: 'presence',
    open: (store, key) => store.presence(key),
    fill: (store, key) => store.presence(key).join('element'),
    methods: {
      join: [ELEMENT, optional(META), optional(SESSION)],
      leave: [ELEMENT, optional(SESSION)],
      newShare: [],
      has: [ELEMENT],
      get: [ELEMENT],
      count: [],
      members: [options({ limit: optional(LIMIT), after: optional(ELEMENT) })],
      page: [ELEMENT, LIMIT],
      size: [],
      clear: [],
    },
  },
  'share of a presence': {
    type: 'presence',
    open: (store, key) => store.presence(key).newShare(),
    fill: (store, key) => store.presence(key).join('element'),
    methods: { join: [ELEMENT, META], leave: [ELEMENT], has: [ANYTHING], end: [] },
  },
  doc: {
    type: 'doc',
    open: (store, key) => store.doc(key),
    fill: (store, key) => store.doc(key).transact((doc) => doc.getText('text').insert(0, 'x')),
    methods: {
      transact: [CALLED],
      apply: [{ good: update(), takes: () => false }],
      read: [CALLED],
      toJSON: [],
      // A count, then so many clients, each with a clock; what comes after that is not read.
      update: [
        optional({
          good: new Uint8Array([0]),
          takes: (value) => ArrayBuffer.isView(value) && (value as Uint8Array)[0] === 1,
        }),
      ],
      observe: [FUNCTION],
      delete: [],
    },
  },
  unique: {
    type: 'unique',
    open: (store, key) => store.unique(key),
    fill: (store, key) => store.unique(key).add(String(store.dot)),
    methods: { add: [ELEMENT], count: [], clear: [] },
  },
  quantiles: {
    type: 'quantiles',
    open: (store, key) => store.quantiles(key),
    fill: (store, key) => store.quantiles(key).add(1),
    methods: {
      add: [number(1, (n) => Math.abs(n) <= 1e15), optional(POSITIVE)],
      quantile: [SHARE],
      quantiles: [
        {
          good: [0.5],
          takes: (value) => value !== REVOKED && Array.isArray(value) && value.length === 0,
          items: SHARE,
        },
      ],
      summary: [],
      clear: [],
    },
  },
  top: {
    type: 'top',
    open: (store, key) => store.top(key),
    fill: (store, key) => store.top(key).add('element'),
    methods: { add: [ELEMENT, optional(POSITIVE)], largest: [COUNT], total: [], clear: [] },
  },
};
