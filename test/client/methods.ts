/** Every method that a client's handles have, and the whole: what each takes in which place. */
import type { Database } from '../../src/client/index.js';
import { normalise } from '../../src/base/value.js';

/** Whether a value is taken; undefined: that is for the node to say, by the state that the key has. */
export type Verdict = boolean | undefined;

/** What belongs in one place. */
export interface Kind {
  readonly good: unknown;
  takes(this: void, value: unknown): Verdict;
  /** Of options: what belongs in each of them. */
  readonly fields?: Readonly<Record<string, Kind>>;
}

export type Method = readonly Kind[];

const attempt = (check: () => unknown): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};
export const isPlain = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  attempt(() => Object.getPrototypeOf(value)) &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as null);
const isArray = (value: unknown): value is readonly unknown[] =>
  attempt(() => Array.isArray(value)) && Array.isArray(value);
const isDigits = (value: unknown): value is string => typeof value === 'string' && /^[\w']+$/.test(value);

const number = (good: number, takes: (n: number) => Verdict): Kind => ({
  good,
  takes: (value) => typeof value === 'number' && takes(value),
});
const optional = (kind: Kind): Kind => ({ ...kind, takes: (value) => value === undefined || kind.takes(value) });
const unsure = (kind: Kind): Kind => ({ ...kind, takes: (value) => (kind.takes(value) === false ? false : undefined) });
const options = (fields: Readonly<Record<string, Kind>>): Kind =>
  optional({
    good: {},
    takes: isPlain,
    fields: Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, optional(kind)])),
  });

/** Those of a key, which have no other names. */
const settings = (fields: Readonly<Record<string, Kind>>): Kind => {
  const known = options(fields);
  const isKnown = (value: object): boolean => Object.keys(value).every((name) => Object.hasOwn(fields, name));
  return { ...known, takes: (value) => known.takes(value) && (value === undefined || isKnown(value as object)) };
};

const SAFE = number(1, Number.isSafeInteger);
const AMOUNT = optional(SAFE);
const POSITIVE = number(1, (n) => Number.isSafeInteger(n) && n > 0);
const COUNT = number(1, (n) => Number.isSafeInteger(n) && n >= 0);
const FINITE = number(1, Number.isFinite);
const SCORE = number(1, (n) => Math.abs(n) < 2 ** 52 || (Math.abs(n) <= 2 ** 53 ? undefined : false));
const SHARE = number(0.5, (n) => n >= 0 && n <= 1);
const QUANTITY = number(1, (n) => Math.abs(n) <= 1e15);
const MOMENT = number(1_700_000_000_000, (n) => (Number.isFinite(n) ? undefined : false));
const DECIMAL = optional(number(1.25, (n) => Number.isSafeInteger(Math.round(n * 100)) && Number.isInteger(n * 100)));
const TEXT: Kind = { good: 'some', takes: (value) => typeof value === 'string' };
/** Short words are taken everywhere; nothing at all and halves of characters are for the type to judge. */
const ELEMENT: Kind = {
  good: 'e',
  takes: (value) => typeof value === 'string' && value.length < 5_000 && (isDigits(value) || undefined),
};
const FIELD: Kind = { good: 'f', takes: (value) => (value === '__proto__' ? undefined : ELEMENT.takes(value)) };
const VALUE: Kind = { good: 1, takes: (value) => attempt(() => normalise(value)) };
const FIELDS: Kind = { good: { a: 1 }, takes: (value) => isPlain(value) && attempt(() => normalise(value)) };
const META: Kind = optional({
  good: {},
  takes: (value) => VALUE.takes(value) === true && JSON.stringify(value).length < 4_000,
});
const BYTES: Kind = {
  good: new Uint8Array([0, 0]),
  takes: (value) => (ArrayBuffer.isView(value) ? undefined : false),
};
const SHARES: Kind = { good: [0.5], takes: (value) => isArray(value) && value.every(SHARE.takes) };
const LISTENER: Kind = { good: () => undefined, takes: (value) => typeof value === 'function' };
const ZONE: Kind = { good: 'Europe/Berlin', takes: () => false };
const CURSOR = optional({ good: undefined, takes: (value) => (value === '' ? undefined : false) });
const WRITE = options({ durable: COUNT });
const WRITE_AT = options({ durable: COUNT, at: MOMENT });
const RIGHTS = options({ durable: COUNT, timeoutMs: number(0, (n) => n >= 0 && n < 2 ** 31) });
const PAGE = options({ limit: COUNT, after: ELEMENT });
const KEY: Kind = {
  good: 'key',
  takes: (value) =>
    typeof value === 'string' &&
    value.length <= 1024 &&
    value !== '' &&
    !value.startsWith('\u0000') &&
    (isDigits(value) || undefined),
};
const SETTING = number(1, (n) => Number.isSafeInteger(n) && n >= 1);
const BOUND = SAFE;
const NONE: Method = [];

const FLAG = { enable: [WRITE], disable: [WRITE], enabled: NONE, subscribe: [LISTENER] };
export const SUBJECTS: Readonly<
  Record<string, { open(this: void, db: Database, key: string): object; methods: Readonly<Record<string, Method>> }>
> = {
  counter: {
    open: (db, key) => db.counter(key),
    methods: {
      increment: [AMOUNT, WRITE],
      decrement: [AMOUNT, WRITE],
      reset: [WRITE],
      delete: [WRITE],
      value: NONE,
      subscribe: [LISTENER],
    },
  },
  decimals: {
    open: (db, key) => db.counter(key, { scale: 2 }),
    methods: {
      increment: [DECIMAL, WRITE],
      decrement: [DECIMAL, WRITE],
      reset: [WRITE],
      delete: [WRITE],
      value: NONE,
      subscribe: [LISTENER],
    },
  },
  gauge: {
    open: (db, key) => db.gauge(key),
    methods: { add: [SAFE, WRITE], set: [SAFE, WRITE], value: NONE, subscribe: [LISTENER] },
  },
  register: {
    open: (db, key) => db.register(key),
    methods: { set: [VALUE, WRITE], delete: [WRITE], get: NONE, values: NONE, subscribe: [LISTENER] },
  },
  set: {
    open: (db, key) => db.set(key),
    methods: {
      add: [ELEMENT, WRITE],
      delete: [ELEMENT, WRITE],
      clear: [WRITE],
      has: [ELEMENT],
      values: NONE,
      size: NONE,
      subscribe: [LISTENER],
      subscribeSize: [LISTENER],
    },
  },
  map: {
    open: (db, key) => db.map(key),
    methods: {
      set: [FIELD, VALUE, WRITE],
      increment: [FIELD, AMOUNT, WRITE],
      enable: [FIELD, WRITE],
      disable: [FIELD, WRITE],
      add: [FIELD, ELEMENT, WRITE],
      remove: [FIELD, ELEMENT, WRITE],
      delete: [FIELD, WRITE],
      clear: [WRITE],
      assign: [FIELDS, WRITE],
      get: [FIELD],
      has: [FIELD],
      type: [FIELD],
      fields: NONE,
      entries: NONE,
      value: NONE,
      size: NONE,
      subscribe: [LISTENER],
      subscribeField: [FIELD, LISTENER],
    },
  },
  sorted: {
    open: (db, key) => db.sorted(key),
    methods: {
      set: [ELEMENT, SCORE, WRITE],
      increment: [ELEMENT, optional(SCORE), WRITE],
      delete: [ELEMENT, WRITE],
      clear: [WRITE],
      score: [ELEMENT],
      has: [ELEMENT],
      rank: [ELEMENT],
      top: [optional(COUNT)],
      range: [COUNT, COUNT],
      rangeByScore: [FINITE, FINITE, optional(COUNT)],
      count: [FINITE, FINITE],
      size: NONE,
      subscribe: [LISTENER, optional(COUNT)],
      subscribeRank: [ELEMENT, LISTENER],
    },
  },
  presence: {
    open: (db, key) => db.presence(key),
    methods: {
      join: [ELEMENT, META, WRITE],
      leave: [ELEMENT, WRITE],
      members: [PAGE],
      count: NONE,
      has: [ELEMENT],
      get: [ELEMENT],
      subscribe: [LISTENER, PAGE],
      subscribeCount: [LISTENER],
    },
  },
  log: {
    open: (db, key) => db.log(key),
    methods: {
      append: [VALUE, WRITE_AT],
      last: [optional(COUNT)],
      since: [CURSOR],
      subscribeSince: [LISTENER, CURSOR],
      size: NONE,
      clear: [WRITE],
      subscribe: [LISTENER, optional(COUNT)],
    },
  },
  window: {
    open: (db, key) => db.window(key),
    methods: {
      add: [AMOUNT, WRITE_AT],
      sum: [FINITE, FINITE],
      series: [unsure(FINITE), unsure(FINITE), unsure(FINITE)],
      recent: [unsure(FINITE), unsure(FINITE)],
      today: [ZONE],
      days: [ZONE, POSITIVE],
      subscribe: [LISTENER, unsure(FINITE), unsure(FINITE)],
      subscribeToday: [LISTENER, ZONE],
    },
  },
  bounded: {
    open: (db, key) => db.bounded(key, { min: 0, max: 1_000, initial: 500 }),
    methods: {
      increment: [optional(POSITIVE), RIGHTS],
      decrement: [optional(POSITIVE), RIGHTS],
      transfer: [unsure(ELEMENT), unsure(POSITIVE), unsure(WRITE)],
      transferUp: [unsure(ELEMENT), unsure(POSITIVE), unsure(WRITE)],
      recover: [unsure(POSITIVE), unsure(WRITE)],
      recoverUp: [unsure(POSITIVE), unsure(WRITE)],
      delete: [WRITE],
      value: NONE,
      available: NONE,
      availableUp: NONE,
      lost: NONE,
      subscribe: [LISTENER],
      subscribeAvailable: [LISTENER],
      subscribeAvailableUp: [LISTENER],
    },
  },
  flag: { open: (db, key) => db.flag(key), methods: FLAG },
  doc: {
    open: (db, key) => db.doc(key),
    methods: { apply: [BYTES, WRITE], json: NONE, update: [optional(BYTES)], delete: [WRITE], subscribe: [LISTENER] },
  },
  unique: {
    open: (db, key) => db.unique(key),
    methods: { add: [ELEMENT, WRITE], clear: [WRITE], count: NONE, subscribe: [LISTENER] },
  },
  quantiles: {
    open: (db, key) => db.quantiles(key),
    methods: {
      add: [QUANTITY, optional(POSITIVE), WRITE],
      clear: [WRITE],
      quantile: [SHARE],
      quantiles: [SHARES],
      summary: NONE,
      subscribe: [LISTENER, SHARES],
    },
  },
  top: {
    open: (db, key) => db.top(key),
    methods: {
      add: [ELEMENT, optional(POSITIVE), WRITE],
      clear: [WRITE],
      largest: [optional(COUNT)],
      total: NONE,
      subscribe: [LISTENER, optional(COUNT)],
    },
  },
  'a handle of any type': {
    open: (db, key) => db.open('set', key),
    methods: {
      write: [
        { good: 'add', takes: () => false },
        { good: ['e'], takes: (value) => (isArray(value) || value === undefined ? undefined : false) },
        WRITE,
      ],
      read: [{ good: 'has', takes: () => false }, ELEMENT],
      subscribe: [{ good: 'has', takes: () => false }, LISTENER, ELEMENT],
    },
  },
};

/** What hands out a handle, or asks of the whole. */
export const DATABASE: Readonly<Record<string, Method>> = {
  counter: [KEY, settings({ scale: number(1, (n) => Number.isInteger(n) && n >= 0 && n <= 9) })],
  gauge: [KEY],
  register: [KEY],
  set: [KEY],
  map: [KEY],
  sorted: [KEY],
  presence: [KEY],
  log: [KEY, settings({ cap: SETTING })],
  window: [KEY, settings({ bucket: SETTING, keep: SETTING })],
  bounded: [KEY, settings({ min: BOUND, max: BOUND })],
  flag: [KEY],
  doc: [KEY],
  unique: [KEY],
  quantiles: [KEY],
  top: [KEY, settings({ items: SETTING })],
  open: [{ good: 'counter', takes: () => false }, KEY, settings({ scale: COUNT })],
  delete: [unsure(KEY), WRITE],
  keys: [optional(TEXT)],
  on: [{ good: 'error', takes: () => false }, LISTENER],
};
